/*
 * Snapshots made at random that pass snapshot_check(), and their comparison.
 */
#ifndef WHYMEM_TESTS_MADE_SNAPSHOT_H
#define WHYMEM_TESTS_MADE_SNAPSHOT_H

#include "snap/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static uint64_t made_random = 1;

static uint64_t made_below(uint64_t n)
{
	made_random = made_random * 6364136223846793005u + 1442695040888963407u;
	return (made_random >> 20) % n;
}

/* Any number, of any length in bits. */
static uint64_t made_number(void)
{
	uint64_t number = made_below(1ull << 44) << 20 ^ made_below(1ull << 44);
	return number >> made_below(64);
}

static str_id made_string(struct snapshot *snapshot)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "name_%llu", (unsigned long long)made_below(500));
	str_id id;
	assert_null(strpool_add(&snapshot->strings, text, made_below(10) ? (size_t)n : 0, &id));
	return id;
}

static obj_id made_object(const struct snapshot *snapshot)
{
	return snapshot->n_objects ? (obj_id)made_below(snapshot->n_objects) : OBJ_NONE;
}

static void make_identity(struct snapshot *made)
{
	str_id *names[] = {&made->program, &made->python_version, &made->build, &made->arch,
		&made->libc, &made->method};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		*names[i] = made_string(made);
	uint64_t *numbers[] = {&made->pid, &made->thread_count, &made->started_unix_ns,
		&made->captured_unix_ns, &made->pause_ns, &made->complete, &made->redacted,
		&made->rss_bytes, &made->pss_bytes, &made->uss_bytes, &made->swap_bytes,
		&made->page_table_bytes, &made->hugetlb_bytes, &made->cgroup_limit_bytes,
		&made->cgroup_used_bytes, &made->trim_bytes};
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		*numbers[i] = made_below(5) ? made_number() : UINT64_MAX;
	for (size_t i = 0; i < PART_COUNT; i++) {
		made->part_bytes[i] = made_number() >> 8;
		made->total_bytes += made->part_bytes[i];
	}
}

#define MADE_ADD(vec)                                                                              \
	({                                                                                         \
		__typeof__((vec)->data) added_ = vec_add(vec);                                     \
		assert_non_null(added_);                                                           \
		added_;                                                                            \
	})

static void make_tables(struct snapshot *made)
{
	for (uint64_t n = 1 + made_below(40); n--;)
		*MADE_ADD(&made->types) = (struct snap_type){made_string(made), made_string(made),
			made_object(made), (uint32_t)made_number()};
	for (uint64_t n = made_below(20); n--;)
		*MADE_ADD(&made->arenas) = (struct snap_arena){made_string(made), made_number(),
			made_number(), made_number(), made_number(), made_number()};
	for (uint64_t n = made_below(20); n--;)
		*MADE_ADD(&made->size_classes) = (struct snap_size_class){
			(uint32_t)made_number(), made_number(), made_number(), made_number()};
	for (uint64_t n = made_below(20); n--;)
		*MADE_ADD(&made->mappings) = (struct snap_mapping){made_number(), made_number(),
			made_number(), made_string(made), made_string(made), made_number(),
			made_number(), made_number(), made_number(), (uint32_t)made_number()};
	for (uint64_t n = made->n_objects ? made_below(20) : 0; n--;)
		*MADE_ADD(&made->pins) = (struct snap_pin){made_object(made), made_number()};
	for (uint64_t n = made_below(20), at = made_below(1 << 20); n--; at += 1 << 20)
		*MADE_ADD(&made->copies) = (struct snap_copy){at, made_below(1 << 20)};
	for (uint64_t n = made_below(20); n--;)
		*MADE_ADD(&made->unowned) = (struct snap_unowned){made_number(), made_number(),
			made_number(), made_below(CONTENT_COUNT), made_below(2), made_string(made),
			.site_bytes = made_number()};
	for (uint64_t n = made_below(20); n--;)
		*MADE_ADD(&made->figures) = (struct snap_figure){made_string(made), made_number()};
	for (uint64_t n = made_below(4); n--;)
		*MADE_ADD(&made->warnings) =
			(struct snap_warning){made_string(made), made_string(made)};
}

