/*
 * Times what src/graph does to a made graph:
 *
 *	bench-graph SHAPE N_NODES [REPEATS]
 *
 * One line a step: the best of the repeats, in seconds, and how much memory
 * the step needed at its peak beside its inputs and outputs, by node.
 */
#include "graph_shapes.h"
#include "snap/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct result {
	struct shape shape;
	uint32_t *idom, *component;
	uint64_t *second;
};

typedef struct error *(*step_fn)(struct result *result);

static struct error *run_dominators(struct result *result)
{
	return graph_dominators(
		&result->shape.graph, result->shape.roots, result->shape.n_roots, result->idom);
}

static struct error *run_two_stage(struct result *result)
{
	return graph_dominators_two_stage(&result->shape.graph, result->shape.roots,
		result->shape.n_roots, result->idom, result->second);
}

static uint64_t weight_of(const void *arg, uint32_t node)
{
	(void)arg;
	return 16 + node % 512;
}

static struct error *run_retained(struct result *result)
{
	struct graph_sums sums;
	struct error *error =
		graph_sums_init(&sums, result->shape.graph.n, result->idom, weight_of, NULL);
	if (!error)
		graph_sums_deinit(&sums);
	return error;
}

static struct error *run_tree(struct result *result)
{
	struct dominator_tree tree;
	struct error *error = dominator_tree_init(&tree, result->shape.graph.n, result->idom);
	if (!error)
		dominator_tree_deinit(&tree);
	return error;
}

static struct error *run_inverse(struct result *result)
{
	struct graph_inverse inverse;
	struct error *error = graph_inverse_init(&inverse, &result->shape.graph);
	if (!error)
		graph_inverse_deinit(&inverse);
	return error;
}

static struct error *run_reach(struct result *result)
{
	return graph_reach(
		&result->shape.graph, result->shape.roots, result->shape.n_roots, result->second);
}

static struct error *run_components(struct result *result)
{
	uint32_t n_components;
	return graph_components(&result->shape.graph, NULL, result->component, &n_components);
}

static uint8_t cost_of(void *arg, uint32_t from, uint64_t edge)
{
	return (uint8_t)(edge % 3);
}

static struct error *run_paths(struct result *result)
{
	uint32_t cost = 0;
	struct graph_paths paths;
	struct error *error = graph_paths_init(
		&paths, &result->shape.graph, result->shape.roots, &cost, 1, cost_of, NULL, NULL);
	if (!error)
		graph_paths_deinit(&paths);
	return error;
}

static const struct {
	const char *name;
	step_fn run;
} steps[] = {
	{"dominators", run_dominators},
	{"retained", run_retained},
	{"two stages", run_two_stage},
	{"tree", run_tree},
	{"inverse", run_inverse},
	{"reach", run_reach},
	{"components", run_components},
	{"paths", run_paths},
};

static double now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* A field of /proc/self/status, in bytes. */
static double status_bytes(const char *field)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	double kib = 0;
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, field, strlen(field)))
			kib = atof(line + strlen(field) + 1);
	if (file)
		fclose(file);
	return kib * 1024;
}

/* Makes VmHWM start again from what is resident now. */
static void reset_peak(void)
{
	FILE *file = fopen("/proc/self/clear_refs", "w");
	if (file) {
		fputs("5", file);
		fclose(file);
	}
}

static bool result_init(struct result *result)
{
	uint32_t n = result->shape.graph.n;
	result->idom = snapshot_alloc(n, sizeof(*result->idom));
	result->component = snapshot_alloc(n, sizeof(*result->component));
	result->second = snapshot_alloc(n / 64 + 1, sizeof(*result->second));
	if (!result->idom || !result->component || !result->second)
		return false;
	memset(result->idom, 1, n * sizeof(*result->idom));
	memset(result->component, 1, n * sizeof(*result->component));
	return true;
}

static int run_step(struct result *result, size_t step, int repeats)
{
	double best = 1e9, peak = 0;
	for (int i = 0; i < repeats; i++) {
		reset_peak();
		double resident = status_bytes("VmRSS"), begin = now();
		struct error *error = steps[step].run(result);
		if (error) {
			fprintf(stderr, "%s: %s\n", steps[step].name, error->text);
			error_destroy(error);
			return 1;
		}
		double seconds = now() - begin;
		best = MIN(best, seconds);
		peak = MAX(peak, status_bytes("VmHWM") - resident);
	}
	printf("%-11s %7.3f s  %5.1f B a node\n", steps[step].name, best,
		peak / result->shape.graph.n);
	return 0;
}

int main(int argc, char **argv)
{
	struct result result = {0};
	uint32_t n = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	int repeats = argc > 3 ? atoi(argv[3]) : 3;
	if (!n || !shape_make(argv[1], n, &result.shape) || !result_init(&result)) {
		fprintf(stderr, "usage: %s SHAPE N_NODES [REPEATS]; shapes:", argv[0]);
		for (const char *const *name = shape_names; *name; name++)
			fprintf(stderr, " %s", *name);
		fputc('\n', stderr);
		return 2;
	}
	const struct graph *graph = &result.shape.graph;
	uint64_t n_leaves = 0;
	for (uint32_t i = 0; i < graph->n; i++)
		n_leaves += graph->start[i] == graph->start[i + 1];
	printf("%s: %u nodes, %llu edges, %.0f %% leaves\n", argv[1], graph->n,
		(unsigned long long)graph->start[graph->n], 100.0 * (double)n_leaves / graph->n);
	int status = 0;
	n = graph->n;
	for (size_t i = 0; i < ARRAY_SIZE(steps) && !status; i++)
		status = run_step(&result, i, repeats);
	snapshot_free(result.idom, n, sizeof(*result.idom));
	snapshot_free(result.component, n, sizeof(*result.component));
	snapshot_free(result.second, n / 64 + 1, sizeof(*result.second));
	shape_free(&result.shape);
	return status;
}
