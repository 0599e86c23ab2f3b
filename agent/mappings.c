/*
 * Memory that the program maps itself. Counted is what is anonymous and can be
 * accessed, in whole pages, by the line that mapped it; parts are unmapped
 * exactly. What an allocator maps for the blocks that it gives away is not
 * counted here: the hook of the block is at work then.
 *
 * The pieces that are mapped stand in an array in the order of their addresses,
 * which a lock keeps from changing while the kernel works: no other thread can
 * get memory that was given back before that is known here.
 */
#undef _FILE_OFFSET_BITS /* else mmap() would be another name of mmap64() */

#include "agent.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/mman.h>

#define EXPORT __attribute__((visibility("default")))

enum { PIECES_MAX = 1 << 16 };

static struct piece {
	uintptr_t begin, end;
	uint32_t node; /* 0: reserved, not accessible yet */
	uint32_t unused;
} * pieces;

static size_t n_pieces;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct {
	void *(*mmap)(void *, size_t, int, int, int, off_t);
	int (*munmap)(void *, size_t);
	void *(*mremap)(void *, size_t, size_t, int, void *);
	int (*mprotect)(void *, size_t, int);
	int (*brk)(void *);
	void *(*sbrk)(intptr_t);
} next;

__attribute__((constructor(101))) static void mappings_find(void)
{
	*(void **)&next.munmap = dlsym(RTLD_NEXT, "munmap");
	*(void **)&next.mremap = dlsym(RTLD_NEXT, "mremap");
	*(void **)&next.mprotect = dlsym(RTLD_NEXT, "mprotect");
	*(void **)&next.brk = dlsym(RTLD_NEXT, "brk");
	*(void **)&next.sbrk = dlsym(RTLD_NEXT, "sbrk");
	*(void **)&next.mmap = dlsym(RTLD_NEXT, "mmap");
}

void mappings_hold(void)
{
	pthread_mutex_lock(&lock);
}

void mappings_release(void)
{
	pthread_mutex_unlock(&lock);
}

static bool begin(void)
{
	if (!hooks_pause())
		return false;
	mappings_hold();
	return true;
}

static void end(void)
{
	mappings_release();
	hooks_resume();
}

static uintptr_t page_end(const void *address, size_t n_bytes)
{
	return align_up((uintptr_t)address + n_bytes, (uint64_t)sysconf(_SC_PAGESIZE));
}

/* ---- pieces ---- */

/* Index of the first piece that ends behind `address`. */
static size_t find(uintptr_t address)
{
	return partition_point(i, 0, n_pieces, pieces[i].end <= address);
}

bool mappings_count(uintptr_t address)
{
	size_t at = find(address);
	return at < n_pieces && pieces[at].begin <= address && pieces[at].node;
}

static bool insert_at(size_t at, struct piece piece)
{
	if (!pieces)
		pieces = sys_map(PIECES_MAX * sizeof(*pieces));
	if (!pieces || n_pieces == PIECES_MAX)
		return false;
	memmove(pieces + at + 1, pieces + at, (n_pieces - at) * sizeof(*pieces));
	pieces[at] = piece;
	n_pieces++;
	return true;
}

static void remove_at(size_t at)
{
	n_pieces--;
	memmove(pieces + at, pieces + at + 1, (n_pieces - at) * sizeof(*pieces));
}

static void uncount(const struct piece *piece, size_t n_bytes, int n_fewer)
{
	if (piece->node)
		count_unmapping(piece->node, n_bytes, n_fewer);
}

/* Cuts [from, to), a part of it, out of the piece at `at`; index of what is behind. */
static size_t cut(size_t at, uintptr_t from, uintptr_t to)
{
	struct piece *piece = &pieces[at], rest = *piece;
	if (from == piece->begin && to == piece->end) {
		uncount(piece, to - from, 1);
		remove_at(at);
		return at;
	}
	if (from == piece->begin) {
		uncount(piece, to - from, 0);
		piece->begin = to;
		return at;
	}
	piece->end = from;
	rest.begin = to;
	if (to == rest.end) {
		uncount(piece, to - from, 0);
	} else if (insert_at(at + 1, rest)) {
		uncount(piece, to - from, -1);
	} else {
		uncount(piece, rest.end - from, 0);
		count_lost(rest.end - to);
	}
	return at + 1;
}

static void cut_all(uintptr_t from, uintptr_t to)
{
	size_t at = find(from);
	while (at < n_pieces && pieces[at].begin < to)
		at = cut(at, MAX(from, pieces[at].begin), MIN(to, pieces[at].end));
}

static void add(uintptr_t from, uintptr_t to, bool is_accessible)
{
	cut_all(from, to);
	struct piece piece = {.begin = from, .end = to};
	if (is_accessible)
		piece.node = count_mapping(to - from);
	if ((piece.node || !is_accessible) && !insert_at(find(from), piece)) {
		uncount(&piece, to - from, 1);
		count_lost(to - from);
	}
}

