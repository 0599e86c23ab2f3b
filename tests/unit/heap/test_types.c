/*
 * Every walker and size function of a C module's type, on memory that holds
 * nothing but damage: none may read outside of the image or go on for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cpython/layouts.h"
#include "heap/types/modules.h"

#define IMAGE 0x560000000000ull
#define IMAGE_WORDS (MEM_CHUNK_BYTES / 8)
#define ROUNDS 100

/* The services of walk.h, as far as walkers ask for them: they only count. */
struct walk {
	const struct cpython *cpython;
	uint64_t n_calls;
};

const struct cpython *walk_cpython(const struct walk *walk)
{
	return walk->cpython;
}

const struct mem *walk_mem(const struct walk *walk)
{
	return walk->cpython->mem;
}

obj_id walk_find(const struct walk *walk, addr_t address)
{
	return address & 8 ? OBJ_NONE : 1;
}

void walk_edge(struct walk *walk, enum edge_kind kind, uint32_t operand, addr_t target)
{
	walk->n_calls++;
}

void walk_edge_named(struct walk *walk, enum edge_kind kind, addr_t name, addr_t target)
{
	walk->n_calls++;
}

void walk_field(
	struct walk *walk, enum edge_kind kind, const char *field, addr_t object, uint32_t offset)
{
	assert_int_not_equal(offset, LAYOUT_ABSENT);
	walk->n_calls++;
}

void walk_part(struct walk *walk, addr_t block)
{
	walk->n_calls++;
}

void walk_native(struct walk *walk, addr_t address)
{
	walk->n_calls++;
}

bool walk_native_state(struct walk *walk, addr_t state, const uint32_t *buffers, size_t n_buffers)
{
	walk->n_calls++;
	return true;
}

void walk_native_range(struct walk *walk, addr_t address, uint64_t n_bytes)
{
	walk->n_calls++;
}

void walk_native_tree(struct walk *walk, addr_t address)
{
	walk->n_calls++;
}

void walk_scan(struct walk *walk, addr_t object, uint32_t begin, uint32_t end)
{
	walk->n_calls++;
}

void walk_fact(struct walk *walk, enum fact_id fact, uint64_t value)
{
	walk->n_calls++;
}

static uint64_t next_random(void)
{
	static uint64_t state = 88172645463325252u;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* A word as damage makes it: a pointer into the image or beside it, a count, anything. */
static uint64_t damaged_word(void)
{
	switch (next_random() % 6) {
	case 0:
		return IMAGE + next_random() % MEM_CHUNK_BYTES;
	case 1:
		return IMAGE + next_random() % IMAGE_WORDS * 8;
	case 2:
		return next_random() % 200;
	case 3:
		return UINT64_MAX >> next_random() % 64;
	case 4:
		return IMAGE + MEM_CHUNK_BYTES - next_random() % 64;
	default:
		return next_random();
	}
}

static void damage(addr_t begin, uint64_t n_words)
{
	for (uint64_t i = 0; i < n_words; i++) {
		uint64_t word = damaged_word();
		memcpy(mem_host(begin + i * 8), &word, sizeof(word));
	}
}

static void run_walker(
	const struct cpython *cpython, const struct type_walker *walker, uint32_t known_bytes)
{
	struct type_info type = {
		.address = IMAGE + next_random() % IMAGE_WORDS * 8,
		.basic_size = known_bytes,
		.known_bytes = known_bytes,
		.name = "float64",
		.walk = walker->walk,
		.get_size = walker->get_size,
	};
	/* The last objects reach over the end of the image. */
	addr_t object = next_random() % 4 ? IMAGE + next_random() % IMAGE_WORDS * 8
					  : IMAGE + MEM_CHUNK_BYTES - next_random() % 64 * 8;
	struct walk walk = {.cpython = cpython};
	if (walker->walk)
		walker->walk(&walk, object, &type);
	if (walker->get_size)
		walker->get_size(cpython, object, &type);
	assert_true(walk.n_calls < 2 * IMAGE_WORDS);
}

static void walkers_survive_damage(void **state)
{
	struct mem mem;
	struct layout layout;
	assert_null(mem_init(&mem));
	assert_null(mem_add(&mem, IMAGE, IMAGE + MEM_CHUNK_BYTES));
	damage(IMAGE, IMAGE_WORDS);
	for (unsigned minor = 9; minor <= 15; minor++) {
		layouts_find(minor, 0, false, &layout);
		struct cpython cpython = {
			.mem = &mem, .layout = &layout, .traits = traits_find(minor)};
		for (size_t i = 0; i < n_module_walkers; i++)
			for (uint32_t n_bytes = 16; n_bytes <= 320; n_bytes += 8)
				for (unsigned round = 0; round < ROUNDS; round++)
					run_walker(&cpython, &module_walkers[i], n_bytes);
	}
	mem_deinit(&mem);
}

static void names_are_unique(void **state)
{
	for (size_t i = 0; i < n_module_walkers; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(module_walkers[i].name, module_walkers[j].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walkers_survive_damage),
		cmocka_unit_test(names_are_unique),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
