/*
 * The iterators of itertools.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

STRUCT_WALKER(walk_chain, chainobject, HIDDEN(chainobject, source), HIDDEN(chainobject, active))

STRUCT_WALKER(walk_cycle, cycleobject, HIDDEN(cycleobject, it), HIDDEN(cycleobject, saved))

STRUCT_WALKER(walk_repeat, repeatobject, HIDDEN(repeatobject, element))

STRUCT_WALKER(
	walk_count, countobject, HIDDEN(countobject, long_cnt), HIDDEN(countobject, long_step))

STRUCT_WALKER(walk_accumulate, accumulateobject, HIDDEN(accumulateobject, total),
	HIDDEN(accumulateobject, it), HIDDEN(accumulateobject, binop),
	HIDDEN(accumulateobject, initial))

STRUCT_WALKER(walk_tee, teeobject, HIDDEN(teeobject, dataobj))

/* Modules/itertoolsmodule.c, LINKCELLS, 3.9-3.15: numread may not exceed it. */
#define TEE_ITEMS 57

void walk_tee_data(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, HIDDEN(teedataobject, it), HIDDEN(teedataobject, nextlink));
	const struct layout *layout = walk_layout(walk);
	if (!fields_walk(
		    walk, object, type, layout->teedataobject.n_bytes, fields, ARRAY_SIZE(fields)))
		return;
	uint32_t n = field_u32(walk_mem(walk), object, layout->teedataobject.numread);
	walk_items(walk, object + layout->teedataobject.values, MIN(n, TEE_ITEMS));
}

STRUCT_WALKER(walk_groupby, groupbyobject, HIDDEN(groupbyobject, it),
	HIDDEN(groupbyobject, keyfunc), HIDDEN(groupbyobject, tgtkey),
	HIDDEN(groupbyobject, currkey), HIDDEN(groupbyobject, currvalue))

STRUCT_WALKER(
	walk_grouper, grouperobject, HIDDEN(grouperobject, parent), HIDDEN(grouperobject, tgtkey))

STRUCT_WALKER(walk_islice, isliceobject, HIDDEN(isliceobject, it))

STRUCT_WALKER(walk_starmap, starmapobject, HIDDEN(starmapobject, func), HIDDEN(starmapobject, it))

STRUCT_WALKER(walk_filterfalse, filterfalseobject, HIDDEN(filterfalseobject, func),
	HIDDEN(filterfalseobject, it))

STRUCT_WALKER(
	walk_takewhile, takewhileobject, HIDDEN(takewhileobject, func), HIDDEN(takewhileobject, it))

STRUCT_WALKER(
	walk_dropwhile, dropwhileobject, HIDDEN(dropwhileobject, func), HIDDEN(dropwhileobject, it))

STRUCT_WALKER(walk_compress, compressobject, HIDDEN(compressobject, data),
	HIDDEN(compressobject, selectors))

STRUCT_WALKER(walk_zip_longest, ziplongestobject, HIDDEN(ziplongestobject, ittuple),
	HIDDEN(ziplongestobject, result), HIDDEN(ziplongestobject, fillvalue))

STRUCT_WALKER(walk_batched, batchedobject, HIDDEN(batchedobject, it))

STRUCT_WALKER(walk_pairwise, pairwiseobject, HIDDEN(pairwiseobject, it),
	HIDDEN(pairwiseobject, old), HIDDEN(pairwiseobject, result))

STRUCT_WALKER(walk_product, productobject, HIDDEN(productobject, pools),
	PART(productobject, indices), HIDDEN(productobject, result))

STRUCT_WALKER(walk_combinations, combinationsobject, HIDDEN(combinationsobject, pool),
	PART(combinationsobject, indices), HIDDEN(combinationsobject, result))

STRUCT_WALKER(walk_combinations_with_replacement, cwrobject, HIDDEN(cwrobject, pool),
	PART(cwrobject, indices), HIDDEN(cwrobject, result))

STRUCT_WALKER(walk_permutations, permutationsobject, HIDDEN(permutationsobject, pool),
	PART(permutationsobject, indices), PART(permutationsobject, cycles),
	HIDDEN(permutationsobject, result))

/* Bytes of one index for each item of the tuple in the member at `offset`. */
static uint64_t size_of_indices(const struct cpython *cpython, addr_t object, uint32_t offset)
{
	addr_t tuple = field_word(cpython->mem, object, offset);
	return size_of_items(field_ob_size(cpython, tuple), 8);
}

uint64_t size_product(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	return size_of_body(type) +
	       size_of_indices(cpython, object, cpython->layout->productobject.pools);
}

static uint64_t size_of_r(
	const struct cpython *cpython, addr_t object, const struct type_info *type, uint32_t offset)
{
	return size_of_body(type) + size_of_items(field_word(cpython->mem, object, offset), 8);
}

uint64_t size_combinations(
	const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	return size_of_r(cpython, object, type, cpython->layout->combinationsobject.r);
}

uint64_t size_combinations_with_replacement(
	const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	return size_of_r(cpython, object, type, cpython->layout->cwrobject.r);
}

uint64_t size_permutations(
	const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	return size_of_r(cpython, object, type, cpython->layout->permutationsobject.r) +
	       size_of_indices(cpython, object, cpython->layout->permutationsobject.pool);
}
