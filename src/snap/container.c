/*
 * The frame of a snapshot file, read: chunks by id, their elements on demand.
 *
 * Nothing in the file is trusted. When container_open() returns, all checksums
 * were right, and every block of every known chunk was seen and has plausible
 * sizes: so what a chunk claims to hold is bounded by bytes that really are there.
 * The file is read with pread(): one that shrinks, or a disk that fails, is an
 * error and not a SIGBUS.
 */
#include "snap/container.h"

#include "base/cleanup.h"
#include "base/column.h"
#include "base/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

/* zstd stores 128 KiB of equal bytes in 4; nothing real comes near. */
#define RATIO_MAX (1u << 15)
#define HASH_PIECE_BYTES (1u << 18)

struct block {
	const struct chunk *chunk;
	uint64_t index;
	uint64_t offset; /* of the zstd frame */
	uint32_t n_frame, n_packed;
};

struct container {
	char *path;
	int fd;
	uint64_t file_bytes;
	struct chunk *chunks;
	size_t n_chunks;
};

/* Work shared out among threads: chunks to check, or blocks to decode. */
struct round {
	struct container *container;
	struct block **blocks;
	size_t n;
	size_t next; /* atomic */
};

struct error *container_corrupt(const struct container *container, const char *what)
{
	return error_create(ERROR_CORRUPT_FILE, 0, "take a new snapshot, or fetch the file again",
		"%s is damaged: %s", container->path, what);
}

static struct error *unreadable(const struct container *container, int sys_errno)
{
	return error_create(ERROR_UNREADABLE_FILE, sys_errno,
		sys_errno == ENOENT ? "check the name" : "check the permissions and the disk",
		"cannot read %s: %s", container->path, strerror(sys_errno));
}

