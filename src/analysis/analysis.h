/*
 * What is computed on a snapshot and shared by findings and answers:
 * weights, dominators, retained sizes, garbage, the cheapest paths, routes.
 */
#ifndef WHYMEM_ANALYSIS_H
#define WHYMEM_ANALYSIS_H

#include "graph/bits.h"
#include "names/names.h"

struct totals {
	uint64_t count;
	uint64_t bytes;          /* of blocks */
	uint64_t resident_bytes; /* of these */
	uint64_t weight;         /* with native memory, and of holders too */
};

/* Parts are computed on first use and kept. */
struct analysis {
	const struct snapshot *snapshot;
	struct graph graph;
	struct names *names;

	uint64_t *has_facts; /* a bit a node: owns native memory, or is not all resident */
	bool is_resident;    /* everything is */
	uint32_t *idom;      /* by node */
	uint64_t *second;    /* a bit a node: no root leads to it */
	struct graph_sums retained;
	struct graph_sums missing_retained; /* unless is_resident */
	struct totals live, garbage;

	struct dominator_tree tree;
	struct graph_sums inner_count; /* objects that a node retains, itself included */
	struct {
		uint32_t *data;
		size_t n, capacity;
	} seeds;                 /* nodes that the garbage hangs on, one a group of cycles */
	uint32_t *component;     /* by node of the garbage: objects that reach each other */
	struct origins *origins; /* of a traced process (origins.h) */
	bool has_dominators, has_tree, has_seeds;
};

/* Borrows `snapshot` for its life. */
struct error *analysis_create(const struct snapshot *snapshot, struct analysis **ret);
void analysis_destroy(struct analysis *analysis);

/* Big columns, zeroed; freed with analysis_free(). */
void *analysis_alloc(const struct analysis *analysis, size_t element_size);
void analysis_free(const struct analysis *analysis, void *column, size_t element_size);

/* Each computes its part once. */
struct error *analysis_dominators(struct analysis *analysis);
struct error *analysis_tree(struct analysis *analysis);

/* Words of a set with a bit a node; at least one. */
static inline size_t words_of(const struct analysis *analysis)
{
	return analysis->snapshot->n_nodes / 64 + 1;
}

/* Valid once dominators are there. */
static inline bool is_garbage(const struct analysis *analysis, uint32_t node)
{
	return bits_get(analysis->second, node);
}

/* Bytes of the node's facts of two kinds. */
uint64_t analysis_facts(
	const struct analysis *analysis, uint32_t node, enum fact_id first, enum fact_id second);

/* Bytes of a node's blocks and of native memory that it owns. */
static inline uint64_t weight_of(const struct analysis *analysis, uint32_t node)
{
	uint64_t self_bytes = snapshot_self_bytes(analysis->snapshot, node);
	return bits_get(analysis->has_facts, node)
		       ? self_bytes + analysis_facts(analysis, node, FACT_NATIVE_BYTES, FACT_COUNT)
		       : self_bytes;
}

/* Of these, not resident. */
static inline uint64_t missing_of(const struct analysis *analysis, uint32_t node)
{
	return bits_get(analysis->has_facts, node)
		       ? analysis_facts(analysis, node, FACT_MISSING_BYTES, FACT_NATIVE_MISSING)
		       : 0;
}

/* What would go with a node. */
static inline uint64_t retained_of(const struct analysis *analysis, uint32_t node)
{
	return graph_sums_has(&analysis->retained, node)
		       ? graph_sums_get(&analysis->retained, node, 0)
		       : weight_of(analysis, node);
}

static inline uint64_t resident_retained(const struct analysis *analysis, uint32_t node)
{
	uint64_t retained = retained_of(analysis, node);
	if (analysis->is_resident)
		return retained;
	uint64_t missing =
		graph_sums_get(&analysis->missing_retained, node, missing_of(analysis, node));
	return retained - MIN(missing, retained);
}

/* Bytes as sys.getsizeof() counts them; 0 of a holder. */
static inline uint64_t size_of(const struct snapshot *snapshot, uint32_t node)
{
	return is_object(snapshot, node) ? snapshot_size(snapshot, node) : 0;
}

/* ---- reach.c ---- */

/* Weight and sizes of what lives through nothing but the objects of a set. */
struct set_retained {
	uint64_t weight, size_bytes;
};

/* `set`: a bit a node. Exact: what a search from the roots reaches around the set stays. */
struct error *analysis_set_retained(
	struct analysis *analysis, const uint64_t *set, struct set_retained *ret);

