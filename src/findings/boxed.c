/*
 * boxed_numbers: lists, tuples and sets of nothing but float or nothing but
 * int. An array holds the numbers themselves, without an object for each.
 *
 * Evidence: container_count; number_count; number_type; typecode of the
 * array.array that holds them all; number_bytes, the objects of the numbers
 * that nothing else needs; item_bytes, of one number in the array.
 */
#include "findings/rules.h"
#include "findings/waste.h"

#define LENGTH_MIN 64
#define ARRAY_BYTES 80

enum number { NUMBER_NONE, NUMBER_INT, NUMBER_FLOAT };

struct boxing {
	const struct inquiry *inquiry;
	type_id int_type, float_type;
	type_id containers[4];
};

struct numbers {
	enum number kind;
	int64_t least, most;
	bool is_long; /* an int of more than 30 bits */
	uint64_t n;
};

static enum number kind_of(const struct boxing *boxing, uint32_t node)
{
	if (!is_object(boxing->inquiry->snapshot, node))
		return NUMBER_NONE;
	type_id type = boxing->inquiry->snapshot->type[node];
	return type == boxing->float_type ? NUMBER_FLOAT
	       : type == boxing->int_type ? NUMBER_INT
					  : NUMBER_NONE;
}

/* Larger ones fit no array. */
#define INT64_SIZE 36
#define INT31_SIZE 28

static bool add_int(const struct snapshot *snapshot, uint32_t node, struct numbers *numbers)
{
	if (snapshot_size(snapshot, node) > INT31_SIZE) {
		numbers->is_long = true;
		return snapshot_size(snapshot, node) <= INT64_SIZE;
	}
	int64_t value = (int32_t)snapshot->content[node];
	numbers->least = MIN(numbers->least, value);
	numbers->most = MAX(numbers->most, value);
	return true;
}

/* False when something else than numbers of one kind is in it. */
static bool read_numbers(const struct boxing *boxing, uint32_t node, struct numbers *ret)
{
	const struct snapshot *snapshot = boxing->inquiry->snapshot;
	struct numbers numbers = {0};
	for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1]; e++) {
		uint32_t to = snapshot->edge_to[e];
		enum number kind = kind_of(boxing, to);
		if (kind == NUMBER_NONE || (numbers.kind && numbers.kind != kind))
			return false;
		numbers.kind = kind;
		numbers.n++;
		if (kind == NUMBER_INT && !add_int(snapshot, to, &numbers))
			return false;
	}
	*ret = numbers;
	return true;
}

/* The smallest array.array that holds them. */
static char typecode_of(const struct numbers *numbers, uint64_t *item_bytes_ret)
{
	static const struct {
		int64_t least, most;
		char code;
		uint8_t n_bytes;
	} codes[] = {
		{0, UINT8_MAX, 'B', 1},
		{INT8_MIN, INT8_MAX, 'b', 1},
		{0, UINT16_MAX, 'H', 2},
		{INT16_MIN, INT16_MAX, 'h', 2},
		{INT32_MIN, INT32_MAX, 'i', 4},
	};
	*item_bytes_ret = 8;
	if (numbers->kind == NUMBER_FLOAT)
		return 'd';
	for (size_t i = 0; i < ARRAY_SIZE(codes) && !numbers->is_long; i++) {
		if (numbers->least < codes[i].least || numbers->most > codes[i].most)
			continue;
		*item_bytes_ret = codes[i].n_bytes;
		return codes[i].code;
	}
	return 'q';
}

static bool is_candidate(const struct boxing *boxing, obj_id object)
{
	const struct snapshot *snapshot = boxing->inquiry->snapshot;
	type_id type = snapshot->type[object];
	bool is_container = false;
	for (size_t i = 0; i < ARRAY_SIZE(boxing->containers); i++)
		is_container = is_container || type == boxing->containers[i];
	if (!is_container)
		return false;
	uint64_t begin = snapshot->edge_start[object], end = snapshot->edge_start[object + 1];
	return end - begin >= LENGTH_MIN &&
	       kind_of(boxing, snapshot->edge_to[end - 1]) != NUMBER_NONE &&
	       !is_garbage(boxing->inquiry->analysis, object);
}

/* What an array would need less than the container and the numbers that go with it. */
static uint64_t saving_of(const struct boxing *boxing, obj_id object, const struct numbers *numbers)
{
	uint64_t item_bytes;
	typecode_of(numbers, &item_bytes);
	uint64_t packed = ARRAY_BYTES + block_bytes(numbers->n * item_bytes);
	uint64_t now = retained_of(boxing->inquiry->analysis, object);
	return now - MIN(now, packed);
}

