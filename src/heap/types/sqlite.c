/*
 * The types of _sqlite3. All that SQLite allocates for a database, its
 * statements included, is reached from the database handle and counts as the
 * connection's.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

/* A callback is a block of C with two references. */
static void walk_callback(struct walk *walk, addr_t object, uint32_t offset)
{
	FIELD_TABLE(fields, HIDDEN(callback_context, callable), HIDDEN(callback_context, module));
	addr_t context = field_word(walk_mem(walk), object, offset);
	if (!context)
		return;
	walk_native(walk, context);
	fields_walk_struct(walk, context, fields, ARRAY_SIZE(fields));
}

void walk_sqlite_connection(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, TREE(pysqlite_Connection, db),
		HIDDEN(pysqlite_Connection, statement_cache),
		HIDDEN(pysqlite_Connection, statements), HIDDEN(pysqlite_Connection, cursors),
		HIDDEN(pysqlite_Connection, blobs),
		ATTR(pysqlite_Connection, isolation_level, "isolation_level"),
		ATTR(pysqlite_Connection, row_factory, "row_factory"),
		ATTR(pysqlite_Connection, text_factory, "text_factory"),
		HIDDEN(pysqlite_Connection, function_pinboard_trace_callback),
		HIDDEN(pysqlite_Connection, function_pinboard_progress_handler),
		HIDDEN(pysqlite_Connection, function_pinboard_authorizer_cb),
		HIDDEN(pysqlite_Connection, collations));
	const struct layout *layout = walk_layout(walk);
	if (!fields_walk(walk, object, type, layout->pysqlite_Connection.n_bytes, fields,
		    ARRAY_SIZE(fields)))
		return;
	walk_callback(walk, object, layout->pysqlite_Connection.trace_ctx);
	walk_callback(walk, object, layout->pysqlite_Connection.progress_ctx);
	walk_callback(walk, object, layout->pysqlite_Connection.authorizer_ctx);
}

STRUCT_WALKER(walk_sqlite_cursor, pysqlite_Cursor, ATTR(pysqlite_Cursor, connection, "connection"),
	ATTR(pysqlite_Cursor, description, "description"), HIDDEN(pysqlite_Cursor, row_cast_map),
	ATTR(pysqlite_Cursor, lastrowid, "lastrowid"),
	ATTR(pysqlite_Cursor, row_factory, "row_factory"), HIDDEN(pysqlite_Cursor, statement),
	HIDDEN(pysqlite_Cursor, next_row))

STRUCT_WALKER(walk_sqlite_statement, pysqlite_Statement, HIDDEN(pysqlite_Statement, sql))

STRUCT_WALKER(walk_sqlite_row, pysqlite_Row, HIDDEN(pysqlite_Row, data),
	HIDDEN(pysqlite_Row, description))

STRUCT_WALKER(walk_sqlite_blob, pysqlite_Blob, HIDDEN(pysqlite_Blob, connection))
