/*
 * Numbers, strings, buffers, slices.
 */
#include "heap/state.h"
#include "heap/types/core.h"
#include "heap/types/fields.h"

#include <ctype.h>

#define NAME_BYTES 256 /* no longer identifier is kept */

/* longobject.c, int___sizeof___impl(): from 3.11 on zero counts the digit it has room for. */
uint64_t size_int(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	uint64_t word = field_ob_size(cpython, object);
	uint64_t n = cpython->traits->compact_int_tag ? word >> 3
		     : (int64_t)word < 0              ? 0 - word
						      : word;
	if (cpython->traits->keys_form == KEYS_KINDS)
		n = MAX(n, 1);
	return 24 + size_of_items(n, 4);
}

/* ---- str ---- */

/* Blocks of Unicode that hold letters; punctuation and symbols stand between them. */
static bool is_letter(uint32_t character)
{
	return character == '_' || (character < 0x80 && isalpha((int)character)) ||
	       (character >= 0xc0 && character < 0x2000 && character != 0xd7 &&
		       character != 0xf7) ||
	       (character >= 0x2c00 && character < 0x2e00) ||
	       (character >= 0x3041 && character < 0xd800) ||
	       (character >= 0xf900 && character < 0xfe00) ||
	       (character >= 0x10000 && character < 0x1f000) ||
	       (character >= 0x20000 && character < 0x32000);
}

/* The next character of UTF-8 that cpython_read_str() made. */
static uint32_t next_character(const char **text)
{
	const unsigned char *at = (const unsigned char *)*text;
	unsigned n = *at < 0x80 ? 0 : *at < 0xe0 ? 1 : *at < 0xf0 ? 2 : 3;
	uint32_t character = n ? *at & (0x3fu >> n) : *at;
	for (at++; n && *at; n--)
		character = character << 6 | (*at++ & 0x3f);
	*text = (const char *)at;
	return character;
}

static bool is_identifier(const char *text)
{
	bool is_first = true;
	if (!*text)
		return false;
	for (; *text; is_first = false) {
		uint32_t character = next_character(&text);
		bool is_digit = character < 0x80 && isdigit((int)character);
		if (!is_letter(character) && (!is_digit || is_first))
			return false;
	}
	return true;
}

static void walk_name(struct walk *walk, addr_t object, const struct str_state *state)
{
	char text[NAME_BYTES + 1];
	if (state->length < NAME_BYTES &&
		cpython_read_str(walk_cpython(walk), object, text, sizeof(text)) &&
		is_identifier(text))
		walk_text(walk, walk->self, text);
}

/* Copies in other encodings; each may be the characters themselves. */
static void walk_str_copies(struct walk *walk, addr_t object, const struct str_state *state)
{
	const struct layout *layout = walk_layout(walk);
	const struct mem *mem = walk_mem(walk);
	addr_t wide = field_word(mem, object, layout->PyASCIIObject.wstr);
	if (wide != state->data)
		walk_part(walk, wide);
	if (state->compact && state->ascii)
		return;
	addr_t utf8 = field_word(mem, object, layout->PyCompactUnicodeObject.utf8);
	if (utf8 != state->data)
		walk_part(walk, utf8);
	if (!state->compact)
		walk_part(walk, field_word(mem, object, layout->PyUnicodeObject.data));
}

void walk_str(struct walk *walk, addr_t object, const struct type_info *type)
{
	struct str_state state;
	if (!cpython_read_str_state(walk_cpython(walk), object, &state))
		return;
	if (state.interned)
		walk_name(walk, object, &state);
	if (!state.compact || !state.ascii ||
		walk_layout(walk)->PyASCIIObject.wstr != LAYOUT_ABSENT)
		walk_str_copies(walk, object, &state);
}

/* unicodeobject.c, unicode_sizeof() */
uint64_t size_str(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	struct str_state state;
	if (!cpython_read_str_state(cpython, object, &state))
		return size_of_body(type);
	uint64_t n_bytes = state.compact ? state.header_bytes : layout->PyUnicodeObject.n_bytes;
	if (state.compact || state.data)
		n_bytes += size_of_items(state.length + 1, state.kind);
	addr_t wide = field_word(cpython->mem, object, layout->PyASCIIObject.wstr);
	if (wide && wide != state.data) {
		uint64_t n = state.compact && state.ascii
				     ? state.length
				     : field_word(cpython->mem, object,
					       layout->PyCompactUnicodeObject.wstr_length);
		n_bytes += size_of_items(n + 1, 4);
	}
	if (state.compact && state.ascii)
		return n_bytes;
	addr_t utf8 = field_word(cpython->mem, object, layout->PyCompactUnicodeObject.utf8);
	if (utf8 && utf8 != state.data)
		n_bytes += field_word(cpython->mem, object,
				   layout->PyCompactUnicodeObject.utf8_length) +
			   1;
	return n_bytes;
}

/* ---- buffers ---- */

void walk_bytearray(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct layout *layout = walk_layout(walk);
	if (walk_cpython(walk)->traits->bytearray_holds_bytes)
		walk_field(walk, EDGE_FIELD, "ob_bytes_object", object,
			layout->PyByteArrayObject.ob_bytes_object);
	else
		walk_part(walk,
			field_word(walk_mem(walk), object, layout->PyByteArrayObject.ob_bytes));
	walk_container_facts(walk, field_ob_size(walk_cpython(walk), object),
		field_word(walk_mem(walk), object, layout->PyByteArrayObject.ob_alloc));
}

/* From 3.15 on the buffer is a bytes object, counted with its head unless it is empty. */
uint64_t size_bytearray(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	uint64_t n = field_word(cpython->mem, object, layout->PyByteArrayObject.ob_alloc);
	uint64_t head =
		n && cpython->traits->bytearray_holds_bytes ? layout->PyBytesObject.ob_sval + 1 : 0;
	return size_of_body(type) + size_of_items(n, 1) + head;
}

void walk_memoryview(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct layout *layout = walk_layout(walk);
	walk_field(walk, EDGE_FIELD, "mbuf", object, layout->PyMemoryViewObject.mbuf);
	walk_field(walk, EDGE_ATTR_STATIC, "obj", object,
		layout->PyMemoryViewObject.view + layout->Py_buffer.obj);
	walk_fact(walk, FACT_VIEW_BYTES,
		field_word(walk_mem(walk), object,
			layout->PyMemoryViewObject.view + layout->Py_buffer.len));
}

void walk_managed_buffer(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct layout *layout = walk_layout(walk);
	walk_field(walk, EDGE_FIELD, "obj", object,
		layout->PyManagedBufferObject.master + layout->Py_buffer.obj);
}

STRUCT_WALKER(walk_slice, PySliceObject, ATTR(PySliceObject, start, "start"),
	ATTR(PySliceObject, stop, "stop"), ATTR(PySliceObject, step, "step"))

STRUCT_WALKER(walk_range, rangeobject, ATTR(rangeobject, start, "start"),
	ATTR(rangeobject, stop, "stop"), ATTR(rangeobject, step, "step"),
	HIDDEN(rangeobject, length))
