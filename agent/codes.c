/*
 * Code objects that live, by their address: what they are in the table. Their
 * blocks are watched, so that none is taken for another that comes after it.
 */
#include "agent.h"

enum { FIRST_SLOTS = 1 << 9 };

static struct known {
	uintptr_t address;
	uint32_t code; /* 0: died, or found no place */
} * known_codes;
static uint32_t n_slots, n_known;

static struct known *find(struct known *slots, uint32_t n, uintptr_t address)
{
	for (uint64_t slot = mix(address, 1);; slot++) {
		struct known *known = &slots[slot & (n - 1)];
		if (known->address == address || !known->address)
			return known;
	}
}

/* Leaves the dead behind. */
static bool grow(void)
{
	uint32_t n_more = n_slots ? 2 * n_slots : FIRST_SLOTS;
	struct known *more = sys_map(n_more * sizeof(*more));
	if (!more)
		return false;
	n_known = 0;
	for (uint32_t i = 0; i < n_slots; i++) {
		if (!known_codes[i].code)
			continue;
		*find(more, n_more, known_codes[i].address) = known_codes[i];
		n_known++;
	}
	if (known_codes)
		sys_unmap(known_codes, n_slots * sizeof(*known_codes));
	known_codes = more;
	n_slots = n_more;
	return true;
}

uint32_t code_find(const char *code)
{
	uintptr_t address = (uintptr_t)code;
	if (2 * n_known >= n_slots && !grow())
		return 0;
	struct known *known = find(known_codes, n_slots, address);
	if (known->code)
		return known->code;
	uint32_t *tag = shadow_get(address);
	uint32_t found = tag ? tree_code(code) : 0;
	if (!found)
		return 0;
	n_known += !known->address;
	*known = (struct known){address, found};
	*tag |= TAG_WATCHED;
	return found;
}

bool code_forget(uintptr_t address)
{
	struct known *known = n_slots ? find(known_codes, n_slots, address) : NULL;
	if (!known || !known->code)
		return false;
	known->code = 0;
	return true;
}
