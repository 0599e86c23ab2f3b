/*
 * A snapshot: rows, labelled edges and facts of one capture. What `heap` writes
 * and every later room reads; what stands in a `.whymem` file, column by column
 * (docs/format-snapshot.md). Never holds bytes of the target beyond names.
 *
 * Nodes 0 .. n_objects-1 are the objects in address order. Behind them come the
 * synthetic nodes: things that hold objects but are none (frames, threads,
 * the interpreter ...). All graph columns are indexed by node.
 */
#ifndef WHYMEM_SNAPSHOT_H
#define WHYMEM_SNAPSHOT_H

#include "base/error.h"
#include "base/strpool.h"
#include "base/vec.h"

/* ---- objects ---- */

enum object_flags {
	OBJECT_GENERATION = 3,   /* mask: 0..2; 3 is frozen (gc.freeze) */
	OBJECT_TRACKED = 1 << 2, /* is on a list of the garbage collector */
	OBJECT_STATIC = 1 << 3,  /* part of a program's data, in no heap block */
	OBJECT_IMMORTAL = 1 << 4,
	OBJECT_FINALIZED = 1 << 5, /* its finalizer ran */
};

/* ---- edges ---- */

/* What an edge stands for; decides how names render it. Operand in brackets. */
enum edge_kind {
	EDGE_ATTR,         /* .name           [obj_id of the name, a str] */
	EDGE_ATTR_STATIC,  /* .name           [str_id]: a slot, a member of a C struct that Python
			      sees */
	EDGE_KEY,          /* [key]           [obj_id of the key] value of a mapping */
	EDGE_INDEX,        /* [3]             [index, saturating] element of a sequence */
	EDGE_ITEM,         /* an element without order (set), or a key of a mapping [0] */
	EDGE_LOCAL,        /* local variable  [obj_id of the name, or OBJ_NONE] */
	EDGE_CELL,         /* closure variable [obj_id of the name, or OBJ_NONE] */
	EDGE_CELL_CONTENT, /* cell -> value   [0] */
	EDGE_STACK,        /* value stack of a frame [depth] */
	EDGE_DICT,         /* object -> its __dict__ [0]: the next key renders as an attribute */
	EDGE_TYPE,         /* object -> its class [0] */
	EDGE_FIELD,        /* field of a C struct [str_id]; not visible as an attribute */
	EDGE_SCAN,         /* word at a byte offset of a body of unknown layout [offset] */
	EDGE_MEMBER,       /* what a synthetic node stands for or holds [str_id of a name, or 0] */
	EDGE_KIND_COUNT,
};

/* ---- synthetic nodes ---- */

enum node_kind {
	NODE_MODULE,      /* one entry of sys.modules; name: module */
	NODE_FRAME,       /* a running frame; name: qualified function name, file, line, thread */
	NODE_THREAD,      /* a thread state: its exceptions, dict, context; name: thread name */
	NODE_TASK,        /* a scheduled asyncio task that only the interpreter holds */
	NODE_INTERPRETER, /* fields of an interpreter state and of the runtime */
	NODE_STATIC,      /* static types and variables of a C library; name: library */
	NODE_C_HELD,      /* objects with references that no known holder accounts for */
};

struct snap_node {
	uint8_t kind; /* enum node_kind */
	str_id name;
	str_id file;        /* of the code, or of the module; 0 when none */
	uint32_t line;      /* 0 when none */
	uint64_t thread_id; /* as the kernel numbers it; 0 when none */
};

/* ---- types ---- */

enum type_flags {
	SNAP_TYPE_HEAP = 1 << 0,   /* made at run time (class statement, or C heap type) */
	SNAP_TYPE_PYTHON = 1 << 1, /* made by a class statement */
	SNAP_TYPE_OPAQUE = 1 << 2, /* layout unknown: its edges come from a scan */
};

struct snap_type {
	str_id name;    /* __qualname__ */
	str_id module;  /* __module__; 0 when unknown */
	obj_id object;  /* the type object itself */
	uint32_t flags; /* enum type_flags */
};

/* ---- facts ---- */

/*
 * A fact is (object, fact id, value). Columns are sorted by fact id, then
 * object; snapshot_fact() finds one. Values are integers; lengths in items,
 * sizes in bytes. X(id, name in the file and in `rows`)
 */
