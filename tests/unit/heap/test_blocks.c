#include "made_image.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct blocks *open_blocks(struct image *image)
{
	struct blocks *blocks = NULL;
	assert_null(blocks_open(&image->cpython, &blocks));
	return blocks;
}

/* ---- what every image must satisfy ---- */

struct checker {
	const struct blocks *blocks;
	addr_t last_end;
	uint64_t n, n_bytes;
};

static void check_block(void *arg, const struct block *block)
{
	struct checker *checker = arg;
	struct block found;
	assert_true(block->start >= checker->last_end);
	assert_true(blocks_in_use(checker->blocks, block->start));
	assert_true(blocks_find(checker->blocks, block->start, &found));
	assert_int_equal(found.start, block->start);
	assert_int_equal(found.n_bytes, block->n_bytes);
	if (block->n_bytes) {
		assert_true(
			blocks_find(checker->blocks, block->start + block->n_bytes - 1, &found));
		assert_int_equal(found.start, block->start);
	}
	checker->last_end = block->start + block->n_bytes;
	checker->n++;
	checker->n_bytes += block->n_bytes;
}

static struct checker check_all(const struct blocks *blocks)
{
	size_t n;
	const struct block_span *spans = blocks_spans(blocks, &n);
	struct checker checker = {.blocks = blocks};
	for (size_t i = 0; i < n; i++) {
		assert_true(!i || spans[i].begin >= spans[i - 1].end);
		blocks_each(blocks, &spans[i], check_block, &checker);
	}
	return checker;
}

static struct snapshot *make_account(struct blocks *blocks, const struct image *image)
{
	struct snapshot *snapshot;
	assert_null(snapshot_create(&snapshot));
	assert_null(blocks_account(blocks, snapshot));
	uint64_t sum = 0;
	for (unsigned i = 0; i < PART_COUNT; i++)
		sum += snapshot->part_bytes[i];
	assert_int_equal(sum, snapshot->total_bytes);
	assert_int_equal(sum, image->capture.memory.rss_bytes);
	return snapshot;
}

/* ---- a sound image ---- */

static void test_pools(void **state)
{
	struct image image;
	image_init(&image);
	struct blocks *blocks = open_blocks(&image);
	struct snapshot *snapshot = make_account(blocks, &image);
	check_all(blocks);
	assert_int_equal(snapshot_figure(snapshot, "pymalloc.arena_count"), 2);
	assert_int_equal(snapshot_figure(snapshot, "pymalloc.free_pool_count"), 2);
	assert_int_equal(snapshot_figure(snapshot, "pymalloc.corrupt_count"), 0);
	assert_int_equal(snapshot->size_classes.n, 31);
	vec_foreach (&snapshot->size_classes, row) {
		uint64_t capacity = (POOL_BYTES - 48) / row->block_bytes, carved = capacity - 2;
		assert_int_equal(row->pool_count, 2);
		assert_int_equal(row->used_count, 2 * (carved - (carved + 2) / 3));
		assert_int_equal(row->free_count, 2 * capacity - row->used_count);
	}
	addr_t pool = align_up(ARENAS, POOL_BYTES) + 5 * POOL_BYTES; /* blocks of 96 bytes */
	struct block block;
	assert_true(blocks_find(blocks, pool + 48 + 96 + 95, &block));
	assert_int_equal(block.start, pool + 48 + 96);
	assert_int_equal(block.n_bytes, 96);
	assert_int_equal(block.kind, BLOCK_POOL);
	assert_true(blocks_in_use(blocks, pool + 48 + 96));
	assert_false(blocks_in_use(blocks, pool + 48));
	assert_false(blocks_in_use(blocks, pool + 48 + 112));
	assert_false(blocks_find(blocks, pool + 47, &block));
	assert_false(blocks_find(blocks, pool + POOL_BYTES - 1, &block));
	assert_false(blocks_find(blocks, ARENAS, &block));
	snapshot_destroy(snapshot);
	blocks_close(blocks);
	image_deinit(&image);
}

