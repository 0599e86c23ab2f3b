/*
 * Builders of the shapes. A builder emits edges (from, to); a counting sort
 * turns them into rows.
 */
#include "graph_shapes.h"

#include "snap/snapshot.h"

#include <stdlib.h>

struct edge {
	uint32_t from, to;
};

struct builder {
	uint32_t n_nodes;
	uint64_t n_edges, capacity;
	struct edge *edges;
	uint64_t random;
	bool failed;
};

static uint64_t next_random(struct builder *builder)
{
	uint64_t z = builder->random += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint32_t add_node(struct builder *builder)
{
	return builder->n_nodes++;
}

static void add_edge(struct builder *builder, uint32_t from, uint32_t to)
{
	if (builder->n_edges == builder->capacity) {
		uint64_t capacity = builder->capacity ? builder->capacity * 2 : 1 << 16;
		struct edge *grown = reallocarray(builder->edges, capacity, sizeof(*grown));
		if (!grown) {
			builder->failed = true;
			return;
		}
		builder->edges = grown;
		builder->capacity = capacity;
	}
	builder->edges[builder->n_edges++] = (struct edge){from, to};
}

enum { N_TYPES = 200, N_KEYS = 2000, LIST_LENGTH = 50000 };

/* One instance: its dict with three shared keys, two or three values, some a tuple. */
static void add_record(struct builder *builder, uint32_t list, uint32_t types, uint32_t keys)
{
	uint32_t instance = add_node(builder), dict = add_node(builder);
	add_edge(builder, list, instance);
	add_edge(builder, instance, dict);
	if (next_random(builder) % 2)
		add_edge(builder, instance, types + (uint32_t)(next_random(builder) % N_TYPES));
	for (int i = 0; i < 3; i++)
		add_edge(builder, dict, keys + (uint32_t)(next_random(builder) % N_KEYS));
	unsigned n_values = 2 + next_random(builder) % 2;
	for (unsigned i = 0; i < n_values; i++)
		add_edge(builder, dict, add_node(builder));
	if (next_random(builder) % 16 == 0) {
		uint32_t tuple = add_node(builder);
		add_edge(builder, dict, tuple);
		add_edge(builder, tuple, instance);
		add_edge(builder, tuple, add_node(builder));
	}
}

/* The root is node 0: it holds modules, which hold the types, the keys and the lists. */
static void build_heap(struct builder *builder, uint32_t n)
{
	uint32_t root = add_node(builder), types = builder->n_nodes;
	for (int i = 0; i < N_TYPES; i++) {
		uint32_t type = add_node(builder);
		add_edge(builder, root, type);
	}
	for (int i = 0; i < N_TYPES; i++)
		add_edge(builder, types + (uint32_t)i, add_node(builder));
	uint32_t keys = builder->n_nodes;
	for (int i = 0; i < N_KEYS; i++)
		add_edge(builder, root, add_node(builder));
	while (builder->n_nodes < n && !builder->failed) {
		uint32_t list = add_node(builder);
		add_edge(builder, root, list);
		for (int i = 0; i < LIST_LENGTH && builder->n_nodes < n; i++)
			add_record(builder, list, types, keys);
	}
}

static void shuffle(struct builder *builder)
{
	uint32_t n = builder->n_nodes;
	uint32_t *number = calloc(n, sizeof(*number));
	if (!number) {
		builder->failed = true;
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		number[i] = i;
	for (uint32_t i = n - 1; i > 1; i--) { /* the root stays node 0 */
		uint32_t j = 1 + (uint32_t)(next_random(builder) % i), kept = number[i];
		number[i] = number[j];
		number[j] = kept;
	}
	for (uint64_t i = 0; i < builder->n_edges; i++) {
		builder->edges[i].from = number[builder->edges[i].from];
		builder->edges[i].to = number[builder->edges[i].to];
	}
	free(number);
}

static void build_shuffled(struct builder *builder, uint32_t n)
{
	build_heap(builder, n);
	shuffle(builder);
}

static void build_chain(struct builder *builder, uint32_t n)
{
	builder->n_nodes = n;
	for (uint32_t i = 0; i + 1 < n; i++)
		add_edge(builder, i, i + 1);
}

/* Chains a and b; each pair of links shares a payload, which is no leaf. */
static void build_shared(struct builder *builder, uint32_t n)
{
	uint32_t length = n / 4;
	builder->n_nodes = 4 * length + 1;
	add_edge(builder, 0, 1);
	add_edge(builder, 0, 1 + length);
	for (uint32_t i = 0; i < length; i++) {
		uint32_t a = 1 + i, b = 1 + length + i, payload = 1 + 2 * length + 2 * i;
		if (i + 1 < length) {
			add_edge(builder, a, a + 1);
			add_edge(builder, b, b + 1);
		}
		add_edge(builder, a, payload);
		add_edge(builder, b, payload);
		add_edge(builder, payload, payload + 1);
	}
}

static void build_double(struct builder *builder, uint32_t n)
{
	uint32_t length = n / 4;
	builder->n_nodes = 4 * length + 1;
	add_edge(builder, 0, 1);
	add_edge(builder, 0, 1 + (length - 1) * 4);
	for (uint32_t i = 0; i < length; i++) {
		uint32_t link = 1 + i * 4;
		if (i)
			add_edge(builder, link, link - 4);
		if (i + 1 < length)
			add_edge(builder, link, link + 4);
		for (uint32_t k = 1; k < 4; k++)
			add_edge(builder, link, link + k);
	}
}

static void build_random(struct builder *builder, uint32_t n)
{
	builder->n_nodes = n;
	for (uint64_t i = 0; i < n * 5ull / 2; i++)
		add_edge(builder, (uint32_t)(next_random(builder) % n),
			(uint32_t)(next_random(builder) % n));
}

static const struct {
	const char *name;
	void (*build)(struct builder *builder, uint32_t n);
} builders[] = {
	{"heap", build_heap},
	{"shuffled", build_shuffled},
	{"chain", build_chain},
	{"shared", build_shared},
	{"double", build_double},
	{"random", build_random},
};

const char *const shape_names[] = {"heap", "shuffled", "chain", "shared", "double", "random", NULL};

static bool make_rows(const struct builder *builder, struct shape *shape)
{
	uint32_t n = shape->graph.n = builder->n_nodes;
	shape->start = snapshot_alloc(n + 2ull, sizeof(*shape->start));
	shape->to = snapshot_alloc(builder->n_edges, sizeof(*shape->to));
	shape->n_edges = builder->n_edges;
	shape->roots = calloc(1, sizeof(*shape->roots));
	if (!shape->start || !shape->to || !shape->roots)
		return false;
	for (uint64_t i = 0; i < builder->n_edges; i++)
		shape->start[builder->edges[i].from + 2ull]++;
	for (uint64_t i = 2; i < n + 2ull; i++)
		shape->start[i] += shape->start[i - 1];
	for (uint64_t i = 0; i < builder->n_edges; i++)
		shape->to[shape->start[builder->edges[i].from + 1ull]++] = builder->edges[i].to;
	shape->n_roots = 1;
	shape->graph = (struct graph){.n = n, .start = shape->start, .to = shape->to};
	return true;
}

bool shape_make(const char *name, uint32_t n, struct shape *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(builders); i++) {
		if (strcmp(builders[i].name, name))
			continue;
		struct builder builder = {0};
		struct shape shape = {0};
		builders[i].build(&builder, n);
		bool made = !builder.failed && make_rows(&builder, &shape);
		free(builder.edges);
		if (made)
			*ret = shape;
		else
			shape_free(&shape);
		return made;
	}
	return false;
}

void shape_free(struct shape *shape)
{
	snapshot_free(shape->start, shape->graph.n + 2ull, sizeof(*shape->start));
	snapshot_free(shape->to, shape->n_edges, sizeof(*shape->to));
	free(shape->roots);
	*shape = (struct shape){0};
}
