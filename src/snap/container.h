/*
 * Reading the frame of a snapshot file (snap/format.h): which chunks are there,
 * and their elements. Knows nothing of what the chunks mean.
 */
#ifndef WHYMEM_SNAP_CONTAINER_H
#define WHYMEM_SNAP_CONTAINER_H

#include "snap/format.h"

struct container;
struct block;

struct chunk {
	struct chunk_entry entry;
	void *content; /* where container_read() puts its elements; the caller's */
	bool wanted;   /* its id is known */
	size_t n_blocks;
	struct block *blocks;
};

/*
 * Opens the file and checks frame, checksums and sizes of all known chunks.
 * UNREADABLE_FILE (also: foreign, or of a newer format), CORRUPT_FILE.
 */
struct error *container_open(const char *path, struct container **ret);
void container_close(struct container *container);

static inline void container_closep(struct container **container)
{
	container_close(*container);
}

/* The chunk called `id`, or NULL; borrowed until the container is closed. */
struct chunk *container_find(struct container *container, const char *id);

/*
 * Decodes `n` chunks into their `content`, which must have room for entry.n
 * elements of entry.width bytes. All processors take part.
 */
struct error *container_read(struct container *container, struct chunk *const *chunks, size_t n);

/* CORRUPT_FILE: says of the file what is damaged. */
struct error *container_corrupt(const struct container *container, const char *what);

#endif
