/*
 * The tables behind the snapshot file: which column and which field stands where.
 */
#include "snap/format.h"

#include <xxhash.h>

void number_encode(uint64_t value, unsigned n_bytes, uint8_t *bytes)
{
	for (unsigned i = 0; i < n_bytes; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

uint64_t number_decode(const uint8_t *bytes, unsigned n_bytes)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < n_bytes; i++)
		value |= (uint64_t)bytes[i] << 8 * i;
	return value;
}

const uint8_t format_magic[8] = {0x89, 'W', 'H', 'Y', 'M', 'E', 'M', '\n'};

void header_encode(const struct header *header, uint8_t bytes[HEADER_BYTES])
{
	memset(bytes, 0, HEADER_BYTES);
	memcpy(bytes, format_magic, 8);
	number_encode(header->version, 4, bytes + 8);
	number_encode(header->file_bytes, 8, bytes + 16);
	number_encode(header->table_offset, 8, bytes + 24);
	number_encode(header->n_chunks, 4, bytes + 32);
	number_encode(header->table_hash, 8, bytes + 40);
	number_encode(XXH3_64bits(bytes + 8, 40), 8, bytes + 48);
}

enum header_state header_decode(const uint8_t bytes[HEADER_BYTES], struct header *ret)
{
	bool is_whole = number_decode(bytes + 48, 8) == XXH3_64bits(bytes + 8, 40);
	if (memcmp(bytes, format_magic, 8) != 0)
		return is_whole ? HEADER_DAMAGED : HEADER_FOREIGN;
	if (!is_whole)
		return HEADER_DAMAGED;
	*ret = (struct header){
		.version = (uint32_t)number_decode(bytes + 8, 4),
		.file_bytes = number_decode(bytes + 16, 8),
		.table_offset = number_decode(bytes + 24, 8),
		.n_chunks = (uint32_t)number_decode(bytes + 32, 4),
		.table_hash = number_decode(bytes + 40, 8),
	};
	return HEADER_GOOD;
}

void entry_encode(const struct chunk_entry *entry, uint8_t bytes[ENTRY_BYTES])
{
	memset(bytes, 0, ENTRY_BYTES);
	memcpy(bytes, entry->id, 4);
	number_encode(entry->coding, 4, bytes + 4);
	number_encode(entry->width, 4, bytes + 8);
	number_encode(entry->n, 8, bytes + 16);
	number_encode(entry->offset, 8, bytes + 24);
	number_encode(entry->stored_bytes, 8, bytes + 32);
	number_encode(entry->hash, 8, bytes + 40);
}

void entry_decode(const uint8_t bytes[ENTRY_BYTES], struct chunk_entry *ret)
{
	memcpy(ret->id, bytes, 4);
	ret->coding = (uint32_t)number_decode(bytes + 4, 4);
	ret->width = (uint32_t)number_decode(bytes + 8, 4);
	ret->n = number_decode(bytes + 16, 8);
	ret->offset = number_decode(bytes + 24, 8);
	ret->stored_bytes = number_decode(bytes + 32, 8);
	ret->hash = number_decode(bytes + 40, 8);
}

/* ---- columns ---- */

static uint64_t count_objects(const struct snapshot *snapshot)
{
	return snapshot->n_objects;
}

static uint64_t count_rows(const struct snapshot *snapshot)
{
	return (uint64_t)snapshot->n_nodes + 1;
}

static uint64_t count_edges(const struct snapshot *snapshot)
{
	return snapshot->n_edges;
}

static uint64_t count_texts(const struct snapshot *snapshot)
{
	return snapshot->n_texts;
}

static uint64_t count_facts(const struct snapshot *snapshot)
{
	return snapshot->facts.n;
}

static uint64_t count_sites(const struct snapshot *snapshot)
{
	return snapshot->n_sites;
}

static uint64_t count_ages(const struct snapshot *snapshot)
{
	return snapshot->n_ages;
}

static uint64_t count_part_sites(const struct snapshot *snapshot)
{
	return snapshot->part_sites.n;
}

#define COLUMN(name, coding_, count_, member, ...)                                                 \
	{                                                                                          \
		.id = (name), .width = sizeof(*((struct snapshot *)0)->member),                    \
		.coding = (coding_), .column = offsetof(struct snapshot, member),                  \
		.count = (count_), __VA_ARGS__                                                     \
	}

