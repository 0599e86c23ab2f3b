/*
 * Readers and writers of text formats: _csv, _json.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

STRUCT_WALKER(walk_csv_reader, ReaderObj, HIDDEN(ReaderObj, input_iter),
	ATTR(ReaderObj, dialect, "dialect"), HIDDEN(ReaderObj, fields), NATIVE(ReaderObj, field))

STRUCT_WALKER(walk_csv_writer, WriterObj, HIDDEN(WriterObj, write),
	ATTR(WriterObj, dialect, "dialect"), NATIVE(WriterObj, rec), HIDDEN(WriterObj, error_obj))

STRUCT_WALKER(walk_csv_dialect, DialectObj, ATTR(DialectObj, lineterminator, "lineterminator"))

STRUCT_WALKER(walk_json_scanner, PyScannerObject, ATTR(PyScannerObject, object_hook, "object_hook"),
	ATTR(PyScannerObject, object_pairs_hook, "object_pairs_hook"),
	ATTR(PyScannerObject, array_hook, "array_hook"),
	ATTR(PyScannerObject, parse_float, "parse_float"),
	ATTR(PyScannerObject, parse_int, "parse_int"),
	ATTR(PyScannerObject, parse_constant, "parse_constant"), HIDDEN(PyScannerObject, memo))

STRUCT_WALKER(walk_json_encoder, PyEncoderObject, ATTR(PyEncoderObject, markers, "markers"),
	ATTR(PyEncoderObject, defaultfn, "default"), ATTR(PyEncoderObject, encoder, "encoder"),
	ATTR(PyEncoderObject, indent, "indent"),
	ATTR(PyEncoderObject, key_separator, "key_separator"),
	ATTR(PyEncoderObject, item_separator, "item_separator"))
