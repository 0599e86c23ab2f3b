#include "build.h"

#include <stdio.h>
#include <stdlib.h>

#define HOLDER 0x80000000u
#define FIRST_ADDRESS 0x7f0000000000ull
#define SPACING 0x100

struct built_edge {
	uint32_t from, to, operand;
	uint32_t order; /* of being added */
	uint8_t kind;
};

struct built_object {
	type_id type;
	uint32_t n_bytes;
	uint8_t flags;
	str_id text;
	bool has_text;
};

struct built_fact {
	uint8_t id;
	obj_id object;
	uint64_t value;
};

struct build {
	struct snapshot *snapshot;
	VEC(struct built_object) objects;
	VEC(struct built_edge) edges;
	VEC(struct built_fact) facts;
	type_id type_type;
};

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#define ADD(vector)                                                                                \
	({                                                                                         \
		__typeof__((vector)->data) added_ = vec_add(vector);                               \
		MUST(added_);                                                                      \
		added_;                                                                            \
	})

str_id build_string(struct build *build, const char *text)
{
	str_id id;
	MUST(!strpool_add(&build->snapshot->strings, text, strlen(text), &id));
	return id;
}

struct build *build_create(void)
{
	struct build *build = calloc(1, sizeof(*build));
	MUST(build);
	MUST(!snapshot_create(&build->snapshot));
	build->snapshot->complete = 1;
	build->type_type = TYPE_NONE;
	build->type_type = build_type(build, "builtins", "type");
	return build;
}

uint32_t build_object(struct build *build, type_id type, uint32_t n_bytes)
{
	*ADD(&build->objects) = (struct built_object){.type = type, .n_bytes = n_bytes};
	return (uint32_t)build->objects.n - 1;
}

type_id build_type(struct build *build, const char *module, const char *name)
{
	str_id module_id = build_string(build, module), name_id = build_string(build, name);
	for (size_t i = 0; i < build->snapshot->types.n; i++) {
		const struct snap_type *type = &build->snapshot->types.data[i];
		if (type->module == module_id && type->name == name_id)
			return (type_id)i;
	}
	type_id id = (type_id)build->snapshot->types.n;
	struct snap_type *type = ADD(&build->snapshot->types);
	*type = (struct snap_type){.name = name_id, .module = module_id};
	type_id of = build->type_type == TYPE_NONE ? id : build->type_type;
	type->object = build_object(build, of, 0);
	build->objects.data[type->object].flags = OBJECT_STATIC;
	return id;
}

uint32_t build_type_object(struct build *build, type_id type)
{
	return build->snapshot->types.data[type].object;
}

uint32_t build_builtin(struct build *build, const char *type, uint32_t n_bytes)
{
	return build_object(build, build_type(build, "builtins", type), n_bytes);
}

uint32_t build_str(struct build *build, const char *text)
{
	str_id id = build_string(build, text);
	for (size_t i = 0; i < build->objects.n; i++)
		if (build->objects.data[i].has_text && build->objects.data[i].text == id)
			return (uint32_t)i;
	uint32_t object = build_builtin(build, "str", 0);
	build->objects.data[object].text = id;
	build->objects.data[object].has_text = true;
	build->objects.data[object].flags = OBJECT_STATIC;
	return object;
}

uint32_t build_holder(
	struct build *build, enum node_kind kind, const char *name, const char *file, uint32_t line)
{
	uint32_t node = (uint32_t)build->snapshot->nodes.n | HOLDER;
	*ADD(&build->snapshot->nodes) = (struct snap_node){
		.kind = kind,
		.name = name ? build_string(build, name) : 0,
		.file = file ? build_string(build, file) : 0,
		.line = line,
	};
	ADD(&build->snapshot->roots)->node = node;
	return node;
}

struct module build_module(struct build *build, const char *name, const char *file)
{
	struct module module = {
		.holder = build_holder(build, NODE_MODULE, name, file, 0),
		.object = build_builtin(build, "module", 64),
		.dict = build_builtin(build, "dict", 256),
	};
	build_edge(build, module.holder, EDGE_MEMBER, 0, module.object);
	build_edge(build, module.object, EDGE_DICT, 0, module.dict);
	return module;
}