const struct column_format column_formats[N_COLUMNS] = {
	COLUMN("ADDR", CODING_STEP8, count_objects, address),
	COLUMN("TYPE", CODING_VALUE, count_objects, type),
	COLUMN("UNIT", CODING_RAW, count_objects, block_units),
	COLUMN("SIZE", CODING_RAW, count_objects, size),
	COLUMN("FLAG", CODING_RAW, count_objects, flags),
	COLUMN("CONT", CODING_RAW, count_objects, content),
	COLUMN("ROWS", CODING_STEP, count_rows, edge_start),
	COLUMN("EDGE", CODING_DELTA, count_edges, edge_to),
	COLUMN("KIND", CODING_RAW, count_edges, edge_kind),
	COLUMN("OPER", CODING_DELTA, count_edges, edge_operand),
	COLUMN("TXTO", CODING_STEP, count_texts, text_object),
	COLUMN("TXTS", CODING_DELTA, count_texts, text),
	COLUMN("FCTI", CODING_RAW, count_facts, facts.id),
	COLUMN("FCTO", CODING_DELTA, count_facts, facts.object),
	COLUMN("FCTV", CODING_VALUE, count_facts, facts.value),
	COLUMN("SITE", CODING_DELTA, count_sites, site, .is_optional = true),
	COLUMN("AGES", CODING_DELTA, count_ages, age, .is_optional = true),
	COLUMN("PSIO", CODING_STEP, count_part_sites, part_sites.object, .is_optional = true),
	COLUMN("PSIS", CODING_DELTA, count_part_sites, part_sites.site, .is_optional = true),
	COLUMN("PSIB", CODING_VALUE, count_part_sites, part_sites.n_bytes, .is_optional = true),
	COLUMN("PSIN", CODING_RAW, count_part_sites, part_sites.is_native, .is_optional = true),
};

/* ---- tables ---- */

#define FIELD(type, member)                                                                        \
	{                                                                                          \
		.offset = offsetof(type, member), .width = sizeof(((type *)0)->member)             \
	}

#define INFO(member) FIELD(struct snapshot, member)

static const struct field_format info_fields[] = {
	INFO(program),
	INFO(python_version),
	INFO(build),
	INFO(arch),
	INFO(libc),
	INFO(method),
	INFO(pid),
	INFO(thread_count),
	INFO(started_unix_ns),
	INFO(captured_unix_ns),
	INFO(pause_ns),
	INFO(complete),
	INFO(redacted),
	INFO(total_bytes),
	INFO(rss_bytes),
	INFO(pss_bytes),
	INFO(uss_bytes),
	INFO(swap_bytes),
	INFO(page_table_bytes),
	INFO(hugetlb_bytes),
	INFO(cgroup_limit_bytes),
	INFO(cgroup_used_bytes),
	INFO(trim_bytes),
	INFO(n_objects),
	INFO(n_nodes),
	INFO(n_edges),
	INFO(n_texts),
	INFO(facts.n),
	INFO(n_sites),
	INFO(part_sites.n),
	INFO(n_ages),
};

static const struct field_format node_fields[] = {
	FIELD(struct snap_node, kind),
	FIELD(struct snap_node, name),
	FIELD(struct snap_node, file),
	FIELD(struct snap_node, line),
	FIELD(struct snap_node, thread_id),
};

static const struct field_format root_fields[] = {
	FIELD(struct snap_root, node),
};

static const struct field_format type_fields[] = {
	FIELD(struct snap_type, name),
	FIELD(struct snap_type, module),
	FIELD(struct snap_type, object),
	FIELD(struct snap_type, flags),
};

static const struct field_format arena_fields[] = {
	FIELD(struct snap_arena, allocator),
	FIELD(struct snap_arena, address),
	FIELD(struct snap_arena, n_bytes),
	FIELD(struct snap_arena, resident_bytes),
	FIELD(struct snap_arena, used_bytes),
	FIELD(struct snap_arena, free_bytes),
};

static const struct field_format size_class_fields[] = {
	FIELD(struct snap_size_class, block_bytes),
	FIELD(struct snap_size_class, pool_count),
	FIELD(struct snap_size_class, used_count),
	FIELD(struct snap_size_class, free_count),
};

