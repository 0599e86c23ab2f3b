/* Tags as the agent writes them, and as no agent would, against a look at each word. */
#include "heap/tags.h"
#include "trace/tags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define LEAVES 0x7fff40000000ull
#define N_NODES 1000u

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

/* Leaves lie one behind the other, in another order than what they tell of. */
static void make(struct made *made)
{
	*made = (struct made){.agent = {.mem = &made->mem, .n_nodes = N_NODES}};
	uint64_t random = 7;
	assert_null(mem_init(&made->mem));
	assert_null(mem_add(&made->mem, LEAVES, LEAVES + MEM_CHUNK_BYTES));
	uint32_t *words = mem_host(LEAVES);
	for (uint32_t i = 0; i < 4 * TAG_WORDS; i++)
		words[i] = next_random(&random) % 3
				   ? 0
				   : (uint32_t)(next_random(&random) * next_random(&random));
	for (uint64_t i = 0; i < 4; i++)
		add_leaf(made, LEAVES + i * TAG_LEAF_BYTES, (90 - 7 * i) << TAG_LEAF_BITS);
	add_leaf(made, LEAVES + 2 * MEM_CHUNK_BYTES, 5ull << TAG_LEAF_BITS);
	add_leaf(made, LEAVES + MEM_CHUNK_BYTES - 4096, 6ull << TAG_LEAF_BITS);
}

static void test_every_word(void **state)
{
	(void)state;
	struct made made;
	struct tags tags;
	struct tag_cursor cursor = {0};
	make(&made);
	assert_null(tags_init(&tags, &made.agent));
	for (uint64_t i = 0; i < 4; i++) {
		const uint32_t *words = mem_host(LEAVES + i * TAG_LEAF_BYTES);
		for (uint32_t k = 0; k < TAG_WORDS; k++) {
			addr_t at = ((90 - 7 * i) << TAG_LEAF_BITS) + 16 * k;
			uint32_t node = words[k] & TAG_NODE_MASK;
			bool is_known = words[k] >> 31 && node < N_NODES;
			assert_int_equal(tags_find(&tags, &cursor, at), is_known ? node : 0);
			assert_int_equal(tags_find(&tags, &cursor, at + 8), 0);
		}
	}
	for (uint64_t base = 0; base < 1000; base++)
		if (base > 90 || base < 69)
			assert_int_equal(tags_find(&tags, &cursor, base << TAG_LEAF_BITS), 0);
	assert_int_equal(tags_find(&tags, &cursor, UINT64_MAX - 15), 0);
	tags_deinit(&tags);
	vec_deinit(&made.agent.leaves);
	mem_deinit(&made.mem);
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
	assert_int_equal(tags_find(&tags, &cursor, 90ull << TAG_LEAF_BITS), 0);
	tags_deinit(&tags);
	vec_deinit(&made.agent.leaves);
	mem_deinit(&made.mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_word),
		cmocka_unit_test(test_not_traced),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
