/*
 * The types of _io: files, buffers, text layers, files in memory.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

void walk_file(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, NATIVE(fileio, stat_atopen));
	const struct layout *layout = walk_layout(walk);
	if (fields_walk(walk, object, type, layout->fileio.n_bytes, fields, ARRAY_SIZE(fields)))
		walk_fd_fact(
			walk, FACT_FILE_FD, field_u32(walk_mem(walk), object, layout->fileio.fd));
}

STRUCT_WALKER(walk_buffered, buffered, ATTR(buffered, raw, "raw"), PART(buffered, buffer),
	NATIVE(buffered, lock))

uint64_t size_buffered(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	uint64_t n_bytes = size_of_body(type);
	if (field_word(cpython->mem, object, layout->buffered.buffer))
		n_bytes += size_of_items(
			field_word(cpython->mem, object, layout->buffered.buffer_size), 1);
	return n_bytes;
}

STRUCT_WALKER(walk_buffered_pair, rwpair, HIDDEN(rwpair, reader), HIDDEN(rwpair, writer))

STRUCT_WALKER(walk_bytes_io, bytesio, HIDDEN(bytesio, buf))

/* getsizeof() counts the bytes object as long as nobody else holds it. */
uint64_t size_bytes_io(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	addr_t bytes = field_word(cpython->mem, object, cpython->layout->bytesio.buf);
	uint64_t n_refs;
	if (!bytes || !cpython_ref_count(cpython, bytes, &n_refs) || n_refs != 1)
		return size_of_body(type);
	return size_of_body(type) + size_of_bytes(cpython, bytes);
}

STRUCT_WALKER(walk_bytes_io_buffer, bytesiobuf, HIDDEN(bytesiobuf, source))

/* Modules/_io/stringio.c: only while it accumulates is the writer in use, 3.9-3.15. */
#define STATE_ACCUMULATING 2

void walk_string_io(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, PART(stringio, buf), HIDDEN(stringio, decoder),
		HIDDEN(stringio, readnl), HIDDEN(stringio, writenl));
	FIELD_TABLE(accumulated, HIDDEN(stringio, accu_large), HIDDEN(stringio, accu_small),
		HIDDEN(stringio, writer_buffer));
	const struct layout *layout = walk_layout(walk);
	const struct mem *mem = walk_mem(walk);
	if (!fields_walk(
		    walk, object, type, layout->stringio.n_bytes, fields, ARRAY_SIZE(fields)) ||
		field_u32(mem, object, layout->stringio.state) != STATE_ACCUMULATING)
		return;
	fields_walk_struct(walk, object, accumulated, ARRAY_SIZE(accumulated));
	if (layout->stringio.accu != LAYOUT_ABSENT ||
		layout->stringio.writer_buffer != LAYOUT_ABSENT)
		return;
	/* 3.14 and later: a block of its own, whose first member is the string made so far. */
	addr_t writer = field_word(mem, object, layout->stringio.writer);
	if (writer) {
		walk_native(walk, writer);
		walk_field(walk, EDGE_FIELD, "writer_buffer", writer, 0);
	}
}

STRUCT_WALKER(walk_text_io, textio, ATTR(textio, buffer, "buffer"),
	ATTR(textio, encoding, "encoding"), ATTR(textio, errors, "errors"), HIDDEN(textio, encoder),
	HIDDEN(textio, decoder), HIDDEN(textio, readnl), HIDDEN(textio, decoded_chars),
	HIDDEN(textio, pending_bytes), HIDDEN(textio, snapshot), HIDDEN(textio, raw))

STRUCT_WALKER(walk_newline_decoder, nldecoder_object, HIDDEN(nldecoder_object, decoder),
	ATTR(nldecoder_object, errors, "errors"))