/* The set with all that lives through nothing but its objects; `ret`: a bit a node, and more
 * behind the last one. */
struct error *analysis_held(struct analysis *analysis, const uint64_t *set, uint64_t *ret);

/* `ret`: the nodes of the set that no other one of it dominates. */
struct error *analysis_set_tops(
	const struct analysis *analysis, const uint64_t *set, uint64_t *ret);

/*
 * Nodes that the garbage hangs on: of each group of unreachable objects that
 * reach each other and that no other such group leads to, the first.
 */
struct error *analysis_seeds(struct analysis *analysis);

/* ---- paths.c ---- */

/* Cheapest paths to some nodes: from roots, and from the top of garbage. */
struct paths {
	struct graph_paths live;
	struct graph_paths garbage; /* when something of it is wanted */
	bool has_garbage;
};

/*
 * Nodes that paths need not go through (a bit a node) when they have at least
 * `min_edges` edges: their edges lead to wanted nodes only. Saves the search
 * what hangs on them. When a wanted node is only reached through them, the
 * search begins again without, unless it may miss such nodes. No path enters
 * nodes of `avoid` (NULL: none); what only they lead to is not reached.
 */
struct around {
	const uint64_t *set;
	uint64_t min_edges;
	bool may_miss;
	const uint64_t *avoid;
};

/* Paths to the nodes whose bit is set. `around` may be NULL. */
struct error *paths_init(struct paths *paths, struct analysis *analysis, const uint64_t *wanted,
	const struct around *around);

/* Containers of so many elements are not searched for other ways to what they hold. */
#define LARGE_EDGES 10000

/* Likewise, around large containers that are wanted themselves. */
struct error *paths_init_around(
	struct paths *paths, struct analysis *analysis, const uint64_t *wanted);
void paths_deinit(struct paths *paths);

struct error *paths_get(const struct paths *paths, const struct analysis *analysis, uint32_t node,
	struct path *ret);

static inline const struct graph_paths *paths_of(
	const struct paths *paths, const struct analysis *analysis, uint32_t node)
{
	return paths->has_garbage && is_garbage(analysis, node) ? &paths->garbage : &paths->live;
}

/* Node before `node` on its path, or >= GRAPH_UNREACHED. */
static inline uint32_t paths_parent(
	const struct paths *paths, const struct analysis *analysis, uint32_t node)
{
	return graph_paths_parent(paths_of(paths, analysis, node), node);
}

static inline uint64_t paths_edge(
	const struct paths *paths, const struct analysis *analysis, uint32_t node)
{
	return graph_paths_edge(paths_of(paths, analysis, node), node);
}

/* ---- routes.c ---- */

/* One way to an object: the last edge of a path. */
struct arrival {
	uint64_t edge; /* UINT64_MAX: the object is a root */
	uint32_t from, object;
	uint64_t weight; /* of the object */
};

struct arrivals {
	struct arrival *data;
	size_t n, capacity;
};

/* The arrival along the cheapest path. */
struct arrival paths_arrival(const struct paths *paths, const struct analysis *analysis,
	uint32_t object, uint64_t weight);

/* Ways whose paths differ by indices and keys only. */
struct route {
	struct arrival first;       /* that with the shortest path */
	uint32_t depth;             /* edges of that path */
	uint32_t root_cost;         /* of its root */
	size_t begin, end;          /* in the arrivals */
	uint64_t n_objects, weight; /* distinct objects, and what they weigh */
};

struct routes {
	struct route *data; /* by number of objects, then by the worth of the root, then by depth */
	size_t n, capacity;
};

/*
 * Groups `arrivals`, which are put in another order and must outlive the
 * routes. With `set` (a bit a node), ways that go through an object of it are
 * left out, but for the arrivals along cheapest paths.
 */
struct error *routes_init(struct routes *routes, const struct paths *paths,
	const struct analysis *analysis, struct arrivals *arrivals, const uint64_t *set);
void routes_deinit(struct routes *routes);

/* The path of a route, with what differs between its objects merged. */
struct error *routes_path(const struct route *route, const struct arrivals *arrivals,
	const struct paths *paths, const struct analysis *analysis, struct path *ret);

/* Edges whose index or key is one of many: an element of a container, not an attribute. */
bool is_element_edge(const struct snapshot *snapshot, const struct path *path, uint32_t i);

#endif
