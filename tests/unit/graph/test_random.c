/*
 * Everything in graph.h against brute force on random graphs.
 */
#include "dense.h"
#include "random_graph.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { N_GRAPHS = 2000 };

/*
 * Dominance by removal: a dominates b when b is reached, and is not without a.
 * The immediate dominator is the dominator that all others dominate.
 */
static void brute_dominators(const struct random_graph *made, const uint32_t *roots,
	uint32_t n_roots, const bool *among, uint32_t *idom, uint64_t *retained)
{
	static bool dominates[GRAPH_NODES_MAX][GRAPH_NODES_MAX];
	uint32_t n = made->graph.n;
	bool all[GRAPH_NODES_MAX];
	brute_reach(made, roots, n_roots, among, UINT32_MAX, all);
	for (uint32_t a = 0; a < n; a++) {
		bool without[GRAPH_NODES_MAX];
		brute_reach(made, roots, n_roots, among, a, without);
		uint64_t sum = 0;
		for (uint32_t b = 0; b < n; b++) {
			dominates[a][b] = all[a] && all[b] && !without[b];
			sum += dominates[a][b] ? made->weight[b] : 0;
		}
		if (!among || among[a])
			retained[a] = all[a] ? sum : made->weight[a];
	}
	for (uint32_t b = 0; b < n; b++) {
		if (among && !among[b])
			continue;
		idom[b] = all[b] ? GRAPH_ROOT : GRAPH_UNREACHED;
		for (uint32_t a = 0; a < n; a++)
			if (a != b && dominates[a][b] &&
				(idom[b] == GRAPH_ROOT || dominates[idom[b]][a]))
				idom[b] = a;
	}
}

static void assert_same_u32(const uint32_t *got, const uint32_t *wanted, uint32_t n, uint64_t seed)
{
	for (uint32_t i = 0; i < n; i++)
		if (got[i] != wanted[i])
			fail_msg("graph %llu, node %u: %u instead of %u", (unsigned long long)seed,
				i, got[i], wanted[i]);
}

static void assert_same_u64(const uint64_t *got, const uint64_t *wanted, uint32_t n, uint64_t seed)
{
	for (uint32_t i = 0; i < n; i++)
		if (got[i] != wanted[i])
			fail_msg("graph %llu, node %u: %llu instead of %llu",
				(unsigned long long)seed, i, (unsigned long long)got[i],
				(unsigned long long)wanted[i]);
}

static void test_dominators(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < N_GRAPHS; seed++) {
		struct random_graph made;
		random_graph_make(&made, seed);
		uint32_t n = made.graph.n, idom[GRAPH_NODES_MAX], wanted[GRAPH_NODES_MAX];
		uint64_t retained[GRAPH_NODES_MAX], wanted_retained[GRAPH_NODES_MAX];
		brute_dominators(&made, made.roots, made.n_roots, NULL, wanted, wanted_retained);
		assert_null(graph_dominators(&made.graph, made.roots, made.n_roots, idom));
		assert_same_u32(idom, wanted, n, seed);
		assert_null(dense_retained(n, idom, made.weight, retained));
		assert_same_u64(retained, wanted_retained, n, seed);
		assert_null(dense_retained(n, idom, made.weight, made.weight));
		assert_same_u64(made.weight, wanted_retained, n, seed);
	}
}

/* Nodes of `among` that no node outside their own cycle leads to, one a cycle. */
static uint32_t brute_starts(const struct random_graph *made, const bool *among, uint32_t *starts)
{
	static bool reach[GRAPH_NODES_MAX][GRAPH_NODES_MAX];
	uint32_t n = made->graph.n, n_starts = 0;
	for (uint32_t i = 0; i < n; i++)
		brute_reach(made, &i, 1, among, UINT32_MAX, reach[i]);
	for (uint32_t i = 0; i < n; i++) {
		bool starts_here = among[i];
		for (uint32_t j = 0; j < n; j++)
			if (among[j] && reach[j][i] && (!reach[i][j] || j < i))
				starts_here = false;
		if (starts_here)
			starts[n_starts++] = i;
	}
	return n_starts;
}

static void test_two_stages(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < N_GRAPHS; seed++) {
		struct random_graph made;
		random_graph_make(&made, seed);
		uint32_t n = made.graph.n, idom[GRAPH_NODES_MAX], wanted[GRAPH_NODES_MAX];
		uint64_t second[GRAPH_WORDS];
		uint64_t retained[GRAPH_NODES_MAX], wanted_retained[GRAPH_NODES_MAX];
		bool unreached[GRAPH_NODES_MAX] = {0};
		brute_dominators(&made, made.roots, made.n_roots, NULL, wanted, wanted_retained);
		for (uint32_t i = 0; i < n; i++)
			unreached[i] = wanted[i] == GRAPH_UNREACHED;
		uint32_t starts[GRAPH_NODES_MAX];
		uint32_t n_starts = brute_starts(&made, unreached, starts);
		brute_dominators(&made, starts, n_starts, unreached, wanted, wanted_retained);
		assert_null(graph_dominators_two_stage(
			&made.graph, made.roots, made.n_roots, idom, second));
		assert_same_u32(idom, wanted, n, seed);
		for (uint32_t i = 0; i < n; i++) {
			assert_int_equal(bits_get(second, i), unreached[i]);
			assert_int_not_equal(idom[i], GRAPH_UNREACHED);
		}
		assert_null(dense_retained(n, idom, made.weight, retained));
		assert_same_u64(retained, wanted_retained, n, seed);
	}
}