uint32_t build_instance(struct build *build, type_id type, uint32_t n_bytes)
{
	uint32_t object = build_object(build, type, n_bytes);
	build_edge(build, object, EDGE_DICT, 0, build_builtin(build, "dict", 112));
	build_edge(build, object, EDGE_TYPE, 0, build_type_object(build, type));
	return object;
}

uint32_t build_dict_of(struct build *build, uint32_t object)
{
	vec_foreach (&build->edges, edge)
		if (edge->from == object && edge->kind == EDGE_DICT)
			return edge->to;
	abort();
}

void build_edge(
	struct build *build, uint32_t from, enum edge_kind kind, uint32_t operand, uint32_t to)
{
	*ADD(&build->edges) = (struct built_edge){
		.from = from,
		.to = to,
		.operand = operand,
		.order = (uint32_t)build->edges.n,
		.kind = kind,
	};
}

void build_named(
	struct build *build, uint32_t from, enum edge_kind kind, const char *name, uint32_t to)
{
	build_edge(build, from, kind, name ? build_str(build, name) : OBJ_NONE, to);
}

void build_field(
	struct build *build, uint32_t from, enum edge_kind kind, const char *name, uint32_t to)
{
	build_edge(build, from, kind, build_string(build, name), to);
}

void build_key(struct build *build, uint32_t from, const char *name, uint32_t to)
{
	build_named(build, from, EDGE_KEY, name, to);
}

void build_fact(struct build *build, uint32_t object, enum fact_id fact, uint64_t value)
{
	*ADD(&build->facts) = (struct built_fact){fact, object, value};
}

void build_flags(struct build *build, uint32_t object, uint8_t flags)
{
	build->objects.data[object].flags = flags;
}

void build_figure(struct build *build, const char *name, uint64_t value)
{
	str_id id = build_string(build, name);
	*ADD(&build->snapshot->figures) = (struct snap_figure){id, value};
}

void build_pin(struct build *build, uint32_t object, uint64_t n_bytes)
{
	*ADD(&build->snapshot->pins) = (struct snap_pin){object, n_bytes};
}

void build_part(struct build *build, enum part part, uint64_t n_bytes)
{
	build->snapshot->part_bytes[part] = n_bytes;
}

/* ---- the columns ---- */

static uint32_t final_node(const struct build *build, uint32_t node)
{
	return node & HOLDER ? (uint32_t)build->objects.n + (node & ~HOLDER) : node;
}

static void finish_objects(struct build *build)
{
	struct snapshot *snapshot = build->snapshot;
	size_t n = build->objects.n;
	snapshot->n_objects = (uint32_t)n;
	snapshot->n_nodes = (uint32_t)(n + snapshot->nodes.n);
	MUST(snapshot->address = snapshot_alloc(n, sizeof(uint64_t)));
	MUST(snapshot->type = snapshot_alloc(n, sizeof(type_id)));
	MUST(snapshot->block_units = snapshot_alloc(n, sizeof(uint16_t)));
	MUST(snapshot->size = snapshot_alloc(n, sizeof(uint16_t)));
	MUST(snapshot->content = snapshot_alloc(n, sizeof(uint32_t)));
	MUST(snapshot->flags = snapshot_alloc(n, sizeof(uint8_t)));
	for (size_t i = 0; i < n; i++) {
		const struct built_object *object = &build->objects.data[i];
		snapshot->address[i] = FIRST_ADDRESS + i * SPACING;
		snapshot->type[i] = object->type;
		MUST(snapshot_set_sizes(snapshot, i, object->n_bytes, object->n_bytes));
		snapshot->flags[i] = object->flags;
		snapshot->n_texts += object->has_text;
	}
	MUST(snapshot->text_object = snapshot_alloc(snapshot->n_texts, sizeof(obj_id)));
	MUST(snapshot->text = snapshot_alloc(snapshot->n_texts, sizeof(str_id)));
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		if (!build->objects.data[i].has_text)
			continue;
		snapshot->text_object[at] = (obj_id)i;
		snapshot->text[at++] = build->objects.data[i].text;
	}
}

