/*
 * exceptions_hold_frames: exceptions that are kept, each with its traceback, the
 * frames and all local variables of the functions that failed.
 *
 * The group is the frames: an exception that stands in a tuple beside its
 * traceback (sys.exc_info()) does not hold them alone.
 *
 * Evidence: exception_type of one; exception_count, those below the container;
 * frame_count; function, file and line, where one failed; local, local_type and
 * local_bytes, its variable that holds most.
 */
#include "findings/gather.h"
#include "findings/rules.h"

#include <stdlib.h>

static struct error *add_frame(
	struct inquiry *inquiry, uint32_t frame, uint64_t *seen, struct group *group)
{
	if (frame == OBJ_NONE || !is_object(inquiry->snapshot, frame) || bits_get(seen, frame))
		return NULL;
	obj_id *member = vec_add(&group->members);
	if (!member)
		return &error_no_memory;
	bits_set(seen, frame);
	*member = frame;
	group->weight += retained_of(inquiry->analysis, frame);
	return NULL;
}

static struct error *add_frames(
	struct inquiry *inquiry, const struct group *tracebacks, struct group *group)
{
	uint64_t *seen = calloc(bits_words(inquiry->snapshot->n_objects) + 1, sizeof(uint64_t));
	struct error *error = seen ? NULL : &error_no_memory;
	vec_foreach (&tracebacks->members, traceback) {
		if (error)
			break;
		error = add_frame(inquiry, attribute_of(inquiry->snapshot, *traceback, "tb_frame"),
			seen, group);
	}
	free(seen);
	return error;
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	static const struct type_name types[] = {{"builtins", "traceback"}};
	struct group tracebacks = {0}, frames = {0};
	struct error *error = gather_types(inquiry, types, 1, NULL, NULL, &tracebacks);
	if (!error && tracebacks.members.n)
		error = add_frames(inquiry, &tracebacks, &frames);
	group_deinit(&tracebacks);
	return suspect_gathered(inquiry, rule, &frames, error);
}

/* ---- judgement ---- */

static bool is_exception(const struct snapshot *snapshot, uint32_t node)
{
	return is_object(snapshot, node) &&
	       attribute_of(snapshot, node, "__traceback__") != OBJ_NONE;
}

#define STEPS_UP 64

/* The exception that holds a frame, by itself or beside its traceback in a tuple; OBJ_NONE. */
static uint32_t exception_of(const struct analysis *analysis, uint32_t frame)
{
	const struct snapshot *snapshot = analysis->snapshot;
	uint32_t node = analysis->idom[frame];
	for (unsigned i = 0; i < STEPS_UP && node < GRAPH_UNREACHED && is_object(snapshot, node);
		i++, node = analysis->idom[node]) {
		if (is_exception(snapshot, node))
			return node;
		if (!is_of(snapshot, node, "builtins", "tuple"))
			continue;
		for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1];
			e++)
			if (is_exception(snapshot, snapshot->edge_to[e]))
				return snapshot->edge_to[e];
	}
	return OBJ_NONE;
}

struct counting {
	const struct inquiry *inquiry;
	uint32_t container;
	uint64_t n;
};

static bool count_exception(const struct inquiry *inquiry, obj_id object, void *arg)
{
	struct counting *counting = arg;
	if (is_exception(inquiry->snapshot, object) &&
		is_below(inquiry->analysis, object, counting->container))
		counting->n++;
	return false;
}

static uint64_t count_exceptions(const struct inquiry *inquiry, uint32_t container)
{
	static const struct type_name types[] = {{"builtins", "BaseException"}};
	struct counting counting = {inquiry, container, 0};
	struct group none = {0};
	struct error *error = gather_types(inquiry, types, 1, count_exception, &counting, &none);
	group_deinit(&none);
	if (!error)
		return counting.n;
	error_destroy(error);
	return UINT64_MAX;
}

/* The frame of the sample below the container whose variable holds most. */
static struct local worst_local(
	const struct inquiry *inquiry, const struct suspicion *suspicion, uint32_t *frame_ret)
{
	enum { SAMPLES = 64 };
	struct local worst = {.value = OBJ_NONE};
	uint64_t n = 0;
	*frame_ret = suspicion->placement.first;
	vec_foreach (&suspicion->group.members, frame) {
		if (n == SAMPLES)
			break;
		if (!is_below(inquiry->analysis, *frame, suspicion->placement.container))
			continue;
		struct local local = largest_local(inquiry->analysis, *frame);
		n++;
		if (local.n_bytes <= worst.n_bytes)
			continue;
		worst = local;
		*frame_ret = *frame;
	}
	return worst;
}

/* Of a single exception the path ends there, not inside. */
static void name_exception(const struct snapshot *snapshot, struct finding *finding)
{
	while (finding->path.n &&
		(is_of(snapshot, path_end(&finding->path), "builtins", "traceback") ||
			is_of(snapshot, path_end(&finding->path), "builtins", "frame")))
		path_shorten(&finding->path, 1);
	finding->node = path_end(&finding->path);
}

static void describe(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	uint64_t n = count_exceptions(inquiry, finding->node);
	uint32_t frame;
	struct local local = worst_local(inquiry, suspicion, &frame);
	uint32_t exception = exception_of(inquiry->analysis, frame);
	const char *type = exception == OBJ_NONE ? NULL : names_type(snapshot, exception);
	uint32_t code = code_of(snapshot, frame);
	const char *function = code_name(snapshot, code);
	finding_describe(finding, "%" PRIu64 " %s kept with %s: %s the local variables of %s%s%s",
		n, type ? type : "exceptions", n == 1 ? "its traceback" : "their tracebacks",
		n == 1 ? "it holds" : "they hold",
		function ? function : "the functions that failed", local.name ? ", most in " : "",
		local.name ? local.name : "");
	row_set_text(finding->evidence, "exception_type", type);
	row_set_u64(finding->evidence, "exception_count", n);
	row_set_u64(finding->evidence, "frame_count", suspicion->placement.count);
	row_set_text(finding->evidence, "function", function);
	set_code_evidence(snapshot, code, finding);
	set_local_evidence(snapshot, &local, finding);
}

/* One that is being handled goes when the handler is done. */
static bool is_in_flight(const struct inquiry *inquiry, const struct suspicion *suspicion,
	const struct finding *finding)
{
	const char *root = names_root_kind(inquiry->analysis->names, &finding->path);
	return suspicion->placement.count < MANY_OBJECTS &&
	       (!strcmp(root, "frame") || !strcmp(root, "thread_local"));
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	name_exception(inquiry->snapshot, finding);
	if (!is_worth(inquiry, finding->retained_bytes) ||
		is_in_flight(inquiry, suspicion, finding))
		return false;
	finding_save_members(suspicion, finding);
	describe(inquiry, suspicion, finding);
	finding_advise(finding,
		"Keep the text, not the exception: str(error) or "
		"traceback.format_exc(); or drop it with error.with_traceback(None).");
	return true;
}

const struct rule rule_exceptions_hold_frames = {
	.id = "exceptions_hold_frames",
	.title = "exceptions that are kept with the frames and variables of what failed",
	.is_retention = true,
	.find = find,
	.judge = judge,
};
