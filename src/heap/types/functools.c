/*
 * The types of _functools: lru_cache wrappers and the elements of their lists,
 * partial, cmp_to_key.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

STRUCT_WALKER(walk_partial, partialobject, ATTR(partialobject, fn, "func"),
	ATTR(partialobject, args, "args"), ATTR(partialobject, kw, "keywords"),
	HIDDEN(partialobject, placeholder))

STRUCT_WALKER(walk_cmp_key, keyobject, HIDDEN(keyobject, cmp), ATTR(keyobject, object, "obj"))

/*
 * 3.9 never readies the type of the elements, so that they are no objects to
 * whoever looks for those: they count as blocks of the wrapper. Each element
 * points back at the one before, so that damaged links end the walk.
 */
static void walk_lru_list(struct walk *walk, addr_t object)
{
	const struct layout *layout = walk_layout(walk);
	const struct mem *mem = walk_mem(walk);
	addr_t root = object + layout->lru_cache_object.root, before = root;
	addr_t element = field_word(mem, root, layout->lru_list_elem.next);
	while (element && element != root && walk_find(walk, element) == OBJ_NONE &&
		field_word(mem, element, layout->lru_list_elem.prev) == before) {
		addr_t key = field_word(mem, element, layout->lru_list_elem.key);
		walk_part(walk, element);
		walk_edge(walk, EDGE_ITEM, 0, key);
		walk_edge_named(walk, EDGE_KEY, key,
			field_word(mem, element, layout->lru_list_elem.result));
		before = element;
		element = field_word(mem, element, layout->lru_list_elem.next);
	}
}

/*
 * The elements hang in `cache`, as its values; the list that orders them has
 * borrowed links only. An unbounded cache has the results as values.
 */
void walk_lru_cache(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, HIDDEN(lru_cache_object, cache), HIDDEN(lru_cache_object, func),
		HIDDEN(lru_cache_object, kwd_mark), HIDDEN(lru_cache_object, lru_list_elem_type),
		HIDDEN(lru_cache_object, cache_info_type));
	const struct layout *layout = walk_layout(walk);
	if (!fields_walk(walk, object, type, layout->lru_cache_object.n_bytes, fields,
		    ARRAY_SIZE(fields)))
		return;
	const struct mem *mem = walk_mem(walk);
	walk_fact(walk, FACT_LRU_HITS, field_word(mem, object, layout->lru_cache_object.hits));
	walk_fact(walk, FACT_LRU_MISSES, field_word(mem, object, layout->lru_cache_object.misses));
	walk_lru_list(walk, object);
	int64_t max_size = (int64_t)field_word(mem, object, layout->lru_cache_object.maxsize);
	walk_fact(walk, FACT_LRU_MAXSIZE, max_size < 0 ? UINT64_MAX : (uint64_t)max_size);
}

STRUCT_WALKER(
	walk_lru_element, lru_list_elem, HIDDEN(lru_list_elem, key), HIDDEN(lru_list_elem, result))
