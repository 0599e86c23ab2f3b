/* Tags as the agent writes them, and as no agent would, against a look at each word. */
#include "heap/tags.h"
#include "trace/tags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define LEAVES 0x7fff40000000ull
#define N_LEAVES 2
#define N_NODES 1000u
#define NOW 7u

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

struct made {
	struct mem mem;
	struct agent agent;
};

static void add_leaf(struct made *made, addr_t at, addr_t base)
{
	struct agent_leaf *leaf = vec_add(&made->agent.leaves);
	assert_non_null(leaf);
	*leaf = (struct agent_leaf){at, base};
}

static addr_t leaf_at(uint64_t i)
{
	return LEAVES + i * align_up(TAG_LEAF_BYTES, 4096);
}

/* Leaves lie one behind the other; of one the end is missing, of one all. */
static void make(struct made *made)
{
	*made = (struct made){
		.agent = {.mem = &made->mem, .n_nodes = N_NODES, .now = NOW, .knows_time = true}};
	uint64_t random = 7;
	addr_t end = leaf_at(N_LEAVES) + MEM_CHUNK_BYTES / 2;
	assert_null(mem_init(&made->mem));
	assert_null(mem_add(&made->mem, LEAVES, end));
	for (uint32_t *word = mem_host(LEAVES); word < (uint32_t *)mem_host(end); word++)
		*word = next_random(&random) % 3
				? 0
				: (uint32_t)(next_random(&random) * next_random(&random));
	for (uint64_t i = 0; i <= N_LEAVES; i++)
		add_leaf(made, leaf_at(i), (69 + 7 * i) << TAG_LEAF_BITS);
	add_leaf(made, LEAVES + 100 * MEM_CHUNK_BYTES, 95ull << TAG_LEAF_BITS);
}

static void unmake(struct made *made)
{
	vec_deinit(&made->agent.leaves);
	mem_deinit(&made->mem);
}

static uint32_t node_at(const struct tags *tags, struct tag_cursor *cursor, addr_t at)
{
	return tags_find(tags, cursor, at).node;
}

static void test_every_word(void **state)
{
	(void)state;
	struct made made;
	struct tags tags;
	struct tag_cursor cursor = {0};
	make(&made);
	assert_null(tags_init(&tags, &made.agent));
	for (uint64_t i = 0; i < N_LEAVES; i++) {
		const uint32_t *words = mem_host(leaf_at(i));
		for (uint32_t k = 0; k < TAG_WORDS; k++) {
			addr_t at = ((69 + 7 * i) << TAG_LEAF_BITS) + 16 * k;
			uint32_t node = words[k] & TAG_NODE_MASK, size = words[k] >> 20 & 0x3ff;
			bool is_known = words[k] >> 31 && node < N_NODES;
			struct tag tag = tags_find(&tags, &cursor, at);
			if (tag.node != (is_known ? node : 0))
				fail_msg("word %u of leaf %u", k, (unsigned)i);
			if (is_known && size > 16 && size < 0x3ff)
				assert_int_equal(tag.age, (NOW - words[k + 1]) & 0x3fffffff);
			else if (!is_known || size <= 16)
				assert_int_equal(tag.age, SNAP_NO_AGE);
			if (k % 64 == 0)
				assert_int_equal(node_at(&tags, &cursor, at + 8), 0);
		}
	}
	for (uint64_t base = 0; base < 1000; base++)
		if (base != 69 && base != 76 && base != 83)
			assert_int_equal(node_at(&tags, &cursor, base << TAG_LEAF_BITS), 0);
	addr_t missing = (84ull << TAG_LEAF_BITS) - 16;
	assert_int_equal(node_at(&tags, &cursor, missing), 0);
	assert_int_equal(node_at(&tags, &cursor, UINT64_MAX - 15), 0);
	tags_deinit(&tags);
	unmake(&made);
}

static void test_not_traced(void **state)
{
	(void)state;
	struct made made;
	struct tags tags;
	struct tag_cursor cursor = {0};
	make(&made);
	made.agent.n_nodes = 0;
	assert_null(tags_init(&tags, &made.agent));
	assert_int_equal(node_at(&tags, &cursor, 69ull << TAG_LEAF_BITS), 0);
	tags_deinit(&tags);
	unmake(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_word),
		cmocka_unit_test(test_not_traced),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
