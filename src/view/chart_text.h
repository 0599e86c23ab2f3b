/*
 * A chart in characters. One curve is an area of blocks; several are lines of
 * letters, which a table explains. Below them the calls of functions, in the
 * same columns.
 */
#ifndef WHYMEM_CHART_TEXT_H
#define WHYMEM_CHART_TEXT_H

#include "view/chart.h"
#include "view/page.h"

#define TEXT_CURVES_MAX 16
#define TEXT_FUNCTIONS_MAX 10
#define TEXT_LEVELS_MAX 20

/* The letter of curve `i`, of function `i`. */
char text_curve_letter(size_t i);
char text_function_letter(size_t i);

/* The first TEXT_CURVES_MAX curves, with both axes. False when memory ran out. */
bool text_curves(const struct chart *chart, struct page *page);

/* Where the calls of `function` are, behind its letter. False when memory ran out. */
bool text_function(const struct chart *chart, const char *function, char letter, struct page *page);

/* Calls above those that they make, named where there is room. False when memory ran out. */
bool text_flame(const struct chart *chart, struct page *page);

#endif
