/*
 * Edges that are found late, roots that are believed or not, objects that C code
 * holds: on made graphs, against the plainest way to say the same.
 */
#include "heap/believe.h"
#include "heap/join.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define N 40
#define N_ROOTS 5
#define MOST_EDGES 2000

static uint64_t random_state = 7;

static uint32_t next_random(uint32_t below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % below;
}

struct graph {
	struct heap heap;
	struct column start, to, kind, operand;
};

static void graph_init(struct graph *graph)
{
	*graph = (struct graph){0};
	struct heap *heap = &graph->heap;
	heap->n_workers = 2;
	assert_null(snapshot_create(&heap->snapshot));
	assert_null(idset_init(&heap->ids));
	assert_null(idset_reserve(&heap->ids, 0x10000, 0x10000 + N * 16));
	for (unsigned i = 0; i < N; i++)
		idset_add(&heap->ids, 0x10000 + i * 16);
	assert_null(idset_seal(&heap->ids));
	heap->references = snapshot_alloc(N, sizeof(uint16_t));
	heap->snapshot->flags = snapshot_alloc(N, 1);
	heap->snapshot->n_objects = N;
	heap->snapshot->n_nodes = N + N_ROOTS;
	assert_null(column_init(&graph->start, sizeof(uint64_t), N + N_ROOTS + 2));
	assert_null(column_init(&graph->to, sizeof(obj_id), MOST_EDGES));
	assert_null(column_init(&graph->kind, sizeof(uint8_t), MOST_EDGES));
	assert_null(column_init(&graph->operand, sizeof(uint32_t), MOST_EDGES));
}

static void graph_deinit(struct graph *graph)
{
	struct snapshot *snapshot = graph->heap.snapshot;
	snapshot_free(graph->heap.references, N, sizeof(uint16_t));
	snapshot_free(snapshot->flags, N, 1);
	snapshot->flags = NULL;
	snapshot->edge_start = NULL;
	snapshot->edge_to = NULL;
	snapshot->n_objects = snapshot->n_nodes = 0;
	snapshot_destroy(snapshot);
	idset_deinit(&graph->heap.ids);
	column_deinit(&graph->start);
	column_deinit(&graph->to);
	column_deinit(&graph->kind);
	column_deinit(&graph->operand);
}

static void begin_node(struct graph *graph)
{
	*(uint64_t *)column_add(&graph->start, 1) = graph->to.n;
}

static void add_edge(struct graph *graph, obj_id to, enum edge_kind kind, uint32_t operand)
{
	*(obj_id *)column_add(&graph->to, 1) = to;
	*(uint8_t *)column_add(&graph->kind, 1) = (uint8_t)kind;
	*(uint32_t *)column_add(&graph->operand, 1) = operand;
}

static void fill_at_random(struct graph *graph, unsigned root_edges)
{
	for (uint32_t node = 0; node < N + N_ROOTS; node++) {
		begin_node(graph);
		for (uint32_t n = next_random(node < N ? 3 : root_edges); n; n--)
			add_edge(graph, next_random(N), EDGE_INDEX, next_random(100));
	}
	begin_node(graph);
	graph->heap.snapshot->edge_start = graph->start.data;
	graph->heap.snapshot->edge_to = graph->to.data;
}

static bool has_edge(const struct graph *graph, uint32_t from, obj_id to)
{
	const uint64_t *start = graph->start.data;
	for (uint64_t i = start[from]; i < start[from + 1]; i++)
		if (((obj_id *)graph->to.data)[i] == to)
			return true;
	return false;
}

static void test_late_edges_join_their_nodes(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		struct graph graph;
		graph_init(&graph);
		fill_at_random(&graph, 4);
		uint64_t before[N + N_ROOTS + 1], n_before = graph.to.n;
		memcpy(before, graph.start.data, sizeof(before));
		struct native_edges late = {0};
		unsigned n_late[N] = {0};
		for (obj_id from = 0; from < N; from++)
			for (uint32_t n = next_random(5) ? 0 : next_random(4); n; n--) {
				struct native_edge *edge = vec_add(&late.edges);
				*edge = (struct native_edge){from, next_random(N)};
				n_late[from]++;
			}
		assert_null(join_native_edges(
			&graph.heap, &graph.start, &late, &graph.to, &graph.kind, &graph.operand));
		assert_int_equal(graph.to.n, n_before + late.edges.n);
		const uint64_t *start = graph.start.data;
		for (uint32_t node = 0; node < N + N_ROOTS; node++)
			assert_int_equal(start[node + 1] - start[node],
				before[node + 1] - before[node] + (node < N ? n_late[node] : 0));
		vec_foreach (&late.edges, edge)
			assert_true(has_edge(&graph, edge->from, edge->to));
		vec_deinit(&late.edges);
		graph_deinit(&graph);
	}
}

