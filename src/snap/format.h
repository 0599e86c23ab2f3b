/*
 * The snapshot file, version 1. docs/format-snapshot.md tells what each column,
 * fact and figure means; this is its frame. All numbers are little-endian.
 *
 * Header, at offset 0:
 *
 *	OFFSET  SIZE  DESCRIPTION
 *	0	8     magic: 89 'W' 'H' 'Y' 'M' 'E' 'M' 0a
 *	8	4     version of the format
 *	12	4     flags, 0
 *	16	8     bytes of the whole file
 *	24	8     offset of the table of contents
 *	32	4     entries of the table of contents
 *	36	4     0
 *	40	8     XXH3-64 of the table of contents
 *	48	8     XXH3-64 of bytes 8 .. 47 of this header
 *
 * An entry of the table of contents, one a chunk:
 *
 *	OFFSET  SIZE  DESCRIPTION
 *	0	4     id: four characters; chunks with an unknown id are skipped
 *	4	4     enum coding
 *	8	4     width: bytes of an element; of a row in a table of records
 *	12	4     0
 *	16	8     elements
 *	24	8     offset of its stored bytes
 *	32	8     stored bytes
 *	40	8     XXH3-64 of the stored bytes
 *
 * A chunk is cut into blocks of BLOCK_ELEMENTS elements (the last has the rest).
 * Its stored bytes are the blocks one behind the other, each:
 *
 *	OFFSET  SIZE  DESCRIPTION
 *	0	4     bytes of the zstd frame, S
 *	4	4     bytes that it decompresses to
 *	8	S     zstd frame
 */
#ifndef WHYMEM_SNAP_FORMAT_H
#define WHYMEM_SNAP_FORMAT_H

#include "snap/coding.h"
#include "snap/snapshot.h"

#define FORMAT_VERSION 1
extern const uint8_t format_magic[8];

#define HEADER_BYTES 56
#define ENTRY_BYTES 48
#define BLOCK_HEAD_BYTES 8

#define BLOCK_ELEMENTS (1u << 18)
#define WIDTH_MAX 256
#define CHUNKS_MAX 1024

struct header {
	uint32_t version, n_chunks;
	uint64_t file_bytes, table_offset, table_hash;
};

struct chunk_entry {
	char id[4];
	uint32_t coding, width;
	uint64_t n, offset, stored_bytes, hash;
};

void header_encode(const struct header *header, uint8_t bytes[HEADER_BYTES]);
void entry_encode(const struct chunk_entry *entry, uint8_t bytes[ENTRY_BYTES]);
void entry_decode(const uint8_t bytes[ENTRY_BYTES], struct chunk_entry *ret);

enum header_state { HEADER_GOOD, HEADER_FOREIGN, HEADER_DAMAGED };
enum header_state header_decode(const uint8_t bytes[HEADER_BYTES], struct header *ret);

/* Little-endian numbers of 1 to 8 bytes. */
void number_encode(uint64_t value, unsigned n_bytes, uint8_t *bytes);
uint64_t number_decode(const uint8_t *bytes, unsigned n_bytes);

static inline uint64_t block_count(uint64_t n)
{
	return (n + BLOCK_ELEMENTS - 1) / BLOCK_ELEMENTS;
}

/* Elements of block `block` of a chunk of n. */
static inline size_t block_length(uint64_t n, uint64_t block)
{
	return (size_t)MIN(n - block * BLOCK_ELEMENTS, BLOCK_ELEMENTS);
}

/* ---- columns: arrays of struct snapshot ---- */

struct column_format {
	char id[5];
	uint8_t width;    /* of an element in memory and in the file */
	uint8_t coding;   /* enum coding */
	bool is_optional; /* files made before it was known lack it */
	uint16_t column;  /* offset in struct snapshot of the pointer to it */
	uint64_t (*count)(const struct snapshot *snapshot);
};

#define N_COLUMNS 21
extern const struct column_format column_formats[N_COLUMNS];

static inline void **column_of(const struct snapshot *snapshot, const struct column_format *format)
{
	return (void **)((char *)snapshot + format->column);
}

/* ---- tables: vectors of records, a row each ---- */

struct field_format {
	uint16_t offset; /* in the record in memory */
	uint8_t width;   /* in memory and in the file */
};

struct table_format {
	char id[5];
	uint16_t vec;         /* offset in struct snapshot of the vector */
	uint16_t record_size; /* in memory */
	uint8_t n_fields;
	bool is_optional;                  /* files made before it was known lack it */
	const struct field_format *fields; /* in the order of the row */
};

#define N_TABLES 19
extern const struct table_format table_formats[N_TABLES];

/* The scalars of struct snapshot: one row of chunk INFO. */
extern const struct table_format info_format;

/* Any VEC(). */
struct any_vec {
	void *data;
	size_t n, capacity;
};

static inline struct any_vec *vec_of(
	const struct snapshot *snapshot, const struct table_format *format)
{
	return (struct any_vec *)((char *)snapshot + format->vec);
}

/* Bytes of a row in the file. */
unsigned row_bytes(const struct table_format *format);
void row_encode(const struct table_format *format, const void *record, uint8_t *row);

/* A row that was written with fewer fields leaves the others 0; what is behind the known ones is
 * skipped. */
void row_decode(
	const struct table_format *format, const uint8_t *row, unsigned n_bytes, void *record);

/* ---- texts: strings that end in NUL, one behind the other ---- */

#define CHUNK_INFO "INFO"
#define CHUNK_STRINGS "STRS"
#define CHUNK_FACT_NAMES "FNAM" /* name of fact id 0, 1 ... */
#define CHUNK_PART_NAMES "PNAM" /* name of part 0, 1 ... */
#define CHUNK_PARTS "PART"      /* uint64_t, bytes of part 0, 1 ... */

extern const char fact_name_texts[];
extern const size_t fact_name_bytes;
extern const char part_name_texts[];
extern const size_t part_name_bytes;

#endif
