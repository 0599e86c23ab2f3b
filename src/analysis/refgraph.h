/*
 * A picture of references around some objects: from them onwards, or back to
 * what refers to them. Objects of one kind that are reached from one node over
 * references of one name are one node; each object is in one node at most. An
 * object and its __dict__ are one thing, and classes are left out.
 *
 * Nodes are chosen level by level, those that weigh most (onwards) or refer most
 * (back) first. Modules and holders end a way. References that lead out of what
 * is shown are counted.
 */
#ifndef WHYMEM_REFGRAPH_H
#define WHYMEM_REFGRAPH_H

#include "analysis/analysis.h"
#include "analysis/labels.h"

#define REF_NONE UINT32_MAX

struct ref_node {
	uint32_t parent; /* REF_NONE: one of the targets */
	uint32_t depth;
	struct label label;     /* of the references between it and the parent */
	struct obj_ids members; /* nodes of the graph of objects, holders too */
	bool is_end;            /* a module, a holder: not followed */
	uint64_t retained_bytes;
	uint64_t n_hidden; /* references to (back: from) what is not shown */
};

struct ref_edge {
	uint32_t from, to; /* nodes, as the references point */
	struct label label;
	uint64_t count;
	uint64_t hash;     /* of the label */
	uint32_t n_labels; /* above 1: several names, which `label` does not tell */
	bool is_tree;      /* the child of the two was found over it */
};

struct refgraph {
	VEC(struct ref_node) nodes; /* targets first; a parent before its children */
	VEC(struct ref_edge) edges; /* by both nodes, of two nodes by count */
	uint64_t n_cut;             /* nodes that were left out */
};

struct refgraph_options {
	const uint64_t *targets; /* a bit a node */
	const uint64_t *avoid;   /* a bit a node: never entered; may be NULL */
	bool back;
	uint32_t depth;     /* levels below the targets */
	uint32_t nodes_max; /* at least 2 */
};

struct error *refgraph_init(
	struct refgraph *graph, struct analysis *analysis, const struct refgraph_options *options);
void refgraph_deinit(struct refgraph *graph);

/* ---- refchain.c ---- */

/*
 * The shortest chain of references from an object of one set to one of another;
 * over classes and module namespaces only when there is no other. `ret` has no
 * nodes (path.node is NULL) when there is none.
 */
struct error *refchain_find(const struct analysis *analysis, const uint64_t *from,
	const uint64_t *to, const uint64_t *avoid, struct path *ret);

#endif
