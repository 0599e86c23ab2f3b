#include "cpython/layouts.h"

#include "cpython/layouts/builds.h"

struct build {
	unsigned minor, micro;
	bool debug_build;
	const struct layout *stored;
};

#define X(minor, micro, debug_build, table) extern const struct layout table;
LAYOUT_BUILDS(X)
#undef X

static const struct build builds[] = {
#define X(minor, micro, debug_build, table) {minor, micro, debug_build, &(table)},
	LAYOUT_BUILDS(X)
#undef X
};

static void unpack(const struct layout *stored, struct layout *ret)
{
	const uint32_t *from = (const uint32_t *)stored;
	uint32_t *to = (uint32_t *)ret;
	for (size_t i = 0; i < sizeof(*ret) / sizeof(*to); i++)
		to[i] = ~from[i];
}

/* How far `build` is from the version wanted; the less the better. */
static uint64_t distance(
	const struct build *build, unsigned minor, unsigned micro, bool debug_build)
{
	uint64_t minors = build->minor > minor ? build->minor - minor : minor - build->minor;
	uint64_t micros = build->micro > micro ? build->micro - micro : micro - build->micro;
	if (minors)
		micros = UINT16_MAX - MIN(build->micro, UINT16_MAX);
	uint64_t flavour = build->debug_build != debug_build;
	return minors << 32 | flavour << 16 | MIN(micros, UINT16_MAX);
}

bool layouts_find(unsigned minor, unsigned micro, bool debug_build, struct layout *ret)
{
	const struct build *best = &builds[0];
	for (size_t i = 1; i < ARRAY_SIZE(builds); i++)
		if (distance(&builds[i], minor, micro, debug_build) <
			distance(best, minor, micro, debug_build))
			best = &builds[i];
	unpack(best->stored, ret);
	return best->minor == minor && best->micro == micro && best->debug_build == debug_build;
}
