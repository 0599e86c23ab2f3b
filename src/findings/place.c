/* Kinds of places, contents of containers, limits that their owners know. */
#include "findings/place.h"

#include "findings/gather.h"

#include <ctype.h>

/* ---- places ---- */

const char *place_name(enum place_kind kind)
{
	static const char *const names[] = {
		[PLACE_MODULE] = "module",
		[PLACE_CLASS] = "class",
		[PLACE_INSTANCE] = "instance",
		[PLACE_CLOSURE] = "closure",
		[PLACE_DEFAULT] = "default_argument",
		[PLACE_FUNCTION] = "function",
		[PLACE_LOCAL] = "local",
		[PLACE_ELEMENT] = "element",
		[PLACE_OTHER] = "other",
	};
	return names[kind];
}

static bool is_class(const struct snapshot *snapshot, uint32_t node)
{
	return is_object(snapshot, node) && attribute_of(snapshot, node, "__mro__") != OBJ_NONE;
}

static bool is_function(const struct snapshot *snapshot, uint32_t node)
{
	return is_of(snapshot, node, "builtins", "function");
}

static bool is_edge_of(const struct snapshot *snapshot, uint64_t edge, const char *name)
{
	const char *text = names_edge_text(snapshot, edge);
	return text && !strcmp(text, name);
}

static bool is_defaults(const struct snapshot *snapshot, uint64_t edge)
{
	return is_edge_of(snapshot, edge, "__defaults__") ||
	       is_edge_of(snapshot, edge, "__kwdefaults__");
}

/* An element of what a function holds: its defaults, its closure; else of a container. */
static struct place place_of_element(
	const struct snapshot *snapshot, const struct path *path, uint32_t i)
{
	if (i && is_defaults(snapshot, path->edge[i - 1]))
		return (struct place){PLACE_DEFAULT, path->node[i - 1]};
	if (i && is_edge_of(snapshot, path->edge[i - 1], "__closure__"))
		return (struct place){PLACE_CLOSURE, path->node[i - 1]};
	return (struct place){PLACE_ELEMENT, path->node[i]};
}

/* Of an attribute that stands in `owner` or in its __dict__. */
static struct place place_in(const struct analysis *analysis, uint32_t owner)
{
	const struct snapshot *snapshot = analysis->snapshot;
	if (names_is_namespace(analysis->names, owner))
		return (struct place){PLACE_MODULE, OBJ_NONE};
	if (is_class(snapshot, owner))
		return (struct place){PLACE_CLASS, owner};
	if (is_function(snapshot, owner))
		return (struct place){PLACE_FUNCTION, owner};
	return (struct place){PLACE_INSTANCE, owner};
}

static struct place place_of_key(
	const struct analysis *analysis, const struct path *path, uint32_t i)
{
	const struct snapshot *snapshot = analysis->snapshot;
	uint32_t from = path->node[i];
	if (names_is_namespace(analysis->names, from))
		return (struct place){PLACE_MODULE, OBJ_NONE};
	bool is_attribute = i && snapshot->edge_kind[path->edge[i - 1]] == EDGE_DICT;
	return is_attribute ? place_in(analysis, path->node[i - 1])
			    : place_of_element(snapshot, path, i);
}

struct place place_of(const struct analysis *analysis, const struct path *path)
{
	const struct snapshot *snapshot = analysis->snapshot;
	uint32_t i = path->n;
	while (i && snapshot->edge_kind[path->edge[i - 1]] == EDGE_CELL_CONTENT)
		i--;
	if (!i)
		return (struct place){PLACE_OTHER, OBJ_NONE};
	uint32_t from = path->node[i - 1];
	switch ((enum edge_kind)snapshot->edge_kind[path->edge[i - 1]]) {
	case EDGE_ATTR:
	case EDGE_ATTR_STATIC:
	case EDGE_FIELD:
	case EDGE_DICT:
		return place_in(analysis, from);
	case EDGE_KEY:
		return place_of_key(analysis, path, i - 1);
	case EDGE_INDEX:
	case EDGE_ITEM:
		return place_of_element(snapshot, path, i - 1);
	case EDGE_LOCAL:
		return (struct place){PLACE_LOCAL, from};
	case EDGE_CELL:
		return (struct place){
			is_function(snapshot, from) ? PLACE_CLOSURE : PLACE_LOCAL, from};
	default:
		return (struct place){PLACE_OTHER, OBJ_NONE};
	}
}

/* ---- registries ---- */

#define WARNINGS 0

