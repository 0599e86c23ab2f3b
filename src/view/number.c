#include "view/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MIB (1 << 20)

/* Copies the decimal digits of `digits` with a space before each group of three. */
static size_t group(const char *digits, char *to)
{
	size_t n = strlen(digits), at = 0;
	for (size_t i = 0; i < n; i++) {
		if (i && !((n - i) % 3))
			to[at++] = ' ';
		to[at++] = digits[i];
	}
	to[at] = '\0';
	return at;
}

static uint64_t magnitude(int64_t n)
{
	return n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
}

struct number number_count(int64_t n)
{
	struct number number;
	char digits[24];
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)magnitude(n));
	number.text[0] = '-';
	group(digits, number.text + (n < 0));
	return number;
}

struct number number_short(int64_t n)
{
	static const struct {
		int64_t unit;
		const char *name;
	} units[] = {{1000000000, "G"}, {1000000, "M"}, {1000, "k"}};
	if (magnitude(n) < 100000)
		return number_count(n);
	size_t i = 0;
	while (i < 2 && magnitude(n) < (uint64_t)units[i].unit)
		i++;
	struct number number;
	snprintf(number.text, sizeof(number.text), "%.1f %s", (double)n / (double)units[i].unit,
		units[i].name);
	return number;
}

unsigned mib_digits(int64_t largest)
{
	uint64_t bytes = magnitude(largest);
	return bytes >= 100ull * MIB ? 0 : bytes >= 10ull * MIB ? 1 : 2;
}

static uint64_t power_of_ten(unsigned exponent)
{
	uint64_t power = 1;
	while (exponent--)
		power *= 10;
	return power;
}

struct number number_mib(int64_t bytes, unsigned digits)
{
	struct number number;
	const char *sign = bytes < 0 ? "-" : "";
	uint64_t scale = power_of_ten(digits), size = magnitude(bytes);
	uint64_t scaled = size / MIB * scale + (size % MIB * scale + MIB / 2) / MIB;
	if (!scaled && size) {
		snprintf(number.text, sizeof(number.text), "%s<%.*f", sign, (int)digits,
			1.0 / (double)scale);
		return number;
	}
	char whole[24];
	snprintf(whole, sizeof(whole), "%llu", (unsigned long long)(scaled / scale));
	number.text[0] = '-';
	size_t n = (bytes < 0) + group(whole, number.text + (bytes < 0));
	if (digits)
		snprintf(number.text + n, sizeof(number.text) - n, ".%0*llu", (int)digits,
			(unsigned long long)(scaled % scale));
	return number;
}

/* "3 d 4 h": the largest unit and the one below it. */
static struct number long_duration(int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	size_t i = 0;
	while (seconds < units[i].seconds)
		i++;
	struct number number;
	snprintf(number.text, sizeof(number.text), "%lld %s %lld %s",
		(long long)(seconds / units[i].seconds), units[i].name,
		(long long)(seconds % units[i].seconds / units[i + 1].seconds), units[i + 1].name);
	return number;
}

struct number number_duration(int64_t ns)
{
	struct number number;
	if (ns >= 60000000000)
		return long_duration(ns / 1000000000);
	if (ns >= 1000000000)
		snprintf(number.text, sizeof(number.text), "%.1f s", (double)ns / 1e9);
	else if (ns >= 1000000)
		snprintf(number.text, sizeof(number.text), "%.1f ms", (double)ns / 1e6);
	else
		snprintf(number.text, sizeof(number.text), "%.0f us", (double)ns / 1e3);
	return number;
}

struct number number_percent(int64_t part, int64_t whole)
{
	struct number number = {""};
	if (whole <= 0)
		return number;
	double share = 100.0 * (double)part / (double)whole;
	if (part > 0 && share < 1)
		return (struct number){"<1 %"};
	snprintf(number.text, sizeof(number.text), "%.0f %%", share);
	return number;
}

struct number number_date(int64_t unix_ns)
{
	struct number number = {""};
	time_t seconds = (time_t)(unix_ns / 1000000000);
	struct tm parts;
	if (gmtime_r(&seconds, &parts))
		strftime(number.text, sizeof(number.text), "%Y-%m-%d %H:%M UTC", &parts);
	return number;
}
