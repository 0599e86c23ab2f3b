/*
 * Lines on a screen: text in inks, wrapped so that no line is wider than the
 * terminal. Below `struct grid` (view/grid.h) and every command's screen.
 */
#ifndef WHYMEM_PAGE_H
#define WHYMEM_PAGE_H

#include "view/sink.h"
#include "view/style.h"

enum ink { INK_PLAIN, INK_BOLD, INK_DIM, INK_BAR, INK_WARN, INK_COUNT };

struct page {
	struct sink *sink;
	struct style style;
	unsigned n_lines; /* written so far */
};

/* Characters that differ between UTF-8 and ASCII screens. */
const char *page_ellipsis(const struct page *page);
const char *page_dot(const struct page *page); /* between parts of a line, spaces included */
const char *page_minus(const struct page *page);
const char *page_arrow(const struct page *page);

/* `text` as it stands, in `ink`; the caller knows that it fits. */
void page_write(struct page *page, enum ink ink, const char *text);
/* The first `n` bytes of `text`. */
void page_write_n(struct page *page, enum ink ink, const char *text, size_t n);
void page_end_line(struct page *page);

/*
 * Segments joined by `separator`, wrapped between them (a segment that is wider
 * than a line, between its words); further lines begin with `indent` spaces.
 * Segments are made printable here. Empty or NULL segments are left out.
 */
struct segment {
	enum ink ink;
	const char *text;
};
void page_segments(struct page *page, const struct segment *segments, size_t n,
	const char *separator, unsigned indent);

/* One text wrapped at its spaces. */
void page_text(struct page *page, enum ink ink, const char *text, unsigned indent);
/* The same with every line indented. */
void page_paragraph(struct page *page, enum ink ink, const char *text, unsigned indent);
void page_format(struct page *page, enum ink ink, unsigned indent, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * A bar of at most `width` columns for value / whole, in eighths of a block (or
 * '#'), as a string to be freed; NULL when memory ran out.
 */
char *page_bar(const struct page *page, int64_t value, int64_t whole, unsigned width);

#endif
