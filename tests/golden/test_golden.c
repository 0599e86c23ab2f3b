/*
 * Every screen and the JSON of fixed documents, compared with the files in
 * expected/.
 *
 * usage: test_golden EXPECTED-FOLDER [--update]
 */
#include "base/cleanup.h"
#include "documents.h"
#include "view/picture.h"
#include "view/utf8.h"
#include "view/view.h"

#include <locale.h>
#include <sys/mman.h>

struct look {
	const char *name;
	struct style style;                                      /* width 0: JSON */
	void (*draw)(const struct row *root, struct sink *sink); /* of pictures */
};

static const struct look looks[] = {
	{"40.txt", {40, 24, false, true}, NULL},
	{"80.txt", {80, 24, false, true}, NULL},
	{"120.txt", {120, 40, false, true}, NULL},
	{"80-colour.txt", {80, 24, true, true}, NULL},
	{"80-ascii.txt", {80, 24, false, false}, NULL},
	{"json", {0}, NULL},
	{"svg", {0}, view_svg},
	{"dot", {0}, view_dot},
};

static const char *folder;
static bool update;
static unsigned n_failures;

static void fail(const char *name, const char *what)
{
	fprintf(stderr, "%s: %s\n", name, what);
	n_failures++;
}

/* All of a file, or NULL. */
static char *read_file(const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	if (file && getdelim(&text, &size, '\0', file) >= 0)
		return text;
	free(text);
	return NULL;
}

/* What the view makes of the document. */
static char *render(const struct golden_document *golden, const struct look *look)
{
	static struct sink sink;
	struct document document;
	int fd = memfd_create("golden", MFD_CLOEXEC);
	struct error *error = document_init(&document);
	sink_init_fd(&sink, fd);
	golden->fill(document.root);
	struct page page = {&sink, look->style, 0};
	if (look->draw)
		look->draw(document.root, &sink);
	else if (look->style.width)
		view_text(document.root, &page);
	else
		view_json(document.root, &sink);
	error = error ? error : document_finish(&document);
	document_deinit(&document);
	error = error ? error : sink_close(&sink);
	off_t n_bytes = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)n_bytes + 1);
	if (error || !text || pread(fd, text, (size_t)n_bytes, 0) != n_bytes)
		fail(golden->name, "cannot be rendered");
	close(fd);
	return text;
}

static void check_widths(const char *name, const char *text, const struct style *style)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy;
	for (char *line; !style->colour && style->width && (line = strsep(&rest, "\n"));) {
		if (utf8_width(line) > style->width)
			fail(name, "a line is wider than the terminal");
		if (*line && line[strlen(line) - 1] == ' ')
			fail(name, "a line ends in a space");
	}
}

static void check(const struct golden_document *golden, const struct look *look)
{
	char name[96], path[512];
	snprintf(name, sizeof(name), "%s.%s", golden->name, look->name);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	_cleanup_free_ char *shown = render(golden, look);
	check_widths(name, shown, &look->style);
	if (update) {
		_cleanup_fclose_ FILE *file = fopen(path, "we");
		if (!file || fputs(shown, file) == EOF)
			fail(name, "cannot be written");
		return;
	}
	_cleanup_free_ char *expected = read_file(path);
	if (!expected || strcmp(expected, shown)) {
		fail(name, "differs; now it is:");
		fputs(shown, stderr);
	}
}

int main(int argc, char **argv)
{
	if (argc < 2 || !setlocale(LC_ALL, "C.UTF-8"))
		return 2;
	folder = argv[1];
	update = argc > 2 && !strcmp(argv[2], "--update");
	for (size_t i = 0; i < n_golden_documents; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(looks); j++)
			if (!looks[j].draw || golden_documents[i].is_picture)
				check(&golden_documents[i], &looks[j]);
	}
	return n_failures ? 1 : 0;
}
