/*
 * unbounded_container: a collection that grows by use and that nothing limits:
 * of a module, a class, an object, a closure, a default argument, a list of
 * callbacks, a registry inside a library. From one capture nobody can see that
 * it grows: the saving is a bound.
 *
 * Quiet about collections of weak references, which go with what they refer to,
 * and about those whose owner says how large they may get (`self.maxsize`).
 *
 * Evidence: entry_count; max_count, null; place, where it stands (place.h);
 * key_type and value_type, of most entries (null: of several types); is_callbacks;
 * receiver_class, what the callbacks are bound to; registry, what a library is
 * known to keep there (null: nothing known); grown_file and grown_line, where it
 * made room for more entries last (null: the process is not traced).
 *
 * Lists of compact records (numbers, short texts, tuples, instances with
 * __slots__) are data that somebody laid out with care, and no finding.
 */
#include "analysis/bounds.h"
#include "findings/place.h"
#include "findings/rules.h"

/* Elements that are looked at. */
#define SAMPLES 256

/* A leaf up to this size is a value of its own, no document or buffer. */
#define VALUE_BYTES 256

static bool is_slotted(const struct snapshot *snapshot, uint32_t node)
{
	if (!(snapshot->types.data[snapshot->type[node]].flags & SNAP_TYPE_PYTHON))
		return false;
	for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1]; e++)
		if (snapshot->edge_kind[e] == EDGE_DICT || snapshot->edge_kind[e] == EDGE_ATTR)
			return false;
	return true;
}

static bool is_leaf(const struct snapshot *snapshot, uint32_t node)
{
	for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1]; e++)
		if (snapshot->edge_kind[e] != EDGE_TYPE)
			return false;
	return true;
}

static bool is_compact(const struct inquiry *inquiry, uint32_t node)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	if (!is_object(snapshot, node))
		return false;
	if (is_leaf(snapshot, node))
		return weight_of(inquiry->analysis, node) <= VALUE_BYTES;
	return is_of(snapshot, node, "builtins", "tuple") || is_slotted(snapshot, node);
}

static bool is_data(const struct inquiry *inquiry, uint32_t node)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	uint64_t begin = snapshot->edge_start[node], end = snapshot->edge_start[node + 1];
	uint64_t stride = (end - begin) / SAMPLES + 1, n = 0, n_compact = 0;
	if (!is_of(snapshot, node, "builtins", "list"))
		return false;
	for (uint64_t e = begin; e < end; e += stride) {
		if (snapshot->edge_kind[e] != EDGE_INDEX)
			continue;
		n++;
		n_compact += is_compact(inquiry, snapshot->edge_to[e]);
	}
	return n_compact * 5 >= n * 4;
}

/* A list of a running function is what the function works on; the interpreter's own tables are
 * nobody's to bound. */
static bool is_not_ours(const struct inquiry *inquiry, const struct finding *finding)
{
	const char *root = names_root_kind(inquiry->analysis->names, &finding->path);
	return !strcmp(root, "interpreter") ||
	       (!strcmp(root, "frame") &&
		       is_of(inquiry->snapshot, finding->node, "builtins", "list"));
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	struct error *error = NULL;
	vec_foreach (inquiry->holders, holder) {
		uint32_t node = holder->is_group ? holder->container : holder->node;
		if (!error && is_worth(inquiry, holder->retained_bytes) &&
			is_object(inquiry->snapshot, node) &&
			container_bound(inquiry->snapshot, node) == BOUND_UNBOUNDED &&
			!is_data(inquiry, node))
			error = inquiry_suspect(
				inquiry, rule, node, (uint64_t)(holder - inquiry->holders->data));
	}
	return error;
}

static const char *advice_of(enum place_kind kind)
{
	switch (kind) {
	case PLACE_DEFAULT:
		return "Use None as the default and make a new object in the function: a default "
		       "is "
		       "made once and shared by all calls.";
	case PLACE_CLASS:
		return "Remove entries when they are done with, or make it in __init__: all "
		       "instances "
		       "share a class attribute, and it never goes.";
	case PLACE_CLOSURE:
	case PLACE_FUNCTION:
		return "Bound the cache: functools.lru_cache(maxsize=...) in place of a dict of "
		       "your "
		       "own.";
	default:
		return "See whether it grows (whymem watch); if so, remove entries when they are "
		       "done "
		       "with, or bound it: a maximum size, an age, weak references.";
	}
}

static const char *words_of_place(enum place_kind kind)
{
	switch (kind) {
	case PLACE_DEFAULT:
		return ", the default of a parameter";
	case PLACE_CLASS:
		return ", an attribute of the class";
	case PLACE_CLOSURE:
		return ", a variable that a function closes over";
	case PLACE_FUNCTION:
		return ", an attribute of a function";
	default:
		return "";
	}
}

