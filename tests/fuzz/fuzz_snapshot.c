/*
 * Any bytes as a snapshot file: an error or a snapshot that holds together,
 * never a crash, a hang or memory without end. Checksums of chunks are not
 * compared in this build, so that the fuzzer gets behind them; the header and
 * the table of contents are signed here.
 */
#include "snap/file.h"
#include "snap/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Puts right the checksums that stand before everything else. */
static void sign(uint8_t *bytes, size_t n)
{
	struct header header;
	number_encode(XXH3_64bits(bytes + 8, 40), 8, bytes + 48);
	if (header_decode(bytes, &header) != HEADER_GOOD || header.table_offset > n ||
		header.n_chunks > (n - header.table_offset) / ENTRY_BYTES)
		return;
	header.file_bytes = n;
	header.table_hash =
		XXH3_64bits(bytes + header.table_offset, (size_t)header.n_chunks * ENTRY_BYTES);
	header_encode(&header, bytes);
}

static int make_file(const uint8_t *data, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	uint8_t *bytes = malloc(n + 1);
	if (fd < 0 || !bytes)
		abort();
	memcpy(bytes, data, n);
	if (n >= HEADER_BYTES)
		sign(bytes, n);
	if (write(fd, bytes, n) != (ssize_t)n)
		abort();
	free(bytes);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char path[64];
	int fd = make_file(data, n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct snapshot *snapshot = NULL;
	struct error *error = snapshot_read(path, &snapshot);
	error_destroy(error);
	snapshot_destroy(snapshot);
	close(fd);
	return 0;
}