static const struct field_format mapping_fields[] = {
	FIELD(struct snap_mapping, address),
	FIELD(struct snap_mapping, n_bytes),
	FIELD(struct snap_mapping, resident_bytes),
	FIELD(struct snap_mapping, part),
	FIELD(struct snap_mapping, file),
	FIELD(struct snap_mapping, private_dirty_bytes),
	FIELD(struct snap_mapping, shared_dirty_bytes),
	FIELD(struct snap_mapping, anonymous_bytes),
	FIELD(struct snap_mapping, huge_bytes),
	FIELD(struct snap_mapping, flags),
};

static const struct field_format pin_fields[] = {
	FIELD(struct snap_pin, object),
	FIELD(struct snap_pin, pinned_bytes),
};

static const struct field_format large_fields[] = {
	FIELD(struct snap_large, object),
	FIELD(struct snap_large, self_bytes),
	FIELD(struct snap_large, size_bytes),
};

static const struct field_format copy_fields[] = {
	FIELD(struct snap_copy, address),
	FIELD(struct snap_copy, n_bytes),
};

static const struct field_format unowned_fields[] = {
	FIELD(struct snap_unowned, block_bytes),
	FIELD(struct snap_unowned, count),
	FIELD(struct snap_unowned, resident_bytes),
	FIELD(struct snap_unowned, content),
	FIELD(struct snap_unowned, is_reachable),
	FIELD(struct snap_unowned, file),
	FIELD(struct snap_unowned, site),
	FIELD(struct snap_unowned, site_bytes),
};

static const struct field_format unowned_site_fields[] = {
	FIELD(struct snap_unowned_site, site),
	FIELD(struct snap_unowned_site, is_reachable),
	FIELD(struct snap_unowned_site, count),
	FIELD(struct snap_unowned_site, resident_bytes),
};

static const struct field_format figure_fields[] = {
	FIELD(struct snap_figure, name),
	FIELD(struct snap_figure, value),
};

static const struct field_format warning_fields[] = {
	FIELD(struct snap_warning, id),
	FIELD(struct snap_warning, text),
};

static const struct field_format trace_fields[] = {
	FIELD(struct snap_trace, pid),
	FIELD(struct snap_trace, parent_pid),
	FIELD(struct snap_trace, command),
	FIELD(struct snap_trace, python_version),
	FIELD(struct snap_trace, began_unix_ns),
	FIELD(struct snap_trace, ended_unix_ns),
	FIELD(struct snap_trace, first_node),
	FIELD(struct snap_trace, n_nodes),
	FIELD(struct snap_trace, uncounted_count),
	FIELD(struct snap_trace, uncounted_bytes),
	FIELD(struct snap_trace, n_cut_stacks),
	FIELD(struct snap_trace, exit_status),
	FIELD(struct snap_trace, exit_signal),
	FIELD(struct snap_trace, flags),
	FIELD(struct snap_trace, failed_frame),
	FIELD(struct snap_trace, failed_bytes),
};

static const struct field_format trace_frame_fields[] = {
	FIELD(struct snap_trace_frame, kind),
	FIELD(struct snap_trace_frame, file),
	FIELD(struct snap_trace_frame, function),
	FIELD(struct snap_trace_frame, line),
	FIELD(struct snap_trace_frame, first_line),
	FIELD(struct snap_trace_frame, source_hash),
};

static const struct field_format trace_node_fields[] = {
	FIELD(struct snap_trace_node, parent),
	FIELD(struct snap_trace_node, frame),
	FIELD(struct snap_trace_node, allocated_bytes),
	FIELD(struct snap_trace_node, allocation_count),
	FIELD(struct snap_trace_node, live_bytes),
	FIELD(struct snap_trace_node, live_count),
	FIELD(struct snap_trace_node, peak_bytes),
	FIELD(struct snap_trace_node, temporary_count),
	FIELD(struct snap_trace_node, timed_count),
	FIELD(struct snap_trace_node, alive_us),
};

static const struct field_format trace_moment_fields[] = {
	FIELD(struct snap_trace_moment, trace),
	FIELD(struct snap_trace_moment, time_ns),
	FIELD(struct snap_trace_moment, live_bytes),
};

static const struct field_format trace_level_fields[] = {
	FIELD(struct snap_trace_level, moment),
	FIELD(struct snap_trace_level, frame),
	FIELD(struct snap_trace_level, live_bytes),
};

