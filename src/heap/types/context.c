/*
 * Context variables and the tree (HAMT) that holds their values.
 */
#include "heap/types/core.h"
#include "heap/types/fields.h"

STRUCT_WALKER(walk_context, PyContext, HIDDEN(PyContext, ctx_prev), HIDDEN(PyContext, ctx_vars))

/* var_cached is borrowed. */
STRUCT_WALKER(walk_context_var, PyContextVar, ATTR(PyContextVar, var_name, "name"),
	HIDDEN(PyContextVar, var_default))

STRUCT_WALKER(walk_context_token, PyContextToken, HIDDEN(PyContextToken, tok_ctx),
	ATTR(PyContextToken, tok_var, "var"), ATTR(PyContextToken, tok_oldval, "old_value"))

STRUCT_WALKER(walk_hamt, PyHamtObject, HIDDEN(PyHamtObject, h_root))

/* Pairs of key and value; a pair without key leads to a node below. */
static void walk_pairs(struct walk *walk, addr_t object, uint32_t array)
{
	uint64_t n = field_ob_size(walk_cpython(walk), object);
	const char *at = mem_at(walk_mem(walk), object + array, size_of_items(n, 8));
	for (uint64_t i = 0; at && i + 1 < n; i += 2) {
		addr_t key = load_u64(at + i * 8), value = load_u64(at + i * 8 + 8);
		if (key) {
			walk_edge_named(walk, EDGE_KEY, key, value);
			walk_edge(walk, EDGE_ITEM, 0, key);
		} else {
			walk_edge(walk, EDGE_ITEM, 0, value);
		}
	}
}

void walk_hamt_bitmap(struct walk *walk, addr_t object, const struct type_info *type)
{
	walk_pairs(walk, object, walk_layout(walk)->PyHamtNode_Bitmap.b_array);
}

void walk_hamt_collision(struct walk *walk, addr_t object, const struct type_info *type)
{
	walk_pairs(walk, object, walk_layout(walk)->PyHamtNode_Collision.c_array);
}

void walk_hamt_array(struct walk *walk, addr_t object, const struct type_info *type)
{
	addr_t array = object + walk_layout(walk)->PyHamtNode_Array.a_array;
	for (uint64_t i = 0; i < 32; i++)
		walk_edge(walk, EDGE_ITEM, 0, mem_word(walk_mem(walk), array + i * 8));
}
