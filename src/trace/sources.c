#include "trace/sources.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <xxhash.h>

#define FILE_BYTES_MAX (16 << 20)
#define LINE_BYTES_MAX 256

struct source_file {
	char *text;
	size_t n_bytes;
	VEC(uint32_t) line; /* where each begins */
	bool is_read;
};

/* ---- files ---- */

/* The whole of a regular file; false when it is none, or is too large. */
static bool read_whole(int fd, struct source_file *file)
{
	struct stat status;
	if (fstat(fd, &status) || !S_ISREG(status.st_mode) || status.st_size > FILE_BYTES_MAX)
		return false;
	file->text = malloc((size_t)status.st_size + 1);
	if (!file->text)
		return false;
	while (file->n_bytes < (size_t)status.st_size) {
		ssize_t n = read(
			fd, file->text + file->n_bytes, (size_t)status.st_size - file->n_bytes);
		if (n <= 0)
			break;
		file->n_bytes += (size_t)n;
	}
	return true;
}

static bool find_lines(struct source_file *file)
{
	for (size_t at = 0; at < file->n_bytes;) {
		uint32_t *line = vec_add(&file->line);
		if (!line)
			return false;
		*line = (uint32_t)at;
		const char *end = memchr(file->text + at, '\n', file->n_bytes - at);
		at = end ? (size_t)(end - file->text) + 1 : file->n_bytes;
	}
	return true;
}

static void file_deinit(struct source_file *file)
{
	free(file->text);
	vec_deinit(&file->line);
	*file = (struct source_file){.is_read = file->is_read};
}

/* Whatever the name leads to, opening it must not wait, nor make a terminal ours. */
static void file_read(struct source_file *file, const char *path)
{
	file->is_read = true;
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || !read_whole(fd, file) || !find_lines(file))
		file_deinit(file);
}

/* ---- lines ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\f' || c == '\r' || c == '\n';
}

static const char *line_text(
	struct trace_sources *sources, const struct snap_trace_frame *frame, size_t *n_ret)
{
	if (frame->kind != TRACE_FRAME_LINE || !frame->file || !frame->line ||
		frame->file >= sources->n_files)
		return NULL;
	struct source_file *file = &sources->files[frame->file];
	if (!file->is_read)
		file_read(file, snapshot_string(sources->snapshot, frame->file));
	if (frame->line > file->line.n)
		return NULL;
	size_t begin = file->line.data[frame->line - 1];
	size_t end = frame->line < file->line.n ? file->line.data[frame->line] : file->n_bytes;
	while (begin < end && is_blank(file->text[begin]))
		begin++;
	while (begin < end && is_blank(file->text[end - 1]))
		end--;
	*n_ret = MIN(end - begin, LINE_BYTES_MAX);
	return begin < end ? file->text + begin : NULL;
}

static uint32_t hash_of(const char *text, size_t n)
{
	uint32_t hash = (uint32_t)XXH3_64bits(text, n);
	return hash ? hash : 1;
}

struct error *trace_sources_init(struct trace_sources *sources, const struct snapshot *snapshot)
{
	*sources = (struct trace_sources){
		.snapshot = snapshot,
		.files = calloc(snapshot->strings.offset.n, sizeof(*sources->files)),
		.n_files = snapshot->strings.offset.n,
	};
	return sources->files ? NULL : &error_no_memory;
}

void trace_sources_deinit(struct trace_sources *sources)
{
	for (size_t i = 0; sources->files && i < sources->n_files; i++)
		file_deinit(&sources->files[i]);
	free(sources->files);
}

const char *trace_source_line(
	struct trace_sources *sources, const struct snap_trace_frame *frame, size_t *n_ret)
{
	size_t n;
	const char *text = line_text(sources, frame, &n);
	if (!text || (frame->source_hash && frame->source_hash != hash_of(text, n)))
		return NULL;
	*n_ret = n;
	return text;
}

struct error *trace_sources_hash(struct snapshot *snapshot)
{
	struct trace_sources sources;
	struct error *error = trace_sources_init(&sources, snapshot);
	if (error)
		return error;
	vec_foreach (&snapshot->trace_frames, frame) {
		size_t n;
		const char *text = frame->source_hash ? NULL : line_text(&sources, frame, &n);
		if (text)
			frame->source_hash = hash_of(text, n);
	}
	trace_sources_deinit(&sources);
	return NULL;
}
