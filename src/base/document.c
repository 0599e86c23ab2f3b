#include "base/document.h"

#include <stdarg.h>
#include <stdio.h>

static void *own(struct document *document, void *memory)
{
	void **slot = memory ? vec_add(&document->owned) : NULL;
	if (!slot) {
		document->failed = true;
		free(memory);
		return NULL;
	}
	*slot = memory;
	return memory;
}

static struct row *row_create(struct document *document)
{
	struct row *row = own(document, calloc(1, sizeof(*row)));
	if (row)
		row->document = document;
	return row;
}

struct error *document_init(struct document *document)
{
	*document = (struct document){0};
	document->root = row_create(document);
	return document_finish(document);
}

static void row_deinit(struct row *row);

static void table_deinit(struct table *table)
{
	vec_foreach (&table->rows, row)
		row_deinit(*row);
	vec_deinit(&table->rows);
}

static void row_deinit(struct row *row)
{
	vec_foreach (&row->cells, cell) {
		if (cell->kind == CELL_ROW)
			row_deinit(cell->row);
		else if (cell->kind == CELL_TABLE)
			table_deinit(cell->table);
	}
	vec_deinit(&row->cells);
}

void document_deinit(struct document *document)
{
	if (document->root)
		row_deinit(document->root);
	vec_foreach (&document->owned, memory)
		free(*memory);
	vec_deinit(&document->owned);
	*document = (struct document){0};
}

struct error *document_finish(const struct document *document)
{
	return document->failed ? &error_no_memory : NULL;
}

/* A row that could not be made is NULL: setting its cells does nothing. */
static struct cell *add_cell(struct row *row, const char *name, enum cell_kind kind)
{
	struct cell *cell = row ? vec_add(&row->cells) : NULL;
	if (!cell) {
		if (row)
			row->document->failed = true;
		return NULL;
	}
	cell->name = name;
	cell->kind = kind;
	return cell;
}

void row_set_int(struct row *row, const char *name, int64_t value)
{
	struct cell *cell = add_cell(row, name, CELL_INT);
	if (cell)
		cell->integer = value;
}

void row_set_u64(struct row *row, const char *name, uint64_t value)
{
	if (value == UINT64_MAX)
		row_set_null(row, name);
	else
		row_set_int(row, name, (int64_t)value);
}

void row_set_bool(struct row *row, const char *name, bool value)
{
	struct cell *cell = add_cell(row, name, CELL_BOOL);
	if (cell)
		cell->integer = value;
}

void row_set_null(struct row *row, const char *name)
{
	add_cell(row, name, CELL_NULL);
}

void row_set_text(struct row *row, const char *name, const char *text)
{
	char *copy = row && text ? own(row->document, strdup(text)) : NULL;
	struct cell *cell = add_cell(row, name, copy ? CELL_TEXT : CELL_NULL);
	if (cell)
		cell->text = copy;
}

void row_set_format(struct row *row, const char *name, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, format);
	int n = vasprintf(&text, format, args);
	va_end(args);
	row_set_text(row, name, n < 0 ? NULL : text);
	if (n >= 0)
		free(text);
	else if (row)
		row->document->failed = true;
}

void row_set_ints(struct row *row, const char *name, const int64_t *data, size_t n)
{
	int64_t *copy = row ? own(row->document, calloc(n + 1, sizeof(*copy))) : NULL;
	if (copy && n)
		memcpy(copy, data, n * sizeof(*copy));
	struct cell *cell = add_cell(row, name, copy ? CELL_INTS : CELL_NULL);
	if (cell && copy) {
		cell->ints.data = copy;
		cell->ints.n = n;
	}
}

void row_copy_cells(struct row *row, const struct row *from)
{
	vec_foreach (&from->cells, cell) {
		struct cell *copy;
		switch (cell->kind) {
		case CELL_TEXT:
			row_set_text(row, cell->name, cell->text);
			break;
		case CELL_INTS:
			row_set_ints(row, cell->name, cell->ints.data, cell->ints.n);
			break;
		default:
			copy = add_cell(row, cell->name, cell->kind);
			if (copy)
				copy->integer = cell->integer;
			break;
		}
	}
}

struct row *row_add_row(struct row *row, const char *name)
{
	struct row *child = row ? row_create(row->document) : NULL;
	struct cell *cell = add_cell(row, name, child ? CELL_ROW : CELL_NULL);
	if (!cell)
		return NULL;
	cell->row = child;
	return child;
}

struct table *row_add_table(struct row *row, const char *name)
{
	struct table *table = row ? own(row->document, calloc(1, sizeof(*table))) : NULL;
	struct cell *cell = add_cell(row, name, table ? CELL_TABLE : CELL_NULL);
	if (!cell)
		return NULL;
	if (table)
		table->document = row->document;
	cell->table = table;
	return table;
}

struct row *table_add(struct table *table)
{
	struct row *row = table ? row_create(table->document) : NULL;
	struct row **slot = row ? vec_add(&table->rows) : NULL;
	if (!slot) {
		if (table)
			table->document->failed = true;
		return NULL;
	}
	return *slot = row;
}

const struct cell *row_find(const struct row *row, const char *name)
{
	if (!row)
		return NULL;
	vec_foreach (&row->cells, cell) {
		if (!strcmp(cell->name, name))
			return cell;
	}
	return NULL;
}

int64_t row_int(const struct row *row, const char *name, int64_t fallback)
{
	const struct cell *cell = row_find(row, name);
	bool is_int = cell && (cell->kind == CELL_INT || cell->kind == CELL_BOOL);
	return is_int ? cell->integer : fallback;
}

const char *row_text(const struct row *row, const char *name, const char *fallback)
{
	const struct cell *cell = row_find(row, name);
	return cell && cell->kind == CELL_TEXT ? cell->text : fallback;
}

const struct row *row_row(const struct row *row, const char *name)
{
	const struct cell *cell = row_find(row, name);
	return cell && cell->kind == CELL_ROW ? cell->row : NULL;
}

const struct table *row_table(const struct row *row, const char *name)
{
	const struct cell *cell = row_find(row, name);
	return cell && cell->kind == CELL_TABLE ? cell->table : NULL;
}
