/*
 * A live process becomes a capture: a frozen image of its memory, the state of
 * its mappings and threads at one instant, and the kernel's own figures.
 *
 *	pid -> pre-flight checks -> smaps before -> guardian: stop, clone, resume
 *	    -> copy the clone -> kill and reap it -> struct capture
 *
 * All ptrace work is done by the guardian, a tiny process that survives us, so
 * that the target comes to no harm whenever whymem dies. Where a clone cannot
 * be injected the target is stopped while its memory is copied.
 *
 * Knows nothing about Python.
 */
#ifndef WHYMEM_CAPTURE_H
#define WHYMEM_CAPTURE_H

#include "base/vec.h"
#include "target/descriptors.h"
#include "target/mem.h"

#include <sys/types.h>

enum map_flags {
	MAP_READ = 1 << 0,
	MAP_WRITE = 1 << 1,
	MAP_EXEC = 1 << 2,
	MAP_IS_SHARED = 1 << 3,  /* MAP_SHARED: not frozen, residency read in the pause */
	MAP_IS_STACK = 1 << 4,   /* [stack], or holds the stack pointer of a thread */
	MAP_IS_HEAP = 1 << 5,    /* [heap] */
	MAP_IS_SPECIAL = 1 << 6, /* [vdso], [vvar], [vsyscall] ... */
	MAP_IS_DELETED = 1 << 7, /* its file was removed */
	MAP_IS_HUGETLB = 1 << 8,
	MAP_IN_IMAGE = 1 << 9, /* its bytes can be read through the image */
};

/* One line of smaps. Counts are of the target itself, as without the snapshot. */
struct map {
	addr_t start, end;
	uint64_t offset;        /* in the file */
	uint64_t device, inode; /* 0 for anonymous memory */
	uint32_t flags;         /* enum map_flags */
	char *path;             /* as in maps; "" for anonymous memory */
	uint64_t resident_bytes;
	/* Of these, as smaps said shortly before the freeze: */
	uint64_t private_dirty_bytes, shared_dirty_bytes; /* written, by us alone or shared */
	uint64_t anonymous_bytes;                         /* no (longer) pages of a file */
	uint64_t huge_bytes;                              /* anonymous, in huge pages */
	uint64_t *resident; /* a bit for each page of 4096 bytes; never NULL */
};

struct thread {
	pid_t tid;
	char name[16];
	addr_t stack_pointer;
	addr_t thread_pointer; /* fs_base, tpidr_el0: what pthread_self() returns on glibc */
};

/* Pages of a forked child, [begin, end), that it once shared with its parent. */
struct copied_range {
	addr_t begin, end;
};

/* What a forked child still has of its parent; all 0 of another process. */
struct kinship {
	pid_t parent;
	VEC(struct copied_range) copies; /* by address: pages that were copied since */
	uint64_t copied_bytes, shared_bytes;
	/* Of a sample of copies: those that differ from the parent's page in nothing but counts. */
	uint64_t compared_pages, unchanged_pages;
};

enum capture_method { CAPTURE_CLONE, CAPTURE_STOP };

/* What the kernel says of the whole process; in bytes. UINT64_MAX: not knowable. */
struct memory_figures {
	uint64_t rss_bytes; /* the sum of resident_bytes over all maps */
	uint64_t pss_bytes, uss_bytes, swap_bytes, page_table_bytes, hugetlb_bytes;
	uint64_t cgroup_limit_bytes, cgroup_used_bytes;
};

/* Something the user should know although the answer stands. */
struct warning {
	const char *id; /* snake_case, static */
	char text[256];
};

struct capture {
	pid_t pid;
	char program[64]; /* base name of the script, or of the executable */
	uint64_t started_unix_ns, captured_unix_ns;
	uint64_t pause_ns; /* first stop to last resume; attempts that failed are added */
	enum capture_method method;
	bool complete; /* false when the target died half-way */
	struct memory_figures memory;
	struct descriptor_figures descriptors;
	VEC(struct map) maps; /* by address */
	VEC(struct thread) threads;
	VEC(struct warning) warnings;
	struct kinship kinship;
	struct mem mem;
	struct making *making; /* while the frozen copy is held; NULL otherwise */
};

struct capture_options {
	bool no_clone; /* stop and copy even where a clone is possible */
	/*
	 * Keep a clone until capture_let_go(), and copy from it what is read when
	 * it is read: so that the image may be smaller than the target.
	 */
	bool keep_clone;
};

/*
 * Captures process `pid`. The target runs again when this returns, whether it
 * succeeds or not, and nothing of ours is left in it, but for a clone that is
 * kept.
 */
struct error *capture_create(
	pid_t pid, const struct capture_options *options, struct capture **ret);
void capture_destroy(struct capture *capture);

/*
 * Ends the clone that is kept, if any; what was not read is no longer in the
 * image. Sets `complete` and adds warnings: to be called before these are read.
 */
struct error *capture_let_go(struct capture *capture);

/* The map that holds `address`, or NULL. */
const struct map *capture_find_map(const struct capture *capture, addr_t address);

/* How many of the `n_bytes` from `address` on lie in resident pages. */
uint64_t capture_resident(const struct capture *capture, addr_t address, uint64_t n_bytes);

/*
 * Copies `n_bytes` at `address` of a shared mapping, which the image does not
 * have, as they are now and not at the freeze; false when they cannot be had.
 */
bool capture_read_shared(
	const struct capture *capture, addr_t address, void *ret, uint64_t n_bytes);

/*
 * Opens the file behind `map` for reading, whatever mount namespace the target
 * lives in; checks that it is the very file by device and inode.
 * UNREADABLE_FILE when it cannot be had.
 */
struct error *capture_open_file(const struct capture *capture, const struct map *map, int *fd_ret);

struct error *capture_add_warning(struct capture *capture, const char *id, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
