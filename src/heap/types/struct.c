/*
 * The types of _struct: compiled formats and the iterators that unpack with them.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

/* No format has more codes: a bound for damaged ones. */
#define CODES_MAX (1u << 20)

STRUCT_WALKER(walk_struct, PyStructObject, PART(PyStructObject, s_codes),
	ATTR(PyStructObject, s_format, "format"))

/* The codes end with one that has no definition; getsizeof() counts it. */
uint64_t size_struct(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	uint64_t code_bytes = layout->formatcode.n_bytes;
	addr_t codes = field_word(cpython->mem, object, layout->PyStructObject.s_codes);
	if (!codes || code_bytes == LAYOUT_ABSENT)
		return size_of_body(type);
	uint64_t n = 0;
	while (n < CODES_MAX &&
		field_word(cpython->mem, codes + n * code_bytes, layout->formatcode.fmtdef))
		n++;
	return size_of_body(type) + (n + 1) * code_bytes;
}

STRUCT_WALKER(walk_unpack_iterator, unpackiterobject, HIDDEN(unpackiterobject, so),
	HIDDEN(unpackiterobject, buf_obj))