#define FACTS(X)                                                                                   \
	X(NATIVE_BYTES, "native_bytes")           /* native blocks and mappings it owns */         \
	X(NATIVE_MISSING, "native_missing_bytes") /* of these, not resident */                     \
	X(MISSING_BYTES, "missing_bytes")         /* of its own blocks, not resident */            \
	X(LENGTH, "length")                       /* items of a container of 16 or more */         \
	X(REF_EXCESS, "refcount.excess")          /* references beyond those found */              \
	X(LRU_HITS, "lru.hits")                                                                    \
	X(LRU_MISSES, "lru.misses")                                                                \
	X(LRU_MAXSIZE, "lru.maxsize") /* UINT64_MAX: none */                                       \
	X(MAXLEN, "maxlen")           /* of a deque; absent when unbounded */                      \
	X(TASK_STATE, "task.state")   /* 0 pending, 1 cancelled, 2 finished */                     \
	X(FILE_FD, "file.fd")         /* descriptor; UINT64_MAX: closed */                         \
	X(SOCKET_FD, "socket.fd")     /* descriptor; UINT64_MAX: closed */                         \
	X(ARRAY_ITEMSIZE, "array.itemsize")                                                        \
	X(ARRAY_KIND, "array.kind")           /* character of the typecode or dtype kind */        \
	X(GENERATOR_STATE, "generator.state") /* 0 created, 1 suspended, 2 running, 3 done */      \
	X(LINE, "line")                       /* where a function, code or frame stands */         \
	X(DEFINED_AT, "definition")           /* code: str_id of its file << 32 | first line */    \
	X(CAPACITY, "capacity")               /* allocated items of a container of 16 or more */   \
	X(MAPPED_AT, "mmap.address")  /* of an open mmap object: where its memory begins */        \
	X(ARRAY_MIN, "array.min")     /* int64_t: least of the values looked at, both ends */      \
	X(ARRAY_MAX, "array.max")     /* likewise, the most */                                     \
	X(VIEW_BYTES, "view.bytes")   /* what a view shows of memory that another object owns */   \
	X(WEAK_OBJECT, "weak.object") /* address of what a weak reference refers to */

enum fact_id {
#define X(id, name) FACT_##id,
	FACTS(X)
#undef X
		FACT_COUNT,
};

struct facts {
	uint32_t n;
	uint8_t *id; /* enum fact_id */
	obj_id *object;
	uint64_t *value;
};

/* ---- where a tracer saw it allocated ---- */

/*
 * Bytes of objects that another stack allocated than their site: items, keys,
 * native memory. Rows are by object, native ones last, then by site; a site is a
 * row of trace_nodes, 0: nobody knows.
 */
struct part_sites {
	uint32_t n;
	obj_id *object;
	uint32_t *site;
	uint64_t *n_bytes;
	uint8_t *is_native; /* of FACT_NATIVE_BYTES, else of the object's own blocks */
};

/* ---- the account ---- */

/* Leaf parts of RSS as JSON.md names them; objects are split by reachability later. */
#define PARTS(X)                                                                                   \
	X(OBJECTS, "objects")                                                                      \
	X(NATIVE_OWNED, "native.owned")                                                            \
	X(NATIVE_INTERPRETER, "native.interpreter")                                                \
	X(NATIVE_UNOWNED, "native.unowned")                                                        \
	X(NATIVE_FOREIGN, "native.foreign")                                                        \
	X(FREE_PYMALLOC, "free.pymalloc")                                                          \
	X(FREE_MALLOC, "free.malloc")                                                              \
	X(FREE_FREELIST, "free.freelist")                                                          \
	X(OVERHEAD_PYMALLOC, "overhead.pymalloc")                                                  \
	X(OVERHEAD_MALLOC, "overhead.malloc")                                                      \
	X(PROGRAM_INTERPRETER, "program.interpreter")                                              \
	X(PROGRAM_LIBRARIES, "program.libraries")                                                  \
	X(STACKS, "stacks")                                                                        \
	X(FILES, "files")                                                                          \
	X(SHARED, "shared")                                                                        \
	X(TRACER, "tracer")                                                                        \
	X(UNEXPLAINED, "unexplained")