static struct error *look(struct inquiry *inquiry, const struct members *members, struct clue *clue)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	struct boxing boxing = {
		.inquiry = inquiry,
		.int_type = census_find(snapshot, "builtins", "int"),
		.float_type = census_find(snapshot, "builtins", "float"),
	};
	struct numbers all = {0};
	for (size_t i = 0; i < members->n; i++) {
		uint32_t node = members->crowd->nodes.data[members->index[i]];
		struct numbers numbers;
		if (!read_numbers(&boxing, node, &numbers))
			continue;
		clue->n_items += numbers.n;
		clue->bytes[0] +=
			retained_of(inquiry->analysis, node) - snapshot_self_bytes(snapshot, node);
		all.kind = MAX(all.kind, numbers.kind);
		all.is_long = all.is_long || numbers.is_long;
		all.least = MIN(all.least, numbers.least);
		all.most = MAX(all.most, numbers.most);
	}
	clue->code = typecode_of(&all, &clue->bytes[1]);
	return NULL;
}

static struct error *fill_crowd(const struct boxing *boxing, struct crowd *crowd)
{
	const struct snapshot *snapshot = boxing->inquiry->snapshot;
	for (obj_id i = 0; i < snapshot->n_objects; i++) {
		struct numbers numbers;
		if (!is_candidate(boxing, i) || !read_numbers(boxing, i, &numbers))
			continue;
		uint64_t saving = saving_of(boxing, i, &numbers);
		if (saving && !crowd_add(crowd, i, saving))
			return &error_no_memory;
	}
	return NULL;
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	static const char *const containers[] = {"list", "tuple", "set", "frozenset"};
	struct waste *waste;
	struct error *error = waste_get(inquiry, &waste);
	if (error)
		return error;
	struct boxing boxing = {
		.inquiry = inquiry,
		.int_type = census_find(inquiry->snapshot, "builtins", "int"),
		.float_type = census_find(inquiry->snapshot, "builtins", "float"),
	};
	uint64_t n_bytes = 0;
	for (size_t i = 0; i < ARRAY_SIZE(containers); i++) {
		boxing.containers[i] = census_find(inquiry->snapshot, "builtins", containers[i]);
		n_bytes += waste_census(inquiry, containers[i])->bytes;
	}
	if (n_bytes < waste_least(inquiry) / 8)
		return NULL;
	struct crowd crowd = {.stride = 1};
	error = fill_crowd(&boxing, &crowd);
	if (!error)
		return waste_place(inquiry, rule, &crowd, look);
	crowd_deinit(&crowd);
	return error;
}

static void describe(const struct inquiry *inquiry, const struct clue *clue,
	struct finding *finding, uint64_t n_containers, const char *number)
{
	const char *container = names_type(inquiry->snapshot, clue->node);
	if (n_containers == 1)
		finding_describe(finding, "%s of %" PRIu64 " %ss and nothing else", container,
			clue->n_items, number);
	else
		finding_describe(finding, "%" PRIu64 " %ss of %ss and nothing else", n_containers,
			container, number);
	if (!strcmp(container, "set") || !strcmp(container, "frozenset"))
		finding_advise(finding,
			"Keep the numbers sorted in array.array('%c') and look them "
			"up with bisect, or use numpy.",
			clue->code);
	else
		finding_advise(finding, "Use array.array('%c') or a numpy array.", clue->code);
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct clue *clue = waste_clue(inquiry, suspicion, finding);
	if (!clue)
		return false;
	const char *number = clue->code == 'd' ? "float" : "int";
	uint64_t n_containers = clue_share(clue, suspicion, clue->count);
	describe(inquiry, clue, finding, n_containers, number);
	row_set_u64(finding->evidence, "container_count", n_containers);
	row_set_u64(finding->evidence, "number_count", clue_share(clue, suspicion, clue->n_items));
	row_set_text(finding->evidence, "number_type", number);
	row_set_format(finding->evidence, "typecode", "%c", clue->code);
	row_set_u64(finding->evidence, "number_bytes", clue_share(clue, suspicion, clue->bytes[0]));
	row_set_u64(finding->evidence, "item_bytes", clue->bytes[1]);
	return true;
}

const struct rule rule_boxed_numbers = {
	.id = "boxed_numbers",
	.title = "lists, tuples or sets of numbers, where an array would do",
	.find = find,
	.judge = judge,
};