static void mark_by_hand(const struct graph *graph, bool *reached)
{
	bool changed = true;
	memset(reached, 0, N);
	while (changed) {
		changed = false;
		for (uint32_t from = 0; from < N + N_ROOTS; from++)
			for (obj_id to = 0; to < N; to++)
				if ((from >= N || reached[from]) && !reached[to] &&
					has_edge(graph, from, to))
					changed = reached[to] = true;
	}
}

static uint32_t references_among(const struct graph *graph, const bool *reached, obj_id to)
{
	const uint64_t *start = graph->start.data;
	uint32_t n = 0;
	for (uint32_t from = 0; from < N; from++)
		for (uint64_t i = start[from]; !reached[from] && i < start[from + 1]; i++)
			n += ((obj_id *)graph->to.data)[i] == to;
	return n;
}

static void test_what_c_holds(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		struct graph graph;
		bool reached[N];
		uint32_t excess[N];
		graph_init(&graph);
		fill_at_random(&graph, 2);
		mark_by_hand(&graph, reached);
		for (obj_id id = 0; id < N; id++) {
			excess[id] = next_random(4) ? 0 : next_random(3);
			uint32_t found = references_among(&graph, reached, id);
			graph.heap.references[id] = (uint16_t)(found + excess[id]);
		}
		struct held_objects held = {0};
		assert_null(reach_find_held(&graph.heap, &held));
		size_t at = 0;
		for (obj_id id = 0; id < N; id++) {
			if (reached[id] || !excess[id])
				continue;
			assert_true(at < held.objects.n);
			assert_int_equal(held.objects.data[at].object, id);
			assert_int_equal(held.objects.data[at++].excess, excess[id]);
		}
		assert_int_equal(at, held.objects.n);
		vec_deinit(&held.objects);
		graph_deinit(&graph);
	}
}

/* Object 0 holds 1; roots scan words that look like 1, 1, 2 and an uncertain stack slot 3. */
static void test_doubtful_edges_need_references(void **state)
{
	(void)state;
	struct graph graph;
	graph_init(&graph);
	for (uint32_t node = 0; node < N; node++) {
		begin_node(&graph);
		if (!node)
			add_edge(&graph, 1, EDGE_INDEX, 0);
	}
	begin_node(&graph);
	add_edge(&graph, 1, EDGE_SCAN, 8);
	add_edge(&graph, 1, EDGE_SCAN, 16);
	add_edge(&graph, 2, EDGE_SCAN, 24);
	begin_node(&graph);
	add_edge(&graph, 3, EDGE_STACK, STACK_DOUBTFUL | 5);
	add_edge(&graph, 0, EDGE_STACK, 0);
	for (unsigned i = 2; i <= N_ROOTS; i++)
		begin_node(&graph);
	graph.heap.references[0] = 1;
	graph.heap.references[1] = 2;
	graph.heap.references[2] = 0; /* immortal: not counted */
	graph.heap.references[3] = 1;
	assert_null(
		believe_roots(&graph.heap, &graph.start, &graph.to, &graph.kind, &graph.operand));
	const uint64_t *start = graph.start.data;
	assert_int_equal(graph.to.n, 5);
	assert_int_equal(start[N + 1] - start[N], 2);
	assert_true(has_edge(&graph, N, 1));
	assert_true(has_edge(&graph, N, 2));
	assert_true(has_edge(&graph, N + 1, 3));
	assert_int_equal(((uint32_t *)graph.operand.data)[start[N + 1]], 5);
	graph_deinit(&graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_late_edges_join_their_nodes),
		cmocka_unit_test(test_what_c_holds),
		cmocka_unit_test(test_doubtful_edges_need_references),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