static int compare_edges(const void *a, const void *b)
{
	const struct built_edge *left = a, *right = b;
	if (left->from != right->from)
		return left->from < right->from ? -1 : 1;
	return left->order < right->order ? -1 : 1;
}

static void finish_edges(struct build *build)
{
	struct snapshot *snapshot = build->snapshot;
	size_t n = build->edges.n;
	vec_foreach (&build->edges, edge) {
		edge->from = final_node(build, edge->from);
		edge->to = final_node(build, edge->to);
	}
	if (n)
		qsort(build->edges.data, n, sizeof(struct built_edge), compare_edges);
	snapshot->n_edges = n;
	MUST(snapshot->edge_start = snapshot_alloc(snapshot->n_nodes + 1, sizeof(uint64_t)));
	MUST(snapshot->edge_to = snapshot_alloc(n, sizeof(obj_id)));
	MUST(snapshot->edge_kind = snapshot_alloc(n, sizeof(uint8_t)));
	MUST(snapshot->edge_operand = snapshot_alloc(n, sizeof(uint32_t)));
	for (size_t i = 0; i < n; i++) {
		const struct built_edge *edge = &build->edges.data[i];
		snapshot->edge_start[edge->from + 1]++;
		snapshot->edge_to[i] = edge->to;
		snapshot->edge_kind[i] = edge->kind;
		snapshot->edge_operand[i] = edge->operand;
	}
	for (uint32_t i = 0; i < snapshot->n_nodes; i++)
		snapshot->edge_start[i + 1] += snapshot->edge_start[i];
	vec_foreach (&snapshot->roots, root)
		root->node = final_node(build, root->node);
}

static int compare_facts(const void *a, const void *b)
{
	const struct built_fact *left = a, *right = b;
	if (left->id != right->id)
		return left->id < right->id ? -1 : 1;
	return left->object < right->object ? -1 : left->object > right->object;
}

static void finish_facts(struct build *build)
{
	struct facts *facts = &build->snapshot->facts;
	size_t n = build->facts.n;
	if (n)
		qsort(build->facts.data, n, sizeof(struct built_fact), compare_facts);
	facts->n = (uint32_t)n;
	MUST(facts->id = snapshot_alloc(n, sizeof(uint8_t)));
	MUST(facts->object = snapshot_alloc(n, sizeof(obj_id)));
	MUST(facts->value = snapshot_alloc(n, sizeof(uint64_t)));
	for (size_t i = 0; i < n; i++) {
		facts->id[i] = build->facts.data[i].id;
		facts->object[i] = build->facts.data[i].object;
		facts->value[i] = build->facts.data[i].value;
	}
}

/* Objects occupy what is resident of their blocks. */
static void finish_account(struct snapshot *snapshot)
{
	uint64_t *objects = &snapshot->part_bytes[PART_OBJECTS];
	for (obj_id i = 0; i < snapshot->n_objects; i++)
		*objects += snapshot_self_bytes(snapshot, i);
	uint32_t begin, end;
	snapshot_fact_range(snapshot, FACT_MISSING_BYTES, &begin, &end);
	for (uint32_t i = begin; i < end; i++)
		*objects -= snapshot->facts.value[i];
	snapshot->total_bytes = 0;
	for (unsigned part = 0; part < PART_COUNT; part++)
		snapshot->total_bytes += snapshot->part_bytes[part];
	snapshot->rss_bytes = snapshot->total_bytes;
}

struct snapshot *build_finish(struct build *build)
{
	struct snapshot *snapshot = build->snapshot;
	finish_objects(build);
	finish_edges(build);
	finish_facts(build);
	finish_account(snapshot);
	struct error *error = snapshot_check(snapshot);
	if (error)
		fprintf(stderr, "%s\n", error->text);
	MUST(!error);
	vec_deinit(&build->objects);
	vec_deinit(&build->edges);
	vec_deinit(&build->facts);
	free(build);
	return snapshot;
}