static const struct registry registries[] = {
	[WARNINGS] = {".__warningregistry__", "warnings remembers every message text it has shown",
		"Warn with a constant text: what differs does not belong in the message."},
	{".loggerDict", "logging keeps every logger for ever",
		"Use one logger, and pass what differs with logging.LoggerAdapter or extra=."},
	{"warnings.onceregistry", "warnings remembers every message text it has shown",
		"Warn with a constant text: what differs does not belong in the message."},
	{"warnings.filters", "each call of simplefilter() or filterwarnings() adds one",
		"Set filters once, or inside warnings.catch_warnings()."},
	{"linecache.cache", "linecache keeps the lines of every file shown in a traceback",
		"Call linecache.clearcache() or linecache.checkcache() now and then."},
	{"weakref.finalize._registry", "finalizers wait for objects that are still alive",
		"Find what keeps the objects alive: a finalizer must not refer to its own object."},
	{"multiprocessing.util._finalizer_registry", "finalizers that have not run",
		"Call close() and join() on pools, queues and managers that are done with."},
	{".mock_calls", "a mock remembers every call with its arguments",
		"Do not use mocks outside tests, or call reset_mock()."},
	{"._mock_mock_calls", "a mock remembers every call with its arguments",
		"Do not use mocks outside tests, or call reset_mock()."},
	{".call_args_list", "a mock remembers every call with its arguments",
		"Do not use mocks outside tests, or call reset_mock()."},
	{"sys.modules", "every module that was imported stays",
		"Do not make modules with new names at run time, or delete them from sys.modules."},
	{"atexit.callbacks", "atexit keeps every function until the program ends",
		"Register one function that works on a weakref.WeakSet, or call "
		"atexit.unregister()."},
};

static bool ends_with(const char *text, const char *suffix)
{
	size_t n = strlen(text), n_suffix = strlen(suffix);
	return n >= n_suffix && !strcmp(text + n - n_suffix, suffix);
}

#define KEYS_LOOKED_AT 8

/* Is a key a text, a class of warnings and a line? 3.11 hides the name of that dict. */
static bool is_shown_warning(const struct snapshot *snapshot, uint32_t key)
{
	uint32_t parts[3];
	unsigned n = 0;
	if (!is_of(snapshot, key, "builtins", "tuple"))
		return false;
	for (uint64_t e = snapshot->edge_start[key]; e < snapshot->edge_start[key + 1]; e++)
		if (snapshot->edge_kind[e] == EDGE_INDEX && n < ARRAY_SIZE(parts))
			parts[n++] = snapshot->edge_to[e];
	return n == ARRAY_SIZE(parts) && is_of(snapshot, parts[0], "builtins", "str") &&
	       is_class(snapshot, parts[1]) && is_of(snapshot, parts[2], "builtins", "int");
}

static bool holds_shown_warnings(const struct snapshot *snapshot, uint32_t dict)
{
	unsigned n = 0;
	for (uint64_t e = snapshot->edge_start[dict];
		e < snapshot->edge_start[dict + 1] && n < KEYS_LOOKED_AT; e++) {
		if (snapshot->edge_kind[e] != EDGE_ITEM)
			continue;
		if (is_shown_warning(snapshot, snapshot->edge_to[e]))
			return true;
		n++;
	}
	return false;
}

const struct registry *registry_find(
	const struct snapshot *snapshot, uint32_t container, const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(registries); i++)
		if (ends_with(path, registries[i].suffix))
			return &registries[i];
	return holds_shown_warnings(snapshot, container) ? &registries[WARNINGS] : NULL;
}

/* ---- contents ---- */

#define SAMPLES 256

/* The most frequent of few types: counts candidates, by majority. */
struct majority {
	type_id type;
	uint64_t votes;
};

static void vote(struct majority *majority, type_id type)
{
	if (!majority->votes)
		majority->type = type;
	majority->votes += majority->type == type ? 1 : UINT64_MAX;
}

static bool is_callback(const struct snapshot *snapshot, uint32_t node)
{
	return is_function(snapshot, node) || is_of(snapshot, node, "builtins", "method") ||
	       is_of(snapshot, node, "functools", "partial");
}

static bool is_weak(const struct snapshot *snapshot, uint32_t node)
{
	uint64_t referent;
	return is_object(snapshot, node) &&
	       (snapshot_fact(snapshot, node, FACT_WEAK_OBJECT, &referent) ||
		       is_of(snapshot, node, NULL, "ReferenceType"));
}

struct sampling {
	struct majority keys, values;
	uint64_t n_keys, n_values, n_callbacks, n_weak;
	uint64_t n_key_type, n_value_type; /* of those of the majority, in a second pass */
	uint32_t receiver;
};

static void sample_value(const struct snapshot *snapshot, uint32_t to, struct sampling *sampling)
{
	sampling->n_values++;
	vote(&sampling->values, snapshot->type[to]);
	sampling->n_callbacks += is_callback(snapshot, to);
	sampling->n_weak += is_weak(snapshot, to);
	if (sampling->receiver == OBJ_NONE && is_of(snapshot, to, "builtins", "method"))
		sampling->receiver = attribute_of(snapshot, to, "__self__");
}

static void sample_edge(
	const struct snapshot *snapshot, uint64_t e, bool is_mapping, struct sampling *sampling)
{
	uint32_t to = snapshot->edge_to[e];
	unsigned kind = snapshot->edge_kind[e];
	if (!is_object(snapshot, to))
		return;
	if (kind == EDGE_ITEM && is_mapping) {
		sampling->n_keys++;
		vote(&sampling->keys, snapshot->type[to]);
		sampling->n_weak += is_weak(snapshot, to);
	} else if (kind == EDGE_KEY || kind == EDGE_INDEX || kind == EDGE_ITEM) {
		sample_value(snapshot, to, sampling);
	}
}