static void make_objects(struct snapshot *made)
{
	uint32_t n = made->n_objects;
	made->address = snapshot_alloc(n, sizeof(*made->address));
	made->type = snapshot_alloc(n, sizeof(*made->type));
	made->block_units = snapshot_alloc(n, sizeof(*made->block_units));
	made->size = snapshot_alloc(n, sizeof(*made->size));
	made->content = snapshot_alloc(n, sizeof(*made->content));
	made->flags = snapshot_alloc(n, sizeof(*made->flags));
	uint64_t address = 0;
	for (uint32_t i = 0; i < n; i++) {
		address += made_below(1000) ? 8 + 16 * made_below(8) : 1 + made_below(1ull << 36);
		made->address[i] = address;
		made->type[i] = (type_id)made_below(made->types.n);
		assert_true(snapshot_set_sizes(made, i,
			made_below(100) ? made_below(9) : made_below(1ull << 40),
			made_below(100) ? made_below(99) : made_below(1ull << 33)));
		made->content[i] = (uint32_t)made_number();
		made->flags[i] = (uint8_t)made_below(64);
	}
}

static uint32_t made_operand(struct snapshot *made, uint8_t kind)
{
	switch (kind) {
	case EDGE_ATTR:
	case EDGE_KEY:
	case EDGE_LOCAL:
	case EDGE_CELL:
		return made_object(made);
	case EDGE_ATTR_STATIC:
	case EDGE_FIELD:
	case EDGE_MEMBER:
		return made_string(made);
	default:
		return (uint32_t)made_number();
	}
}

static void make_edges(struct snapshot *made, unsigned degree)
{
	uint32_t n = made->n_nodes;
	made->edge_start = snapshot_alloc((size_t)n + 1, sizeof(*made->edge_start));
	for (uint32_t i = 0; i < n; i++) {
		made->edge_start[i] = made->n_edges;
		made->n_edges += made_below(3) ? made_below(degree + 1) : 0;
	}
	made->edge_start[n] = made->n_edges;
	made->edge_to = snapshot_alloc(made->n_edges, sizeof(*made->edge_to));
	made->edge_kind = snapshot_alloc(made->n_edges, sizeof(*made->edge_kind));
	made->edge_operand = snapshot_alloc(made->n_edges, sizeof(*made->edge_operand));
	for (uint64_t i = 0; i < made->n_edges; i++) {
		made->edge_to[i] = (obj_id)made_below(n);
		made->edge_kind[i] = (uint8_t)made_below(EDGE_KIND_COUNT);
		made->edge_operand[i] = made_operand(made, made->edge_kind[i]);
	}
}

static void make_texts(struct snapshot *made)
{
	made->n_texts = made->n_objects / 3;
	made->text_object = snapshot_alloc(made->n_texts, sizeof(*made->text_object));
	made->text = snapshot_alloc(made->n_texts, sizeof(*made->text));
	for (uint32_t i = 0; i < made->n_texts; i++) {
		made->text_object[i] = i * 3 + (obj_id)made_below(3);
		made->text[i] = made_string(made);
	}
}

static void make_facts(struct snapshot *made)
{
	uint32_t each = MIN(made->n_objects, 50);
	struct facts *facts = &made->facts;
	facts->n = each * FACT_COUNT;
	facts->id = snapshot_alloc(facts->n, sizeof(*facts->id));
	facts->object = snapshot_alloc(facts->n, sizeof(*facts->object));
	facts->value = snapshot_alloc(facts->n, sizeof(*facts->value));
	for (uint32_t i = 0; i < facts->n; i++) {
		facts->id[i] = (uint8_t)(i / each);
		facts->object[i] = made->n_objects / each * (i % each);
		facts->value[i] = made_below(9) ? made_number() : UINT64_MAX;
		if (facts->id[i] == FACT_DEFINED_AT)
			facts->value[i] = (uint64_t)made_string(made) << 32 | made_below(999);
	}
}

static void make_trace(struct snapshot *made)
{
	for (uint64_t n = 1 + made_below(20); n--;)
		*MADE_ADD(&made->trace_frames) = (struct snap_trace_frame){
			.kind = (uint8_t)made_below(TRACE_FRAME_KIND_COUNT),
			.file = made_string(made),
			.function = made_string(made),
			.line = (uint32_t)made_number()};
	uint64_t n_nodes = 3 + made_below(50);
	for (uint64_t i = 0; i < n_nodes; i++)
		*MADE_ADD(&made->trace_nodes) =
			(struct snap_trace_node){.parent = i ? (uint32_t)made_below(i) : 0,
				.frame = (uint32_t)made_below(made->trace_frames.n),
				.allocated_bytes = made_number()};
	*MADE_ADD(&made->traces) = (struct snap_trace){.n_nodes = n_nodes};
	for (uint64_t i = made_below(5); i > 0; i--)
		*MADE_ADD(&made->trace_holders) =
			(struct snap_trace_holder){.unix_ns = made_number(),
				.path = made_string(made),
				.type = made_string(made),
				.file = made_string(made),
				.line = (uint32_t)made_number(),
				.retained_bytes = made_number()};
}

