#include "cpython/traits.h"

#define SMALL_POOLS .arena_bytes = 256 << 10, .pool_bytes = 4 << 10
#define LARGE_POOLS .arena_bytes = 1 << 20, .pool_bytes = 16 << 10

/* Include/internal/pycore_frame.h, enum _framestate; 3.9 and 3.10 keep it elsewhere. */
#define GENERATOR_STATES(created, suspended, yield_from, executing, cleared)                       \
	.gen_created = (created), .gen_suspended = (suspended),                                    \
	.gen_suspended_yield_from = (yield_from), .gen_executing = (executing),                    \
	.gen_cleared = (cleared)

/*
 * To add a minor version: run tools/layouts/generate.py on it, then say here
 * what it does differently.
 */
static const struct traits rows[] = {
	{
		.minor = 9,
		.managed_dict = MANAGED_NONE,
		.immortality = IMMORTAL_NONE,
		.keys_form = KEYS_LEGACY,
		.frame_form = FRAME_OBJECT,
		.line_table = LINES_LNOTAB,
		.freelist_form = FREELIST_STATIC,
		SMALL_POOLS,
	},
	{
		.minor = 10,
		.managed_dict = MANAGED_NONE,
		.immortality = IMMORTAL_NONE,
		.keys_form = KEYS_LEGACY,
		.frame_form = FRAME_OBJECT,
		.line_table = LINES_PAIRS,
		.freelist_form = FREELIST_INTERP,
		LARGE_POOLS,
	},
	{
		.minor = 11,
		.managed_dict = MANAGED_TWO_WORDS,
		.immortality = IMMORTAL_NONE,
		.keys_form = KEYS_KINDS,
		.frame_form = FRAME_INTERPRETER,
		.line_table = LINES_VARINT,
		.freelist_form = FREELIST_INTERP,
		.static_type_head_bytes = 16,
		LARGE_POOLS,
		GENERATOR_STATES(-2, -1, -1, 0, 4),
	},
	{
		.minor = 12,
		.managed_dict = MANAGED_TAGGED,
		.immortality = IMMORTAL_32BIT,
		.keys_form = KEYS_KINDS,
		.frame_form = FRAME_INTERPRETER,
		.line_table = LINES_VARINT,
		.freelist_form = FREELIST_INTERP,
		.static_type_head_bytes = 16,
		.static_type_state = true,
		.compact_int_tag = true,
		LARGE_POOLS,
		GENERATOR_STATES(-2, -1, -1, 0, 4),
	},
	{
		.minor = 13,
		.managed_dict = MANAGED_INLINE,
		.immortality = IMMORTAL_32BIT,
		.keys_form = KEYS_KINDS,
		.frame_form = FRAME_INTERPRETER,
		.line_table = LINES_VARINT,
		.freelist_form = FREELIST_OBJECT,
		.static_type_state = true,
		.compact_int_tag = true,
		LARGE_POOLS,
		GENERATOR_STATES(-3, -2, -1, 0, 4),
	},
	{
		.minor = 14,
		.managed_dict = MANAGED_INLINE,
		.immortality = IMMORTAL_FLAGS,
		.keys_form = KEYS_KINDS,
		.frame_form = FRAME_INTERPRETER,
		.line_table = LINES_VARINT,
		.freelist_form = FREELIST_CHAINED,
		.static_type_state = true,
		.tagged_stack_refs = true,
		.compact_int_tag = true,
		LARGE_POOLS,
		GENERATOR_STATES(-3, -2, -1, 0, 4),
	},
	{
		.minor = 15,
		.managed_dict = MANAGED_INLINE,
		.immortality = IMMORTAL_FLAGS,
		.keys_form = KEYS_KINDS,
		.frame_form = FRAME_INTERPRETER,
		.line_table = LINES_VARINT,
		.freelist_form = FREELIST_CHAINED,
		.static_type_state = true,
		.tagged_stack_refs = true,
		.compact_int_tag = true,
		.bytearray_holds_bytes = true,
		LARGE_POOLS,
		GENERATOR_STATES(0, 1, 2, 4, 5),
	},
};

const struct traits *traits_find(unsigned minor)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].minor == minor)
			return &rows[i];
	return NULL;
}
