/*
 * What is closed or ended and still held, with the objects that go with it: a
 * connection that has no socket any more is of no use, nor is what it remembers.
 *
 * closed_sockets, closed_files: sockets and files without a descriptor.
 * ended_threads: threads that ran to their end.
 * closed_objects: objects that say so in an attribute: closed is True, or state is
 * the word "closed" or a member of an enum with that name.
 *
 * A member of such a group is the element of its container: the owner of the
 * owner ... of what is closed. A single one never is a finding.
 *
 * Evidence: object_count, elements; object_type, of one of them; closed_type, of
 * what is closed in it.
 */
#include "findings/gather.h"
#include "findings/rules.h"

#include <stdlib.h>

static struct error *suspect_elements(
	const struct rule *rule, struct inquiry *inquiry, struct group *group, struct error *error)
{
	if (!error)
		error = raise_to_elements(inquiry, group);
	return suspect_gathered(inquiry, rule, group, error);
}

static bool judge(const struct inquiry *inquiry, const struct suspicion *suspicion,
	struct finding *finding, const char *what)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	const struct placement *placement = &suspicion->placement;
	if (placement->count < MANY_OBJECTS || !is_kept(inquiry, suspicion, finding))
		return false;
	const char *type = names_type(snapshot, placement->first);
	finding_save_members(suspicion, finding);
	finding_describe(finding, "%" PRIu64 " %s %s", placement->count, type, what);
	row_set_u64(finding->evidence, "object_count", placement->count);
	row_set_text(finding->evidence, "object_type", type);
	return true;
}

/* ---- files and sockets ---- */

static bool has_no_descriptor(const struct inquiry *inquiry, obj_id object, void *arg)
{
	uint64_t fd;
	return snapshot_fact(inquiry->snapshot, object, *(const enum fact_id *)arg, &fd) &&
	       fd == UINT64_MAX;
}

static struct error *find_closed(
	const struct rule *rule, struct inquiry *inquiry, enum fact_id fact)
{
	struct group group = {0};
	struct error *error = gather_facts(inquiry, fact, has_no_descriptor, &fact, &group);
	return suspect_elements(rule, inquiry, &group, error);
}

static struct error *find_sockets(const struct rule *rule, struct inquiry *inquiry)
{
	return find_closed(rule, inquiry, FACT_SOCKET_FD);
}

static struct error *find_files(const struct rule *rule, struct inquiry *inquiry)
{
	return find_closed(rule, inquiry, FACT_FILE_FD);
}

static bool judge_sockets(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	if (!judge(inquiry, suspicion, finding, "with a closed socket, still held"))
		return false;
	finding_advise(finding, "Remove each one from this place when its connection is closed.");
	row_set_text(finding->evidence, "closed_type", "socket");
	return true;
}

static bool judge_files(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	if (!judge(inquiry, suspicion, finding, "with a closed file, still held"))
		return false;
	finding->saving_method = SAVING_BOUND;
	finding_advise(finding, "Remove each one from this place when its file is closed.");
	row_set_text(finding->evidence, "closed_type", "file");
	return true;
}

const struct rule rule_closed_sockets = {
	.id = "closed_sockets",
	.title = "connections that are closed and still held",
	.is_retention = true,
	.find = find_sockets,
	.judge = judge_sockets,
};

const struct rule rule_closed_files = {
	.id = "closed_files",
	.title = "files that are closed and still held",
	.is_retention = true,
	.find = find_files,
	.judge = judge_files,
};

/* ---- threads ---- */

struct running {
	uint64_t *set; /* a bit an object */
};

static bool is_ended(const struct inquiry *inquiry, obj_id thread, void *arg)
{
	const struct running *running = arg;
	uint32_t started = attribute_of(inquiry->snapshot, thread, "_started");
	return !bits_get(running->set, thread) && started != OBJ_NONE &&
	       is_set(inquiry->snapshot, started, "_flag");
}

/* threading._active holds the threads that run, 3.9-3.15. */
static struct error *find_running(const struct inquiry *inquiry, uint64_t *set, bool *found_ret)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	struct obj_ids active = {0};
	struct error *error = names_resolve(inquiry->analysis->names, "threading._active", &active);
	*found_ret = !error && active.n;
	vec_foreach (&active, dict)
		for (uint64_t e = snapshot->edge_start[*dict]; e < snapshot->edge_start[*dict + 1];
			e++)
			bits_set(set, snapshot->edge_to[e]);
	vec_deinit(&active);
	return error;
}

static struct error *find_threads(const struct rule *rule, struct inquiry *inquiry)
{
	static const struct type_name types[] = {{"threading", "Thread"}};
	struct group group = {0};
	bool is_known;
	struct running running = {.set = calloc(words_of(inquiry->analysis), sizeof(uint64_t))};
	struct error *error =
		running.set ? find_running(inquiry, running.set, &is_known) : &error_no_memory;
	if (!error && is_known)
		error = gather_types(inquiry, types, 1, is_ended, &running, &group);
	free(running.set);
	return suspect_gathered(inquiry, rule, &group, error);
}

static bool judge_threads(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	if (!judge(inquiry, suspicion, finding, "threads that have ended, still held"))
		return false;
	finding_advise(finding, "Remove each thread from this place after thread.join().");
	row_set_text(finding->evidence, "closed_type", "Thread");
	return true;
}

const struct rule rule_ended_threads = {
	.id = "ended_threads",
	.title = "threads that have ended and are still held",
	.is_retention = true,
	.find = find_threads,
	.judge = judge_threads,
};

