/*
 * Where events come from. The outermost hook of a thread counts: what an
 * allocator of Python's asks of malloc() is counted as Python's alone.
 *
 * malloc() and its family are interposed; what they call is found with
 * dlsym(RTLD_NEXT), so that an allocator that the user preloads keeps working.
 */
#include "agent.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

static uint32_t no_table_yet;
volatile uint32_t *is_counting = &no_table_yet;

static inline bool enter(void)
{
	if (unlikely(!*is_counting) || own.is_inside)
		return false;
	own.is_inside = 1;
	return true;
}

static void leave(void)
{
	own.is_inside = 0;
}

bool hooks_pause(void)
{
	return enter();
}

void hooks_resume(void)
{
	leave();
}

/* ---- PyMem_SetAllocator: PyMemAllocatorEx of Include/cpython/pymem.h ---- */

struct allocator {
	void *context;
	void *(*malloc)(void *context, size_t n_bytes);
	void *(*calloc)(void *context, size_t n, size_t n_bytes);
	void *(*realloc)(void *context, void *block, size_t n_bytes);
	void (*free)(void *context, void *block);
};

enum { DOMAIN_RAW, N_DOMAINS = 3 }; /* PYMEM_DOMAIN_RAW, _MEM, _OBJ */

struct domain {
	struct allocator real;
	bool has_gil;
};

/* Hooks end with it: what it needs is not to slow down the others. */
static __attribute__((noinline)) void *count_slowly(
	const struct domain *domain, void *block, size_t n_bytes)
{
	if (unlikely(!block))
		count_failure(n_bytes, domain->has_gil);
	else if (!is_watching_lines || !count_watched(block, n_bytes))
		count_allocation(block, n_bytes, domain->has_gil);
	leave();
	return block;
}

static __attribute__((noinline)) void *count_beside_others(
	const struct domain *domain, void *block, size_t n_bytes, uint32_t node)
{
	bool is_taken = count_lock();
	bool is_counted = count_at_hand(block, n_bytes, node);
	count_unlock(is_taken);
	if (unlikely(!is_counted))
		return count_slowly(domain, block, n_bytes);
	leave();
	return block;
}

static inline void *count_result(
	const struct domain *domain, void *block, size_t n_bytes, uint32_t node)
{
	if (unlikely(!block || !node))
		return count_slowly(domain, block, n_bytes);
	if (!__libc_single_threaded)
		return count_beside_others(domain, block, n_bytes, node);
	if (unlikely(!count_at_hand(block, n_bytes, node)))
		return count_slowly(domain, block, n_bytes);
	leave();
	return block;
}

/*
 * Before the allocator goes to work: the node of a small block, when it is at hand.
 * With large ones memory grows, and nothing is half changed yet: time for a look.
 */
static inline uint32_t prepare(const struct domain *domain, size_t n_bytes)
{
	if (unlikely(n_bytes >= TAG_SIZE_LARGE)) {
		count_look_if_due();
		return 0;
	}
	return likely(domain->has_gil) ? stack_node_at_hand() : 0;
}

static void *python_malloc(void *context, size_t n_bytes)
{
	struct domain *domain = context;
	if (!enter())
		return domain->real.malloc(domain->real.context, n_bytes);
	uint32_t node = prepare(domain, n_bytes);
	void *block = domain->real.malloc(domain->real.context, n_bytes);
	return count_result(domain, block, n_bytes, node);
}

static void *python_calloc(void *context, size_t n, size_t n_bytes)
{
	struct domain *domain = context;
	if (!enter())
		return domain->real.calloc(domain->real.context, n, n_bytes);
	uint32_t node = prepare(domain, n * n_bytes);
	void *block = domain->real.calloc(domain->real.context, n, n_bytes);
	return count_result(domain, block, n * n_bytes, node);
}

static void *python_realloc(void *context, void *old, size_t n_bytes)
{
	struct domain *domain = context;
	if (!enter())
		return domain->real.realloc(domain->real.context, old, n_bytes);
	uint32_t node = prepare(domain, n_bytes);
	uint64_t tag = old ? count_take(old) : 0;
	void *block = domain->real.realloc(domain->real.context, old, n_bytes);
	if (unlikely(!block))
		count_put_back(old, tag);
	return count_result(domain, block, n_bytes, node);
}

