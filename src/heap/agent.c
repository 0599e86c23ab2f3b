#include "heap/agent.h"

#include "base/clock.h"
#include "target/module.h"
#include "target/proc.h"
#include "trace/tags.h"

#include <stdlib.h>
#include <sys/mman.h>

#define CLOCK_STOPS_TICKS 500 /* the run of whymem that set it has ended, or was stopped */

static bool is_named_agent(const struct map *map)
{
	const char *slash = strrchr(map->path, '/');
	return slash && !strncmp(slash + 1, "whymem-agent", 12);
}

/* ---- where it is ---- */

static bool read_anchor(const struct agent *agent, addr_t address, struct tag_anchor *ret)
{
	const void *at = mem_at(agent->mem, address, sizeof(*ret));
	if (!at)
		return false;
	memcpy(ret, at, sizeof(*ret));
	return ret->magic == TAG_ANCHOR_MAGIC && ret->version == TAG_ANCHOR_VERSION &&
	       ret->n_bytes >= sizeof(*ret);
}

static struct error *add_data(struct agent *agent, const struct module *module)
{
	vec_foreach (&module->writable, writable) {
		struct agent_span *span = vec_add(&agent->data);
		if (!span)
			return &error_no_memory;
		*span = (struct agent_span){
			writable->address, writable->address + writable->n_bytes};
	}
	return NULL;
}

static struct error *find_anchor(
	const struct capture *capture, const struct map *first, struct agent *agent)
{
	struct module module;
	struct module_span span;
	struct tag_anchor anchor;
	struct error *error = module_open(capture, first, &module);
	if (error && error->kind == ERROR_CORRUPT_FILE) {
		error_destroy(error);
		return NULL;
	}
	if (error)
		return error;
	if (module_find_symbol(&module, TAG_ANCHOR_NAME, &span) &&
		read_anchor(agent, span.address, &anchor)) {
		agent->module = first;
		agent->directory = anchor.directory;
		agent->table = anchor.table;
		error = add_data(agent, &module);
	}
	module_close(&module);
	return error;
}

/* ---- the memory of the tags ---- */

static bool is_private(const struct capture *capture, addr_t begin, uint64_t n_bytes)
{
	const struct map *map = capture_find_map(capture, begin);
	return map && !(map->flags & MAP_IS_SHARED) && map->flags & MAP_IN_IMAGE &&
	       begin % 4096 == 0 && mem_has_range(&capture->mem, begin, n_bytes);
}

static struct error *add_memory(struct agent *agent, addr_t begin, uint64_t n_bytes)
{
	struct agent_span *span = vec_add(&agent->memory);
	if (!span)
		return &error_no_memory;
	*span = (struct agent_span){begin, begin + n_bytes};
	return NULL;
}

/* Tells of the memory from `base` on. */
static struct error *add_leaf(struct agent *agent, addr_t at, addr_t base)
{
	struct agent_leaf *leaf = vec_add(&agent->leaves);
	if (!leaf)
		return &error_no_memory;
	*leaf = (struct agent_leaf){at, base};
	return add_memory(agent, at, align_up(TAG_LEAF_BYTES, 4096));
}

static int compare_spans(const void *a, const void *b)
{
	const struct agent_span *left = a, *right = b;
	return (left->begin > right->begin) - (left->begin < right->begin);
}

/* Sorts the spans; those that touch become one. */
static void merge_memory(struct agent *agent)
{
	struct agent_span *spans = agent->memory.data;
	size_t n = 0;
	if (!agent->memory.n)
		return;
	qsort(spans, agent->memory.n, sizeof(*spans), compare_spans);
	for (size_t i = 1; i < agent->memory.n; i++) {
		if (spans[i].begin <= spans[n].end)
			spans[n].end = MAX(spans[n].end, spans[i].end);
		else
			spans[++n] = spans[i];
	}
	agent->memory.n = n + 1;
}

/* Tags cannot take more than all private memory of the process. */
static uint64_t count_room(const struct capture *capture)
{
	uint64_t n_bytes = 0;
	vec_foreach (&capture->maps, map)
		if (!(map->flags & MAP_IS_SHARED))
			n_bytes += map->end - map->start;
	return n_bytes;
}

