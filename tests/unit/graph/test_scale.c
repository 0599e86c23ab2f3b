/*
 * Large graphs: shapes on which careless algorithms overflow their stack, never
 * end or take quadratic time; answers known beforehand or found by another
 * algorithm; the same answers on one processor as on all.
 */
#include "../../../bench/graph_shapes.h"
#include "dense.h"
#include "graph/bits.h"
#include "snap/snapshot.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct result {
	uint32_t *idom;
	uint64_t *retained;
};

static void analyse(const struct shape *shape, struct result *ret)
{
	uint32_t n = shape->graph.n;
	uint64_t *weight = calloc(n, sizeof(*weight)),
		 *second = calloc(n / 64 + 1, sizeof(*second));
	ret->idom = calloc(n, sizeof(*ret->idom));
	ret->retained = calloc(n, sizeof(*ret->retained));
	assert_true(weight && second && ret->idom && ret->retained);
	for (uint32_t i = 0; i < n; i++)
		weight[i] = i % 17;
	assert_null(graph_dominators_two_stage(
		&shape->graph, shape->roots, shape->n_roots, ret->idom, second));
	assert_null(dense_retained(n, ret->idom, weight, ret->retained));
	free(weight);
	free(second);
}

static void result_free(struct result *result)
{
	free(result->idom);
	free(result->retained);
}

static void make(const char *name, uint32_t n, struct shape *ret)
{
	if (!shape_make(name, n, ret))
		fail_msg("no shape %s", name);
}

/* ---- the same on any number of processors ---- */

static void test_processors_do_not_matter(void **state)
{
	(void)state;
	cpu_set_t all, one;
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	for (const char *const *name = shape_names; *name; name++) {
		struct shape shape;
		struct result alone, together;
		make(*name, 600000, &shape);
		assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
		analyse(&shape, &alone);
		assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
		analyse(&shape, &together);
		uint32_t n = shape.graph.n;
		assert_memory_equal(alone.idom, together.idom, n * sizeof(*alone.idom));
		assert_memory_equal(alone.retained, together.retained, n * sizeof(*alone.retained));
		result_free(&alone);
		result_free(&together);
		shape_free(&shape);
	}
}

/* ---- the same by another algorithm: Cooper, Harvey and Kennedy ---- */

struct sweep {
	uint32_t n_reached;
	uint32_t *node;  /* in postorder */
	uint32_t *order; /* of a node; UINT32_MAX when not reached */
	uint32_t *idom;  /* by postorder number */
};

static void number_postorder(const struct shape *shape, struct sweep *sweep)
{
	const struct graph *graph = &shape->graph;
	uint32_t *stack = calloc(graph->n, sizeof(*stack)), depth = 0;
	uint64_t *edge = calloc(graph->n, sizeof(*edge));
	bool *seen = calloc(graph->n, sizeof(*seen));
	assert_true(stack && edge && seen);
	stack[depth++] = shape->roots[0];
	seen[shape->roots[0]] = true;
	while (depth) {
		uint32_t node = stack[depth - 1];
		uint64_t next = graph->start[node] + edge[node]++;
		if (next >= graph->start[node + 1]) {
			sweep->order[node] = sweep->n_reached;
			sweep->node[sweep->n_reached++] = node;
			depth--;
		} else if (!seen[graph->to[next]]) {
			seen[graph->to[next]] = true;
			stack[depth++] = graph->to[next];
		}
	}
	free(stack);
	free(edge);
	free(seen);
}

static uint32_t intersect(const uint32_t *idom, uint32_t a, uint32_t b)
{
	while (a != b) {
		while (a < b)
			a = idom[a];
		while (b < a)
			b = idom[b];
	}
	return a;
}

static void iterate(const struct graph_inverse *inverse, struct sweep *sweep)
{
	uint32_t root = sweep->n_reached - 1;
	sweep->idom[root] = root;
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t i = root; i-- > 0;) {
			uint32_t idom = UINT32_MAX, node = sweep->node[i];
			for (uint64_t e = inverse->start[node]; e < inverse->start[node + 1]; e++) {
				uint32_t from = sweep->order[inverse->from[e]];
				if (from == UINT32_MAX || sweep->idom[from] == UINT32_MAX)
					continue;
				idom = idom == UINT32_MAX ? from
							  : intersect(sweep->idom, from, idom);
			}
			changed = changed || idom != sweep->idom[i];
			sweep->idom[i] = idom;
		}
	}
}

static void compare_with_sweep(const struct shape *shape)
{
	uint32_t n = shape->graph.n;
	struct sweep sweep = {.node = calloc(n, sizeof(uint32_t)),
		.order = calloc(n, sizeof(uint32_t)),
		.idom = calloc(n, sizeof(uint32_t))};
	uint32_t *idom = calloc(n, sizeof(*idom));
	struct graph_inverse inverse;
	assert_true(sweep.node && sweep.order && sweep.idom && idom);
	memset(sweep.order, 0xff, n * sizeof(*sweep.order));
	memset(sweep.idom, 0xff, n * sizeof(*sweep.idom));
	number_postorder(shape, &sweep);
	assert_null(graph_inverse_init(&inverse, &shape->graph));
	iterate(&inverse, &sweep);
	assert_null(graph_dominators(&shape->graph, shape->roots, shape->n_roots, idom));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t order = sweep.order[i];
		uint32_t wanted = order == UINT32_MAX            ? GRAPH_UNREACHED
				  : order == sweep.n_reached - 1 ? GRAPH_ROOT
								 : sweep.node[sweep.idom[order]];
		assert_int_equal(idom[i], wanted);
	}
	graph_inverse_deinit(&inverse);
	free(sweep.node);
	free(sweep.order);
	free(sweep.idom);
	free(idom);
}