static const struct field_format trace_holder_fields[] = {
	FIELD(struct snap_trace_holder, trace),
	FIELD(struct snap_trace_holder, unix_ns),
	FIELD(struct snap_trace_holder, path),
	FIELD(struct snap_trace_holder, type),
	FIELD(struct snap_trace_holder, file),
	FIELD(struct snap_trace_holder, line),
	FIELD(struct snap_trace_holder, retained_bytes),
};

#define TABLE(name, type, member, fields_, ...)                                                    \
	{                                                                                          \
		.id = (name), .vec = offsetof(struct snapshot, member),                            \
		.record_size = sizeof(type), .n_fields = ARRAY_SIZE(fields_), .fields = (fields_), \
		__VA_ARGS__                                                                        \
	}

const struct table_format table_formats[N_TABLES] = {
	TABLE("NODE", struct snap_node, nodes, node_fields),
	TABLE("ROOT", struct snap_root, roots, root_fields),
	TABLE("TYPS", struct snap_type, types, type_fields),
	TABLE("AREN", struct snap_arena, arenas, arena_fields),
	TABLE("SIZC", struct snap_size_class, size_classes, size_class_fields),
	TABLE("MAPS", struct snap_mapping, mappings, mapping_fields),
	TABLE("PINS", struct snap_pin, pins, pin_fields),
	TABLE("LARG", struct snap_large, large, large_fields),
	TABLE("COPY", struct snap_copy, copies, copy_fields, .is_optional = true),
	TABLE("UNOW", struct snap_unowned, unowned, unowned_fields, .is_optional = true),
	TABLE("UNSI", struct snap_unowned_site, unowned_sites, unowned_site_fields,
		.is_optional = true),
	TABLE("FIGS", struct snap_figure, figures, figure_fields),
	TABLE("WARN", struct snap_warning, warnings, warning_fields),
	TABLE("TRAC", struct snap_trace, traces, trace_fields, .is_optional = true),
	TABLE("TRFR", struct snap_trace_frame, trace_frames, trace_frame_fields,
		.is_optional = true),
	TABLE("TRND", struct snap_trace_node, trace_nodes, trace_node_fields, .is_optional = true),
	TABLE("TRMO", struct snap_trace_moment, trace_moments, trace_moment_fields,
		.is_optional = true),
	TABLE("TRLE", struct snap_trace_level, trace_levels, trace_level_fields,
		.is_optional = true),
	TABLE("TRHO", struct snap_trace_holder, trace_holders, trace_holder_fields,
		.is_optional = true),
};

const struct table_format info_format = {
	.id = CHUNK_INFO, .n_fields = ARRAY_SIZE(info_fields), .fields = info_fields};

unsigned row_bytes(const struct table_format *format)
{
	unsigned sum = 0;
	for (unsigned i = 0; i < format->n_fields; i++)
		sum += format->fields[i].width;
	return sum;
}

static uint64_t field_get(const void *field, unsigned width)
{
	switch (width) {
	case 1:
		return *(const uint8_t *)field;
	case 4:
		return *(const uint32_t *)field;
	default:
		assert(width == 8);
		return *(const uint64_t *)field;
	}
}

static void field_set(void *field, unsigned width, uint64_t value)
{
	switch (width) {
	case 1:
		*(uint8_t *)field = (uint8_t)value;
		break;
	case 4:
		*(uint32_t *)field = (uint32_t)value;
		break;
	default:
		assert(width == 8);
		*(uint64_t *)field = value;
	}
}

void row_encode(const struct table_format *format, const void *record, uint8_t *row)
{
	for (unsigned i = 0; i < format->n_fields; i++) {
		const struct field_format *field = &format->fields[i];
		const char *at = (const char *)record + field->offset;
		number_encode(field_get(at, field->width), field->width, row);
		row += field->width;
	}
}

void row_decode(
	const struct table_format *format, const uint8_t *row, unsigned n_bytes, void *record)
{
	for (unsigned i = 0; i < format->n_fields; i++) {
		const struct field_format *field = &format->fields[i];
		if (n_bytes < field->width)
			return;
		field_set((char *)record + field->offset, field->width,
			number_decode(row, field->width));
		row += field->width;
		n_bytes -= field->width;
	}
}

/* ---- texts ---- */

#define X(id, name) name "\0"
const char fact_name_texts[] = FACTS(X);
const char part_name_texts[] = PARTS(X);
#undef X

/* Without the NUL that the compiler adds. */
const size_t fact_name_bytes = sizeof(fact_name_texts) - 1;
const size_t part_name_bytes = sizeof(part_name_texts) - 1;