/* Every third object consists of parts from elsewhere, too. */
static void make_sites(struct snapshot *made)
{
	uint32_t n = made->n_sites = made->n_objects;
	struct part_sites *parts = &made->part_sites;
	parts->n = n / 3 * 2;
	made->site = snapshot_alloc(n, sizeof(*made->site));
	made->age = snapshot_alloc(n, sizeof(*made->age));
	made->n_ages = n;
	parts->object = snapshot_alloc(parts->n, sizeof(*parts->object));
	parts->site = snapshot_alloc(parts->n, sizeof(*parts->site));
	parts->n_bytes = snapshot_alloc(parts->n, sizeof(*parts->n_bytes));
	parts->is_native = snapshot_alloc(parts->n, sizeof(*parts->is_native));
	for (uint32_t i = 0; i < n; i++) {
		made->site[i] = (uint32_t)made_below(made->trace_nodes.n);
		made->age[i] = made_below(5) ? (uint32_t)made_below(100000) : SNAP_NO_AGE;
	}
	for (uint32_t i = 0; i < parts->n; i++) {
		parts->object[i] = i / 2 * 3;
		parts->site[i] = (uint32_t)made_below(made->trace_nodes.n);
		parts->n_bytes[i] = made_number();
		parts->is_native[i] = i % 2;
	}
	for (uint64_t i = n ? made_below(20) : 0; i--;)
		*MADE_ADD(&made->unowned_sites) =
			(struct snap_unowned_site){(uint32_t)made_below(made->trace_nodes.n),
				made_below(2), made_number(), made_number()};
}

static struct snapshot *make_snapshot(uint64_t seed, uint32_t n_objects, unsigned degree)
{
	struct snapshot *made = NULL;
	made_random = seed * 77 + 5;
	assert_null(snapshot_create(&made));
	make_identity(made);
	made->n_objects = n_objects;
	make_tables(made);
	for (uint64_t n = 1 + made_below(30); n--;)
		*MADE_ADD(&made->nodes) =
			(struct snap_node){(uint8_t)made_below(NODE_C_HELD + 1), made_string(made),
				made_string(made), (uint32_t)made_number(), made_number()};
	made->n_nodes = n_objects + (uint32_t)made->nodes.n;
	for (uint64_t n = made_below(20); n--;)
		MADE_ADD(&made->roots)->node = (obj_id)made_below(made->n_nodes);
	make_objects(made);
	make_edges(made, degree);
	make_texts(made);
	make_facts(made);
	if (seed % 2) {
		make_trace(made);
		make_sites(made);
	}
	assert_null(snapshot_check(made));
	return made;
}

/* ---- comparison ---- */

#define ASSERT_SAME(member) assert_true(a->member == b->member)
#define ASSERT_SAME_COLUMN(member, n)                                                              \
	assert_memory_equal(a->member, b->member, (n) * sizeof(*a->member))

static void assert_same_identity(const struct snapshot *a, const struct snapshot *b)
{
	ASSERT_SAME(program);
	ASSERT_SAME(python_version);
	ASSERT_SAME(build);
	ASSERT_SAME(arch);
	ASSERT_SAME(libc);
	ASSERT_SAME(method);
	ASSERT_SAME(pid);
	ASSERT_SAME(thread_count);
	ASSERT_SAME(started_unix_ns);
	ASSERT_SAME(captured_unix_ns);
	ASSERT_SAME(pause_ns);
	ASSERT_SAME(complete);
	ASSERT_SAME(redacted);
	ASSERT_SAME(total_bytes);
	ASSERT_SAME(rss_bytes);
	ASSERT_SAME(pss_bytes);
	ASSERT_SAME(uss_bytes);
	ASSERT_SAME(swap_bytes);
	ASSERT_SAME(page_table_bytes);
	ASSERT_SAME(hugetlb_bytes);
	ASSERT_SAME(cgroup_limit_bytes);
	ASSERT_SAME(cgroup_used_bytes);
	ASSERT_SAME(trim_bytes);
	for (size_t i = 0; i < PART_COUNT; i++)
		ASSERT_SAME(part_bytes[i]);
}