static void python_free(void *context, void *block)
{
	struct domain *domain = context;
	if (likely(block && enter())) {
		if (unlikely(!count_free_at_hand(block)))
			count_free(block);
		leave();
	} else if (unlikely(own.calls_python) && block) {
		count_nested_free(block);
	}
	domain->real.free(domain->real.context, block);
}

/*
 * What each allocator that was found is called through; an entry never changes,
 * because Python keeps allocators aside and puts them back.
 */
static struct domain domains[16];
static size_t n_domains;

static struct domain *domain_of(const struct allocator *real, bool has_gil)
{
	for (size_t i = 0; i < n_domains; i++) {
		if (!memcmp(&domains[i].real, real, sizeof(*real)) && domains[i].has_gil == has_gil)
			return &domains[i];
	}
	if (n_domains == ARRAY_SIZE(domains))
		return NULL;
	domains[n_domains] = (struct domain){*real, has_gil};
	return &domains[n_domains++];
}

void hooks_install(void)
{
	for (int i = 0; i < N_DOMAINS; i++) {
		struct allocator real;
		python.get_allocator(i, &real);
		struct domain *domain =
			real.malloc == python_malloc ? NULL : domain_of(&real, i != DOMAIN_RAW);
		struct allocator ours = {
			domain, python_malloc, python_calloc, python_realloc, python_free};
		if (domain)
			python.set_allocator(i, &ours);
	}
}

bool hooks_are_outermost(void)
{
	struct allocator objects;
	python.get_allocator(N_DOMAINS - 1, &objects);
	return objects.malloc == python_malloc;
}

/* Python chooses its allocators when it starts (PYTHONMALLOC, -X dev): ours go on top again. */
static void stay_installed(void)
{
	static bool is_settled;
	if (likely(is_settled))
		return;
	hooks_install();
	is_settled = python.is_initialized();
}

/* ---- malloc ---- */

static struct {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void (*free)(void *);
	void *(*memalign)(size_t, size_t);
	void *(*aligned_alloc)(size_t, size_t);
	int (*posix_memalign)(void **, size_t, size_t);
	void *(*valloc)(size_t);
	void *(*pvalloc)(size_t);
	volatile bool is_looking; /* dlsym() is declared to call nothing of ours: it does */
} next;

/* What dlsym() itself may ask for while the allocator is looked up. */
static char early[4096] __attribute__((aligned(16)));
static size_t n_early;

static void *early_malloc(size_t n_bytes)
{
	size_t at = n_early;
	if (n_bytes > sizeof(early) - at)
		return NULL;
	n_early += (n_bytes + 15) & ~(size_t)15;
	return early + at;
}

static bool is_early(const void *block)
{
	return (const char *)block >= early && (const char *)block < early + sizeof(early);
}

void hooks_find(void)
{
	next.is_looking = true;
	*(void **)&next.calloc = dlsym(RTLD_NEXT, "calloc");
	*(void **)&next.realloc = dlsym(RTLD_NEXT, "realloc");
	*(void **)&next.free = dlsym(RTLD_NEXT, "free");
	*(void **)&next.memalign = dlsym(RTLD_NEXT, "memalign");
	*(void **)&next.aligned_alloc = dlsym(RTLD_NEXT, "aligned_alloc");
	*(void **)&next.posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
	*(void **)&next.valloc = dlsym(RTLD_NEXT, "valloc");
	*(void **)&next.pvalloc = dlsym(RTLD_NEXT, "pvalloc");
	*(void **)&next.malloc = dlsym(RTLD_NEXT, "malloc");
	next.is_looking = false;
}

static bool is_ready(void)
{
	if (unlikely(!next.malloc) && !next.is_looking)
		hooks_find();
	return likely(next.malloc != NULL);
}

const char *hooks_allocator(void)
{
	Dl_info allocator, libc;
	void *of_libc = dlsym(RTLD_NEXT, "gnu_get_libc_version");
	if (!is_ready() || !dladdr((void *)next.malloc, &allocator) || !dladdr(of_libc, &libc))
		return NULL;
	return allocator.dli_fbase == libc.dli_fbase ? NULL : allocator.dli_fname;
}

