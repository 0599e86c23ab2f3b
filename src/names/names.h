/*
 * Names: a path of labelled edges becomes a Python expression that a person can
 * type or grep, and back. Knows kinds of edges and of holders, no Python type.
 *
 *	app.cache.RESULTS              module -> its dict -> key
 *	app.Client._pool['tls'].ctx    class, attribute, key, attribute
 *	app.main.<locals>.rows[3]      local of a running frame
 *	app.make.<closure>.data        closure variable
 *	<generator fill>.<locals>.x    a generator that C code holds
 *
 * `[*]` stands for merged elements, `[...]` for a key that is hidden.
 */
#ifndef WHYMEM_NAMES_H
#define WHYMEM_NAMES_H

#include "graph/graph.h"
#include "names/text.h"
#include "snap/snapshot.h"

/* Roots with their worth as the beginning of a name, and what edges cost. */
struct names;

/* Borrows both for its life. */
struct error *names_create(
	const struct snapshot *snapshot, const struct graph *graph, struct names **ret);
void names_destroy(struct names *names);

/*
 * Where the graph begins: the roots of the snapshot, and objects that are never
 * freed. Costs are for graph_paths_init(): modules of the application before
 * those of site-packages before the standard library, and within each modules
 * before frames before tasks before what only C holds.
 */
struct name_roots {
	const uint32_t *node;
	const uint32_t *cost;
	uint32_t n;
};

struct name_roots names_roots(const struct names *names);

/* The cost of beginning a name at `node`, whether it is a root or not. */
uint32_t names_root_cost(const struct names *names, uint32_t node);

/* Is `root` a module or a running function of the standard library? */
bool names_is_standard(const struct names *names, uint32_t root);

/* Edges that cost as much or more are no names. */
#define NAME_COST_CLASS 12
#define NAME_COST_FORBIDDEN 255

/* An edge_cost_fn whose argument is the `struct names`. */
uint8_t names_edge_cost(void *names, uint32_t from, uint64_t edge);

/* Is `node` a holder, an entry of sys.modules, or the namespace of one? */
bool names_is_namespace(const struct names *names, uint32_t node);

/* ---- paths ---- */

/* Edges from a root to a node: edge[i] leads from node[i] to node[i + 1]. */
struct path {
	uint32_t n;     /* edges */
	uint32_t *node; /* n + 1 */
	uint64_t *edge;
	bool *merged; /* by edge: many elements stand here */
	bool is_garbage;
};

void path_deinit(struct path *path);

/* The path to `node` in the trees of graph_paths_init(); `is_garbage` is left false. */
struct error *path_init(struct path *path, const struct graph_paths *paths, uint32_t node);

/* Adds one edge at the end. */
struct error *path_extend(struct path *path, uint64_t edge, uint32_t node);

/* The last `n` edges are dropped. */
static inline void path_shorten(struct path *path, uint32_t n)
{
	assert(n <= path->n);
	path->n -= n;
}

static inline uint32_t path_end(const struct path *path)
{
	return path->node[path->n];
}

/* One step as a person sees it: edges that only stand between two names are folded. */
enum step_kind {
	STEP_ATTR,
	STEP_KEY,
	STEP_INDEX,
	STEP_LOCAL,
	STEP_CELL,
	STEP_SLOT,
	STEP_FIELD,
	STEP_ITEM,
	STEP_TYPE,
};

struct step {
	enum step_kind kind;
	const char *name; /* NULL when hidden or without one; borrowed from the snapshot */
	uint64_t index;   /* UINT64_MAX: none, or merged */
	bool merged;
	bool of_mapping; /* STEP_ITEM: a key of a mapping */
	bool is_silent;  /* not written: the next step names it */
	uint32_t node;   /* where it leads */
};

const char *step_kind_name(enum step_kind kind);

/* What edge `i` of `path` is; false when it is folded into its neighbours. */
bool names_step(const struct names *names, const struct path *path, uint32_t i, struct step *ret);

/* The expression. */
void names_render(const struct names *names, const struct path *path, struct text *text);

/*
 * Hex digits, equal for the same place in another run of the program: of the
 * path without indices and addresses, and of its root.
 */
#define FINGERPRINT_SIZE 17
struct error *names_fingerprint(
	const struct names *names, const struct path *path, char ret[FINGERPRINT_SIZE]);

/* ---- roots ---- */

/* As JSON.md names them: module, frame, thread_local, ... */
const char *names_root_kind(const struct names *names, const struct path *path);

/* The name of the root of `path`, without steps. */
void names_root_render(const struct names *names, const struct path *path, struct text *text);

/* The module that a path begins in, or NULL. */
const char *names_module(const struct names *names, const struct path *path);

/* Where what `path` names is defined, else where its root is; 0 and NULL when unknown. */
struct location {
	const char *file;
	uint32_t line;
};

struct location names_location(const struct names *names, const struct path *path);
struct location names_root_location(const struct names *names, const struct path *path);

/* ---- objects ---- */

static inline bool is_object(const struct snapshot *snapshot, uint32_t node)
{
	return node < snapshot->n_objects;
}

static inline const struct snap_node *holder_get(const struct snapshot *snapshot, uint32_t node)
{
	assert(!is_object(snapshot, node));
	return &snapshot->nodes.data[node - snapshot->n_objects];
}

/* The type's __qualname__ of an object, or the kind of a holder. */
const char *names_type(const struct snapshot *snapshot, uint32_t node);

/* Has the node keys and values? They stand side by side: its first edges tell. */
bool names_is_mapping(const struct snapshot *snapshot, uint32_t node);

/* The text of a string id, NULL for the empty one. */
const char *names_string(const struct snapshot *snapshot, str_id id);

/* The name that an edge carries, NULL when it has none or it is hidden. */
const char *names_edge_text(const struct snapshot *snapshot, uint64_t edge);

/* module.qualname of a type; without the module when that is builtins. */
void names_type_render(const struct snapshot *snapshot, type_id type, struct text *text);

/*
 * What a node calls itself: a holder, a module, a class, a function, a coroutine.
 * False when it has no name.
 */
bool names_own_render(const struct names *names, uint32_t node, struct text *text);

/* ---- from a name to objects ---- */

/*
 * The objects that `expression` stands for, in order of their ids: a vector
 * that the caller frees; empty when nothing is there.
 */
struct obj_ids {
	obj_id *data;
	size_t n, capacity;
};

struct error *names_resolve(const struct names *names, const char *expression, struct obj_ids *ret);

/*
 * `ids` becomes the objects that a path without a root, such as .socket[*],
 * leads to from them. `is_path_ret`: can `path` be read? If not, they are none.
 */
struct error *names_follow(
	const struct names *names, const char *path, struct obj_ids *ids, bool *is_path_ret);

#endif
