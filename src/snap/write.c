/*
 * A snapshot becomes a file: each column is cut into blocks, which are packed
 * and compressed by all processors, a batch at a time, and written in order. The
 * bytes of the file depend on the snapshot only.
 */
#include "base/cleanup.h"
#include "base/column.h"
#include "base/workers.h"
#include "snap/file.h"
#include "snap/format.h"
#include "snap/publish.h"

#include <stdlib.h>
#include <xxhash.h>
#include <zstd.h>

#define BATCH_BLOCKS 32
#define COMPRESSION_LEVEL 1

/* A chunk to be written. */
struct source {
	struct chunk_entry entry;
	const void *elements;
};

/* A block of the batch: what it is made of, then what it became. */
struct slot {
	struct source *source;
	uint64_t block;
	uint8_t *bytes; /* block head and zstd frame */
	size_t n_bytes;
};

struct writer {
	struct publication publication;
	struct source sources[N_COLUMNS + N_TABLES + 5];
	size_t n_sources;
	uint8_t *tables[N_TABLES + 2]; /* rows made for the file */
	size_t n_tables;

	struct slot slots[BATCH_BLOCKS];
	size_t n_slots;
	size_t next_slot; /* for the workers; atomic */
	XXH3_state_t *hash;
};

/* ---- sources ---- */

static void add_source(struct writer *writer, const char *id, enum coding coding, unsigned width,
	const void *elements, uint64_t n)
{
	assert(writer->n_sources < ARRAY_SIZE(writer->sources));
	struct source *source = &writer->sources[writer->n_sources++];
	*source = (struct source){
		.elements = elements, .entry = {.coding = coding, .width = width, .n = n}};
	memcpy(source->entry.id, id, sizeof(source->entry.id));
}

/* Room for `n` rows of the file, kept until the writer ends; NULL when there is none. */
static uint8_t *add_rows(struct writer *writer, size_t n, unsigned n_row_bytes)
{
	assert(writer->n_tables < ARRAY_SIZE(writer->tables));
	uint8_t *rows = reallocarray(NULL, MAX(n, 1), n_row_bytes);
	if (rows)
		writer->tables[writer->n_tables++] = rows;
	return rows;
}

static struct error *add_table(
	struct writer *writer, const struct table_format *format, const void *records, size_t n)
{
	unsigned n_row_bytes = row_bytes(format);
	uint8_t *rows = add_rows(writer, n, n_row_bytes);
	if (!rows)
		return &error_no_memory;
	for (size_t i = 0; i < n; i++)
		row_encode(format, (const char *)records + i * format->record_size,
			rows + i * n_row_bytes);
	add_source(writer, format->id, CODING_RAW, n_row_bytes, rows, n);
	return NULL;
}

static struct error *add_account(struct writer *writer, const struct snapshot *snapshot)
{
	uint8_t *rows = add_rows(writer, PART_COUNT, sizeof(uint64_t));
	if (!rows)
		return &error_no_memory;
	for (size_t i = 0; i < PART_COUNT; i++)
		number_encode(snapshot->part_bytes[i], 8, rows + i * 8);
	add_source(writer, CHUNK_PARTS, CODING_RAW, 8, rows, PART_COUNT);
	add_source(writer, CHUNK_PART_NAMES, CODING_RAW, 1, part_name_texts, part_name_bytes);
	add_source(writer, CHUNK_FACT_NAMES, CODING_RAW, 1, fact_name_texts, fact_name_bytes);
	return NULL;
}

static struct error *add_sources(struct writer *writer, const struct snapshot *snapshot)
{
	struct error *error = add_table(writer, &info_format, snapshot, 1);
	if (!error)
		error = add_account(writer, snapshot);
	for (size_t i = 0; i < N_TABLES && !error; i++) {
		const struct any_vec *vec = vec_of(snapshot, &table_formats[i]);
		error = add_table(writer, &table_formats[i], vec->data, vec->n);
	}
	if (error)
		return error;
	add_source(writer, CHUNK_STRINGS, CODING_RAW, 1, snapshot->strings.bytes.data,
		snapshot->strings.bytes.n);
	for (size_t i = 0; i < N_COLUMNS; i++) {
		const struct column_format *format = &column_formats[i];
		add_source(writer, format->id, format->coding, format->width,
			*column_of(snapshot, format), format->count(snapshot));
	}
	return NULL;
}

/* ---- blocks ---- */

/* The most bytes that a block of this chunk has before compression. */
static size_t largest_block(const struct chunk_entry *entry)
{
	unsigned most = entry->coding == CODING_RAW ? entry->width : VARINT_BYTES_MAX;
	return (size_t)MIN(entry->n, BLOCK_ELEMENTS) * most;
}

/* What a worker needs to make frames, one after the other. */
struct packer {
	ZSTD_CCtx *context;
	struct column packed, frame;
};

static void packer_deinit(struct packer *packer)
{
	ZSTD_freeCCtx(packer->context);
	column_deinit(&packer->packed);
	column_deinit(&packer->frame);
}

static struct error *packer_init(struct packer *packer, const struct writer *writer)
{
	size_t n_bytes = 0;
	for (size_t i = 0; i < writer->n_slots; i++)
		n_bytes = MAX(n_bytes, largest_block(&writer->slots[i].source->entry));
	struct error *error = column_init(&packer->packed, 1, n_bytes);
	if (!error)
		error = column_init(&packer->frame, 1, ZSTD_compressBound(n_bytes));
	if (error)
		return error;
	packer->context = ZSTD_createCCtx();
	return packer->context ? NULL : &error_no_memory;
}