enum part {
#define X(id, name) PART_##id,
	PARTS(X)
#undef X
		PART_COUNT,
};

/* One arena of an allocator, for `whymem native`. */
struct snap_arena {
	str_id allocator; /* "pymalloc", "malloc", "malloc mmap", "malloc thread arena" ... */
	uint64_t address, n_bytes, resident_bytes, used_bytes, free_bytes;
};

struct snap_size_class {
	uint32_t block_bytes;
	uint64_t pool_count, used_count, free_count;
};

enum mapping_flags {
	MAPPING_SHARED = 1 << 0,  /* MAP_SHARED */
	MAPPING_DELETED = 1 << 1, /* its file was removed */
	MAPPING_WRITABLE = 1 << 2,
};

struct snap_mapping {
	uint64_t address, n_bytes, resident_bytes;
	str_id part; /* dotted name of the part of the account it mostly belongs to */
	str_id file; /* 0 for anonymous memory */
	/* Resident, as the kernel said shortly before the capture: */
	uint64_t private_dirty_bytes, shared_dirty_bytes; /* written, by the process alone or not */
	uint64_t anonymous_bytes;                         /* no (longer) pages of a file */
	uint64_t huge_bytes;                              /* anonymous, in huge pages */
	uint32_t flags;                                   /* enum mapping_flags */
};

/* The sizes of an object that do not fit into the columns. */
#define SNAP_LARGE UINT16_MAX

/* Ages of objects. */
#define SNAP_AGE_UNIT_NS 10000000
#define SNAP_NO_AGE UINT32_MAX

struct snap_large {
	obj_id object;
	uint64_t self_bytes, size_bytes;
};

/* A live object that keeps a nearly empty pool or arena from being returned. */
struct snap_pin {
	obj_id object;
	uint64_t pinned_bytes; /* free bytes that could go back without it */
};

/* Pages that fork() shared with the parent and that are copies of their own by now. */
struct snap_copy {
	uint64_t address, n_bytes;
};

/* What the first word of a native block looks like. */
#define CONTENTS(X)                                                                                \
	X(ZERO, "zeros")                                                                           \
	X(TEXT, "text")                                                                            \
	X(NUMBER, "numbers")                                                                       \
	X(HEAP, "pointers")                                                                        \
	X(LIBRARY, "pointers into a library")

enum content_kind {
#define X(id, name) CONTENT_##id,
	CONTENTS(X)
#undef X
		CONTENT_COUNT,
};

/* Native blocks of one size that no object owns. */
struct snap_unowned {
	uint64_t block_bytes, count, resident_bytes;
	uint32_t content;      /* enum content_kind */
	uint32_t is_reachable; /* a variable of a library or a stack leads to them: in use */
	str_id file;           /* of the library that their first word points into; 0: none */
	uint32_t site;         /* as `site` of objects: the stack that allocated most of them */
	uint64_t site_bytes;   /* resident, of these */
};

/* Native blocks that no object owns, by the stack that allocated them. */
struct snap_unowned_site {
	uint32_t site, is_reachable; /* as above */
	uint64_t count, resident_bytes;
};

/* A named count or size about the whole process, such as "gc.enabled". */
struct snap_figure {
	str_id name;
	uint64_t value;
};

struct snap_warning {
	str_id id, text;
};

struct snap_root {
	obj_id node; /* a synthetic node, or an object */
};

/* ---- traces: which stack of a process allocated how much (trace/record.h) ---- */

enum trace_flags {
	TRACE_KILLED_FOR_MEMORY = 1 << 0, /* by the kernel */
};

/* A process that a tracer followed. */
struct snap_trace {
	uint64_t pid, parent_pid;
	str_id command, python_version;
	uint64_t began_unix_ns, ended_unix_ns;     /* 0: not known; it runs */
	uint64_t first_node, n_nodes;              /* its rows of trace_nodes */
	uint64_t uncounted_count, uncounted_bytes; /* allocations that could not be counted */
	uint32_t n_cut_stacks;             /* of which the innermost frames alone are known */
	uint32_t exit_status, exit_signal; /* UINT32_MAX: none, or not known */
	uint32_t flags;                    /* enum trace_flags */
	uint32_t failed_frame; /* of the last allocation that failed; UINT32_MAX: none did */
	uint64_t failed_bytes; /* what it asked for; UINT64_MAX: more than can be said */
};