/* ---- objects that say so ---- */

static bool is_one_of(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; text && i < n; i++)
		if (!strcmp(text, words[i]))
			return true;
	return false;
}

/* Names of attributes that are True when an object is closed. */
static bool says_closed(const char *name)
{
	static const char *const names[] = {
		"closed", "_closed", "is_closed", "_is_closed", "_closing", "__closed"};
	return is_one_of(name, names, ARRAY_SIZE(names));
}

/* Names of attributes that tell a state, by a word or by a member of an enum. */
static bool says_state(const char *name)
{
	static const char *const names[] = {"state", "_state", "status", "_status"};
	return is_one_of(name, names, ARRAY_SIZE(names));
}

static bool is_word_for_closed(const char *text)
{
	static const char *const words[] = {
		"closed", "CLOSED", "Closed", "disconnected", "DISCONNECTED"};
	return is_one_of(text, words, ARRAY_SIZE(words));
}

/* What values say that an object is closed. */
struct values {
	obj_id is_true;
	uint64_t *words; /* a bit an object: a word, or a member of an enum with that name */
	bool has_words;
};

/* The object True: OBJ_NONE when it is not there. */
static obj_id find_true(const struct snapshot *snapshot)
{
	for (obj_id i = 0; i < snapshot->n_objects; i++) {
		bool is_true = snapshot->flags[i] & OBJECT_STATIC && snapshot->content[i] == 1 &&
			       is_of(snapshot, i, "builtins", "bool");
		if (is_true)
			return i;
	}
	return OBJ_NONE;
}

/* The object that a dict of attributes belongs to. */
static uint32_t owner_of(const struct analysis *analysis, uint32_t from, unsigned kind)
{
	if (kind != EDGE_KEY)
		return from;
	uint32_t owner = analysis->idom[from];
	bool is_owner = owner < GRAPH_UNREACHED && is_object(analysis->snapshot, owner) &&
			first_edge(analysis->snapshot, owner, EDGE_DICT) == from;
	return is_owner ? owner : OBJ_NONE;
}

/* Members of enums hold their name in _name_. */
static void add_enum_members(const struct inquiry *inquiry, struct values *values)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	for (obj_id i = 0; i < snapshot->n_objects; i++) {
		for (uint64_t e = snapshot->edge_start[i]; e < snapshot->edge_start[i + 1]; e++) {
			uint32_t to = snapshot->edge_to[e];
			if (!bits_get(values->words, to) || !is_of(snapshot, to, "builtins", "str"))
				continue;
			const char *name = names_edge_text(snapshot, e);
			uint32_t member =
				name && !strcmp(name, "_name_")
					? owner_of(inquiry->analysis, i, snapshot->edge_kind[e])
					: OBJ_NONE;
			if (member != OBJ_NONE)
				bits_set(values->words, member);
		}
	}
}

static struct error *values_init(struct values *values, const struct inquiry *inquiry)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	*values = (struct values){
		.is_true = find_true(snapshot),
		.words = calloc(words_of(inquiry->analysis), sizeof(uint64_t)),
	};
	if (!values->words)
		return &error_no_memory;
	for (uint32_t i = 0; i < snapshot->n_texts; i++) {
		if (!is_word_for_closed(snapshot_string(snapshot, snapshot->text[i])))
			continue;
		bits_set(values->words, snapshot->text_object[i]);
		values->has_words = true;
	}
	if (values->has_words)
		add_enum_members(inquiry, values);
	return NULL;
}

/* Does an edge tell that what it belongs to is closed? */
static bool tells_closed(
	const struct snapshot *snapshot, const struct values *values, uint64_t edge)
{
	uint32_t to = snapshot->edge_to[edge];
	bool is_word = values->has_words && bits_get(values->words, to);
	if (to != values->is_true && !is_word)
		return false;
	const char *name = names_edge_text(snapshot, edge);
	return name && (is_word ? says_state(name) : says_closed(name));
}

static struct error *gather_closed(
	const struct inquiry *inquiry, const struct values *values, struct group *group)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	for (obj_id i = 0; i < snapshot->n_objects; i++) {
		for (uint64_t e = snapshot->edge_start[i]; e < snapshot->edge_start[i + 1]; e++) {
			if (!tells_closed(snapshot, values, e) || is_garbage(inquiry->analysis, i))
				continue;
			uint32_t owner = owner_of(inquiry->analysis, i, snapshot->edge_kind[e]);
			obj_id *member = owner == OBJ_NONE ? NULL : vec_add(&group->members);
			if (owner != OBJ_NONE && !member)
				return &error_no_memory;
			if (member)
				*member = owner;
		}
	}
	return NULL;
}

static struct error *find_objects(const struct rule *rule, struct inquiry *inquiry)
{
	struct group group = {0};
	struct values values;
	struct error *error = values_init(&values, inquiry);
	if (!error)
		error = gather_closed(inquiry, &values, &group);
	free(values.words);
	return suspect_elements(rule, inquiry, &group, error);
}

static bool judge_objects(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	if (!judge(inquiry, suspicion, finding, "that are closed, still held"))
		return false;
	finding_advise(finding, "Remove each one from this place when it is closed.");
	row_set_text(finding->evidence, "closed_type",
		names_type(inquiry->snapshot, suspicion->placement.first));
	return true;
}

const struct rule rule_closed_objects = {
	.id = "closed_objects",
	.title = "sessions, connections and the like that are closed and still held",
	.is_retention = true,
	.find = find_objects,
	.judge = judge_objects,
};
