#include "analysis/ages.h"

#include <stdlib.h>

#define UNITS_PER_SECOND 100u
_Static_assert(UNITS_PER_SECOND *SNAP_AGE_UNIT_NS == 1000000000, "ages are in units of 10 ms");

static const struct {
	uint32_t from;
	const char *name;
} classes[AGE_CLASSES] = {
	{0, "<1s"},
	{1 * UNITS_PER_SECOND, "1s-10s"},
	{10 * UNITS_PER_SECOND, "10s-1min"},
	{60 * UNITS_PER_SECOND, "1min-10min"},
	{600 * UNITS_PER_SECOND, "10min-1h"},
	{3600 * UNITS_PER_SECOND, "1h-10h"},
	{36000 * UNITS_PER_SECOND, "10h-1d"},
	{86400 * UNITS_PER_SECOND, "1d-10d"},
	{864000 * UNITS_PER_SECOND, ">=10d"},
	{SNAP_NO_AGE, "not known"},
};

unsigned age_class(uint32_t age)
{
	return (unsigned)partition_point(i, 0, AGE_CLASSES, classes[i].from <= age) - 1;
}

const char *age_class_name(unsigned class)
{
	return classes[class].name;
}

/* ---- ranges ---- */

/* "10s", "1.5h"; moves `at` behind it. */
static bool read_age(const char **at, uint32_t *ret)
{
	static const struct {
		const char *name;
		double units;
	} units[] = {{"ms", UNITS_PER_SECOND / 1e3}, {"min", 60 * UNITS_PER_SECOND},
		{"s", UNITS_PER_SECOND}, {"h", 3600 * UNITS_PER_SECOND},
		{"d", 86400 * UNITS_PER_SECOND}};
	char *end;
	double value = strtod(*at, &end);
	if (**at < '0' || **at > '9')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		size_t n = strlen(units[i].name);
		double age = value * units[i].units;
		if (strncmp(end, units[i].name, n) != 0 || age >= SNAP_NO_AGE)
			continue;
		*ret = (uint32_t)age;
		*at = end + n;
		return true;
	}
	return false;
}

/* Behind a sign: "=1h" or "1h". */
static bool read_bound(char sign, const char *at, struct age_range *ret)
{
	uint32_t age;
	bool is_equal = *at == '=';
	at += is_equal;
	if (!read_age(&at, &age) || *at || (sign == '<' && !is_equal && !age))
		return false;
	*ret = sign == '<' ? (struct age_range){0, age - !is_equal}
			   : (struct age_range){age + !is_equal, SNAP_NO_AGE - 1};
	return true;
}

bool age_range_read(const char *text, struct age_range *ret)
{
	const char *at = text;
	struct age_range range;
	if (*at == '<' || *at == '>')
		return read_bound(*at, at + 1, ret);
	if (!strcmp(text, age_class_name(AGE_CLASSES - 1))) {
		*ret = (struct age_range){SNAP_NO_AGE, SNAP_NO_AGE};
		return true;
	}
	if (!read_age(&at, &range.first) || *at++ != '-' || !read_age(&at, &range.last) || *at ||
		range.first >= range.last--)
		return false;
	*ret = range;
	return true;
}

/* ---- sums ---- */

void age_sum_add(struct age_sum *sum, uint32_t age)
{
	if (age == SNAP_NO_AGE)
		return;
	sum->count++;
	sum->units += age;
	sum->oldest = MAX(sum->oldest, age);
}

uint64_t age_sum_mean_ns(const struct age_sum *sum)
{
	return sum->count ? sum->units / sum->count * SNAP_AGE_UNIT_NS : UINT64_MAX;
}

uint64_t age_sum_oldest_ns(const struct age_sum *sum)
{
	return sum->count ? (uint64_t)sum->oldest * SNAP_AGE_UNIT_NS : UINT64_MAX;
}
