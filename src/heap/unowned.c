#include "heap/unowned.h"

#include "heap/sites.h"

#include "base/workers.h"

#include <stdlib.h>

/* Less is not looked at. */
#define WORTH_BYTES (1ull << 20)

#define ROWS_MAX 50
#define SITES_MAX 1000

/* Sizes up to EXACT are told exactly, larger ones in eighths of an octave. */
#define EXACT_BYTES 4096
#define EXACT_COUNT (EXACT_BYTES / 16 + 1)
#define OCTAVE_PARTS 8
#define SIZES (EXACT_COUNT + OCTAVE_PARTS * MEM_ADDRESS_BITS)

struct tally {
	uint64_t n_bytes, count, resident;
	const struct map *map; /* of the library that most first words point into */
	uint64_t lead;         /* of that library over the others */
	uint32_t site;         /* that most were allocated at */
	uint64_t site_lead;    /* likewise, in bytes */
};

struct site_tally {
	uint64_t count, resident;
};

struct tallies {
	struct tally by[SIZES][CONTENT_COUNT][2];
};

struct surveyor {
	struct heap *heap;
	struct tallies *tallies;
	struct site_tally *sites;
	struct tag_cursor tags;
};

struct survey {
	struct heap *heap;
	struct tallies *tallies;  /* by worker */
	struct site_tally *sites; /* by worker, site, and whether something leads to the blocks */
	size_t n_sites;           /* 0 unless the process is traced */
};

static unsigned size_index(uint64_t n_bytes)
{
	if (n_bytes <= EXACT_BYTES)
		return (unsigned)(n_bytes / 16);
	unsigned octave = 63 - (unsigned)__builtin_clzll(n_bytes);
	unsigned part = (unsigned)(n_bytes >> (octave - 3)) & (OCTAVE_PARTS - 1);
	return MIN(EXACT_COUNT + octave * OCTAVE_PARTS + part, SIZES - 1u);
}

/* ---- content ---- */

static bool is_text(uint64_t word)
{
	unsigned n = 0;
	for (; n < 8 && (uint8_t)word; n++, word >>= 8)
		if (((uint8_t)word < 32 || (uint8_t)word > 126) && (uint8_t)word != 10 &&
			(uint8_t)word != 9)
			return false;
	return n >= 4 && !word;
}

static enum content_kind content_of(
	const struct heap *heap, addr_t start, uint64_t n_bytes, const struct map **map_ret)
{
	uint64_t word = mem_word(heap->mem, start);
	if (!word && n_bytes >= 16)
		word = mem_word(heap->mem, start + 8);
	if (!word)
		return CONTENT_ZERO;
	if (is_text(word))
		return CONTENT_TEXT;
	const struct map *map = word < 4096 || word >> MEM_ADDRESS_BITS
					? NULL
					: capture_find_map(heap->capture, word);
	if (!map)
		return CONTENT_NUMBER;
	if (!map->inode)
		return CONTENT_HEAP;
	*map_ret = map;
	return CONTENT_LIBRARY;
}

/* ---- counting ---- */

/* The library of the majority, if there is one, ends in the lead. */
static void vote(struct tally *tally, const struct map *map, uint64_t n)
{
	if (tally->map && map && tally->map->inode == map->inode) {
		tally->lead += n;
	} else if (tally->lead >= n) {
		tally->lead -= n;
	} else {
		tally->map = map;
		tally->lead = n - tally->lead;
	}
}

/* The same of a site. */
static void vote_site(struct tally *tally, uint32_t site, uint64_t n)
{
	if (tally->site == site) {
		tally->site_lead += n;
	} else if (tally->site_lead >= n) {
		tally->site_lead -= n;
	} else {
		tally->site = site;
		tally->site_lead = n - tally->site_lead;
	}
}

static void count_site(struct surveyor *surveyor, const struct block *block, struct tally *tally,
	bool is_reachable, uint64_t resident)
{
	if (!surveyor->sites)
		return;
	uint32_t site = sites_of_block(surveyor->heap, &surveyor->tags, block->start);
	surveyor->sites[2 * (size_t)site + is_reachable].count++;
	surveyor->sites[2 * (size_t)site + is_reachable].resident += resident;
	vote_site(tally, site, resident);
}

static void count_block(void *arg, const struct block *block)
{
	struct surveyor *surveyor = arg;
	const struct heap *heap = surveyor->heap;
	enum block_owner owner = blocks_owner(heap->blocks, block->start);
	if (owner != OWNER_NONE && owner != OWNER_LIBRARY)
		return;
	const struct map *map = NULL;
	enum content_kind content = content_of(heap, block->start, block->n_bytes, &map);
	struct tally *tally =
		&surveyor->tallies->by[size_index(block->n_bytes)][content][owner == OWNER_LIBRARY];
	tally->count++;
	tally->n_bytes += block->n_bytes;
	uint64_t resident = capture_resident(heap->capture, block->start, block->n_bytes);
	tally->resident += resident;
	vote(tally, map, 1);
	count_site(surveyor, block, tally, owner == OWNER_LIBRARY, resident);
}

static struct error *count_spans(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	struct survey *survey = arg;
	struct surveyor surveyor = {.heap = survey->heap, .tallies = &survey->tallies[worker]};
	if (survey->n_sites)
		surveyor.sites = &survey->sites[worker * survey->n_sites];
	size_t n;
	const struct block_span *spans = blocks_spans(survey->heap->blocks, &n);
	for (uint64_t i = begin; i < MIN(end, n); i++)
		blocks_each(survey->heap->blocks, &spans[i], count_block, &surveyor);
	return NULL;
}