static void test_tree(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < N_GRAPHS; seed++) {
		struct random_graph made;
		random_graph_make(&made, seed);
		uint32_t n = made.graph.n, idom[GRAPH_NODES_MAX];
		assert_null(graph_dominators(&made.graph, made.roots, made.n_roots, idom));
		struct dominator_tree tree;
		assert_null(dominator_tree_init(&tree, n, idom));
		uint64_t at = 0;
		for (uint32_t list = 0; list <= n; list++) {
			assert_int_equal(tree.start[list], at);
			for (uint32_t i = 0; i < n; i++)
				if (idom[i] == (list < n ? list : GRAPH_ROOT))
					assert_int_equal(tree.child[at++], i);
		}
		assert_int_equal(tree.start[n + 1], at);
		dominator_tree_deinit(&tree);
		dominator_tree_deinit(&tree);
	}
}

static void test_inverse(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < N_GRAPHS; seed++) {
		struct random_graph made;
		random_graph_make(&made, seed);
		struct graph_inverse inverse;
		assert_null(graph_inverse_init(&inverse, &made.graph));
		uint64_t at = 0;
		for (uint32_t to = 0; to < made.graph.n; to++) {
			assert_int_equal(inverse.start[to], at);
			for (uint32_t from = 0; from < made.graph.n; from++)
				for (uint64_t e = made.start[from]; e < made.start[from + 1]; e++)
					if (made.to[e] == to)
						assert_int_equal(inverse.from[at++], from);
		}
		assert_int_equal(inverse.start[made.graph.n], at);
		graph_inverse_deinit(&inverse);
		graph_inverse_deinit(&inverse);
	}
}

static void test_reach(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < N_GRAPHS; seed++) {
		struct random_graph made;
		random_graph_make(&made, seed);
		bool wanted[GRAPH_NODES_MAX];
		uint64_t reached[GRAPH_WORDS];
		brute_reach(&made, made.roots, made.n_roots, NULL, UINT32_MAX, wanted);
		assert_null(graph_reach(&made.graph, made.roots, made.n_roots, reached));
		for (uint32_t i = 0; i < made.graph.n; i++)
			assert_int_equal(bits_get(reached, i), wanted[i]);
	}
}

static void check_components(const struct random_graph *made, const bool *among,
	const uint32_t *component, uint32_t n_components)
{
	static bool reach[GRAPH_NODES_MAX][GRAPH_NODES_MAX];
	bool used[GRAPH_NODES_MAX] = {0};
	uint32_t n = made->graph.n, n_used = 0;
	for (uint32_t i = 0; i < n; i++)
		brute_reach(made, &i, 1, among, UINT32_MAX, reach[i]);
	for (uint32_t i = 0; i < n; i++) {
		if (!among[i]) {
			assert_int_equal(component[i], GRAPH_UNREACHED);
			continue;
		}
		assert_true(component[i] < n_components);
		n_used += !used[component[i]];
		used[component[i]] = true;
		for (uint32_t j = 0; j < n; j++) {
			if (!among[j])
				continue;
			bool together = reach[i][j] && reach[j][i];
			assert_int_equal(component[i] == component[j], together);
			if (reach[i][j])
				assert_true(component[i] >= component[j]);
		}
	}
	assert_int_equal(n_used, n_components);
}

static void test_components(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < N_GRAPHS; seed++) {
		struct random_graph made;
		random_graph_make(&made, seed);
		bool among[GRAPH_NODES_MAX];
		uint64_t bits[GRAPH_WORDS] = {0};
		for (uint32_t i = 0; i < made.graph.n; i++) {
			among[i] = seed % 3 == 0 || random_below(4);
			if (among[i])
				bits_set(bits, i);
		}
		uint32_t component[GRAPH_NODES_MAX], n_components;
		assert_null(graph_components(
			&made.graph, seed % 3 ? bits : NULL, component, &n_components));
		check_components(&made, among, component, n_components);
	}
}

/* ---- paths ---- */

struct costs {
	uint8_t edge[GRAPH_EDGES_MAX];
	uint32_t root[GRAPH_ROOTS_MAX];
};

static uint8_t cost_of(void *arg, uint32_t from, uint64_t edge)
{
	return ((const struct costs *)arg)->edge[edge];
}

static void random_costs(struct costs *costs)
{
	uint32_t largest = 1 + random_below(16);
	for (size_t i = 0; i < ARRAY_SIZE(costs->edge); i++)
		costs->edge[i] = random_below(10) ? (uint8_t)random_below(largest) : 255;
	for (size_t i = 0; i < ARRAY_SIZE(costs->root); i++)
		costs->root[i] = random_below(3) * random_below(40);
}

