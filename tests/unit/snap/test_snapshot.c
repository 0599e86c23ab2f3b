/*
 * Asking a snapshot, and the coding of its columns.
 */
#include "snap/coding.h"

#include "made_snapshot.h"

static void test_find(void **state)
{
	(void)state;
	struct snapshot *made = make_snapshot(1, 5000, 2);
	for (obj_id i = 0; i < made->n_objects; i++) {
		assert_int_equal(snapshot_find(made, made->address[i]), i);
		assert_int_equal(snapshot_find(made, made->address[i] - 1),
			i && made->address[i - 1] == made->address[i] - 1 ? i - 1 : OBJ_NONE);
	}
	assert_int_equal(snapshot_find(made, 0), OBJ_NONE);
	assert_int_equal(snapshot_find(made, UINT64_MAX), OBJ_NONE);
	snapshot_destroy(made);
}

static void test_facts(void **state)
{
	(void)state;
	struct snapshot *made = make_snapshot(2, 4000, 2);
	uint32_t found = 0, begin, end;
	for (unsigned fact = 0; fact < FACT_COUNT; fact++) {
		snapshot_fact_range(made, fact, &begin, &end);
		assert_int_equal(begin, found);
		for (obj_id i = 0; i < made->n_objects; i++) {
			uint64_t value = 0;
			if (!snapshot_fact(made, i, fact, &value))
				continue;
			assert_int_equal(made->facts.object[found], i);
			assert_true(value == made->facts.value[found]);
			found++;
		}
		assert_int_equal(end, found);
	}
	assert_int_equal(found, made->facts.n);
	snapshot_destroy(made);
}

static void test_texts_and_figures(void **state)
{
	(void)state;
	struct snapshot *made = make_snapshot(3, 3000, 2);
	uint32_t at = 0;
	for (obj_id i = 0; i < made->n_objects; i++) {
		const char *text = snapshot_text(made, i);
		bool has_text = at < made->n_texts && made->text_object[at] == i;
		assert_int_equal(text != NULL, has_text);
		if (has_text)
			assert_string_equal(text, snapshot_string(made, made->text[at++]));
	}
	assert_int_equal(at, made->n_texts);
	assert_true(made->figures.n > 0);
	const struct snap_figure *first = made->figures.data;
	assert_true(snapshot_figure(made, snapshot_string(made, first->name)) == first->value);
	assert_true(snapshot_figure(made, "no such figure") == UINT64_MAX);
	snapshot_destroy(made);
}

static void test_empty(void **state)
{
	(void)state;
	struct snapshot *made;
	uint64_t value;
	assert_null(snapshot_create(&made));
	assert_int_equal(snapshot_find(made, 4096), OBJ_NONE);
	assert_null(snapshot_text(made, 0));
	assert_false(snapshot_fact(made, 0, FACT_LENGTH, &value));
	assert_true(snapshot_self_bytes(made, 0) == 0);
	snapshot_destroy(made);
	snapshot_destroy(NULL);
	assert_null(snapshot_alloc(SIZE_MAX, 8));
	assert_null(snapshot_alloc(SIZE_MAX / 8, 8));
}

/* ---- coding ---- */

enum { N_VALUES = 1000 };

static void check_coding(enum coding coding, unsigned width, const void *values)
{
	uint8_t packed[N_VALUES * VARINT_BYTES_MAX + 1];
	uint64_t unpacked[N_VALUES];
	size_t n = block_pack(coding, width, values, N_VALUES, packed);
	assert_true(n >= N_VALUES && n <= N_VALUES * VARINT_BYTES_MAX);
	assert_true(block_unpack(coding, width, packed, n, unpacked, N_VALUES));
	assert_memory_equal(unpacked, values, (size_t)N_VALUES * width);
	for (size_t cut = 0; cut < n; cut += 1 + cut / 7)
		assert_false(block_unpack(coding, width, packed, cut, unpacked, N_VALUES));
	packed[n] = 0;
	assert_false(block_unpack(coding, width, packed, n + 1, unpacked, N_VALUES));
}

static void test_coding(void **state)
{
	(void)state;
	uint64_t wide[N_VALUES];
	uint32_t narrow[N_VALUES];
	for (unsigned round = 0; round < 50; round++) {
		for (size_t i = 0; i < N_VALUES; i++) {
			wide[i] = made_below(20) ? made_number() : UINT64_MAX - made_below(2);
			narrow[i] = (uint32_t)wide[i];
		}
		check_coding(CODING_VALUE, 8, wide);
		check_coding(CODING_STEP, 8, wide);
		check_coding(CODING_STEP8, 8, wide);
		check_coding(CODING_DELTA, 8, wide);
		check_coding(CODING_VALUE, 4, narrow);
		check_coding(CODING_STEP, 4, narrow);
		check_coding(CODING_DELTA, 4, narrow);
	}
}

static void test_hostile_numbers(void **state)
{
	(void)state;
	static const uint8_t too_long[] = {
		0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
	static const uint8_t too_wide[] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
	static const uint8_t beyond_32_bits[] = {0x80, 0x80, 0x80, 0x80, 0x10};
	static const uint8_t below_zero[] = {0x01};
	uint64_t value;
	assert_false(block_unpack(CODING_VALUE, 8, too_long, sizeof(too_long), &value, 1));
	assert_false(block_unpack(CODING_VALUE, 8, too_wide, sizeof(too_wide), &value, 1));
	assert_false(
		block_unpack(CODING_VALUE, 4, beyond_32_bits, sizeof(beyond_32_bits), &value, 1));
	assert_false(block_unpack(CODING_DELTA, 4, below_zero, sizeof(below_zero), &value, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_texts_and_figures),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_coding),
		cmocka_unit_test(test_hostile_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
