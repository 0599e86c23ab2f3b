/*
 * blocks_dump PID: what the room knows of the allocators of a process, as JSON.
 * The other end of tests/e2e/test_blocks.py and test_account.py.
 *
 * blocks_dump PID --claim BEGIN END: claims that range as native first.
 * blocks_dump PID --bench: also times look-ups and claims in random order.
 */
#include "heap/blocks.h"

#include <jansson.h>
#include <stdio.h>
#include <time.h>

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static const char *const part_names[] = {
#define X(id, name) name,
	PARTS(X)
#undef X
};

struct seen {
	const struct blocks *blocks;
	addr_t last;
	uint64_t n, n_bytes, n_wrong;
};

/* Every block must be found from its first and its last byte, and be in use. */
static void see(void *arg, const struct block *block)
{
	struct seen *seen = arg;
	struct block first = {0}, last = {0};
	bool ok = blocks_find(seen->blocks, block->start, &first) &&
		  blocks_find(seen->blocks, block->start + block->n_bytes - 1, &last) &&
		  first.start == block->start && last.start == block->start &&
		  first.n_bytes == block->n_bytes && last.n_bytes == block->n_bytes &&
		  first.kind == block->kind && blocks_in_use(seen->blocks, block->start) &&
		  block->start > seen->last;
	seen->n_wrong += !ok;
	seen->n++;
	seen->n_bytes += block->n_bytes;
	seen->last = block->start;
}

static json_t *integer(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static void dump_blocks(const struct blocks *blocks, json_t *document)
{
	size_t n_spans;
	const struct block_span *spans = blocks_spans(blocks, &n_spans);
	struct seen seen = {.blocks = blocks};
	uint64_t begin = now_ns();
	for (size_t i = 0; i < n_spans; i++)
		blocks_each(blocks, &spans[i], see, &seen);
	json_object_set_new(document, "each_ns", integer(now_ns() - begin));
	json_object_set_new(document, "block_count", integer(seen.n));
	json_object_set_new(document, "block_bytes", integer(seen.n_bytes));
	json_object_set_new(document, "wrong_count", integer(seen.n_wrong));
}

/* ---- the benchmark ---- */

struct starts {
	addr_t *data;
	size_t n;
};

static void collect(void *arg, const struct block *block)
{
	struct starts *starts = arg;
	starts->data[starts->n++] = block->start;
}

static void shuffle(struct starts *starts)
{
	uint64_t state = 88172645463325252ull;
	for (size_t i = starts->n; i > 1; i--) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		addr_t *other = &starts->data[state % i], kept = *other;
		*other = starts->data[i - 1];
		starts->data[i - 1] = kept;
	}
}

static void bench(struct blocks *blocks, json_t *document, size_t n)
{
	size_t n_spans, n_found = 0, n_claimed = 0;
	uint64_t n_missing = 0;
	const struct block_span *spans = blocks_spans(blocks, &n_spans);
	struct starts starts = {.data = calloc(n + 1, sizeof(addr_t))};
	for (size_t i = 0; i < n_spans; i++)
		blocks_each(blocks, &spans[i], collect, &starts);
	shuffle(&starts);
	uint64_t begin = now_ns();
	struct block block;
	for (size_t i = 0; i < starts.n; i++)
		n_found += blocks_find(blocks, starts.data[i] + 8, &block);
	uint64_t found = now_ns();
	for (size_t i = 0; i < starts.n; i++)
		n_claimed += blocks_claim(blocks, starts.data[i], OWNER_OBJECT);
	uint64_t claimed = now_ns();
	for (size_t i = 0; i < starts.n; i++)
		n_missing += blocks_missing(blocks, starts.data[i]);
	uint64_t missing = now_ns();
	json_object_set_new(document, "found_count", integer(n_found));
	json_object_set_new(document, "claimed_count", integer(n_claimed));
	json_object_set_new(document, "missing_bytes", integer(n_missing));
	json_object_set_new(document, "find_ps", integer((found - begin) * 1000 / (n + 1)));
	json_object_set_new(document, "claim_ps", integer((claimed - found) * 1000 / (n + 1)));
	json_object_set_new(document, "missing_ps", integer((missing - claimed) * 1000 / (n + 1)));
	free(starts.data);
}

/* ---- the snapshot ---- */