static void sample_type(
	const struct snapshot *snapshot, uint64_t e, bool is_mapping, struct sampling *sampling)
{
	uint32_t to = snapshot->edge_to[e];
	if (!is_object(snapshot, to))
		return;
	if (snapshot->edge_kind[e] == EDGE_ITEM && is_mapping)
		sampling->n_key_type += snapshot->type[to] == sampling->keys.type;
	else
		sampling->n_value_type += snapshot->type[to] == sampling->values.type;
}

static const char *majority_name(
	const struct snapshot *snapshot, const struct majority *majority, uint64_t n_of, uint64_t n)
{
	const struct snap_type *type = &snapshot->types.data[majority->type];
	return n && n_of * 10 >= n * 9 ? snapshot_string(snapshot, type->name) : NULL;
}

static struct contents conclude(const struct snapshot *snapshot, const struct sampling *sampling)
{
	struct contents contents = {
		.key_type = majority_name(
			snapshot, &sampling->keys, sampling->n_key_type, sampling->n_keys),
		.value_type = majority_name(
			snapshot, &sampling->values, sampling->n_value_type, sampling->n_values),
		.receiver = sampling->receiver,
	};
	if (sampling->n_weak * 10 >= MAX(sampling->n_values, 1) * 9)
		contents.kind = CONTENT_WEAK;
	else if (sampling->n_callbacks && sampling->n_callbacks * 10 >= sampling->n_values * 8)
		contents.kind = CONTENT_CALLBACKS;
	return contents;
}

/* Two edges an entry of a mapping, always in the same order: an odd stride meets both kinds. */
struct contents contents_of(const struct snapshot *snapshot, uint32_t container)
{
	uint64_t begin = snapshot->edge_start[container], end = snapshot->edge_start[container + 1];
	uint64_t stride = ((end - begin) / SAMPLES) | 1;
	bool is_mapping = first_edge(snapshot, container, EDGE_KEY) != OBJ_NONE;
	struct sampling sampling = {.receiver = OBJ_NONE};
	for (uint64_t e = begin; e < end; e += stride)
		sample_edge(snapshot, e, is_mapping, &sampling);
	for (uint64_t e = begin; e < end; e += stride)
		sample_type(snapshot, e, is_mapping, &sampling);
	return conclude(snapshot, &sampling);
}

/* ---- limits ---- */

#define ATTRIBUTES_MAX 64
#define NAME_BYTES 64

/* Letters in lower case, without underscores. */
static void fold_name(const char *name, char ret[NAME_BYTES])
{
	size_t n = 0;
	for (; *name && n + 1 < NAME_BYTES; name++)
		if (*name != '_')
			ret[n++] = (char)tolower((unsigned char)*name);
	ret[n] = '\0';
}

static bool is_limit_name(const char *name)
{
	static const char *const words[] = {"maxsize", "maxlen", "maxentries", "maxitems",
		"maxcount", "maxkeys", "maxnum", "capacity", "cachesize", "limit", "maxcache"};
	char folded[NAME_BYTES];
	fold_name(name, folded);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(folded, words[i]))
			return true;
	return false;
}

uint64_t limit_of(const struct snapshot *snapshot, uint32_t owner, uint64_t n_items)
{
	uint32_t parts[] = {owner, first_edge(snapshot, owner, EDGE_DICT)};
	for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
		if (parts[p] == OBJ_NONE)
			continue;
		uint64_t begin = snapshot->edge_start[parts[p]];
		uint64_t end = MIN(snapshot->edge_start[parts[p] + 1], begin + 2 * ATTRIBUTES_MAX);
		for (uint64_t e = begin; e < end; e++) {
			int64_t limit;
			const char *name = names_edge_text(snapshot, e);
			if (name && int_of(snapshot, snapshot->edge_to[e], &limit) && limit > 0 &&
				limit < INT32_MAX && (uint64_t)limit >= n_items &&
				is_limit_name(name))
				return (uint64_t)limit;
		}
	}
	return UINT64_MAX;
}

/* ---- weak references ---- */

/* So many are looked at; of more a sample stands for all. */
#define WEAK_SAMPLES (1u << 18)

uint64_t weak_companions(const struct inquiry *inquiry, uint32_t node)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	uint64_t n_bytes = 0;
	uint32_t begin, end;
	snapshot_fact_range(snapshot, FACT_WEAK_OBJECT, &begin, &end);
	uint32_t stride = (end - begin) / WEAK_SAMPLES + 1;
	for (uint32_t i = begin; i < end; i += MIN(stride, end - i)) {
		obj_id referent = snapshot_find(snapshot, snapshot->facts.value[i]);
		obj_id reference = snapshot->facts.object[i];
		if (referent != OBJ_NONE && is_below(inquiry->analysis, referent, node) &&
			!is_below(inquiry->analysis, reference, node))
			n_bytes += retained_of(inquiry->analysis, reference);
	}
	return n_bytes * stride;
}
