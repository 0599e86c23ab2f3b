#include "view/page.h"

#include "base/cleanup.h"
#include "view/utf8.h"

#include <errno.h>
#include <stdarg.h>

const char *page_ellipsis(const struct page *page)
{
	return page->style.unicode ? "…" : "..";
}

const char *page_dot(const struct page *page)
{
	return page->style.unicode ? " · " : " - ";
}

const char *page_minus(const struct page *page)
{
	return page->style.unicode ? "−" : "-";
}

const char *page_arrow(const struct page *page)
{
	return page->style.unicode ? "→" : "->";
}

static const char *const ink_codes[INK_COUNT] = {
	[INK_BOLD] = "\033[1m",
	[INK_DIM] = "\033[2m",
	[INK_BAR] = "\033[36m",
	[INK_WARN] = "\033[33m",
};

static void ink_begin(struct page *page, enum ink ink)
{
	if (page->style.colour && ink_codes[ink])
		sink_puts(page->sink, ink_codes[ink]);
}

static void ink_end(struct page *page, enum ink ink)
{
	if (page->style.colour && ink_codes[ink])
		sink_puts(page->sink, "\033[0m");
}

void page_write_n(struct page *page, enum ink ink, const char *text, size_t n)
{
	size_t n_blank = 0;
	while (n_blank < n && text[n_blank] == ' ')
		n_blank++;
	bool is_blank = n_blank == n;
	if (!is_blank)
		ink_begin(page, ink);
	sink_write(page->sink, text, n);
	if (!is_blank)
		ink_end(page, ink);
}

void page_write(struct page *page, enum ink ink, const char *text)
{
	page_write_n(page, ink, text, strlen(text));
}

void page_end_line(struct page *page)
{
	sink_puts(page->sink, "\n");
	page->n_lines++;
}

/* The state of wrapping: columns used, and what further lines begin with. */
struct wrap {
	struct page *page;
	unsigned used, indent;
	bool is_begun; /* something besides the indent is on this line */
	enum ink ink;  /* of the words that are being put */
};

static void wrap_break(struct wrap *wrap)
{
	ink_end(wrap->page, wrap->ink);
	page_end_line(wrap->page);
	sink_fill(wrap->page->sink, ' ', wrap->indent);
	ink_begin(wrap->page, wrap->ink);
	wrap->used = wrap->indent;
	wrap->is_begun = false;
}

static unsigned room(const struct wrap *wrap)
{
	unsigned width = wrap->page->style.width;
	return width > wrap->used ? width - wrap->used : 0;
}

static void wrap_put(struct wrap *wrap, const char *text, unsigned width)
{
	sink_puts(wrap->page->sink, text);
	wrap->used += width;
	wrap->is_begun = true;
}

/* A word wider than a line: cut into pieces. Modifies `word`. */
static void wrap_long_word(struct wrap *wrap, char *word)
{
	while (*word) {
		unsigned width;
		size_t n = utf8_prefix(word, MAX(room(wrap), 1u), &width);
		if (!n) {
			if (!wrap->is_begun)
				return;
			wrap_break(wrap);
			continue;
		}
		char kept = word[n];
		word[n] = '\0';
		wrap_put(wrap, word, width);
		word[n] = kept;
		word += n;
		if (*word)
			wrap_break(wrap);
	}
}

static void wrap_word(struct wrap *wrap, char *word, bool spaced)
{
	unsigned width = utf8_width(word);
	bool needs_space = spaced && wrap->is_begun;
	if (wrap->is_begun && width + needs_space > room(wrap)) {
		wrap_break(wrap);
		needs_space = false;
	}
	if (needs_space)
		wrap_put(wrap, " ", 1);
	if (width <= room(wrap))
		wrap_put(wrap, word, width);
	else
		wrap_long_word(wrap, word);
}

static void wrap_words(struct wrap *wrap, enum ink ink, char *text)
{
	bool spaced = false;
	char *rest = text;
	wrap->ink = ink;
	ink_begin(wrap->page, ink);
	for (char *word; (word = strsep(&rest, " "));) {
		wrap_word(wrap, word, spaced);
		spaced = true;
	}
	ink_end(wrap->page, ink);
	wrap->ink = INK_PLAIN;
}

static void wrap_whole(struct wrap *wrap, enum ink ink, const char *text, unsigned width)
{
	page_write(wrap->page, ink, text);
	wrap->used += width;
	wrap->is_begun = true;
}

static void wrap_segment(struct wrap *wrap, const struct segment *segment, const char *separator)
{
	_cleanup_free_ char *text = utf8_printable(segment->text, wrap->page->style.unicode);
	if (!text) {
		sink_fail(wrap->page->sink, ENOMEM);
		return;
	}
	unsigned width = utf8_width(text), gap = utf8_width(separator);
	if (wrap->is_begun && gap + width <= room(wrap))
		wrap_whole(wrap, INK_DIM, separator, gap);
	else if (wrap->is_begun)
		wrap_break(wrap);
	if (width <= room(wrap))
		wrap_whole(wrap, segment->ink, text, width);
	else
		wrap_words(wrap, segment->ink, text);
}

void page_segments(struct page *page, const struct segment *segments, size_t n,
	const char *separator, unsigned indent)
{
	struct wrap wrap = {.page = page, .indent = indent};
	for (size_t i = 0; i < n; i++) {
		if (segments[i].text && *segments[i].text)
			wrap_segment(&wrap, &segments[i], separator);
	}
	page_end_line(page);
}

void page_text(struct page *page, enum ink ink, const char *text, unsigned indent)
{
	struct segment segment = {ink, text};
	page_segments(page, &segment, 1, "", indent);
}

void page_paragraph(struct page *page, enum ink ink, const char *text, unsigned indent)
{
	struct wrap wrap = {.page = page, .indent = indent, .used = indent};
	struct segment segment = {ink, text};
	sink_fill(page->sink, ' ', indent);
	wrap_segment(&wrap, &segment, "");
	page_end_line(page);
}

void page_format(struct page *page, enum ink ink, unsigned indent, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;
	va_start(args, format);
	int n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0) {
		text = NULL;
		sink_fail(page->sink, ENOMEM);
		return;
	}
	page_text(page, ink, text, indent);
}

char *page_bar(const struct page *page, int64_t value, int64_t whole, unsigned width)
{
	char *bar = malloc((size_t)width * 3 + 4);
	if (!bar)
		return NULL;
	double share = whole > 0 && value > 0 ? (double)value / (double)whole : 0;
	unsigned eighths = (unsigned)(MIN(share, 1.0) * width * 8 + 0.5);
	char *to = bar;
	if (!page->style.unicode) {
		memset(to, '#', (eighths + 4) / 8);
		to += (eighths + 4) / 8;
	} else {
		for (unsigned i = 0; i < eighths / 8; i++)
			to += utf8_encode(0x2588, to);
		if (eighths % 8)
			to += utf8_encode(0x2590 - eighths % 8, to);
	}
	*to = '\0';
	return bar;
}