static void test_chunks(void **state)
{
	struct image image;
	image_init(&image);
	struct blocks *blocks = open_blocks(&image);
	struct snapshot *snapshot = make_account(blocks, &image);
	struct block block;
	check_all(blocks);
	assert_int_equal(snapshot_figure(snapshot, "malloc.arena_count"), 2);
	assert_int_equal(snapshot_figure(snapshot, "malloc.arena"), HEAP_BYTES + THREAD_HEAP_BYTES);
	assert_int_equal(snapshot_figure(snapshot, "malloc.hblkhd"), MAPPED_BYTES);
	assert_int_equal(snapshot_figure(snapshot, "malloc.tcache_bytes"), 0x60);
	assert_int_equal(snapshot_figure(snapshot, "malloc.corrupt_count"), 0);
	/* tcache, 0x70, arena table, 0x40, big, small ones; thread arena; mapped */
	assert_int_equal(
		snapshot_figure(snapshot, "malloc.used_count"), 5 + image.n_small + 20 + 1);
	for (addr_t at = image.big; at < image.big + (3 << 20); at += 4097) {
		assert_true(blocks_find(blocks, at, &block));
		assert_int_equal(block.start, image.big);
		assert_int_equal(block.n_bytes, (3 << 20) + 0x18);
	}
	assert_false(blocks_in_use(blocks, image.cached));
	assert_false(blocks_in_use(blocks, image.freed));
	assert_true(blocks_find(blocks, image.freed + 100, &block));
	assert_int_equal(block.n_bytes, 0x4f8);
	assert_false(blocks_find(blocks, image.freed - 1, &block));
	assert_true(blocks_find(blocks, HEAP + HEAP_BYTES - 1, &block));
	assert_int_equal(block.start, image.top + 16);
	assert_true(blocks_find(blocks, MAPPED + (3 << 20), &block));
	assert_int_equal(block.start, MAPPED + 16);
	assert_int_equal(block.n_bytes, MAPPED_BYTES - 16);
	assert_true(blocks_in_use(blocks, MAPPED + 16));
	assert_false(blocks_find(blocks, PYTHON, &block));
	assert_false(blocks_find(blocks, UINT64_MAX, &block));
	assert_false(blocks_in_use(blocks, UINT64_MAX & ~15ull));
	/* The top but its first page, and nothing of the small free chunk. */
	uint64_t top = HEAP + HEAP_BYTES - image.top;
	assert_int_equal(snapshot->trim_bytes, align_down(top - 33, 4096));
	snapshot_destroy(snapshot);
	blocks_close(blocks);
	image_deinit(&image);
}

static void test_residency(void **state)
{
	struct image image;
	image_init(&image);
	struct map *mapped = &image.maps[3];
	memset(mapped->resident, 0, MAPPED_BYTES / 4096 / 8);
	mapped->resident[0] = 0xff;
	mapped->resident_bytes = 8 * 4096;
	image.capture.memory.rss_bytes -= MAPPED_BYTES - 8 * 4096;
	struct blocks *blocks = open_blocks(&image);
	assert_int_equal(blocks_missing(blocks, MAPPED + 16), MAPPED_BYTES - 8 * 4096);
	assert_int_equal(blocks_missing(blocks, image.big), 0);
	assert_true(blocks_claim(blocks, MAPPED + 16, OWNER_NATIVE));
	struct snapshot *snapshot = make_account(blocks, &image);
	assert_int_equal(snapshot->part_bytes[PART_NATIVE_OWNED], 8 * 4096 - 16);
	snapshot_destroy(snapshot);
	blocks_close(blocks);
	image_deinit(&image);
}

/* ---- claims ---- */

struct racer {
	struct blocks *blocks;
	pthread_t thread;
	uint64_t n_won;
};

static void claim_one(void *arg, const struct block *block)
{
	struct racer *racer = arg;
	racer->n_won += blocks_claim(racer->blocks, block->start, OWNER_OBJECT);
}

static void *race(void *arg)
{
	struct racer *racer = arg;
	size_t n;
	const struct block_span *spans = blocks_spans(racer->blocks, &n);
	for (size_t i = 0; i < n; i++)
		blocks_each(racer->blocks, &spans[i], claim_one, racer);
	return NULL;
}

