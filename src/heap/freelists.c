#include "heap/freelists.h"

/* CPython's free lists hold 2000 objects each at the most. */
#define LIST_LIMIT 4096

struct lists {
	const struct cpython *cpython;
	struct blocks *blocks;
};

/* The block behind a dead object, or a dead key table. */
static void claim_block(const struct lists *lists, addr_t dead)
{
	struct block block;
	if (dead && blocks_find(lists->blocks, dead, &block) && dead - block.start <= 64)
		blocks_claim(lists->blocks, block.start, OWNER_FREELIST);
}

/*
 * A dead object's count is 0, or overwritten by the link of its list (3.14+).
 * In 3.10 the first list of tuples holds the empty one, which is alive.
 */
static void claim(const struct lists *lists, addr_t dead)
{
	if (lists->cpython->traits->freelist_form == FREELIST_CHAINED ||
		!mem_word(lists->cpython->mem, dead))
		claim_block(lists, dead);
}

static void claim_array(const struct lists *lists, addr_t array, uint32_t n)
{
	for (uint32_t i = 0; i < MIN(n, LIST_LIMIT); i++)
		claim_block(lists, mem_word(lists->cpython->mem, array + i * 8ull));
}

/* A chain through the word at `link` of each dead object. */
static void claim_chain(const struct lists *lists, addr_t first, uint32_t link)
{
	for (unsigned i = 0; first && i < LIST_LIMIT; i++) {
		claim(lists, first);
		first = mem_word(lists->cpython->mem, first + link);
	}
}

static uint32_t count_at(const struct lists *lists, addr_t address)
{
	uint32_t n = 0;
	mem_read_u32(lists->cpython->mem, address, &n);
	return n;
}

/* An array of pointers and, elsewhere, how many of them are in use. */
static void claim_counted(const struct lists *lists, addr_t state, uint32_t items, uint32_t n)
{
	if (items != LAYOUT_ABSENT && n != LAYOUT_ABSENT)
		claim_array(lists, state + items, count_at(lists, state + n));
}

/* Tuples: an array of chains by length, linked through the first item. */
static void claim_tuples(const struct lists *lists, addr_t heads)
{
	const struct layout *layout = lists->cpython->layout;
	for (unsigned i = 0; i < 20; i++)
		claim_chain(lists, mem_word(lists->cpython->mem, heads + i * 8ull),
			layout->PyTupleObject.ob_item);
}

static void claim_interpreter(const struct lists *lists, addr_t interpreter)
{
	const struct layout *layout = lists->cpython->layout;
	const struct mem *mem = lists->cpython->mem;
	addr_t floats = interpreter + layout->PyInterpreterState.float_state;
	addr_t tuples = interpreter + layout->PyInterpreterState.tuple;
	addr_t list = interpreter + layout->PyInterpreterState.list;
	addr_t dicts = interpreter + layout->PyInterpreterState.dict_state;
	addr_t context = interpreter + layout->PyInterpreterState.context;
	addr_t async_gen = interpreter + layout->PyInterpreterState.async_gen;
	claim_chain(lists, mem_word(mem, floats + layout->Py_float_state.free_list), 8);
	claim_tuples(lists, tuples + layout->Py_tuple_state.free_list);
	claim_counted(lists, list, layout->Py_list_state.free_list, layout->Py_list_state.numfree);
	claim_counted(lists, dicts, layout->Py_dict_state.free_list, layout->Py_dict_state.numfree);
	claim_counted(lists, dicts, layout->Py_dict_state.keys_free_list,
		layout->Py_dict_state.keys_numfree);
	claim_chain(lists, mem_word(mem, context + layout->Py_context_state.freelist),
		layout->PyContext.ctx_weakreflist);
	claim_counted(lists, async_gen, layout->Py_async_gen_state.value_freelist,
		layout->Py_async_gen_state.value_numfree);
	claim_counted(lists, async_gen, layout->Py_async_gen_state.asend_freelist,
		layout->Py_async_gen_state.asend_numfree);
	claim(lists, mem_word(mem, interpreter + layout->PyInterpreterState.slice_cache));
}

/* 3.13: _Py_object_freelists, at the start of interp->object_state (8-aligned). */
static void claim_object_lists(const struct lists *lists, addr_t interpreter)
{
	const struct layout *layout = lists->cpython->layout;
	const struct mem *mem = lists->cpython->mem;
	addr_t state = align_up(interpreter + layout->PyInterpreterState.object_state, 8);
	claim_chain(lists, mem_word(mem, state + layout->Py_object_freelists.floats_items), 8);
	claim_tuples(lists, state + layout->Py_object_freelists.tuples_items);
	claim_counted(lists, state, layout->Py_object_freelists.lists_items,
		layout->Py_object_freelists.lists_numfree);
	claim_counted(lists, state, layout->Py_object_freelists.dicts_items,
		layout->Py_object_freelists.dicts_numfree);
	claim_counted(lists, state, layout->Py_object_freelists.dictkeys_items,
		layout->Py_object_freelists.dictkeys_numfree);
	claim_counted(lists, state, layout->Py_object_freelists.async_gens_items,
		layout->Py_object_freelists.async_gens_numfree);
	claim_counted(lists, state, layout->Py_object_freelists.async_gen_asends_items,
		layout->Py_object_freelists.async_gen_asends_numfree);
	claim(lists, mem_word(mem, state + layout->Py_object_freelists.slices_slice_cache));
	claim_chain(lists, mem_word(mem, state + layout->Py_object_freelists.contexts_items),
		layout->PyContext.ctx_weakreflist);
	claim_chain(
		lists, mem_word(mem, state + layout->Py_object_freelists.object_stacks_items), 0);
}

/* 3.14+: one head and size after the other; the next stands in the first word. */
static void claim_chained_lists(const struct lists *lists, addr_t interpreter)
{
	const struct layout *layout = lists->cpython->layout;
	addr_t state = align_up(interpreter + layout->PyInterpreterState.object_state, 8);
	uint32_t stride = layout->Py_freelist.n_bytes;
	for (uint32_t at = 0; at + stride <= layout->Py_freelists.n_bytes; at += stride)
		claim_chain(lists,
			mem_word(lists->cpython->mem, state + at + layout->Py_freelist.freelist),
			0);
}

void freelists_claim(const struct cpython *cpython, struct blocks *blocks)
{
	const struct lists lists = {.cpython = cpython, .blocks = blocks};
	vec_foreach (&cpython->interpreters, interpreter) {
		switch (cpython->traits->freelist_form) {
		case FREELIST_STATIC: /* objects told by their count of 0 but for floats */
			claim_chain(&lists,
				mem_word(cpython->mem,
					cpython_symbol(cpython, "floatobject.c:free_list")),
				8);
			break;
		case FREELIST_INTERP:
			claim_interpreter(&lists, interpreter->address);
			break;
		case FREELIST_OBJECT:
			claim_object_lists(&lists, interpreter->address);
			break;
		case FREELIST_CHAINED:
			claim_chained_lists(&lists, interpreter->address);
			break;
		}
	}
}
