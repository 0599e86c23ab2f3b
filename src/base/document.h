/*
 * What a command answers: typed rows that every view renders, so that text and
 * JSON can never disagree.
 *
 * A document is a tree of rows (ordered named cells) and tables (lists of
 * rows). Names and nesting are those of the JSON contract; units stand in the
 * names. Everything lives in the document and dies with it.
 *
 * Building never fails visibly: when memory runs out the document is marked
 * and document_finish() reports it.
 */
#ifndef WHYMEM_DOCUMENT_H
#define WHYMEM_DOCUMENT_H

#include "base/error.h"
#include "base/vec.h"

enum cell_kind {
	CELL_NULL, /* not knowable */
	CELL_INT,  /* integer; the name tells its unit */
	CELL_BOOL,
	CELL_TEXT,  /* UTF-8 */
	CELL_ROW,   /* nested object */
	CELL_TABLE, /* array of objects */
	CELL_INTS,  /* array of integers */
};

struct row;
struct table;

struct cell {
	const char *name; /* static or in the document */
	enum cell_kind kind;
	union {
		int64_t integer; /* CELL_INT, CELL_BOOL */
		const char *text;
		struct row *row;
		struct table *table;
		struct {
			const int64_t *data;
			size_t n;
		} ints;
	};
};

struct document;

struct row {
	struct document *document;
	VEC(struct cell) cells;
};

struct table {
	struct document *document;
	VEC(struct row *) rows;
};

struct document {
	struct row *root;
	VEC(void *) owned;
	bool failed;
};

struct error *document_init(struct document *document);
void document_deinit(struct document *document);

/* NULL, or OUT_OF_MEMORY when something could not be added. */
struct error *document_finish(const struct document *document);

/* Names are string literals. Texts are copied; a NULL text becomes CELL_NULL. */
void row_set_int(struct row *row, const char *name, int64_t value);
/* UINT64_MAX becomes CELL_NULL. */
void row_set_u64(struct row *row, const char *name, uint64_t value);
void row_set_bool(struct row *row, const char *name, bool value);
void row_set_text(struct row *row, const char *name, const char *text);
void row_set_format(struct row *row, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void row_set_null(struct row *row, const char *name);
void row_set_ints(struct row *row, const char *name, const int64_t *data, size_t n);
struct row *row_add_row(struct row *row, const char *name);
/* Adds copies of the plain cells of `from`: neither rows nor tables. */
void row_copy_cells(struct row *row, const struct row *from);
struct table *row_add_table(struct row *row, const char *name);
struct row *table_add(struct table *table);

/* The cell of that name, or NULL. */
const struct cell *row_find(const struct row *row, const char *name);

/* Of a cell that may be absent or null: its value, or the fallback. */
int64_t row_int(const struct row *row, const char *name, int64_t fallback);
const char *row_text(const struct row *row, const char *name, const char *fallback);
const struct row *row_row(const struct row *row, const char *name);     /* may be NULL */
const struct table *row_table(const struct row *row, const char *name); /* may be NULL */

#endif