static void test_claims(void **state)
{
	struct image image;
	image_init(&image);
	struct blocks *blocks = open_blocks(&image);
	struct checker all = check_all(blocks);
	assert_int_equal(blocks_owner(blocks, image.big), OWNER_NONE);
	assert_true(blocks_claim(blocks, image.big, OWNER_FREELIST));
	assert_false(blocks_claim(blocks, image.big, OWNER_OBJECT));
	assert_false(blocks_claim(blocks, image.big + 16, OWNER_OBJECT));
	assert_false(blocks_claim(blocks, image.freed, OWNER_OBJECT));
	assert_int_equal(blocks_owner(blocks, image.big), OWNER_FREELIST);
	struct racer racers[3];
	uint64_t n_won = 0;
	for (size_t i = 0; i < ARRAY_SIZE(racers); i++) {
		racers[i] = (struct racer){.blocks = blocks};
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(racers); i++) {
		pthread_join(racers[i].thread, NULL);
		n_won += racers[i].n_won;
	}
	/* All but `big`, the table of arenas and the cache of the main thread. */
	assert_int_equal(n_won, all.n - 3);
	struct snapshot *snapshot = make_account(blocks, &image);
	assert_int_equal(snapshot->part_bytes[PART_NATIVE_UNOWNED], 0);
	assert_int_equal(snapshot->part_bytes[PART_FREE_FREELIST], (3 << 20) + 0x18);
	assert_int_equal(snapshot->part_bytes[PART_NATIVE_INTERPRETER], 0x288 + 776);
	snapshot_destroy(snapshot);
	blocks_close(blocks);
	image_deinit(&image);
}

static void test_claimed_ranges(void **state)
{
	struct image image;
	image_init(&image);
	put(MAPPED + 8, 0); /* no chunk any more: a mapping of the program's own */
	struct blocks *blocks = open_blocks(&image);
	assert_false(blocks_claim_range(blocks, HEAP, HEAP + 4096, OWNER_NATIVE));
	assert_false(blocks_claim_range(blocks, ARENAS, ARENAS + 4096, OWNER_NATIVE));
	assert_false(blocks_claim_range(blocks, LIBC, LIBC + 4096, OWNER_NATIVE));
	assert_false(blocks_claim_range(blocks, MAPPED - 4096, MAPPED + 4096, OWNER_NATIVE));
	assert_false(blocks_claim_range(blocks, MAPPED, MAPPED + MAPPED_BYTES + 1, OWNER_NATIVE));
	assert_true(blocks_claim_range(blocks, MAPPED + 1, MAPPED + 8191, OWNER_NATIVE));
	assert_false(blocks_claim_range(blocks, MAPPED, MAPPED + 4096, OWNER_NATIVE));
	assert_true(blocks_claim_range(blocks, MAPPED + 8192, MAPPED + 12288, OWNER_TRACER));
	struct block_span span;
	assert_false(blocks_claim_around(blocks, HEAP, OWNER_NONE, &span));
	assert_false(blocks_claim_around(blocks, MAPPED + 8192, OWNER_NONE, &span));
	assert_true(blocks_claim_range(blocks, MAPPED + 20480, MAPPED + 24576, OWNER_TRACER));
	assert_true(blocks_claim_around(blocks, MAPPED + 16384, OWNER_NONE, &span));
	assert_true(span.begin == MAPPED + 12288 && span.end == MAPPED + 20480);
	struct snapshot *snapshot = make_account(blocks, &image);
	assert_int_equal(snapshot->part_bytes[PART_NATIVE_OWNED], 8192);
	assert_int_equal(snapshot->part_bytes[PART_TRACER], 8192);
	assert_int_equal(snapshot->part_bytes[PART_UNEXPLAINED], MAPPED_BYTES - 24576);
	snapshot_destroy(snapshot);
	blocks_close(blocks);
	image_deinit(&image);
}

struct pinned {
	uint64_t n, n_bytes;
};

static void note_pin(void *arg, const struct block *block, uint64_t pinned_bytes)
{
	struct pinned *pinned = arg;
	if (!block) {
		pinned->n_bytes += pinned_bytes;
		return;
	}
	assert_int_equal(block->kind, BLOCK_POOL);
	pinned->n++;
}

static void test_sparse(void **state)
{
	struct image image;
	image_init(&image);
	/* The second arena keeps two blocks of one pool. */
	addr_t first = align_up(ARENAS + ARENA_BYTES, POOL_BYTES);
	for (uint32_t k = 0; k < 31; k++)
		put_u32(first + k * POOL_BYTES, 0);
	put_u32(first, 2);
	put(first + 8, 0);
	put_u32(first + 36, 3);
	put_u32(first + 40, 48 + 2 * 64);
	put_u32(first + 44, (uint32_t)POOL_BYTES - 64);
	struct blocks *blocks = open_blocks(&image);
	struct pinned pinned = {0};
	blocks_sparse(blocks, 1, note_pin, &pinned);
	assert_int_equal(pinned.n, 2);
	assert_int_equal(pinned.n_bytes, ARENA_BYTES - 128);
	blocks_close(blocks);
	image_deinit(&image);
}

/* ---- damage ---- */