/* Reserved parts of [from, to) become memory. */
static void add_reserved(uintptr_t from, uintptr_t to)
{
	for (size_t at = find(from); at < n_pieces && pieces[at].begin < to; at = find(from)) {
		struct piece part = pieces[at];
		part.begin = MAX(part.begin, from);
		from = part.end = MIN(part.end, to);
		if (!part.node)
			add(part.begin, part.end, true);
	}
}

/* ---- mmap ---- */

static void *real_mmap(
	void *address, size_t n_bytes, int protection, int flags, int fd, off_t offset)
{
	if (likely(next.mmap != NULL))
		return next.mmap(address, n_bytes, protection, flags, fd, offset);
	return sys_mmap(address, n_bytes, protection, flags, fd, (uint64_t)offset);
}

EXPORT void *mmap(void *address, size_t n_bytes, int protection, int flags, int fd, off_t offset)
{
	if (*is_counting)
		count_look_if_due();
	if (!begin())
		return real_mmap(address, n_bytes, protection, flags, fd, offset);
	void *memory = real_mmap(address, n_bytes, protection, flags, fd, offset);
	uintptr_t from = (uintptr_t)memory;
	if (memory == MAP_FAILED) {
		if (flags & MAP_ANONYMOUS && errno == ENOMEM)
			count_failure(n_bytes, false);
	} else if (flags & MAP_ANONYMOUS) {
		add(from, page_end(memory, n_bytes), protection != PROT_NONE);
	} else {
		cut_all(from, page_end(memory, n_bytes));
	}
	end();
	return memory;
}

EXPORT void *mmap64(
	void *address, size_t n_bytes, int protection, int flags, int fd, off64_t offset)
{
	return mmap(address, n_bytes, protection, flags, fd, offset);
}

static int real_munmap(void *address, size_t n_bytes)
{
	if (likely(next.munmap != NULL))
		return next.munmap(address, n_bytes);
	return (int)syscall(SYS_munmap, address, n_bytes);
}

EXPORT int munmap(void *address, size_t n_bytes)
{
	if (!begin())
		return real_munmap(address, n_bytes);
	int failure = real_munmap(address, n_bytes);
	if (!failure)
		cut_all((uintptr_t)address, page_end(address, n_bytes));
	end();
	return failure;
}

static int real_mprotect(void *address, size_t n_bytes, int protection)
{
	if (likely(next.mprotect != NULL))
		return next.mprotect(address, n_bytes, protection);
	return (int)syscall(SYS_mprotect, address, n_bytes, protection);
}

EXPORT int mprotect(void *address, size_t n_bytes, int protection)
{
	if (protection == PROT_NONE || !begin())
		return real_mprotect(address, n_bytes, protection);
	int failure = real_mprotect(address, n_bytes, protection);
	if (!failure)
		add_reserved((uintptr_t)address, page_end(address, n_bytes));
	end();
	return failure;
}

static void *real_mremap(void *old, size_t n_old, size_t n_new, int flags, void *to)
{
	if (likely(next.mremap != NULL))
		return next.mremap(old, n_old, n_new, flags, to);
	return (void *)syscall(SYS_mremap, old, n_old, n_new, flags, to);
}

/* Moved or resized: what was freed and allocated again. */
static void remapped(void *old, size_t n_old, void *new, size_t n_new, int flags)
{
	size_t at = find((uintptr_t)old);
	bool is_known = at < n_pieces && pieces[at].begin < page_end(old, MAX(n_old, 1));
	bool is_accessible = is_known && pieces[at].node;
	if (n_old && !(flags & MREMAP_DONTUNMAP))
		cut_all((uintptr_t)old, page_end(old, n_old));
	if (is_known)
		add((uintptr_t) new, page_end(new, n_new), is_accessible);
	else
		cut_all((uintptr_t) new, page_end(new, n_new));
}

EXPORT void *mremap(void *old, size_t n_old, size_t n_new, int flags, ...)
{
	va_list list;
	va_start(list, flags);
	void *to = flags & (MREMAP_FIXED | MREMAP_DONTUNMAP) ? va_arg(list, void *) : NULL;
	va_end(list);
	if (!begin())
		return real_mremap(old, n_old, n_new, flags, to);
	void *memory = real_mremap(old, n_old, n_new, flags, to);
	if (memory != MAP_FAILED)
		remapped(old, n_old, memory, n_new, flags);
	end();
	return memory;
}

/* ---- brk ---- */

static void break_moved(uintptr_t from, uintptr_t to)
{
	if (to > from)
		add(from, to, true);
	else
		cut_all(to, from);
}

EXPORT void *sbrk(intptr_t increment)
{
	if (unlikely(!next.sbrk))
		mappings_find();
	if (!increment || !begin())
		return next.sbrk(increment);
	char *before = next.sbrk(increment);
	if (before != (char *)-1)
		break_moved((uintptr_t)before, (uintptr_t)before + (uintptr_t)increment);
	end();
	return before;
}

EXPORT int brk(void *to)
{
	if (unlikely(!next.brk))
		mappings_find();
	if (!begin())
		return next.brk(to);
	void *before = next.sbrk(0);
	int failure = next.brk(to);
	if (!failure && before != (void *)-1)
		break_moved((uintptr_t)before, (uintptr_t)to);
	end();
	return failure;
}
