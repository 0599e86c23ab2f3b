/*
 * Times writing and reading a snapshot file of a made heap:
 *
 *	bench-snap SHAPE N_OBJECTS FILE
 */
#include "graph_shapes.h"
#include "snap/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

static double now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* Small numbers that differ: a mixture of the bits of i. */
static uint32_t mixed(uint64_t i, uint32_t below)
{
	return (uint32_t)((i * 0x9e3779b97f4a7c15 >> 32) % below);
}

static bool fill_objects(struct snapshot *snapshot)
{
	uint32_t n = snapshot->n_objects;
	snapshot->address = snapshot_alloc(n, sizeof(*snapshot->address));
	snapshot->type = snapshot_alloc(n, sizeof(*snapshot->type));
	snapshot->block_units = snapshot_alloc(n, sizeof(*snapshot->block_units));
	snapshot->size = snapshot_alloc(n, sizeof(*snapshot->size));
	snapshot->flags = snapshot_alloc(n, sizeof(*snapshot->flags));
	if (!snapshot->address || !snapshot->type || !snapshot->block_units || !snapshot->size ||
		!snapshot->flags)
		return false;
	uint64_t address = 0x7f0000000000;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t kind = mixed(i, 7);
		snapshot->address[i] = address;
		snapshot->type[i] = kind < 6 ? kind : mixed(i, 300);
		snapshot->block_units[i] = (uint16_t)(2 + kind);
		snapshot->size[i] = (uint16_t)(16 * (2 + kind) - mixed(i, 2) * 8);
		snapshot->flags[i] = kind < 3 ? 2 : 6;
		address += 16 * (2 + kind) + (mixed(i, 100) ? 0 : 4096);
	}
	return true;
}

/* Edges of a shape, as items of a sequence, keys or the class. */
static bool fill_edges(struct snapshot *snapshot, const struct graph *graph)
{
	uint64_t n_edges = snapshot->n_edges = graph->start[graph->n];
	snapshot->edge_start = snapshot_alloc(graph->n + 1ull, sizeof(*snapshot->edge_start));
	snapshot->edge_to = snapshot_alloc(n_edges, sizeof(*snapshot->edge_to));
	snapshot->edge_kind = snapshot_alloc(n_edges, sizeof(*snapshot->edge_kind));
	snapshot->edge_operand = snapshot_alloc(n_edges, sizeof(*snapshot->edge_operand));
	if (!snapshot->edge_start || !snapshot->edge_to || !snapshot->edge_kind ||
		!snapshot->edge_operand)
		return false;
	memcpy(snapshot->edge_start, graph->start, (graph->n + 1ull) * sizeof(uint64_t));
	memcpy(snapshot->edge_to, graph->to, n_edges * sizeof(uint32_t));
	for (uint32_t i = 0; i < graph->n; i++)
		for (uint64_t e = graph->start[i]; e < graph->start[i + 1]; e++) {
			bool is_sequence = graph->start[i + 1] - graph->start[i] > 10;
			snapshot->edge_kind[e] = is_sequence ? EDGE_INDEX : EDGE_KEY;
			snapshot->edge_operand[e] = is_sequence ? (uint32_t)(e - graph->start[i])
								: 200 + mixed(e, 2000);
		}
	return true;
}

static struct error *make(const char *shape_name, uint32_t n, struct snapshot **ret)
{
	struct shape shape;
	if (!shape_make(shape_name, n, &shape))
		return &error_no_memory;
	struct error *error = snapshot_create(ret);
	if (!error) {
		struct snapshot *snapshot = *ret;
		snapshot->n_objects = snapshot->n_nodes = shape.graph.n;
		for (int i = 0; i < 300; i++)
			vec_add(&snapshot->types);
		if (!fill_objects(snapshot) || !fill_edges(snapshot, &shape.graph))
			error = &error_no_memory;
	}
	shape_free(&shape);
	return error;
}

static struct error *measure(const char *path, const struct snapshot *snapshot)
{
	struct stat status = {0};
	double begin = now();
	struct error *error = snapshot_check(snapshot);
	double checked = now();
	if (!error)
		error = snapshot_write(snapshot, path);
	double written = now();
	struct snapshot *got = NULL;
	if (!error)
		error = snapshot_read(path, &got);
	if (error)
		return error;
	stat(path, &status);
	printf("check %.3f s, write %.3f s, read %.3f s, %.1f MB: %.2f B an object\n",
		checked - begin, written - checked, now() - written, (double)status.st_size / 1e6,
		(double)status.st_size / snapshot->n_objects);
	snapshot_destroy(got);
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: %s SHAPE N_OBJECTS FILE\n", argv[0]);
		return 2;
	}
	struct snapshot *snapshot = NULL;
	struct error *error = make(argv[1], (uint32_t)strtoul(argv[2], NULL, 10), &snapshot);
	for (int i = 0; i < 3 && !error; i++)
		error = measure(argv[3], snapshot);
	if (error)
		fprintf(stderr, "%s\n", error->text);
	int failed = error != NULL;
	error_destroy(error);
	snapshot_destroy(snapshot);
	return failed;
}