static void assert_same_tables(const struct snapshot *a, const struct snapshot *b)
{
	ASSERT_SAME(nodes.n);
	for (size_t i = 0; i < a->nodes.n; i++) {
		ASSERT_SAME(nodes.data[i].kind);
		ASSERT_SAME(nodes.data[i].name);
		ASSERT_SAME(nodes.data[i].file);
		ASSERT_SAME(nodes.data[i].line);
		ASSERT_SAME(nodes.data[i].thread_id);
	}
	ASSERT_SAME(roots.n);
	for (size_t i = 0; i < a->roots.n; i++)
		ASSERT_SAME(roots.data[i].node);
	ASSERT_SAME(types.n);
	for (size_t i = 0; i < a->types.n; i++) {
		ASSERT_SAME(types.data[i].name);
		ASSERT_SAME(types.data[i].module);
		ASSERT_SAME(types.data[i].object);
		ASSERT_SAME(types.data[i].flags);
	}
	ASSERT_SAME(arenas.n);
	for (size_t i = 0; i < a->arenas.n; i++) {
		ASSERT_SAME(arenas.data[i].allocator);
		ASSERT_SAME(arenas.data[i].address);
		ASSERT_SAME(arenas.data[i].n_bytes);
		ASSERT_SAME(arenas.data[i].resident_bytes);
		ASSERT_SAME(arenas.data[i].used_bytes);
		ASSERT_SAME(arenas.data[i].free_bytes);
	}
	ASSERT_SAME(size_classes.n);
	for (size_t i = 0; i < a->size_classes.n; i++) {
		ASSERT_SAME(size_classes.data[i].block_bytes);
		ASSERT_SAME(size_classes.data[i].pool_count);
		ASSERT_SAME(size_classes.data[i].used_count);
		ASSERT_SAME(size_classes.data[i].free_count);
	}
	ASSERT_SAME(mappings.n);
	for (size_t i = 0; i < a->mappings.n; i++) {
		ASSERT_SAME(mappings.data[i].address);
		ASSERT_SAME(mappings.data[i].n_bytes);
		ASSERT_SAME(mappings.data[i].resident_bytes);
		ASSERT_SAME(mappings.data[i].part);
		ASSERT_SAME(mappings.data[i].file);
		ASSERT_SAME(mappings.data[i].private_dirty_bytes);
		ASSERT_SAME(mappings.data[i].shared_dirty_bytes);
		ASSERT_SAME(mappings.data[i].anonymous_bytes);
		ASSERT_SAME(mappings.data[i].huge_bytes);
		ASSERT_SAME(mappings.data[i].flags);
	}
}

static void assert_same_sites(const struct snapshot *a, const struct snapshot *b)
{
	ASSERT_SAME(n_sites);
	ASSERT_SAME(trace_holders.n);
	for (size_t i = 0; i < a->trace_holders.n; i++) {
		ASSERT_SAME(trace_holders.data[i].trace);
		ASSERT_SAME(trace_holders.data[i].unix_ns);
		ASSERT_SAME(trace_holders.data[i].path);
		ASSERT_SAME(trace_holders.data[i].type);
		ASSERT_SAME(trace_holders.data[i].file);
		ASSERT_SAME(trace_holders.data[i].line);
		ASSERT_SAME(trace_holders.data[i].retained_bytes);
	}
	ASSERT_SAME_COLUMN(site, a->n_sites);
	ASSERT_SAME(n_ages);
	ASSERT_SAME_COLUMN(age, a->n_ages);
	ASSERT_SAME(part_sites.n);
	ASSERT_SAME_COLUMN(part_sites.object, a->part_sites.n);
	ASSERT_SAME_COLUMN(part_sites.site, a->part_sites.n);
	ASSERT_SAME_COLUMN(part_sites.n_bytes, a->part_sites.n);
	ASSERT_SAME_COLUMN(part_sites.is_native, a->part_sites.n);
	ASSERT_SAME(unowned_sites.n);
	for (size_t i = 0; i < a->unowned_sites.n; i++) {
		ASSERT_SAME(unowned_sites.data[i].site);
		ASSERT_SAME(unowned_sites.data[i].is_reachable);
		ASSERT_SAME(unowned_sites.data[i].count);
		ASSERT_SAME(unowned_sites.data[i].resident_bytes);
	}
	ASSERT_SAME(trace_nodes.n);
	for (size_t i = 0; i < a->trace_nodes.n; i++) {
		ASSERT_SAME(trace_nodes.data[i].parent);
		ASSERT_SAME(trace_nodes.data[i].frame);
		ASSERT_SAME(trace_nodes.data[i].allocated_bytes);
	}
}

