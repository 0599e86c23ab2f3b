/*
 * What differs between CPython versions and is no offset. One row a minor
 * version (traits.c); structure inside a minor version is probed, not listed.
 */
#ifndef WHYMEM_TRAITS_H
#define WHYMEM_TRAITS_H

#include "base/base.h"

enum managed_dict {
	MANAGED_NONE,      /* 3.9, 3.10: tp_dictoffset only */
	MANAGED_TWO_WORDS, /* 3.11: dict at -24, values at -32 */
	MANAGED_TAGGED,    /* 3.12: dict or values + 1 at -24, weakrefs at -32 */
	MANAGED_INLINE,    /* 3.13+: dict at -24, weakrefs at -32, values behind the object */
};

enum immortality { IMMORTAL_NONE, IMMORTAL_32BIT /* 3.12, 3.13 */, IMMORTAL_FLAGS /* 3.14+ */ };

enum keys_form { KEYS_LEGACY /* 3.9, 3.10 */, KEYS_KINDS /* 3.11+ */ };

enum frame_form { FRAME_OBJECT /* 3.9, 3.10 */, FRAME_INTERPRETER /* 3.11+ */ };

enum line_table { LINES_LNOTAB /* 3.9 */, LINES_PAIRS /* 3.10 */, LINES_VARINT /* 3.11+ */ };

enum freelist_form {
	FREELIST_STATIC,  /* 3.9: variables of the types' files */
	FREELIST_INTERP,  /* 3.10-3.12: arrays in the interpreter state */
	FREELIST_OBJECT,  /* 3.13: _Py_object_freelists */
	FREELIST_CHAINED, /* 3.14+: chained through the first word */
};

struct traits {
	unsigned minor;
	enum managed_dict managed_dict;
	enum immortality immortality;
	enum keys_form keys_form;
	enum frame_form frame_form;
	enum line_table line_table;
	enum freelist_form freelist_form;
	uint32_t arena_bytes, pool_bytes;
	bool static_type_state; /* tp_dict of static builtin types is per interpreter (3.12+) */
	uint8_t static_type_head_bytes; /* what sys.getsizeof() adds to a static type (3.11, 3.12)
					 */
	bool tagged_stack_refs;         /* frame slots are tagged references (3.14+) */
	bool compact_int_tag;           /* lv_tag instead of ob_size in int (3.12+) */
	bool bytearray_holds_bytes;     /* 3.15 */
	int8_t gen_created, gen_suspended, gen_suspended_yield_from, gen_executing, gen_cleared;
};

/* The row of 3.`minor`, or NULL when unsupported. */
const struct traits *traits_find(unsigned minor);

#endif