/* Reads n bytes at `offset`, all of them. */
static struct error *read_at(
	const struct container *container, uint64_t offset, void *bytes, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = pread(
			container->fd, (char *)bytes + done, n - done, (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return unreadable(container, errno);
		if (!got)
			return container_corrupt(container, "it ends too early");
		done += (size_t)got;
	}
	return NULL;
}

/* ---- frame ---- */

static struct error *open_file(struct container *container)
{
	struct stat status;
	container->fd = open(container->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (container->fd < 0 || fstat(container->fd, &status) < 0)
		return unreadable(container, errno);
	if (!S_ISREG(status.st_mode))
		return error_create(ERROR_UNREADABLE_FILE, 0, "name a file",
			"cannot read %s: it is no regular file", container->path);
	container->file_bytes = (uint64_t)status.st_size;
	return NULL;
}

static struct error *foreign(const struct container *container)
{
	return error_create(ERROR_UNREADABLE_FILE, 0,
		"make a snapshot with: whymem snap PID -o FILE", "%s is no whymem snapshot",
		container->path);
}

static struct error *read_header(struct container *container, struct header *ret)
{
	uint8_t bytes[HEADER_BYTES] = {0};
	size_t n = (size_t)MIN(container->file_bytes, HEADER_BYTES);
	struct error *error = read_at(container, 0, bytes, n);
	if (error)
		return error;
	if (n < HEADER_BYTES)
		return memcmp(bytes, format_magic, MIN(n, 8))
			       ? foreign(container)
			       : container_corrupt(container, "it is cut short");
	switch (header_decode(bytes, ret)) {
	case HEADER_FOREIGN:
		return foreign(container);
	case HEADER_DAMAGED:
		return container_corrupt(container, "its header");
	case HEADER_GOOD:
		break;
	}
	if (ret->version > FORMAT_VERSION)
		return error_create(ERROR_UNREADABLE_FILE, 0, "use a newer whymem",
			"%s has format %u; this whymem reads formats up to %u", container->path,
			ret->version, FORMAT_VERSION);
	if (container->file_bytes < ret->file_bytes)
		return container_corrupt(container, "it is cut short");
	if (container->file_bytes > ret->file_bytes)
		return container_corrupt(container, "it is longer than it should be");
	return NULL;
}

static bool is_known(const char id[4])
{
	static const char *const others[] = {
		CHUNK_INFO, CHUNK_STRINGS, CHUNK_FACT_NAMES, CHUNK_PART_NAMES, CHUNK_PARTS};
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!memcmp(id, others[i], 4))
			return true;
	for (size_t i = 0; i < N_COLUMNS; i++)
		if (!memcmp(id, column_formats[i].id, 4))
			return true;
	for (size_t i = 0; i < N_TABLES; i++)
		if (!memcmp(id, table_formats[i].id, 4))
			return true;
	return false;
}

static bool entry_is_good(const struct container *container, const struct chunk_entry *entry)
{
	if (entry->coding >= CODING_COUNT || !entry->width || entry->width > WIDTH_MAX)
		return false;
	if (entry->coding != CODING_RAW && entry->width != 4 && entry->width != 8)
		return false;
	if (entry->offset > container->file_bytes ||
		entry->stored_bytes > container->file_bytes - entry->offset)
		return false;
	/* A block takes some bytes of the file, so this bounds what is to come. */
	return entry->n / BLOCK_ELEMENTS <= entry->stored_bytes / BLOCK_HEAD_BYTES;
}

static struct error *add_chunks(struct container *container, const uint8_t *table)
{
	for (size_t i = 0; i < container->n_chunks; i++) {
		struct chunk *chunk = &container->chunks[i];
		entry_decode(table + i * ENTRY_BYTES, &chunk->entry);
		chunk->wanted = is_known(chunk->entry.id);
		if (chunk->wanted && !entry_is_good(container, &chunk->entry))
			return container_corrupt(container, "its table of contents");
		for (size_t k = 0; k < i && chunk->wanted; k++)
			if (!memcmp(container->chunks[k].entry.id, chunk->entry.id, 4))
				return container_corrupt(container, "its table of contents");
	}
	return NULL;
}

static struct error *read_table(struct container *container, const struct header *header)
{
	size_t n_bytes = (size_t)header->n_chunks * ENTRY_BYTES;
	if (header->n_chunks > CHUNKS_MAX || header->table_offset > container->file_bytes ||
		n_bytes > container->file_bytes - header->table_offset)
		return container_corrupt(container, "its header");
	_cleanup_free_ uint8_t *table = malloc(MAX(n_bytes, 1));
	container->chunks = calloc(MAX(header->n_chunks, 1), sizeof(*container->chunks));
	if (!table || !container->chunks)
		return &error_no_memory;
	struct error *error = read_at(container, header->table_offset, table, n_bytes);
	if (error)
		return error;
	if (XXH3_64bits(table, n_bytes) != header->table_hash)
		return container_corrupt(container, "its table of contents");
	container->n_chunks = header->n_chunks;
	return add_chunks(container, table);
}

/* ---- checksums and blocks ---- */

static struct error *check_hash(const struct container *container, const struct chunk *chunk,
	XXH3_state_t *state, uint8_t *piece)
{
	uint64_t left = chunk->entry.stored_bytes, offset = chunk->entry.offset;
	XXH3_64bits_reset(state);
	while (left) {
		size_t n = (size_t)MIN(left, HASH_PIECE_BYTES);
		struct error *error = read_at(container, offset, piece, n);
		if (error)
			return error;
		XXH3_64bits_update(state, piece, n);
		offset += n;
		left -= n;
	}
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	if (XXH3_64bits_digest(state) != chunk->entry.hash)
		return container_corrupt(container, "the checksum of a part of it is wrong");
#endif
	return NULL;
}

/* Could n elements be packed into n_packed bytes, and these into a frame of n_frame? */
static bool block_is_plausible(
	const struct chunk_entry *entry, size_t n, uint32_t n_frame, uint32_t n_packed)
{
	if (!n_frame || n_packed / RATIO_MAX > n_frame)
		return false;
	if (entry->coding == CODING_RAW)
		return n_packed == n * entry->width;
	return n_packed >= n && n_packed <= n * VARINT_BYTES_MAX;
}

/* Finds the blocks of `chunk`; they must fill its stored bytes exactly. */
static struct error *find_blocks(const struct container *container, struct chunk *chunk)
{
	uint64_t at = chunk->entry.offset, end = at + chunk->entry.stored_bytes;
	chunk->n_blocks = block_count(chunk->entry.n);
	chunk->blocks = calloc(MAX(chunk->n_blocks, 1), sizeof(*chunk->blocks));
	if (!chunk->blocks)
		return &error_no_memory;
	for (size_t i = 0; i < chunk->n_blocks; i++) {
		uint8_t head[BLOCK_HEAD_BYTES];
		if (end - at < BLOCK_HEAD_BYTES)
			return container_corrupt(container, "a block is missing");
		struct error *error = read_at(container, at, head, sizeof(head));
		if (error)
			return error;
		at += BLOCK_HEAD_BYTES;
		struct block *block = &chunk->blocks[i];
		*block = (struct block){.chunk = chunk,
			.index = i,
			.offset = at,
			.n_frame = (uint32_t)number_decode(head, 4),
			.n_packed = (uint32_t)number_decode(head + 4, 4)};
		if (block->n_frame > end - at ||
			!block_is_plausible(&chunk->entry, block_length(chunk->entry.n, i),
				block->n_frame, block->n_packed))
			return container_corrupt(container, "the sizes of a block cannot be");
		at += block->n_frame;
	}
	return at == end ? NULL : container_corrupt(container, "there are bytes behind a block");
}

static struct error *check_chunks(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker, (void)begin, (void)end;
	struct round *round = arg;
	struct container *container = round->container;
	_cleanup_free_ uint8_t *piece = malloc(HASH_PIECE_BYTES);
	XXH3_state_t *state = XXH3_createState();
	struct error *error = piece && state ? NULL : &error_no_memory;
	while (!error) {
		size_t next = __atomic_fetch_add(&round->next, 1, __ATOMIC_RELAXED);
		if (next >= round->n)
			break;
		if (!container->chunks[next].wanted)
			continue;
		error = check_hash(container, &container->chunks[next], state, piece);
		if (!error)
			error = find_blocks(container, &container->chunks[next]);
	}
	XXH3_freeState(state);
	return error;
}

/* ---- decoding ---- */

/* What a worker needs to decode blocks, one after the other. */
struct unpacker {
	ZSTD_DCtx *context;
	struct column frame, packed;
};

static void unpacker_deinit(struct unpacker *unpacker)
{
	ZSTD_freeDCtx(unpacker->context);
	column_deinit(&unpacker->frame);
	column_deinit(&unpacker->packed);
}

static struct error *unpacker_init(struct unpacker *unpacker, const struct round *round)
{
	size_t n_frame = 0, n_packed = 0;
	for (size_t i = 0; i < round->n; i++) {
		n_frame = MAX(n_frame, round->blocks[i]->n_frame);
		n_packed = MAX(n_packed, round->blocks[i]->n_packed);
	}
	struct error *error = column_init(&unpacker->frame, 1, n_frame);
	if (!error)
		error = column_init(&unpacker->packed, 1, n_packed);
	if (error)
		return error;
	unpacker->context = ZSTD_createDCtx();
	return unpacker->context ? NULL : &error_no_memory;
}

static struct error *decode(
	const struct container *container, const struct block *block, struct unpacker *unpacker)
{
	const struct chunk_entry *entry = &block->chunk->entry;
	struct error *error =
		read_at(container, block->offset, unpacker->frame.data, block->n_frame);
	if (error)
		return error;
	size_t n = block_length(entry->n, block->index);
	char *elements =
		(char *)block->chunk->content + block->index * BLOCK_ELEMENTS * entry->width;
	void *packed = entry->coding == CODING_RAW ? elements : unpacker->packed.data;
	size_t n_packed = ZSTD_decompressDCtx(
		unpacker->context, packed, block->n_packed, unpacker->frame.data, block->n_frame);
	if (ZSTD_isError(n_packed) || n_packed != block->n_packed)
		return container_corrupt(container, "a block does not decompress");
	if (entry->coding != CODING_RAW &&
		!block_unpack(entry->coding, entry->width, packed, n_packed, elements, n))
		return container_corrupt(container, "a block does not hold its numbers");
	return NULL;
}

static struct error *decode_queue(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker, (void)begin, (void)end;
	struct round *round = arg;
	_cleanup_(unpacker_deinit) struct unpacker unpacker = {0};
	struct error *error = unpacker_init(&unpacker, round);
	while (!error) {
		size_t next = __atomic_fetch_add(&round->next, 1, __ATOMIC_RELAXED);
		if (next >= round->n)
			break;
		error = decode(round->container, round->blocks[next], &unpacker);
	}
	return error;
}

static struct error *run(struct round *round, worker_fn fn)
{
	round->next = 0;
	unsigned n_workers = (unsigned)MIN(workers_count(), MAX(round->n, 1));
	return workers_run(n_workers, n_workers, fn, round);
}

struct error *container_read(struct container *container, struct chunk *const *chunks, size_t n)
{
	struct round round = {.container = container};
	size_t n_blocks = 0;
	for (size_t i = 0; i < n; i++)
		n_blocks += chunks[i]->n_blocks;
	_cleanup_free_ struct block **blocks = calloc(MAX(n_blocks, 1), sizeof(*blocks));
	if (!blocks)
		return &error_no_memory;
	round.blocks = blocks;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < chunks[i]->n_blocks; k++)
			blocks[round.n++] = &chunks[i]->blocks[k];
	return run(&round, decode_queue);
}

/* ---- the whole ---- */

struct error *container_open(const char *path, struct container **ret)
{
	_cleanup_(container_closep) struct container *container = calloc(1, sizeof(*container));
	if (!container)
		return &error_no_memory;
	container->fd = -1;
	container->path = strdup(path);
	if (!container->path)
		return &error_no_memory;
	struct header header = {0};
	struct error *error = open_file(container);
	if (!error)
		error = read_header(container, &header);
	if (!error)
		error = read_table(container, &header);
	if (!error)
		error = run(&(struct round){.container = container, .n = container->n_chunks},
			check_chunks);
	if (error)
		return error;
	*ret = move_ptr(container);
	return NULL;
}

void container_close(struct container *container)
{
	if (!container)
		return;
	for (size_t i = 0; i < container->n_chunks; i++)
		free(container->chunks[i].blocks);
	free(container->chunks);
	free(container->path);
	if (container->fd >= 0)
		close(container->fd);
	free(container);
}

struct chunk *container_find(struct container *container, const char *id)
{
	for (size_t i = 0; i < container->n_chunks; i++)
		if (container->chunks[i].wanted && !memcmp(container->chunks[i].entry.id, id, 4))
			return &container->chunks[i];
	return NULL;
}
