/*
 * Rows become JSON through jansson: keys in their order, integers only, text
 * that is no UTF-8 with U+FFFD in place of what cannot be decoded.
 *
 * The root's tables are written row by row, so that a document of many rows is
 * never held a second time.
 */
#include "base/cleanup.h"
#include "view/utf8.h"
#include "view/view.h"

#include <errno.h>
#include <jansson.h>

static json_t *row_to_json(const struct row *row);

static json_t *text_to_json(const char *text)
{
	_cleanup_free_ char *clean = utf8_clean(text);
	return clean ? json_string_nocheck(clean) : NULL;
}

static json_t *table_to_json(const struct table *table)
{
	json_t *array = json_array();
	vec_foreach (&table->rows, row) {
		if (json_array_append_new(array, row_to_json(*row))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *ints_to_json(const int64_t *data, size_t n)
{
	json_t *array = json_array();
	for (size_t i = 0; i < n; i++) {
		if (json_array_append_new(array, json_integer(data[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *cell_to_json(const struct cell *cell)
{
	switch (cell->kind) {
	case CELL_NULL:
		return json_null();
	case CELL_INT:
		return json_integer(cell->integer);
	case CELL_BOOL:
		return json_boolean(cell->integer);
	case CELL_TEXT:
		return text_to_json(cell->text);
	case CELL_ROW:
		return row_to_json(cell->row);
	case CELL_TABLE:
		return table_to_json(cell->table);
	case CELL_INTS:
		return ints_to_json(cell->ints.data, cell->ints.n);
	}
	return NULL;
}

static json_t *row_to_json(const struct row *row)
{
	json_t *object = json_object();
	vec_foreach (&row->cells, cell) {
		if (json_object_set_new_nocheck(object, cell->name, cell_to_json(cell))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static int write_part(const char *data, size_t n, void *sink)
{
	sink_write(sink, data, n);
	return 0;
}

/* Writes and frees `value`; NULL stands for memory that ran out. */
static void dump(json_t *value, struct sink *sink)
{
	if (!value || json_dump_callback(value, write_part, sink, JSON_COMPACT | JSON_ENCODE_ANY))
		sink_fail(sink, ENOMEM);
	json_decref(value);
}

static void dump_table(const struct table *table, struct sink *sink)
{
	const char *separator = "[";
	vec_foreach (&table->rows, row) {
		sink_puts(sink, separator);
		dump(row_to_json(*row), sink);
		separator = ",";
	}
	sink_puts(sink, table->rows.n ? "]" : "[]");
}

void view_json(const struct row *root, struct sink *sink)
{
	const char *separator = "{";
	vec_foreach (&root->cells, cell) {
		sink_puts(sink, separator);
		dump(text_to_json(cell->name), sink);
		sink_puts(sink, ":");
		if (cell->kind == CELL_TABLE)
			dump_table(cell->table, sink);
		else
			dump(cell_to_json(cell), sink);
		separator = ",";
	}
	sink_puts(sink, root->cells.n ? "}\n" : "{}\n");
}
