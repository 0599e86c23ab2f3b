#include "heap/tracer.h"

/*
 * An entry of a _Py_hashtable_t; pycore_hashtable.h, 3.9-3.15:
 *
 *	OFFSET SIZE DESCRIPTION
 *	     0    8 the next entry of its bucket
 *	     8    8 hash of the key
 *	    16    8 key
 *	    24    8 value
 */
#define ENTRY_KEY 16
#define ENTRY_VALUE 24

/* The variables of tracemalloc stand together: that far around the table of traces. */
#define NEIGHBOURHOOD 64

struct tracer {
	const struct cpython *cpython;
	struct blocks *blocks;
	addr_t hash_pointer; /* the hash function of tables whose keys are addresses */
};

struct table {
	addr_t at, buckets, hash_function;
	uint64_t n_entries, n_buckets;
};

static bool read_table(const struct tracer *tracer, addr_t at, struct table *ret)
{
	const struct layout *layout = tracer->cpython->layout;
	const struct mem *mem = tracer->cpython->mem;
	struct block block, buckets;
	if (at < 4096 || at & 7 || !blocks_find(tracer->blocks, at, &block) ||
		block.n_bytes < layout->Py_hashtable_t.n_bytes)
		return false;
	struct table table = {.at = at,
		.buckets = mem_word(mem, at + layout->Py_hashtable_t.buckets),
		.hash_function = mem_word(mem, at + layout->Py_hashtable_t.hash_func),
		.n_entries = mem_word(mem, at + layout->Py_hashtable_t.nentries),
		.n_buckets = mem_word(mem, at + layout->Py_hashtable_t.nbuckets)};
	const struct map *code = capture_find_map(tracer->cpython->capture, table.hash_function);
	if (!code || !(code->flags & MAP_EXEC) || table.n_buckets < 16 ||
		table.n_buckets & (table.n_buckets - 1) ||
		!blocks_find(tracer->blocks, table.buckets, &buckets) ||
		buckets.n_bytes / 8 < table.n_buckets)
		return false;
	*ret = table;
	return true;
}

/* Blocks under debug hooks start before what the program sees. */
static void claim(const struct tracer *tracer, addr_t at)
{
	struct block block;
	if (at >= 4096 && blocks_find(tracer->blocks, at, &block) && at - block.start <= 16)
		blocks_claim(tracer->blocks, block.start, OWNER_TRACER);
}

static void claim_entry(const struct tracer *tracer, const struct table *table, addr_t entry)
{
	const struct mem *mem = tracer->cpython->mem;
	claim(tracer, entry);
	claim(tracer, mem_word(mem, entry + ENTRY_VALUE));
	/* The keys of traces are the blocks that are traced. */
	if (table->hash_function != tracer->hash_pointer)
		claim(tracer, mem_word(mem, entry + ENTRY_KEY));
}

/* `inner` is called with the value of each entry, unless it is NULL. */
typedef void (*value_fn)(const struct tracer *tracer, addr_t value);

static void claim_table(const struct tracer *tracer, const struct table *table, value_fn inner)
{
	const struct mem *mem = tracer->cpython->mem;
	uint64_t n_left = table->n_entries;
	claim(tracer, table->at);
	claim(tracer, table->buckets);
	for (uint64_t i = 0; i < table->n_buckets; i++) {
		addr_t entry = mem_word(mem, table->buckets + i * 8);
		for (; entry && n_left; n_left--) {
			claim_entry(tracer, table, entry);
			if (inner)
				inner(tracer, mem_word(mem, entry + ENTRY_VALUE));
			entry = mem_word(mem, entry);
		}
	}
}

/* Each domain but the first has a table of traces of its own. */
static void claim_domain(const struct tracer *tracer, addr_t value)
{
	struct table traces;
	if (read_table(tracer, value, &traces) && traces.hash_function == tracer->hash_pointer)
		claim_table(tracer, &traces, NULL);
}

static bool is_traces(const struct tracer *tracer, addr_t at, struct table *ret)
{
	return read_table(tracer, at, ret) && ret->hash_function == tracer->hash_pointer;
}

static void claim_neighbours(const struct tracer *tracer, addr_t variable)
{
	addr_t begin = variable - NEIGHBOURHOOD;
	for (addr_t at = begin; at <= variable + NEIGHBOURHOOD; at += 8) {
		struct table table;
		addr_t word = mem_word(tracer->cpython->mem, at);
		if (read_table(tracer, word, &table))
			claim_table(tracer, &table,
				table.hash_function == tracer->hash_pointer ? NULL : claim_domain);
	}
}

void tracer_claim(
	const struct cpython *cpython, const struct statics *statics, struct blocks *blocks)
{
	const struct tracer tracer = {.cpython = cpython,
		.blocks = blocks,
		.hash_pointer = cpython_symbol(cpython, "_Py_hashtable_hash_ptr")};
	if (!tracer.hash_pointer)
		return;
	vec_foreach (&statics->regions, region) {
		struct table traces;
		for (addr_t at = region->begin; region->is_interpreter && at < region->end; at += 8)
			if (is_traces(&tracer, mem_word(cpython->mem, at), &traces))
				claim_neighbours(&tracer, at);
	}
}

#define LINKS_MAX 100000

void tracer_claim_agent(struct blocks *blocks, const struct mem *mem)
{
	vec_foreach (&blocks_agent(blocks)->data, span) {
		for (addr_t at = align_up(span->begin, 8); at + 8 <= span->end; at += 8) {
			addr_t map = mem_word(mem, at);
			struct block_span claimed;
			for (unsigned n = 0; n < LINKS_MAX && map && map % 4096 == 0; n++) {
				if (!blocks_claim_around(blocks, map, OWNER_TRACER, &claimed))
					break;
				map = mem_word(mem, map);
			}
		}
	}
}
