/*
 * Every allocation of every function of graph.h fails once: the result is
 * error_no_memory, and no memory stays behind.
 */
#include "../fault.h"
#include "dense.h"
#include "graph/bits.h"
#include "graph/graph.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Large enough for several workers: a tree with a shared upper half, and garbage. */
enum { N = 300000, DEGREE = 2 };

static struct made {
	struct graph graph;
	uint64_t start[N + 1];
	uint32_t to[N * DEGREE];
	uint32_t idom[N], component[N], parent[N];
	uint64_t weight[N], retained[N], parent_edge[N], bits[N / 64 + 1];
} made;

static const uint32_t roots[] = {0, 5}, root_cost[] = {0, 3};

static int make_graph(void **state)
{
	(void)state;
	uint64_t n_edges = 0;
	for (uint32_t i = 0; i < N; i++) {
		made.start[i] = n_edges;
		made.weight[i] = i % 100;
		uint32_t half = i < N / 2 ? 0 : N / 2;
		for (uint32_t k = 1; k <= DEGREE && i % 7; k++)
			made.to[n_edges++] = half + (2 * i + k) % (N / 2);
	}
	made.start[N] = n_edges;
	made.graph = (struct graph){.n = N, .start = made.start, .to = made.to};
	return 0;
}

typedef struct error *(*body_fn)(void);

static struct error *run_dominators(void)
{
	return graph_dominators(&made.graph, roots, ARRAY_SIZE(roots), made.idom);
}

static struct error *run_two_stages(void)
{
	return graph_dominators_two_stage(
		&made.graph, roots, ARRAY_SIZE(roots), made.idom, made.bits);
}

static struct error *run_retained(void)
{
	return dense_retained(N, made.idom, made.weight, made.retained);
}

static struct error *run_tree(void)
{
	struct dominator_tree tree;
	struct error *error = dominator_tree_init(&tree, N, made.idom);
	if (!error)
		dominator_tree_deinit(&tree);
	return error;
}

static struct error *run_reach(void)
{
	return graph_reach(&made.graph, roots, ARRAY_SIZE(roots), made.bits);
}

static struct error *run_components(void)
{
	uint32_t n_components;
	return graph_components(&made.graph, NULL, made.component, &n_components);
}

static uint8_t cost_of(void *arg, uint32_t from, uint64_t edge)
{
	return edge % 5;
}

static struct error *run_paths(void)
{
	return dense_paths(&made.graph, roots, root_cost, ARRAY_SIZE(roots), cost_of, NULL, NULL,
		made.parent, made.parent_edge);
}

static struct error *run_inverse(void)
{
	struct graph_inverse inverse;
	struct error *error = graph_inverse_init(&inverse, &made.graph);
	if (!error)
		graph_inverse_deinit(&inverse);
	return error;
}

static const struct {
	body_fn run;
	long n_allocations; /* at least */
} bodies[] = {
	{run_dominators, 10},
	{run_two_stages, 15},
	{run_retained, 1},
	{run_tree, 2},
	{run_reach, 1},
	{run_components, 2},
	{run_paths, 5},
	{run_inverse, 2},
};

static void test_each_allocation_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		long nth = 1, mapped_bytes = fault_mapped_bytes();
		for (;; nth++) {
			fault_arm(FAULT_MEMORY, nth, 0);
			struct error *error = bodies[i].run();
			bool failed = fault_disarm();
			assert_ptr_equal(error, failed ? &error_no_memory : NULL);
			assert_int_equal(fault_mapped_bytes(), mapped_bytes);
			if (!failed)
				break;
		}
		assert_true(nth > bodies[i].n_allocations);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_allocation_fails),
	};
	return cmocka_run_group_tests(tests, make_graph, NULL);
}