enum trace_frame_kind {
	TRACE_FRAME_LOST,     /* it found no place in the table of the tracer */
	TRACE_FRAME_LINE,     /* a line of Python */
	TRACE_FRAME_THREAD,   /* below the outermost frame: the thread; `function` is its name */
	TRACE_FRAME_NATIVE,   /* no Python frame */
	TRACE_FRAME_OVERFLOW, /* stacks that found no place in the table */
	TRACE_FRAME_KIND_COUNT,
};

/* What stacks consist of; no two are equal. */
struct snap_trace_frame {
	uint8_t kind; /* enum trace_frame_kind */
	str_id file, function;
	uint32_t line, first_line; /* the second of the function; 0: not known */
	uint32_t source_hash;      /* of the text of the line (trace/sources.h); 0: not known */
};

/* A stack. Numbers are those of the process: a parent's is lower than its children's. */
struct snap_trace_node {
	uint32_t parent; /* 0: outermost */
	uint32_t frame;  /* row of trace_frames: the innermost frame of the stack */
	uint64_t allocated_bytes, allocation_count;
	uint64_t live_bytes, live_count;
	uint64_t peak_bytes; /* alive when the process had most alive */
	uint64_t temporary_count;
	uint64_t
		timed_count; /* allocations of which is known how long they were alive: all, or 0 */
	uint64_t alive_us;   /* all together; about that, as seen from time to time */
};

/* A sample of the live bytes while a process ran; by trace, then by time. */
struct snap_trace_moment {
	uint32_t trace;   /* row of traces */
	uint64_t time_ns; /* since it began */
	uint64_t live_bytes;
};

/* A holder when the last allocation of a process failed; by trace, the largest first. */
struct snap_trace_holder {
	uint32_t trace;          /* row of traces */
	uint64_t unix_ns;        /* when; 0: when the last allocation failed */
	str_id path, type, file; /* file: what allocated most of it; 0: not known */
	uint32_t line;
	uint64_t retained_bytes;
};

/* Of a frame at that time; by moment, then by frame. Frames that never had much are not there. */
struct snap_trace_level {
	uint32_t moment, frame;
	uint64_t live_bytes;
};

/* ---- the whole ---- */

struct snapshot {
	/* identity; strings are in the pool, times in ns, sizes in bytes */
	str_id program, python_version, build, arch, libc, method;
	uint64_t pid, thread_count, started_unix_ns, captured_unix_ns, pause_ns;
	uint64_t complete, redacted;
	uint64_t total_bytes; /* what the account adds up to */
	uint64_t rss_bytes, pss_bytes, uss_bytes, swap_bytes, page_table_bytes, hugetlb_bytes;
	uint64_t cgroup_limit_bytes, cgroup_used_bytes; /* UINT64_MAX: not knowable */
	uint64_t part_bytes[PART_COUNT];                /* resident; adds up to total_bytes */
	uint64_t trim_bytes;                            /* what malloc_trim(0) would return */

	uint32_t n_objects, n_nodes;
	uint64_t n_edges;
	uint32_t n_sites; /* n_objects in a process that a tracer followed, else 0 */
	uint32_t n_ages;  /* n_sites; 0 in files made before it was known */

	/* by object */
	uint64_t *address;
	type_id *type;
	uint16_t *block_units; /* snapshot_self_bytes() / 16, or SNAP_LARGE */
	uint16_t *size;        /* snapshot_size(), or SNAP_LARGE */
	uint8_t *flags;        /* enum object_flags */
	/* What an immutable leaf holds. Of int and bool whose size is at most 28: the value, as
	 * int32_t. Of larger ones, float, str and bytes: a hash, equal for equal contents of one
	 * kind, salted by process. Else 0. */
	uint32_t *content;
	uint32_t *site; /* row of trace_nodes: the stack that allocated it; 0: nobody knows */
	uint32_t *age;  /* how long ago, in units of SNAP_AGE_UNIT_NS; SNAP_NO_AGE: nobody knows */