static json_t *dump_rows(const struct snapshot *snapshot)
{
	json_t *classes = json_array();
	vec_foreach (&snapshot->size_classes, row)
		json_array_append_new(
			classes, json_pack("[I,I,I,I]", (json_int_t)row->block_bytes,
					 (json_int_t)row->pool_count, (json_int_t)row->used_count,
					 (json_int_t)row->free_count));
	return classes;
}

static json_t *dump_maps(const struct snapshot *snapshot)
{
	json_t *maps = json_array();
	vec_foreach (&snapshot->mappings, row)
		json_array_append_new(
			maps, json_pack("{s:I,s:I,s:I,s:s,s:s}", "address",
				      (json_int_t)row->address, "bytes", (json_int_t)row->n_bytes,
				      "resident_bytes", (json_int_t)row->resident_bytes, "part",
				      snapshot_string(snapshot, row->part), "file",
				      snapshot_string(snapshot, row->file)));
	return maps;
}

static json_t *dump_arenas(const struct snapshot *snapshot)
{
	json_t *arenas = json_array();
	vec_foreach (&snapshot->arenas, row)
		json_array_append_new(
			arenas, json_pack("{s:s,s:I,s:I,s:I,s:I,s:I}", "allocator",
					snapshot_string(snapshot, row->allocator), "address",
					(json_int_t)row->address, "bytes", (json_int_t)row->n_bytes,
					"resident_bytes", (json_int_t)row->resident_bytes,
					"used_bytes", (json_int_t)row->used_bytes, "free_bytes",
					(json_int_t)row->free_bytes));
	return arenas;
}

static void dump_snapshot(const struct snapshot *snapshot, json_t *document)
{
	json_t *account = json_object(), *figures = json_object();
	for (unsigned i = 0; i < PART_COUNT; i++)
		json_object_set_new(account, part_names[i], integer(snapshot->part_bytes[i]));
	vec_foreach (&snapshot->figures, figure)
		json_object_set_new(
			figures, snapshot_string(snapshot, figure->name), integer(figure->value));
	json_object_set_new(document, "account", account);
	json_object_set_new(document, "figures", figures);
	json_object_set_new(document, "total_bytes", integer(snapshot->total_bytes));
	json_object_set_new(document, "trim_bytes", integer(snapshot->trim_bytes));
	json_object_set_new(document, "size_classes", dump_rows(snapshot));
	json_object_set_new(document, "mappings", dump_maps(snapshot));
	json_object_set_new(document, "arenas", dump_arenas(snapshot));
}

static int fail(struct error *error)
{
	fprintf(stderr, "blocks_dump: %s\n", error->text);
	error_destroy(error);
	return 3;
}

int main(int argc, char **argv)
{
	struct capture *capture;
	struct capture_options options = {0};
	struct cpython cpython;
	struct blocks *blocks;
	struct snapshot *snapshot;
	if (argc != 2 && argc != 3 && argc != 5)
		return 2;
	struct error *error = capture_create(atoi(argv[1]), &options, &capture);
	if (!error)
		error = cpython_open(capture, &cpython);
	if (error)
		return fail(error);
	uint64_t begin = now_ns();
	error = blocks_open(&cpython, &blocks);
	uint64_t opened = now_ns();
	if (!error)
		error = snapshot_create(&snapshot);
	if (error)
		return fail(error);
	json_t *document = json_object();
	if (argc == 5)
		json_object_set_new(document, "claimed",
			json_boolean(blocks_claim_range(blocks, strtoull(argv[3], NULL, 0),
				strtoull(argv[4], NULL, 0), OWNER_NATIVE)));
	dump_blocks(blocks, document);
	if (argc == 3)
		bench(blocks, document,
			(size_t)json_integer_value(json_object_get(document, "block_count")));
	uint64_t listed = now_ns();
	error = blocks_account(blocks, snapshot);
	if (error)
		return fail(error);
	json_object_set_new(document, "open_ns", integer(opened - begin));
	json_object_set_new(document, "account_ns", integer(now_ns() - listed));
	json_object_set_new(document, "rss_bytes", integer(capture->memory.rss_bytes));
	dump_snapshot(snapshot, document);
	json_dumpf(document, stdout, JSON_INDENT(1));
	puts("");
	json_decref(document);
	snapshot_destroy(snapshot);
	blocks_close(blocks);
	cpython_close(&cpython);
	capture_destroy(capture);
	return 0;
}
