/*
 * What a type's walker needs: to read one object and to say what it holds.
 *
 * A walker emits edges (with what they stand for), the blocks that are part of
 * the object, native memory that it owns, and facts. To add a type: write
 * heap/types/<name>.c with a `static void walk_x(struct walk *, addr_t,
 * const struct type_info *)`, add one line to the table in heap/types/table.c
 * and a case in tests/e2e/test_types.py against sys.getsizeof and
 * gc.get_referents.
 *
 * Walkers run in several threads at once; `struct walk` is private to a thread.
 * Every pointer may be garbage: read through mem_at(), bound every count.
 */
#ifndef WHYMEM_WALK_H
#define WHYMEM_WALK_H

#include "base/idset.h"
#include "heap/blocks.h"

struct walk;
struct type_info;

typedef void (*walk_fn)(struct walk *walk, addr_t object, const struct type_info *type);

/* Size as sys.getsizeof() counts it, without what stands in front of the object. */
typedef uint64_t (*size_fn)(
	const struct cpython *cpython, addr_t object, const struct type_info *type);

enum type_info_flags {
	TYPE_GC = 1 << 0, /* has a GC head */
	TYPE_MANAGED_DICT = 1 << 1,
	TYPE_MANAGED_WEAKREF = 1 << 2,
	TYPE_INLINE_VALUES = 1 << 3,
	TYPE_HEAP = 1 << 4,
	TYPE_PYTHON = 1 << 5,    /* made by a class statement */
	TYPE_IS_OPAQUE = 1 << 6, /* no walker knows its C fields: they are scanned */
	TYPE_INT = 1 << 7,       /* int and what derives from it */
	TYPE_STR = 1 << 8,
	TYPE_BYTES = 1 << 9,
	TYPE_FLOAT = 1 << 10, /* float itself */
};

/* A member slot (__slots__, or a C member that holds an object). */
struct type_slot {
	uint32_t offset;
	str_id name;
};

/* A type object of the target, understood once. */
struct type_info {
	addr_t address;
	type_id id;
	uint64_t tp_flags;
	uint32_t flags; /* enum type_info_flags */
	int64_t basic_size, item_size;
	int64_t dict_offset;   /* tp_dictoffset; 0 none, negative from the end (3.9-3.11) */
	uint32_t prefix_bytes; /* in front of the object inside its block: 0, 16 or 32 */
	char name[128];        /* tp_name of static types, __qualname__ of heap types */
	char module[128];
	const struct type_info *base; /* tp_base */
	walk_fn walk;                 /* of the nearest base that has a walker */
	size_fn get_size;             /* likewise */
	uint32_t known_bytes; /* basic size of the base that `walk` knows: what lies behind is
				 scanned */
	addr_t cached_keys;   /* shared keys of its instances; 0 none */
	uint32_t n_slots;
	struct type_slot *slots; /* of the class and its bases */
};

/* For walkers: */
const struct cpython *walk_cpython(const struct walk *walk);
const struct mem *walk_mem(const struct walk *walk);

/* The id of the object at `address`, or OBJ_NONE. */
obj_id walk_find(const struct walk *walk, addr_t address);

/* An edge to the object at `target`; nothing when there is none. */
void walk_edge(struct walk *walk, enum edge_kind kind, uint32_t operand, addr_t target);

/* An edge whose operand is the id of a str object (EDGE_ATTR, KEY, LOCAL, CELL). */
void walk_edge_named(struct walk *walk, enum edge_kind kind, addr_t name, addr_t target);

/*
 * Edge from a field of a C struct at `offset` of the object; `field` is a string
 * literal. EDGE_ATTR_STATIC when Python code can write `.field`, else EDGE_FIELD.
 */
void walk_field(
	struct walk *walk, enum edge_kind kind, const char *field, addr_t object, uint32_t offset);

/* The block that starts at `block` is part of this object (items, keys, values). */
void walk_part(struct walk *walk, addr_t block);

/* The native block or mapping that starts at or holds `address` belongs to this object. */
void walk_native(struct walk *walk, addr_t address);

/*
 * The state that a library keeps in a block of its own and the buffers that its words
 * at `buffers` (ascending) point at, no further: they hold data, which looks like
 * pointers every now and then. Nor are other words of the state looked at: libraries
 * leave some unwritten, so that what stood in the block before can look like a pointer
 * to memory of others. False, without any buffer, when the block ends before the last.
 */
bool walk_native_state(struct walk *walk, addr_t state, const uint32_t *buffers, size_t n_buffers);

/* As walk_native(), of memory whose size the object knows: a mapping may stand beside others
 * without a gap.
 */
void walk_native_range(struct walk *walk, addr_t address, uint64_t n_bytes);

/*
 * The native block at `address`, if any, belongs to this object together with
 * everything that can be reached from it through native blocks alone.
 */
void walk_native_tree(struct walk *walk, addr_t address);

/* Words of [begin, end) that point at objects become EDGE_SCAN; at native blocks:
 * walk_native_tree(). */
void walk_scan(struct walk *walk, addr_t object, uint32_t begin, uint32_t end);

void walk_fact(struct walk *walk, enum fact_id fact, uint64_t value);

/* Does `type` or one of its bases have this tp_name (static) or module.qualname (heap)? */
bool type_is(const struct type_info *type, const char *name);

/* ---- the table of walkers, heap/types/table.c ---- */

struct type_walker {
	const char *name; /* tp_name of a static type, module.qualname of a heap type */
	walk_fn walk;     /* NULL: holds no references beyond what the type itself tells */
	size_fn get_size; /* NULL: tp_basicsize + |ob_size| * tp_itemsize */
};

const struct type_walker *type_walker_find(const char *name);

#endif