static void describe_entries(const struct inquiry *inquiry, const struct place *place,
	const struct contents *contents, uint64_t n_items, struct finding *finding)
{
	const char *key = contents->key_type, *value = contents->value_type;
	const char *type = names_type(inquiry->snapshot, finding->node);
	if (key && value)
		finding_describe(finding,
			"%s of %" PRIu64 " entries (%s to %s)%s, nothing limits it", type, n_items,
			key, value, words_of_place(place->kind));
	else
		finding_describe(finding, "%s of %" PRIu64 " %s%s, nothing limits it", type,
			n_items, value ? value : "entries", words_of_place(place->kind));
	finding_advise(finding, "%s", advice_of(place->kind));
}

static void describe_callbacks(const struct inquiry *inquiry, const struct contents *contents,
	uint64_t n_items, struct finding *finding)
{
	const char *receiver = contents->receiver == OBJ_NONE
				       ? NULL
				       : names_type(inquiry->snapshot, contents->receiver);
	finding_describe(finding, "%s of %" PRIu64 " callbacks%s%s that nothing removes",
		names_type(inquiry->snapshot, finding->node), n_items,
		receiver ? ", methods bound to " : "", receiver ? receiver : "");
	finding_advise(finding,
		"Remove each callback when its listener is done, or hold it weakly: "
		"weakref.WeakMethod.");
}

static void set_evidence(const struct inquiry *inquiry, const struct place *place,
	const struct contents *contents, uint64_t n_items, struct row *evidence)
{
	bool is_bound = contents->receiver != OBJ_NONE;
	row_set_u64(evidence, "entry_count", n_items);
	row_set_null(evidence, "max_count");
	row_set_text(evidence, "place", place_name(place->kind));
	row_set_text(evidence, "key_type", contents->key_type);
	row_set_text(evidence, "value_type", contents->value_type);
	row_set_bool(evidence, "is_callbacks", contents->kind == CONTENT_CALLBACKS);
	row_set_text(evidence, "receiver_class",
		is_bound ? names_type(inquiry->snapshot, contents->receiver) : NULL);
}

/* NULL: none, or memory ran out, which the document remembers. */
static const struct registry *registry_of(const struct inquiry *inquiry, struct finding *finding)
{
	struct text text _cleanup_text_ = {0};
	names_render(inquiry->analysis->names, &finding->path, &text);
	if (text.failed)
		finding->evidence->document->failed = true;
	return registry_find(inquiry->snapshot, finding->node, text_get(&text));
}

/* The line that made room for more entries last. */
static void set_growth(const struct inquiry *inquiry, const struct finding *finding)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	struct origin origin;
	struct error *error = origins_of_room(inquiry->analysis, finding->node, &origin);
	if (error || origin.line == ORIGIN_UNKNOWN) {
		finding->evidence->document->failed |= error != NULL;
		error_destroy(error);
		row_set_null(finding->evidence, "grown_file");
		row_set_null(finding->evidence, "grown_line");
		return;
	}
	const struct snap_trace_frame *frame = &snapshot->trace_frames.data[origin.line];
	row_set_text(finding->evidence, "grown_file", snapshot_string(snapshot, frame->file));
	row_set_u64(finding->evidence, "grown_line", frame->line);
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct holder *holder = &inquiry->holders->data[suspicion->arg];
	uint64_t n_items = item_count(inquiry->snapshot, finding->node);
	struct place place = place_of(inquiry->analysis, &finding->path);
	struct contents contents = contents_of(inquiry->snapshot, finding->node);
	if (is_not_ours(inquiry, finding) || contents.kind == CONTENT_WEAK ||
		(place.kind == PLACE_INSTANCE &&
			limit_of(inquiry->snapshot, place.owner, n_items) != UINT64_MAX))
		return false;
	finding->retained_bytes = holder->retained_bytes;
	finding->saving_bytes = holder->retained_resident_bytes;
	if (!holder->is_group)
		finding->saving_bytes += weak_companions(inquiry, finding->node);
	finding->saving_method = SAVING_BOUND;
	if (contents.kind == CONTENT_CALLBACKS)
		describe_callbacks(inquiry, &contents, n_items, finding);
	else
		describe_entries(inquiry, &place, &contents, n_items, finding);
	const struct registry *registry = registry_of(inquiry, finding);
	if (registry) {
		finding_describe(finding, "%" PRIu64 " %s: %s", n_items,
			contents.value_type ? contents.value_type : "entries", registry->what);
		finding_advise(finding, "%s", registry->advice);
	}
	set_evidence(inquiry, &place, &contents, n_items, finding->evidence);
	row_set_text(finding->evidence, "registry", registry ? registry->what : NULL);
	set_growth(inquiry, finding);
	return true;
}

const struct rule rule_unbounded_container = {
	.id = "unbounded_container",
	.title = "a container that grows by use and that nothing limits",
	.is_retention = true,
	.find = find,
	.judge = judge,
};
