#include "base/cleanup.h"
#include "view/utf8.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void check_clean(const char *text, const char *expected)
{
	_cleanup_free_ char *clean = utf8_clean(text);
	assert_string_equal(clean, expected);
}

static void test_undecodable_becomes_replacement(void **state)
{
	(void)state;
	check_clean("", "");
	check_clean("a\u00e9\u20ac\U0001f600", "a\u00e9\u20ac\U0001f600");
	check_clean("\xff", "\ufffd");
	check_clean("a\xc3", "a\ufffd");
	check_clean("\xc0\x80", "\ufffd\ufffd");
	check_clean("\xe0\x80\x80", "\ufffd\ufffd\ufffd");
	check_clean("\xed\xa0\x80", "\ufffd\ufffd\ufffd");
	check_clean("\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd");
	check_clean("\xf0\x9f\x98", "\ufffd\ufffd\ufffd");
}

static void test_every_character_survives(void **state)
{
	(void)state;
	for (uint32_t c = 1; c < 0x110000; c++) {
		if (c >= 0xd800 && c < 0xe000)
			continue;
		char text[5] = {0};
		size_t n = utf8_encode(c, text), n_decoded;
		assert_int_equal(utf8_decode(text, &n_decoded), c);
		assert_int_equal(n_decoded, n);
	}
}

static void check_printable(const char *text, bool unicode, const char *expected)
{
	_cleanup_free_ char *printable = utf8_printable(text, unicode);
	assert_string_equal(printable, expected);
}

static void test_control_characters_are_escaped(void **state)
{
	(void)state;
	check_printable("\033[31mred\n", true, "\\x1b[31mred\\x0a");
	check_printable("\xc2\x85\u202e\u2066x", true, "\\x85\\u202e\\u2066x");
	check_printable("caf\u00e9", true, "caf\u00e9");
	check_printable("caf\u00e9 \U0001f600", false, "caf\\xe9 \\U0001f600");
	check_printable("\xff", true, "\ufffd");
	check_printable("\xff", false, "?");
}

static void test_columns(void **state)
{
	(void)state;
	const char *text = "a\u30c7b";
	unsigned width;
	assert_int_equal(utf8_width(text), 4);
	assert_int_equal(utf8_prefix(text, 2, &width), 1);
	assert_int_equal(width, 1);
	assert_int_equal(utf8_prefix(text, 3, &width), 4);
	assert_int_equal(width, 3);
	assert_int_equal(utf8_suffix(text, 2), 4);
	assert_int_equal(utf8_suffix(text, 3), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_undecodable_becomes_replacement),
		cmocka_unit_test(test_every_character_survives),
		cmocka_unit_test(test_control_characters_are_escaped),
		cmocka_unit_test(test_columns),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