static inline bool enter_to_allocate(void)
{
	if (!enter())
		return false;
	count_look_if_due();
	return true;
}

/* Counts the block that the allocator gave; errno stays. */
static void *counted(void *block, size_t n_bytes)
{
	stay_installed();
	if (likely(block))
		count_allocation(block, n_bytes, false);
	else if (n_bytes)
		count_failure(n_bytes, false);
	leave();
	return block;
}

EXPORT void *malloc(size_t n_bytes)
{
	if (!is_ready())
		return early_malloc(n_bytes);
	if (!enter_to_allocate())
		return next.malloc(n_bytes);
	return counted(next.malloc(n_bytes), n_bytes);
}

EXPORT void *calloc(size_t n, size_t n_bytes)
{
	if (!is_ready())
		return early_malloc(n * n_bytes);
	if (!enter_to_allocate())
		return next.calloc(n, n_bytes);
	return counted(next.calloc(n, n_bytes), n * n_bytes);
}

static void *early_realloc(void *old, size_t n_bytes)
{
	void *block = next.malloc ? malloc(n_bytes) : early_malloc(n_bytes);
	size_t n_left = (size_t)(early + sizeof(early) - (char *)old);
	return block ? memcpy(block, old, MIN(n_bytes, n_left)) : NULL;
}

EXPORT void *realloc(void *old, size_t n_bytes)
{
	if (!old)
		return malloc(n_bytes);
	if (is_early(old))
		return early_realloc(old, n_bytes);
	if (!enter_to_allocate())
		return next.realloc(old, n_bytes);
	uint64_t tag = count_take(old);
	void *block = next.realloc(old, n_bytes);
	if (!block && n_bytes)
		count_put_back(old, tag);
	return counted(block, n_bytes);
}

EXPORT void free(void *block)
{
	if (!block || is_early(block) || !is_ready())
		return;
	bool counts = enter();
	if (counts)
		count_free(block);
	next.free(block);
	if (counts)
		leave();
}

/* Of C23, where libc has them or not: the size only helps an allocator. */
void free_sized(void *block, size_t n_bytes);
void free_aligned_sized(void *block, size_t alignment, size_t n_bytes);

EXPORT void free_sized(void *block, size_t n_bytes)
{
	(void)n_bytes;
	free(block);
}

EXPORT void free_aligned_sized(void *block, size_t alignment, size_t n_bytes)
{
	(void)alignment, (void)n_bytes;
	free(block);
}

EXPORT void *memalign(size_t alignment, size_t n_bytes)
{
	if (!is_ready() || !enter_to_allocate())
		return next.memalign(alignment, n_bytes);
	return counted(next.memalign(alignment, n_bytes), n_bytes);
}

EXPORT void *aligned_alloc(size_t alignment, size_t n_bytes)
{
	if (!is_ready() || !enter_to_allocate())
		return next.aligned_alloc(alignment, n_bytes);
	return counted(next.aligned_alloc(alignment, n_bytes), n_bytes);
}

EXPORT int posix_memalign(void **ret, size_t alignment, size_t n_bytes)
{
	if (!is_ready() || !enter_to_allocate())
		return next.posix_memalign(ret, alignment, n_bytes);
	int failure = next.posix_memalign(ret, alignment, n_bytes);
	counted(failure ? NULL : *ret, n_bytes);
	return failure;
}

EXPORT void *valloc(size_t n_bytes)
{
	if (!is_ready() || !enter_to_allocate())
		return next.valloc(n_bytes);
	return counted(next.valloc(n_bytes), n_bytes);
}

EXPORT void *pvalloc(size_t n_bytes)
{
	if (!is_ready() || !enter_to_allocate())
		return next.pvalloc(n_bytes);
	return counted(next.pvalloc(n_bytes), n_bytes);
}

EXPORT void *reallocarray(void *old, size_t n, size_t n_bytes)
{
	size_t n_total;
	if (__builtin_mul_overflow(n, n_bytes, &n_total)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, n_total);
}