/* Bellman-Ford on (cost, root), as cost << 8 | root index. */
static void brute_costs(const struct random_graph *made, const struct costs *costs, uint64_t *best)
{
	for (uint32_t i = 0; i < made->graph.n; i++)
		best[i] = UINT64_MAX;
	for (uint32_t i = 0; i < made->n_roots; i++)
		best[made->roots[i]] = MIN(best[made->roots[i]], (uint64_t)costs->root[i] << 8 | i);
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t from = 0; from < made->graph.n; from++)
			for (uint64_t e = made->start[from]; e < made->start[from + 1]; e++) {
				uint64_t cost = best[from] + ((uint64_t)costs->edge[e] << 8);
				if (best[from] == UINT64_MAX || costs->edge[e] == 255 ||
					cost >= best[made->to[e]])
					continue;
				best[made->to[e]] = cost;
				changed = true;
			}
	}
}

/* The path that was found leads back to its root, along edges that add up to `best`. */
static void check_path(const struct random_graph *made, const struct costs *costs,
	const uint32_t *parent, const uint64_t *parent_edge, uint32_t node, uint64_t best)
{
	uint64_t cost = best >> 8;
	uint32_t root = (uint32_t)(best & 255), steps = 0;
	while (parent[node] != GRAPH_ROOT) {
		uint64_t edge = parent_edge[node];
		assert_true(parent[node] < made->graph.n);
		assert_true(edge >= made->start[parent[node]]);
		assert_true(edge < made->start[parent[node] + 1]);
		assert_int_equal(made->to[edge], node);
		assert_true(cost >= costs->edge[edge]);
		cost -= costs->edge[edge];
		node = parent[node];
		assert_true(steps++ < made->graph.n);
	}
	assert_int_equal(parent_edge[node], UINT64_MAX);
	assert_int_equal(made->roots[root], node);
	assert_int_equal(cost, costs->root[root]);
}

/* Among edges of equal cost from nodes that are strictly nearer, the first was taken. */
static void check_first_edge(const struct random_graph *made, const struct costs *costs,
	const uint64_t *best, const uint32_t *parent, const uint64_t *parent_edge, uint32_t node)
{
	if (parent[node] == GRAPH_ROOT)
		return;
	for (uint32_t from = 0; from < made->graph.n; from++)
		for (uint64_t e = made->start[from]; e < made->start[from + 1]; e++) {
			bool tight = made->to[e] == node && costs->edge[e] != 255 &&
				     costs->edge[e] && best[from] != UINT64_MAX &&
				     best[from] + ((uint64_t)costs->edge[e] << 8) == best[node];
			if (tight)
				assert_true(parent_edge[node] <= e);
		}
}

static void test_paths(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < N_GRAPHS; seed++) {
		struct random_graph made;
		struct costs costs;
		random_graph_make(&made, seed);
		random_costs(&costs);
		uint64_t best[GRAPH_NODES_MAX], parent_edge[GRAPH_NODES_MAX];
		uint32_t parent[GRAPH_NODES_MAX];
		brute_costs(&made, &costs, best);
		assert_null(dense_paths(&made.graph, made.roots, costs.root, made.n_roots, cost_of,
			&costs, NULL, parent, parent_edge));
		for (uint32_t i = 0; i < made.graph.n; i++) {
			if (best[i] == UINT64_MAX) {
				assert_int_equal(parent[i], GRAPH_UNREACHED);
				assert_int_equal(parent_edge[i], UINT64_MAX);
				continue;
			}
			check_path(&made, &costs, parent, parent_edge, i, best[i]);
			check_first_edge(&made, &costs, best, parent, parent_edge, i);
		}
	}
}

/* With `wanted`, these nodes get the same paths, and no other node gets a different one. */
static void test_wanted_paths(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < N_GRAPHS; seed++) {
		struct random_graph made;
		struct costs costs;
		random_graph_make(&made, seed);
		random_costs(&costs);
		uint64_t all_edge[GRAPH_NODES_MAX], some_edge[GRAPH_NODES_MAX];
		uint32_t all[GRAPH_NODES_MAX], some[GRAPH_NODES_MAX];
		uint64_t wanted[GRAPH_WORDS] = {0};
		for (uint32_t i = 0; i < made.graph.n; i++)
			if (!random_below(8))
				bits_set(wanted, i);
		assert_null(dense_paths(&made.graph, made.roots, costs.root, made.n_roots, cost_of,
			&costs, NULL, all, all_edge));
		assert_null(dense_paths(&made.graph, made.roots, costs.root, made.n_roots, cost_of,
			&costs, wanted, some, some_edge));
		for (uint32_t i = 0; i < made.graph.n; i++) {
			if (!bits_get(wanted, i) && some[i] == GRAPH_UNREACHED)
				continue;
			assert_int_equal(some[i], all[i]);
			assert_int_equal(some_edge[i], all_edge[i]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dominators),
		cmocka_unit_test(test_two_stages),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_inverse),
		cmocka_unit_test(test_reach),
		cmocka_unit_test(test_components),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_wanted_paths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