static void merge(struct tallies *all, const struct tallies *other)
{
	struct tally *to = &all->by[0][0][0];
	const struct tally *from = &other->by[0][0][0];
	for (size_t i = 0; i < sizeof(*all) / sizeof(*to); i++) {
		to[i].count += from[i].count;
		to[i].n_bytes += from[i].n_bytes;
		to[i].resident += from[i].resident;
		vote(&to[i], from[i].map, from[i].lead);
		vote_site(&to[i], from[i].site, from[i].site_lead);
	}
}

/* ---- rows ---- */

static int compare_rows(const void *a, const void *b)
{
	const struct snap_unowned *left = a, *right = b;
	if (left->resident_bytes != right->resident_bytes)
		return left->resident_bytes > right->resident_bytes ? -1 : 1;
	if (left->block_bytes != right->block_bytes)
		return left->block_bytes < right->block_bytes ? -1 : 1;
	if (left->content != right->content)
		return left->content < right->content ? -1 : 1;
	return left->is_reachable < right->is_reachable ? -1
							: left->is_reachable > right->is_reachable;
}

static struct error *add_row(struct snapshot *snapshot, const struct tally *tally, unsigned content,
	unsigned is_reachable)
{
	struct snap_unowned *row = vec_add(&snapshot->unowned);
	if (!row)
		return &error_no_memory;
	*row = (struct snap_unowned){
		.block_bytes = tally->n_bytes / tally->count,
		.count = tally->count,
		.resident_bytes = tally->resident,
		.content = content,
		.is_reachable = is_reachable,
		.site = tally->site,
		.site_bytes = tally->site_lead,
	};
	const char *path = content == CONTENT_LIBRARY && tally->map ? tally->map->path : "";
	return strpool_add(&snapshot->strings, path, strlen(path), &row->file);
}

static struct error *add_rows(struct snapshot *snapshot, const struct tallies *tallies)
{
	struct error *error = NULL;
	for (size_t size = 0; size < SIZES; size++)
		for (unsigned content = 0; content < CONTENT_COUNT; content++)
			for (unsigned is_reachable = 0; !error && is_reachable < 2;
				is_reachable++) {
				const struct tally *tally =
					&tallies->by[size][content][is_reachable];
				if (tally->count && tally->resident)
					error = add_row(snapshot, tally, content, is_reachable);
			}
	if (error || !snapshot->unowned.n)
		return error;
	qsort(snapshot->unowned.data, snapshot->unowned.n, sizeof(*snapshot->unowned.data),
		compare_rows);
	snapshot->unowned.n = MIN(snapshot->unowned.n, (size_t)ROWS_MAX);
	return NULL;
}

/* ---- by site ---- */

static int compare_sites(const void *a, const void *b)
{
	const struct snap_unowned_site *left = a, *right = b;
	if (left->resident_bytes != right->resident_bytes)
		return left->resident_bytes > right->resident_bytes ? -1 : 1;
	if (left->site != right->site)
		return left->site < right->site ? -1 : 1;
	return left->is_reachable < right->is_reachable ? -1
							: left->is_reachable > right->is_reachable;
}

/* The sums of all workers end up with the first one. */
static struct error *add_sites(const struct survey *survey)
{
	struct snapshot *snapshot = survey->heap->snapshot;
	for (size_t i = 0; i < survey->n_sites; i++) {
		struct site_tally *sum = &survey->sites[i];
		for (size_t k = 1; k < survey->heap->n_workers; k++) {
			sum->count += survey->sites[k * survey->n_sites + i].count;
			sum->resident += survey->sites[k * survey->n_sites + i].resident;
		}
		if (!sum->resident)
			continue;
		struct snap_unowned_site *row = vec_add(&snapshot->unowned_sites);
		if (!row)
			return &error_no_memory;
		*row = (struct snap_unowned_site){
			(uint32_t)(i / 2), i % 2, sum->count, sum->resident};
	}
	if (snapshot->unowned_sites.n)
		qsort(snapshot->unowned_sites.data, snapshot->unowned_sites.n,
			sizeof(*snapshot->unowned_sites.data), compare_sites);
	snapshot->unowned_sites.n = MIN(snapshot->unowned_sites.n, (size_t)SITES_MAX);
	return NULL;
}

struct error *unowned_find(struct heap *heap)
{
	if (heap->snapshot->part_bytes[PART_NATIVE_UNOWNED] < WORTH_BYTES)
		return NULL;
	size_t n;
	blocks_spans(heap->blocks, &n);
	struct survey survey = {
		.heap = heap, .tallies = calloc(heap->n_workers, sizeof(struct tallies))};
	if (heap->snapshot->n_sites)
		survey.n_sites = 2 * heap->snapshot->trace_nodes.n;
	survey.sites = calloc(heap->n_workers * survey.n_sites + 1, sizeof(*survey.sites));
	struct error *error = survey.tallies && survey.sites
				      ? workers_run(heap->n_workers, n, count_spans, &survey)
				      : &error_no_memory;
	if (!error)
		error = add_sites(&survey);
	for (unsigned i = 1; !error && i < heap->n_workers; i++)
		merge(&survey.tallies[0], &survey.tallies[i]);
	if (!error)
		error = add_rows(heap->snapshot, &survey.tallies[0]);
	free(survey.tallies);
	free(survey.sites);
	return error;
}