static void assert_same_notes(const struct snapshot *a, const struct snapshot *b)
{
	ASSERT_SAME(large.n);
	for (size_t i = 0; i < a->large.n; i++) {
		ASSERT_SAME(large.data[i].object);
		ASSERT_SAME(large.data[i].self_bytes);
		ASSERT_SAME(large.data[i].size_bytes);
	}
	ASSERT_SAME(pins.n);
	for (size_t i = 0; i < a->pins.n; i++) {
		ASSERT_SAME(pins.data[i].object);
		ASSERT_SAME(pins.data[i].pinned_bytes);
	}
	ASSERT_SAME(copies.n);
	for (size_t i = 0; i < a->copies.n; i++) {
		ASSERT_SAME(copies.data[i].address);
		ASSERT_SAME(copies.data[i].n_bytes);
	}
	ASSERT_SAME(unowned.n);
	for (size_t i = 0; i < a->unowned.n; i++) {
		ASSERT_SAME(unowned.data[i].block_bytes);
		ASSERT_SAME(unowned.data[i].count);
		ASSERT_SAME(unowned.data[i].resident_bytes);
		ASSERT_SAME(unowned.data[i].content);
		ASSERT_SAME(unowned.data[i].is_reachable);
		ASSERT_SAME(unowned.data[i].file);
	}
	ASSERT_SAME(figures.n);
	for (size_t i = 0; i < a->figures.n; i++) {
		ASSERT_SAME(figures.data[i].name);
		ASSERT_SAME(figures.data[i].value);
	}
	ASSERT_SAME(warnings.n);
	for (size_t i = 0; i < a->warnings.n; i++) {
		ASSERT_SAME(warnings.data[i].id);
		ASSERT_SAME(warnings.data[i].text);
	}
	ASSERT_SAME(strings.offset.n);
	ASSERT_SAME(strings.bytes.n);
	ASSERT_SAME_COLUMN(strings.bytes.data, a->strings.bytes.n);
	ASSERT_SAME_COLUMN(strings.offset.data, a->strings.offset.n);
}

static void assert_same_columns(const struct snapshot *a, const struct snapshot *b)
{
	ASSERT_SAME(n_objects);
	ASSERT_SAME(n_nodes);
	ASSERT_SAME(n_edges);
	ASSERT_SAME(n_texts);
	ASSERT_SAME(facts.n);
	ASSERT_SAME_COLUMN(address, a->n_objects);
	ASSERT_SAME_COLUMN(type, a->n_objects);
	ASSERT_SAME_COLUMN(block_units, a->n_objects);
	ASSERT_SAME_COLUMN(size, a->n_objects);
	ASSERT_SAME_COLUMN(flags, a->n_objects);
	ASSERT_SAME_COLUMN(edge_start, (size_t)a->n_nodes + 1);
	ASSERT_SAME_COLUMN(edge_to, a->n_edges);
	ASSERT_SAME_COLUMN(edge_kind, a->n_edges);
	ASSERT_SAME_COLUMN(edge_operand, a->n_edges);
	ASSERT_SAME_COLUMN(text_object, a->n_texts);
	ASSERT_SAME_COLUMN(text, a->n_texts);
	ASSERT_SAME_COLUMN(facts.id, a->facts.n);
	ASSERT_SAME_COLUMN(facts.object, a->facts.n);
	ASSERT_SAME_COLUMN(facts.value, a->facts.n);
}

__attribute__((unused)) static void assert_same_snapshot(
	const struct snapshot *a, const struct snapshot *b)
{
	assert_same_identity(a, b);
	assert_same_tables(a, b);
	assert_same_sites(a, b);
	assert_same_notes(a, b);
	assert_same_columns(a, b);
}

#endif