static void test_another_algorithm_agrees(void **state)
{
	(void)state;
	const char *const names[] = {"heap", "shuffled", "random", "shared"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct shape shape;
		make(names[i], i == 3 ? 4000 : 300000, &shape);
		compare_with_sweep(&shape);
		shape_free(&shape);
	}
}

/* ---- shapes whose answers are known ---- */

static uint8_t cost_of(void *arg, uint32_t from, uint64_t edge)
{
	return edge % 4;
}

/* A chain of ten million: nothing may recurse. */
static void test_chain(void **state)
{
	(void)state;
	struct shape shape;
	struct result result;
	uint32_t n = 10000000, n_components, root_cost = 0;
	make("chain", n, &shape);
	analyse(&shape, &result);
	assert_int_equal(result.idom[0], GRAPH_ROOT);
	uint64_t sum = 0;
	for (uint32_t i = n; i-- > 0;) {
		sum += i % 17;
		assert_true(!i || result.idom[i] == i - 1);
		assert_true(result.retained[i] == sum);
	}
	assert_null(graph_components(&shape.graph, NULL, result.idom, &n_components));
	assert_int_equal(n_components, n);
	assert_int_equal(result.idom[0], n - 1);
	assert_int_equal(result.idom[n - 1], 0);
	assert_null(dense_paths(&shape.graph, shape.roots, &root_cost, 1, cost_of, NULL, NULL,
		result.idom, result.retained));
	assert_int_equal(result.idom[n - 1], n - 2);
	assert_int_equal(result.retained[n - 1], n - 2);
	assert_null(graph_reach(&shape.graph, shape.roots, 1, result.retained));
	assert_true(bits_get(result.retained, n - 1));
	result_free(&result);
	shape_free(&shape);
}

/* Plain semi-NCA needs minutes for this one. */
static void test_chains_that_share_payloads(void **state)
{
	(void)state;
	struct shape shape;
	struct result result;
	make("shared", 4000000, &shape);
	analyse(&shape, &result);
	uint32_t length = (shape.graph.n - 1) / 4;
	for (uint32_t i = 0; i < length; i++) {
		uint32_t payload = 1 + 2 * length + 2 * i;
		assert_true(result.idom[1 + i] == i);
		assert_true(result.idom[1 + length + i] == (i ? length + i : 0));
		assert_true(result.idom[payload] == 0);
		assert_true(result.idom[payload + 1] == payload);
	}
	result_free(&result);
	shape_free(&shape);
}

/* Iterative algorithms need a sweep for every few nodes of this one. */
static void test_list_entered_from_both_ends(void **state)
{
	(void)state;
	struct shape shape;
	struct result result;
	make("double", 4000000, &shape);
	analyse(&shape, &result);
	for (uint32_t link = 1; link < shape.graph.n; link += 4) {
		assert_true(result.idom[link] == 0);
		for (uint32_t k = 1; k < 4; k++)
			assert_true(result.idom[link + k] == link);
	}
	result_free(&result);
	shape_free(&shape);
}

/* A ring that nothing holds: one cycle, held by its first node. */
static void test_ring_of_garbage(void **state)
{
	(void)state;
	uint32_t n = 3000000, n_components;
	struct shape shape = {0};
	struct result result;
	shape.start = snapshot_alloc(n + 1, sizeof(*shape.start));
	shape.to = snapshot_alloc(n, sizeof(*shape.to));
	assert_true(shape.start && shape.to);
	for (uint32_t i = 0; i < n; i++) {
		shape.start[i + 1] = i + 1;
		shape.to[i] = (i + n - 1) % n;
	}
	shape.graph = (struct graph){.n = n, .start = shape.start, .to = shape.to};
	analyse(&shape, &result);
	assert_int_equal(result.idom[0], GRAPH_ROOT);
	assert_int_equal(result.idom[n - 1], 0);
	for (uint32_t i = 1; i + 1 < n; i++)
		assert_true(result.idom[i] == i + 1);
	assert_null(graph_components(&shape.graph, NULL, result.idom, &n_components));
	assert_int_equal(n_components, 1);
	result_free(&result);
	snapshot_free(shape.start, n + 1, sizeof(*shape.start));
	snapshot_free(shape.to, n, sizeof(*shape.to));
}

/* Two million nodes that nothing holds and that hold nothing. */
static void test_dust(void **state)
{
	(void)state;
	uint32_t n = 2000000;
	uint64_t *start = calloc(n + 1, sizeof(*start));
	struct shape shape = {.graph = {.n = n, .start = start}};
	struct result result;
	analyse(&shape, &result);
	for (uint32_t i = 0; i < n; i++)
		assert_true(result.idom[i] == GRAPH_ROOT && result.retained[i] == i % 17);
	result_free(&result);
	free(start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_processors_do_not_matter),
		cmocka_unit_test(test_another_algorithm_agrees),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_chains_that_share_payloads),
		cmocka_unit_test(test_list_entered_from_both_ends),
		cmocka_unit_test(test_ring_of_garbage),
		cmocka_unit_test(test_dust),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
