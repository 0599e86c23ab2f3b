/*
 * Documents become output: JSON for programs, screens for people. Both come
 * from the same rows.
 *
 * To add a screen: write view/screen_<command>.c and add one line to the table
 * in view/text.c; add a case to tests/golden.
 *
 * Knows nothing about CPython. Failures are remembered by the sink.
 */
#ifndef WHYMEM_VIEW_H
#define WHYMEM_VIEW_H

#include "base/document.h"
#include "view/page.h"

/* The document as one line of JSON. */
void view_json(const struct row *root, struct sink *sink);

/* The screen of the command that the document names in `command`. */
void view_text(const struct row *root, struct page *page);

#endif