static void expect_corrupt(struct image *image, const char *figure)
{
	struct blocks *blocks = open_blocks(image);
	check_all(blocks);
	struct snapshot *snapshot = make_account(blocks, image);
	assert_true(snapshot_figure(snapshot, figure) > 0);
	snapshot_destroy(snapshot);
	blocks_close(blocks);
}

static void test_corrupt_pools(void **state)
{
	struct image image;
	addr_t pool = align_up(ARENAS, POOL_BYTES) + 3 * POOL_BYTES; /* of 64 bytes */
	const struct {
		addr_t at;
		uint64_t value;
	} damages[] = {
		{pool + 8, pool + 48}, /* the list begins with a block that leads to ... */
		{pool + 8, pool + 49}, /* no start of a block */
		{pool + 8, pool + POOL_BYTES * 2}, /* of another pool */
		{pool + 8, 0x10},
		{pool + 8, 0},            /* shorter than the count says */
		{pool + 32, 99ull << 32}, /* size class */
		{pool + 40, 0},
		{pool + 40, UINT64_MAX},
		{pool, UINT32_MAX},
	};
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		image_init(&image);
		put(damages[i].at, damages[i].value);
		if (!i)
			put(pool + 48, pool + 48); /* ... itself */
		expect_corrupt(&image, "pymalloc.corrupt_count");
		image_deinit(&image);
	}
}

static void test_corrupt_chunks(void **state)
{
	struct image image;
	const uint64_t heads[] = {0, 1, 0x21ull << 40, UINT64_MAX, 0x38, 0x10, 0x23};
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		image_init(&image);
		put(image.big - 8, heads[i]);
		struct blocks *blocks = open_blocks(&image);
		check_all(blocks);
		struct snapshot *snapshot = make_account(blocks, &image);
		/* The walk goes on behind the damage. */
		assert_true(snapshot_figure(snapshot, "malloc.used_count") >= image.n_small);
		snapshot_destroy(snapshot);
		blocks_close(blocks);
		image_deinit(&image);
	}
}

static void test_corrupt_links(void **state)
{
	struct image image;
	image_init(&image);
	put(THREAD_HEAP + 8, THREAD_HEAP); /* the heap before is itself */
	expect_corrupt(&image, "malloc.corrupt_count");
	image_deinit(&image);
	image_init(&image);
	put(image.cached, 0xdead0); /* a cache that leads nowhere */
	expect_corrupt(&image, "malloc.corrupt_count");
	image_deinit(&image);
	image_init(&image);
	put(MAIN_ARENA + MSTATE_TOP, 0x1000); /* the top is nowhere */
	expect_corrupt(&image, "malloc.corrupt_count");
	image_deinit(&image);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Overwrites a word of the allocators' own: headers, tables, links. */
static void damage(struct image *image, uint64_t *state)
{
	static const addr_t places[] = {HEAP, HEAP + 0x290, ARENA_TABLE, MAIN_ARENA, THREAD_HEAP,
		THREAD_ARENA, MAPPED, PYTHON + 0x100};
	uint64_t kind = next_random(state) % 3, value = next_random(state);
	addr_t at = places[next_random(state) % ARRAY_SIZE(places)] + next_random(state) % 512 * 8;
	if (kind == 1)
		at = align_up(ARENAS, POOL_BYTES) + next_random(state) % 64 * POOL_BYTES +
		     next_random(state) % 8 * 8;
	if (kind == 2)
		at = HEAP + next_random(state) % (HEAP_BYTES / 8) * 8;
	if (next_random(state) % 2)
		value = places[value % ARRAY_SIZE(places)] + next_random(state) % 4096 * 8;
	else if (next_random(state) % 2)
		value >>= next_random(state) % 64;
	if (mem_at(&image->capture.mem, at, 8))
		put(at, value);
}

static void test_random_damage(void **state)
{
	uint64_t random = 0x9e3779b97f4a7c15ull;
	for (unsigned i = 0; i < 300; i++) {
		struct image image;
		image_init(&image);
		for (unsigned n = 1 + i % 64; n; n--)
			damage(&image, &random);
		struct blocks *blocks = open_blocks(&image);
		check_all(blocks);
		snapshot_destroy(make_account(blocks, &image));
		blocks_close(blocks);
		image_deinit(&image);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pools),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_residency),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_claimed_ranges),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_corrupt_pools),
		cmocka_unit_test(test_corrupt_chunks),
		cmocka_unit_test(test_corrupt_links),
		cmocka_unit_test(test_random_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
