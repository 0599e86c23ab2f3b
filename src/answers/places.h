/* Places by the end of their names: "RESULTS" stands for app.cache.RESULTS. */
#ifndef WHYMEM_PLACES_H
#define WHYMEM_PLACES_H

#include "analysis/analysis.h"

/*
 * The objects that `expression` stands for: those of names_resolve(), else the
 * one that retains most of those whose path ends with it. Empty when nothing is
 * there; the caller frees it.
 */
struct error *places_find(struct analysis *analysis, const char *expression, struct obj_ids *ret);

#endif
