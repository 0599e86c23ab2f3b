#include "view/number.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MIB (INT64_C(1) << 20)

static void test_counts(void **state)
{
	(void)state;
	assert_string_equal(number_count(0).text, "0");
	assert_string_equal(number_count(999).text, "999");
	assert_string_equal(number_count(1203441).text, "1 203 441");
	assert_string_equal(number_count(-1000).text, "-1 000");
	assert_string_equal(number_count(INT64_MIN).text, "-9 223 372 036 854 775 808");
	assert_string_equal(number_short(99999).text, "99 999");
	assert_string_equal(number_short(100000).text, "100.0 k");
	assert_string_equal(number_short(14800000).text, "14.8 M");
}

static void test_mebibytes(void **state)
{
	(void)state;
	assert_string_equal(number_mib(1968 * MIB, 0).text, "1 968");
	assert_string_equal(number_mib(MIB / 2, 0).text, "1");
	assert_string_equal(number_mib(MIB / 2 - 1, 0).text, "<1");
	assert_string_equal(number_mib(0, 0).text, "0");
	assert_string_equal(number_mib(0, 2).text, "0.00");
	assert_string_equal(number_mib(1, 2).text, "<0.01");
	assert_string_equal(number_mib(-1, 1).text, "-<0.1");
	assert_string_equal(number_mib(MIB + MIB / 4, 2).text, "1.25");
	assert_string_equal(number_mib(10 * MIB - 1, 2).text, "10.00");
	assert_string_equal(number_mib(-5 * MIB, 0).text, "-5");
	assert_string_equal(number_mib(INT64_MAX, 2).text, "8 796 093 022 208.00");
	assert_int_equal(mib_digits(100 * MIB), 0);
	assert_int_equal(mib_digits(10 * MIB), 1);
	assert_int_equal(mib_digits(0), 2);
}

static void test_durations(void **state)
{
	(void)state;
	assert_string_equal(number_duration(8300000).text, "8.3 ms");
	assert_string_equal(number_duration(12000).text, "12 us");
	assert_string_equal(number_duration(1900000000).text, "1.9 s");
	assert_string_equal(number_duration(60000000000).text, "1 min 0 s");
	assert_string_equal(number_duration(INT64_C(273600) * 1000000000).text, "3 d 4 h");
}

static void test_shares(void **state)
{
	(void)state;
	assert_string_equal(number_percent(57, 100).text, "57 %");
	assert_string_equal(number_percent(1, 1000).text, "<1 %");
	assert_string_equal(number_percent(0, 1000).text, "0 %");
	assert_string_equal(number_percent(1, 0).text, "");
	assert_string_equal(
		number_date(INT64_C(1769973600) * 1000000000).text, "2026-02-01 19:20 UTC");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_mebibytes),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_shares),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
