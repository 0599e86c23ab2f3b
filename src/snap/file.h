/*
 * The snapshot file: docs/format-snapshot.md. Written once, atomically, with
 * mode 0600; versioned, checksummed, compressed column by column.
 */
#ifndef WHYMEM_SNAP_FILE_H
#define WHYMEM_SNAP_FILE_H

#include "snap/snapshot.h"

/*
 * Writes to a temporary file beside `path` and renames it; on failure nothing
 * is left behind. OUT_OF_SPACE, UNREADABLE_FILE.
 */
struct error *snapshot_write(const struct snapshot *snapshot, const char *path);

/* Reads, verifies checksums and runs snapshot_check(). UNREADABLE_FILE, CORRUPT_FILE. */
struct error *snapshot_read(const char *path, struct snapshot **ret);

#endif
