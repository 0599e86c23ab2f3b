/*
 * Leaf parts of RSS become a tree that adds up: parents are what their dotted
 * names say, objects are split by whether a root leads to them.
 */
#include "analysis/account.h"

#include <stdlib.h>

static const char *const part_names[] = {
#define X(id, name) name,
	PARTS(X)
#undef X
};

/* The first part of dotted names that have one; a static string each. */
static const char *const parents[] = {"objects", "native", "free", "overhead", "program"};

static bool is_child(const char *name, const char *parent)
{
	size_t n = strlen(parent);
	return !strncmp(name, parent, n) && name[n] == '.';
}

static const char *parent_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(parents); i++)
		if (is_child(name, parents[i]))
			return parents[i];
	return NULL;
}

static void add(struct account *account, const char *name, uint64_t n_bytes)
{
	assert(account->n < ACCOUNT_MAX);
	account->parts[account->n++] = (struct account_part){name, n_bytes};
}

uint64_t account_get(const struct account *account, const char *name)
{
	for (size_t i = 0; i < account->n; i++)
		if (!strcmp(account->parts[i].name, name))
			return account->parts[i].n_bytes;
	assert(!"no such part");
	return 0;
}

/* By bytes, then by name; unexplained is last. */
static int compare_siblings(const struct account_part *left, const struct account_part *right)
{
	int last = !strcmp(left->name, "unexplained") - !strcmp(right->name, "unexplained");
	if (last)
		return last;
	if (left->n_bytes != right->n_bytes)
		return left->n_bytes > right->n_bytes ? -1 : 1;
	return strcmp(left->name, right->name);
}

/* Parts of different parents are ordered as their parents are. */
static int compare_parts(const void *a, const void *b, void *arg)
{
	const struct account *account = arg;
	const struct account_part *left = a, *right = b;
	const char *left_parent = parent_of(left->name), *right_parent = parent_of(right->name);
	struct account_part left_top = *left, right_top = *right;
	if (left_parent)
		left_top = (struct account_part){left_parent, account_get(account, left_parent)};
	if (right_parent)
		right_top = (struct account_part){right_parent, account_get(account, right_parent)};
	int order = compare_siblings(&left_top, &right_top);
	if (order)
		return order;
	if (!left_parent || !right_parent)
		return (left_parent != NULL) - (right_parent != NULL);
	return compare_siblings(left, right);
}

static void add_parents(struct account *account)
{
	size_t n_leaves = account->n;
	for (size_t i = 0; i < ARRAY_SIZE(parents); i++) {
		uint64_t sum = 0;
		for (size_t j = 0; j < n_leaves; j++)
			if (is_child(account->parts[j].name, parents[i]))
				sum += account->parts[j].n_bytes;
		add(account, parents[i], sum);
	}
}

void account_init(struct account *account, const struct analysis *analysis)
{
	const struct snapshot *snapshot = analysis->snapshot;
	uint64_t objects = snapshot->part_bytes[PART_OBJECTS];
	uint64_t garbage = MIN(analysis->garbage.resident_bytes, objects);
	account->n = 0;
	add(account, "objects.live", objects - garbage);
	add(account, "objects.garbage", garbage);
	for (unsigned part = 0; part < PART_COUNT; part++)
		if (part != PART_OBJECTS)
			add(account, part_names[part], snapshot->part_bytes[part]);
	add_parents(account);
	struct account unsorted = *account;
	qsort_r(account->parts, account->n, sizeof(struct account_part), compare_parts, &unsorted);
}
