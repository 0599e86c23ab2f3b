/*
 * walk_dump PID: the rows and edges that heap_walk() makes of a process, as
 * JSON lines; what tests/e2e/test_walk.py compares with the process' own
 * answers. `walk_dump -q PID` prints figures only.
 */
#include "heap/heap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char *const kind_names[] = {"attr", "attr_static", "key", "index", "item", "local",
	"cell", "cell_content", "stack", "dict", "type", "field", "scan", "member"};

static int fail(struct error *error)
{
	fprintf(stderr, "walk_dump: %s: %s\n%s\n", error_kind_name(error->kind), error->text,
		error->remedy);
	error_destroy(error);
	return 3;
}

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void print_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;
		if (byte < ' ' || byte == '"' || byte == '\\')
			printf("\\u%04x", byte);
		else
			putchar(byte);
	}
	putchar('"');
}

static void print_edges(const struct snapshot *snapshot, obj_id node)
{
	printf(",\"edges\":[");
	uint64_t begin = snapshot->edge_start[node];
	for (uint64_t i = begin; i < snapshot->edge_start[node + 1]; i++)
		printf("%s[%" PRIu64 ",\"%s\",%u]", i == begin ? "" : ",",
			snapshot->address[snapshot->edge_to[i]], kind_names[snapshot->edge_kind[i]],
			snapshot->edge_operand[i]);
	printf("]");
}

static void print_object(const struct snapshot *snapshot, obj_id id)
{
	const struct snap_type *type = &snapshot->types.data[snapshot->type[id]];
	const char *text = snapshot_text(snapshot, id);
	printf("{\"address\":%" PRIu64 ",\"type\":", snapshot->address[id]);
	print_text(snapshot_string(snapshot, type->name));
	printf(",\"module\":");
	print_text(snapshot_string(snapshot, type->module));
	printf(",\"opaque\":%d,\"size\":%" PRIu64 ",\"block\":%" PRIu64 ",\"flags\":%u",
		!!(type->flags & SNAP_TYPE_OPAQUE), snapshot_size(snapshot, id),
		snapshot_self_bytes(snapshot, id), snapshot->flags[id]);
	if (text) {
		printf(",\"text\":");
		print_text(text);
	}
	print_edges(snapshot, id);
	printf("}\n");
}

static void print_node(const struct snapshot *snapshot, size_t i)
{
	const struct snap_node *node = &snapshot->nodes.data[i];
	printf("{\"node\":%u,\"name\":", node->kind);
	print_text(snapshot_string(snapshot, node->name));
	printf(",\"file\":");
	print_text(snapshot_string(snapshot, node->file));
	printf(",\"line\":%u,\"thread\":%" PRIu64, node->line, node->thread_id);
	print_edges(snapshot, snapshot->n_objects + (obj_id)i);
	printf("}\n");
}

static void print_facts(const struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->facts.n; i++)
		printf("{\"fact\":%u,\"object\":%" PRIu64 ",\"value\":%" PRIu64 "}\n",
			snapshot->facts.id[i], snapshot->address[snapshot->facts.object[i]],
			snapshot->facts.value[i]);
}

int main(int argc, char **argv)
{
	bool is_quiet = argc == 3 && !strcmp(argv[1], "-q");
	if (argc != 2 && !is_quiet)
		return 2;
	struct capture *capture;
	struct snapshot *snapshot;
	struct capture_options options = {0};
	uint64_t begin_ns = now_ns();
	struct error *error = capture_create(atoi(argv[argc - 1]), &options, &capture);
	if (error)
		return fail(error);
	uint64_t captured_ns = now_ns();
	error = heap_walk(capture, &snapshot);
	uint64_t walked_ns = now_ns();
	capture_destroy(capture);
	if (!error)
		error = snapshot_check(snapshot);
	if (error)
		return fail(error);
	fprintf(stderr,
		"%u objects, %u nodes, %" PRIu64 " edges, %u facts, %u texts, %zu types; capture "
		"%.3f s, walk %.3f s\n",
		snapshot->n_objects, snapshot->n_nodes - snapshot->n_objects, snapshot->n_edges,
		snapshot->facts.n, snapshot->n_texts, snapshot->types.n,
		(double)(captured_ns - begin_ns) / 1e9, (double)(walked_ns - captured_ns) / 1e9);
	for (obj_id id = 0; !is_quiet && id < snapshot->n_objects; id++)
		print_object(snapshot, id);
	for (size_t i = 0; !is_quiet && i < snapshot->nodes.n; i++)
		print_node(snapshot, i);
	if (!is_quiet)
		print_facts(snapshot);
	snapshot_destroy(snapshot);
	return 0;
}