/* Is there a leaf? Takes it off the room. */
static bool take_room(const struct capture *capture, addr_t at, uint64_t *room)
{
	if (!at || *room < TAG_LEAF_BYTES || !is_private(capture, at, TAG_LEAF_BYTES))
		return false;
	*room -= TAG_LEAF_BYTES;
	return true;
}

static struct error *find_memory(const struct capture *capture, struct agent *agent)
{
	uint64_t room = count_room(capture);
	struct error *error = NULL;
	for (uint64_t i = 0; !error && i < TAG_LEAVES; i++) {
		addr_t leaf = mem_word(agent->mem, agent->directory + 8 * i);
		if (take_room(capture, leaf, &room))
			error = add_leaf(agent, leaf, i << TAG_LEAF_BITS);
	}
	merge_memory(agent);
	return error;
}

/* ---- the table ---- */

/* As the process itself sees its number: in the innermost pid namespace. */
static uint32_t own_pid(const struct capture *capture)
{
	char *status = NULL;
	struct error *error = proc_read(capture->pid, "status", &status, NULL);
	const char *at = error ? NULL : proc_field(status, "NSpid:");
	uint32_t pid = (uint32_t)capture->pid;
	while (at && *at >= '0' && *at <= '9') {
		char *end;
		pid = (uint32_t)strtoul(at, &end, 10);
		at = end + strspn(end, " \t");
	}
	error_destroy(error);
	free(status);
	return pid;
}

/*
 * A child of a traced process has its tags, but nobody keeps them; nor does the
 * interpreter that is about to end.
 */
static void check_tracing(const struct capture *capture, struct agent *agent)
{
	struct trace_header header;
	if (!capture_read_shared(capture, agent->table, &header, sizeof(header)) ||
		header.magic != TRACE_MAGIC || header.state != TRACE_STATE_TRACING ||
		header.pid != own_pid(capture))
		return;
	agent->n_nodes = MIN(header.n_nodes, TRACE_NODES);
	agent->now = header.now;
	agent->knows_time = tag_age(header.now, trace_now(monotonic_ns())) < CLOCK_STOPS_TICKS;
}

struct error *agent_find(const struct capture *capture, struct agent *ret)
{
	struct agent agent = {.mem = &capture->mem};
	struct error *error = NULL;
	const struct map *map = NULL;
	while (!error && !agent.module && (map = module_next_map(capture, map)))
		if (is_named_agent(map))
			error = find_anchor(capture, map, &agent);
	if (!error && agent.directory && agent.table) {
		error = find_memory(capture, &agent);
		check_tracing(capture, &agent);
	}
	if (error)
		agent_deinit(&agent);
	else
		*ret = agent;
	return error;
}

void agent_deinit(struct agent *agent)
{
	vec_deinit(&agent->memory);
	vec_deinit(&agent->leaves);
	vec_deinit(&agent->data);
}

/* Copies [at, at + n_bytes) of the table; what cannot be had stays zero. */
static void copy_part(const struct agent *agent, const struct capture *capture, char *memory,
	uint64_t at, uint64_t n_bytes)
{
	capture_read_shared(capture, agent->table + at, memory + at, n_bytes);
}

struct error *agent_copy_table(
	const struct agent *agent, const struct capture *capture, struct trace *ret)
{
	char *memory = mmap(NULL, TRACE_FILE_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return &error_no_memory;
	const struct trace_header *header = (const struct trace_header *)memory;
	copy_part(agent, capture, memory, 0, sizeof(*header));
	uint64_t n_nodes = MIN(header->n_nodes, TRACE_NODES);
	uint64_t n_codes = MIN(header->n_codes, TRACE_CODES);
	copy_part(
		agent, capture, memory, TRACE_COUNTERS_AT, n_nodes * sizeof(struct trace_counters));
	copy_part(agent, capture, memory, TRACE_NODES_AT, n_nodes * sizeof(struct trace_node));
	copy_part(agent, capture, memory, TRACE_CODES_AT, n_codes * sizeof(struct trace_code));
	copy_part(
		agent, capture, memory, TRACE_TEXT_AT, MIN(header->n_text_bytes, TRACE_TEXT_BYTES));
	*ret = (struct trace){.memory = memory};
	return NULL;
}