	/* by node: edges of node i are edge_start[i] .. edge_start[i + 1] - 1 */
	uint64_t *edge_start;
	obj_id *edge_to;
	uint8_t *edge_kind;
	uint32_t *edge_operand;

	/* texts of interned identifiers, sorted by object */
	uint32_t n_texts;
	obj_id *text_object;
	str_id *text;

	struct facts facts;
	struct part_sites part_sites;

	VEC(struct snap_node) nodes; /* node n_objects + i */
	VEC(struct snap_root) roots;
	VEC(struct snap_type) types;
	VEC(struct snap_arena) arenas;
	VEC(struct snap_size_class) size_classes;
	VEC(struct snap_mapping) mappings;
	VEC(struct snap_pin) pins;
	VEC(struct snap_large) large;                /* by object */
	VEC(struct snap_copy) copies;                /* by address, disjoint */
	VEC(struct snap_unowned) unowned;            /* the largest sums */
	VEC(struct snap_unowned_site) unowned_sites; /* likewise; of a traced process */
	VEC(struct snap_figure) figures;
	VEC(struct snap_warning) warnings;
	VEC(struct snap_trace) traces; /* the first process, then its children */
	VEC(struct snap_trace_frame) trace_frames;
	VEC(struct snap_trace_node) trace_nodes;
	VEC(struct snap_trace_moment) trace_moments;
	VEC(struct snap_trace_level) trace_levels;
	VEC(struct snap_trace_holder) trace_holders;
	struct strpool strings;
};

/* Frees all that `snapshot` owns (columns come from snapshot_alloc()). */
void snapshot_destroy(struct snapshot *snapshot);

/* An empty snapshot on the heap, with its string pool ready. */
struct error *snapshot_create(struct snapshot **ret);

/* Zeroed memory for a column of `n` elements; freed by snapshot_destroy(). */
void *snapshot_alloc(size_t n, size_t element_size);
void snapshot_free(void *column, size_t n, size_t element_size);

/* The value of `fact` of `object`; false when it was not recorded. */
bool snapshot_fact(
	const struct snapshot *snapshot, obj_id object, enum fact_id fact, uint64_t *ret);

/* The first and one-past-last index in snapshot->facts of fact `fact`. */
void snapshot_fact_range(
	const struct snapshot *snapshot, enum fact_id fact, uint32_t *begin_ret, uint32_t *end_ret);

/* The text of a str object, or NULL when it is hidden (no interned identifier). */
const char *snapshot_text(const struct snapshot *snapshot, obj_id object);

static inline const char *snapshot_string(const struct snapshot *snapshot, str_id id)
{
	return strpool_get(&snapshot->strings, id);
}

/* The object at `address`, or OBJ_NONE. */
obj_id snapshot_find(const struct snapshot *snapshot, addr_t address);

/* The value of figure `name`, or UINT64_MAX when it is not there. */
uint64_t snapshot_figure(const struct snapshot *snapshot, const char *name);

/* Sizes of the object whose number is above all that were set before; false without memory. */
bool snapshot_set_sizes(
	struct snapshot *snapshot, obj_id object, uint64_t self_bytes, uint64_t size_bytes);

/* Of an object whose columns say so. */
const struct snap_large *snapshot_large(const struct snapshot *snapshot, obj_id object);

/* Heap blocks that belong to the object alone: itself, its items, keys, values. 0 of static
 * objects, and of nodes that are no objects. */
static inline uint64_t snapshot_self_bytes(const struct snapshot *snapshot, obj_id object)
{
	if (object >= snapshot->n_objects)
		return 0;
	uint64_t units = snapshot->block_units[object];
	return units == SNAP_LARGE ? snapshot_large(snapshot, object)->self_bytes : units * 16;
}

/* As sys.getsizeof() counts, GC head included; saturates at 4 GiB. */
static inline uint64_t snapshot_size(const struct snapshot *snapshot, obj_id object)
{
	uint64_t size = snapshot->size[object];
	return size == SNAP_LARGE ? snapshot_large(snapshot, object)->size_bytes : size;
}

/* Invariants of the whole (sizes, sorting, ranges); CORRUPT_FILE names the first broken one. */
struct error *snapshot_check(const struct snapshot *snapshot);

#endif
