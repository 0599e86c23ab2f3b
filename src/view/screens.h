/*
 * The screens, and what several of them show alike.
 */
#ifndef WHYMEM_SCREENS_H
#define WHYMEM_SCREENS_H

#include "view/grid.h"
#include "view/view.h"

typedef void (*screen_fn)(const struct row *root, struct page *page);

void screen_explain(const struct row *root, struct page *page);
void screen_types(const struct row *root, struct page *page);
void screen_retained(const struct row *root, struct page *page);
void screen_why(const struct row *root, struct page *page);
void screen_dups(const struct row *root, struct page *page);
void screen_refs(const struct row *root, struct page *page);
void screen_native(const struct row *root, struct page *page);
void screen_advice(const struct row *root, struct page *page);
void screen_caches(const struct row *root, struct page *page);
void screen_garbage(const struct row *root, struct page *page);
void screen_ps(const struct row *root, struct page *page);
void screen_diff(const struct row *root, struct page *page);
void screen_doctor(const struct row *root, struct page *page);
void screen_plot(const struct row *root, struct page *page);
void screen_lines(const struct row *root, struct page *page);
void screen_run(const struct row *root, struct page *page);
void screen_snap(const struct row *root, struct page *page);

/* "whymem 4242 · worker.py · CPython 3.12.1 · ...": which process, how it was read. */
void show_identity(const struct row *root, struct page *page);

/* The verdict, in the second line. */
void show_verdict(const struct row *root, struct page *page);

/* What the user should know although the answer stands. */
void show_warnings(const struct row *root, struct page *page);

/* "… 310 more types: 12.3 MiB", when rows were cut. */
void show_rest(const struct row *root, const char *what, const char *bytes_key, unsigned digits,
	struct page *page);

/* Rows of `findings`, at most `n_most`. */
void show_findings(const struct table *findings, size_t n_most, struct page *page);

/* The processes that a traced program started; nothing when there are none. */
void show_children(const struct row *root, struct page *page);
/*
 * Memory that failed, a kill for lack of it, and who held it: cells of `row`. `ending`
 * says how the process ended, NULL: it runs, or nobody knows. `who`: "", or whose it is.
 */
void show_lack_of_memory(
	const struct row *row, const struct row *ending, const char *who, struct page *page);

/* The rows of a diff of traces. */
void show_trace_changes(const struct row *root, struct page *page);

/* A heading above a table. */
void show_heading(struct page *page, const char *title);

/* "app/cache.py:12" of a row with `file` and `line`, to be freed; NULL when it has none. */
char *place_text(const struct row *row);
void grid_add_place(struct grid *grid, const struct row *row);

/* "app/cache.py:12 load 81 %": where most of what a row retains was allocated; likewise. */
char *origin_text(const struct row *row);
void grid_add_origin(struct grid *grid, const struct row *row);

/* The same without the share. */
char *origin_place(const struct row *row);
void grid_add_origin_place(struct grid *grid, const struct row *row);

/* Bytes that stand alone, as MiB. */
struct number row_mib(const struct row *row, const char *name);

/* Cell `name` of `row`: as MiB, as a count; an empty cell when it is null or absent. */
void grid_add_mib(struct grid *grid, const struct row *row, const char *name, unsigned digits);
void grid_add_count(struct grid *grid, const struct row *row, const char *name);
void grid_add_duration(struct grid *grid, const struct row *row, const char *name);
void grid_add_text(struct grid *grid, const struct row *row, const char *name);

/* A size with its sign, "+12.3"; "0" without. */
struct number signed_mib(const struct page *page, int64_t bytes, unsigned digits);

/* How much a row grew (`delta_bytes`); an empty cell when that is null or absent. */
void grid_add_growth(
	struct grid *grid, const struct row *row, unsigned digits, const struct page *page);

/* The largest value of cell `name` in `table`, 0 when there is none. */
int64_t table_largest(const struct table *table, const char *name);

/* Is there a value that is not null? */
bool row_has(const struct row *row, const char *name);

static inline size_t table_rows(const struct table *table)
{
	return table ? table->rows.n : 0;
}

#endif
