#include "base/source_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (64 << 20)

/* Takes `text`. */
static void split(char *text, struct source_text *ret)
{
	*ret = (struct source_text){.text = text};
	while (text && *text) {
		const char **line = vec_add(&ret->lines);
		if (!line)
			return;
		*line = text;
		text += strcspn(text, "\r\n");
		bool is_pair = text[0] == '\r' && text[1] == '\n';
		if (*text)
			*text++ = '\0';
		text += is_pair;
	}
}

static char *read_file(int fd)
{
	struct stat status;
	if (fstat(fd, &status) || !S_ISREG(status.st_mode) || status.st_size > FILE_MAX)
		return NULL;
	size_t size = (size_t)status.st_size, n = 0;
	char *text = malloc(size + 1);
	for (ssize_t got = 1; text && got > 0 && n < size; n += (size_t)MAX(got, 0))
		got = read(fd, text + n, size - n);
	if (text)
		text[n] = '\0';
	return text;
}

void source_text_read(const char *path, struct source_text *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	split(fd < 0 ? NULL : read_file(fd), ret);
	if (fd >= 0)
		close(fd);
}

void source_text_copy(const char *text, struct source_text *ret)
{
	split(strdup(text), ret);
}

void source_text_deinit(struct source_text *source)
{
	free(source->text);
	vec_deinit(&source->lines);
}

const char *source_text_line(const struct source_text *source, uint64_t number)
{
	return number && number <= source->lines.n ? source->lines.data[number - 1] : NULL;
}