static struct error *fill_slot(struct slot *slot, struct packer *packer)
{
	const struct chunk_entry *entry = &slot->source->entry;
	size_t n = block_length(entry->n, slot->block), n_bytes = n * entry->width;
	const void *bytes =
		(const char *)slot->source->elements + slot->block * BLOCK_ELEMENTS * entry->width;
	if (entry->coding != CODING_RAW) {
		n_bytes = block_pack(entry->coding, entry->width, bytes, n, packer->packed.data);
		bytes = packer->packed.data;
	}
	size_t n_frame = ZSTD_compressCCtx(packer->context, packer->frame.data,
		packer->frame.capacity, bytes, n_bytes, COMPRESSION_LEVEL);
	if (ZSTD_isError(n_frame))
		return &error_no_memory;
	slot->bytes = malloc(BLOCK_HEAD_BYTES + n_frame);
	if (!slot->bytes)
		return &error_no_memory;
	number_encode(n_frame, 4, slot->bytes);
	number_encode(n_bytes, 4, slot->bytes + 4);
	memcpy(slot->bytes + BLOCK_HEAD_BYTES, packer->frame.data, n_frame);
	slot->n_bytes = BLOCK_HEAD_BYTES + n_frame;
	return NULL;
}

static struct error *fill_slots(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker, (void)begin, (void)end;
	struct writer *writer = arg;
	_cleanup_(packer_deinit) struct packer packer = {0};
	struct error *error = packer_init(&packer, writer);
	while (!error) {
		size_t next = __atomic_fetch_add(&writer->next_slot, 1, __ATOMIC_RELAXED);
		if (next >= writer->n_slots)
			break;
		error = fill_slot(&writer->slots[next], &packer);
	}
	return error;
}

static struct error *append_slot(struct writer *writer, const struct slot *slot)
{
	struct chunk_entry *entry = &slot->source->entry;
	if (!slot->block) {
		entry->offset = writer->publication.n_bytes;
		XXH3_64bits_reset(writer->hash);
	}
	XXH3_64bits_update(writer->hash, slot->bytes, slot->n_bytes);
	struct error *error = publish_write(&writer->publication, slot->bytes, slot->n_bytes);
	entry->stored_bytes = writer->publication.n_bytes - entry->offset;
	entry->hash = XXH3_64bits_digest(writer->hash);
	return error;
}

/* Compresses the slots and appends them to their chunks. */
static struct error *write_batch(struct writer *writer)
{
	if (!writer->n_slots)
		return NULL;
	writer->next_slot = 0;
	unsigned n_workers = (unsigned)MIN(workers_count(), writer->n_slots);
	struct error *error = workers_run(n_workers, n_workers, fill_slots, writer);
	for (size_t i = 0; i < writer->n_slots; i++) {
		if (!error)
			error = append_slot(writer, &writer->slots[i]);
		free(writer->slots[i].bytes);
	}
	writer->n_slots = 0;
	return error;
}

static struct error *write_chunks(struct writer *writer)
{
	for (size_t i = 0; i < writer->n_sources; i++) {
		struct source *source = &writer->sources[i];
		for (uint64_t block = 0; block < block_count(source->entry.n); block++) {
			writer->slots[writer->n_slots++] =
				(struct slot){.source = source, .block = block};
			if (writer->n_slots < BATCH_BLOCKS)
				continue;
			struct error *error = write_batch(writer);
			if (error)
				return error;
		}
	}
	return write_batch(writer);
}

static struct error *write_frame(struct writer *writer)
{
	uint8_t table[ARRAY_SIZE(writer->sources) * ENTRY_BYTES], bytes[HEADER_BYTES];
	for (size_t i = 0; i < writer->n_sources; i++) {
		struct chunk_entry *entry = &writer->sources[i].entry;
		if (!entry->n) {
			entry->offset = HEADER_BYTES;
			entry->hash = XXH3_64bits("", 0);
		}
		entry_encode(entry, table + i * ENTRY_BYTES);
	}
	size_t n_bytes = writer->n_sources * ENTRY_BYTES;
	struct header header = {
		.version = FORMAT_VERSION,
		.n_chunks = (uint32_t)writer->n_sources,
		.file_bytes = writer->publication.n_bytes + n_bytes,
		.table_offset = writer->publication.n_bytes,
		.table_hash = XXH3_64bits(table, n_bytes),
	};
	header_encode(&header, bytes);
	struct error *error = publish_write(&writer->publication, table, n_bytes);
	if (!error)
		error = publish_write_at(&writer->publication, 0, bytes, sizeof(bytes));
	return error;
}

static struct error *write_all(struct writer *writer, const struct snapshot *snapshot)
{
	static const uint8_t no_header[HEADER_BYTES];
	writer->hash = XXH3_createState();
	if (!writer->hash)
		return &error_no_memory;
	struct error *error = add_sources(writer, snapshot);
	if (!error)
		error = publish_write(&writer->publication, no_header, HEADER_BYTES);
	if (!error)
		error = write_chunks(writer);
	if (!error)
		error = write_frame(writer);
	return error;
}

struct error *snapshot_write(const struct snapshot *snapshot, const char *path)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	if (!writer)
		return &error_no_memory;
	struct error *error = publish_begin(path, &writer->publication);
	if (!error) {
		error = write_all(writer, snapshot);
		if (error)
			publish_abort(&writer->publication);
		else
			error = publish_commit(&writer->publication);
	}
	for (size_t i = 0; i < writer->n_tables; i++)
		free(writer->tables[i]);
	XXH3_freeState(writer->hash);
	free(writer);
	return error;
}
