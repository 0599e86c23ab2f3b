/*
 * Locks, thread-local data, handles and queues: _thread, _queue, _multiprocessing.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

STRUCT_WALKER(walk_lock, lockobject, NATIVE(lockobject, lock_lock))

STRUCT_WALKER(walk_rlock, rlockobject, NATIVE(rlockobject, rlock_lock))

/*
 * The dicts of a threading.local, one a thread, are values of one dict:
 * `dummies` up to 3.12, `localdicts` later. What threads hold is borrowed.
 */
STRUCT_WALKER(walk_thread_local, localobject, HIDDEN(localobject, key), HIDDEN(localobject, args),
	HIDDEN(localobject, kw), FIELD_AS(ROLE_HIDDEN, localobject, dummies, "thread local"),
	FIELD_AS(ROLE_HIDDEN, localobject, localdicts, "thread local"),
	HIDDEN(localobject, thread_watchdogs), HIDDEN(localobject, wr_callback))

STRUCT_WALKER(walk_thread_handle, ThreadHandleObject, NATIVE(ThreadHandleObject, handle))

/* From 3.13 on a queue is a ring of references. */
static void walk_ring(struct walk *walk, addr_t object)
{
	const struct layout *layout = walk_layout(walk);
	const struct mem *mem = walk_mem(walk);
	addr_t items = field_word(mem, object, layout->simplequeueobject.buf_items);
	uint64_t first = field_word(mem, object, layout->simplequeueobject.buf_get_idx);
	uint64_t n = field_word(mem, object, layout->simplequeueobject.buf_num_items);
	uint64_t capacity = field_word(mem, object, layout->simplequeueobject.buf_items_cap);
	if (!items)
		return;
	walk_part(walk, items);
	uint64_t n_bytes = size_of_items(capacity, 8);
	if (n > capacity || first >= capacity || !n_bytes || !mem_at(mem, items, n_bytes))
		return;
	for (uint64_t i = 0; i < n; i++)
		walk_edge(walk, EDGE_INDEX, (uint32_t)MIN(i, UINT32_MAX),
			mem_word(mem, items + (first + i) % capacity * 8));
	walk_container_facts(walk, n, capacity);
}

void walk_simple_queue(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, HIDDEN(simplequeueobject, lst), NATIVE(simplequeueobject, lock));
	const struct layout *layout = walk_layout(walk);
	if (fields_walk(walk, object, type, layout->simplequeueobject.n_bytes, fields,
		    ARRAY_SIZE(fields)))
		walk_ring(walk, object);
}

/* 3.15 has a __sizeof__ that counts the ring. */
uint64_t size_simple_queue(
	const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	if (!type_has_size_of(cpython, type, walk_simple_queue))
		return size_of_body(type);
	return size_of_body(type) + size_of_items(field_word(cpython->mem, object,
							  layout->simplequeueobject.buf_items_cap),
					    8);
}

STRUCT_WALKER(walk_semaphore, SemLockObject, NATIVE(SemLockObject, name))
