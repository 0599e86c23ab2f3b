/*
 * A tracer by brute force, the truth that `whymem run` is compared with. Each
 * event of PyMem's domains, of the malloc family and of mmap() is written to a
 * file, with the whole stack of lines of the thread; reference.py replays it.
 *
 * It shares nothing with the agent: frames are read with CPython's own headers
 * and PyCode_Addr2Line(), so it is compiled for each Python that is tested. It
 * neither allocates nor makes frame objects, so it may be preloaded beside the
 * agent, and both see the same run, of programs that do not disable the garbage
 * collector.
 *
 * The file, a sequence of records of u64 words:
 *
 *	SIZE	DESCRIPTION
 *	1	bits 0-7 kind, 8-31 n, 32-63 thread, or number of the code
 *	1	address of the block, or the first line of the code
 *	1	bytes asked for, or bytes of the text
 *	n	an event's frames, the innermost first: line, code << 32
 *		a code's two texts: words of UCS-4, file, 0, qualified name, 0
 */
#define Py_BUILD_CORE 1
#include <Python.h>

#include <frameobject.h>
#if PY_VERSION_HEX >= 0x030b0000
#include <internal/pycore_code.h>
#include <internal/pycore_frame.h>
#endif
#if PY_VERSION_HEX >= 0x030e0000
#include <internal/pycore_interpframe.h>
#endif

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Absent in what is no Python: the program that starts it loads this, too. */
#if PY_VERSION_HEX >= 0x030d0000
#pragma weak PyThreadState_GetUnchecked
#pragma weak Py_IsFinalizing
#else
#pragma weak _PyThreadState_UncheckedGet
#pragma weak _Py_IsFinalizing
#endif
#pragma weak PyGILState_GetThisThreadState
#pragma weak PyCode_Addr2Line
#pragma weak PyCode_Type
#pragma weak PyMem_GetAllocator
#pragma weak PyMem_SetAllocator
#pragma weak PyGC_IsEnabled
#pragma weak _Py_NoneStruct

#define EXPORT __attribute__((visibility("default")))
#define LOG_BYTES ((size_t)4 << 30)
#define N_CODES ((size_t)1 << 16)
#define N_FRAMES_MAX ((size_t)1 << 23)

enum kind {
	KIND_ALLOCATE = 1,
	KIND_FREE,
	KIND_TAKE,
	KIND_PUT_BACK,
	KIND_CODE,
	KIND_MAP,
	KIND_UNMAP,
};

static uint64_t *log_words;
static size_t n_words;
static volatile int is_logging;
static int is_beside_agent;
static int logs_frees; /* with their stacks: REFERENCE_FREES is set */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t n_threads, n_codes;
static __thread uint32_t thread_number __attribute__((tls_model("initial-exec")));
static __thread volatile int is_inside __attribute__((tls_model("initial-exec")));

static void fail(const char *what)
{
	fprintf(stderr, "reference: %s\n", what);
	_exit(99);
}

static void put(uint64_t word)
{
	if (n_words == LOG_BYTES / 8)
		fail("the log is full");
	log_words[n_words++] = word;
}

static void put_record(enum kind kind, size_t n, uint32_t number, uint64_t address, uint64_t size)
{
	put((uint64_t)kind | n << 8 | (uint64_t)number << 32);
	put(address);
	put(size);
}

/* ---- code ---- */

static struct {
	const void *code;
	uint32_t number;
} codes[N_CODES];

static size_t code_slot(const void *code)
{
	return ((uintptr_t)code >> 4) * 0x9e3779b97f4a7c15ull >> 48;
}

static size_t text_words(PyObject *text)
{
	return PyUnicode_GET_LENGTH(text) / 2 + 1;
}

static void put_text(PyObject *text)
{
	uint32_t letters[2];
	Py_ssize_t n = PyUnicode_GET_LENGTH(text);
	for (Py_ssize_t i = 0; i < (Py_ssize_t)text_words(text) * 2; i += 2) {
		for (int j = 0; j < 2; j++)
			letters[j] = i + j < n ? PyUnicode_READ_CHAR(text, i + j) : 0;
		put(letters[0] | (uint64_t)letters[1] << 32);
	}
}

static PyObject *name_of(PyCodeObject *code)
{
#if PY_VERSION_HEX >= 0x030b0000
	return code->co_qualname;
#else
	return code->co_name;
#endif
}

/* A code object that dies is forgotten: the next one at its address gets a new number. */
static uint32_t code_number(PyCodeObject *code)
{
	size_t slot = code_slot(code);
	if (codes[slot].code == code)
		return codes[slot].number;
	PyObject *file = code->co_filename, *name = name_of(code);
	codes[slot].code = code;
	codes[slot].number = n_codes++;
	put_record(KIND_CODE, text_words(file) + text_words(name), codes[slot].number,
		(uint64_t)code->co_firstlineno, text_words(file));
	put_text(file);
	put_text(name);
	return codes[slot].number;
}

static void forget_code(uintptr_t block)
{
	for (uintptr_t object = block; object <= block + 32; object += 16) {
		size_t slot = code_slot((void *)object);
		if (codes[slot].code == (void *)object)
			codes[slot].code = NULL;
	}
}

/* ---- frames ---- */

static PyThreadState *thread_state(int has_gil)
{
	if (!has_gil)
		return PyGILState_GetThisThreadState();
#if PY_VERSION_HEX >= 0x030d0000
	return PyThreadState_GetUnchecked();
#else
	return _PyThreadState_UncheckedGet();
#endif
}

#if PY_VERSION_HEX < 0x030b0000

typedef PyFrameObject frame_t;

static frame_t *frame_of(PyThreadState *thread)
{
	return thread->frame;
}

static frame_t *caller_of(frame_t *frame)
{
	return frame->f_back;
}

static uint64_t frame_word(frame_t *frame)
{
	return (uint32_t)PyFrame_GetLineNumber(frame) | (uint64_t)code_number(frame->f_code) << 32;
}

#else

typedef struct _PyInterpreterFrame frame_t;

/* What PyFrame_GetBack() passes over: frames that run no line, or none yet. */
static frame_t *first_complete(frame_t *frame)
{
	while (frame && _PyFrame_IsIncomplete(frame))
		frame = frame->previous;
	return frame;
}

static frame_t *frame_of(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030d0000
	return first_complete(thread->current_frame);
#else
	return thread->cframe ? first_complete(thread->cframe->current_frame) : NULL;
#endif
}

static frame_t *caller_of(frame_t *frame)
{
	return first_complete(frame->previous);
}

static PyCodeObject *frame_code(frame_t *frame)
{
#if PY_VERSION_HEX >= 0x030d0000
	return _PyFrame_GetCode(frame);
#else
	return frame->f_code;
#endif
}

static uint64_t frame_word(frame_t *frame)
{
	PyCodeObject *code = frame_code(frame);
	int at = _PyInterpreterFrame_LASTI(frame) * (int)sizeof(_Py_CODEUNIT);
	return (uint32_t)PyCode_Addr2Line(code, at) | (uint64_t)code_number(code) << 32;
}

#endif

static void put_event(enum kind kind, void *block, size_t n_bytes, int has_gil)
{
	static uint64_t frames[N_FRAMES_MAX];
	size_t n = 0;
	int has_stack =
		kind == KIND_ALLOCATE || kind == KIND_MAP || (logs_frees && kind != KIND_PUT_BACK);
	PyThreadState *thread = has_stack ? thread_state(has_gil) : NULL;
	for (frame_t *frame = thread ? frame_of(thread) : NULL; frame; frame = caller_of(frame)) {
		if (n == N_FRAMES_MAX)
			fail("too deep");
		frames[n++] = frame_word(frame);
	}
	put_record(kind, n, thread_number, (uint64_t)(uintptr_t)block, n_bytes);
	for (size_t i = 0; i < n; i++)
		put(frames[i]);
}

static int is_ending(void)
{
#if PY_VERSION_HEX >= 0x030d0000
	return Py_IsFinalizing();
#else
	return _Py_IsFinalizing();
#endif
}

static void note(enum kind kind, void *block, size_t n_bytes, int has_gil)
{
	int failure = errno;
	pthread_mutex_lock(&lock);
	if (is_logging && is_ending())
		is_logging = 0;
	if (is_logging) {
		if (!thread_number)
			thread_number = ++n_threads;
		if (kind == KIND_FREE)
			forget_code((uintptr_t)block);
		put_event(kind, block, n_bytes, has_gil);
	}
	pthread_mutex_unlock(&lock);
	errno = failure;
}

/* Only the outermost of nested calls asks for memory; whoever frees a block frees it. */
static int enter(void)
{
	if (!is_logging || is_inside)
		return 0;
	is_inside = 1;
	return 1;
}

/*
 * The agent may hook itself on top again while Python starts. Then its own
 * calls of Python come this way: it makes them with collections disabled.
 */
static int is_of_agent(int has_gil)
{
#if PY_VERSION_HEX >= 0x030a0000
	return is_beside_agent && has_gil && thread_state(1) && !PyGC_IsEnabled();
#else
	return 0; /* it makes no such calls */
#endif
}

static void *leave(void *block, size_t n_bytes, int has_gil)
{
	if (block && !is_of_agent(has_gil))
		note(KIND_ALLOCATE, block, n_bytes, has_gil);
	is_inside = 0;
	return block;
}

static void note_free(void *block)
{
	if (block && is_logging)
		note(KIND_FREE, block, 0, 0);
}

/* ---- PyMem ---- */

static PyMemAllocatorEx real[3];

static int has_gil(void *context)
{
	return context != &real[PYMEM_DOMAIN_RAW];
}

static void *python_malloc(void *context, size_t n_bytes)
{
	PyMemAllocatorEx *next = context;
	if (!enter())
		return next->malloc(next->ctx, n_bytes);
	return leave(next->malloc(next->ctx, n_bytes), n_bytes, has_gil(context));
}

static void *python_calloc(void *context, size_t n, size_t n_bytes)
{
	PyMemAllocatorEx *next = context;
	if (!enter())
		return next->calloc(next->ctx, n, n_bytes);
	return leave(next->calloc(next->ctx, n, n_bytes), n * n_bytes, has_gil(context));
}

static void *python_realloc(void *context, void *old, size_t n_bytes)
{
	PyMemAllocatorEx *next = context;
	if (!enter())
		return next->realloc(next->ctx, old, n_bytes);
	if (old)
		note(KIND_TAKE, old, 0, 0);
	void *block = next->realloc(next->ctx, old, n_bytes);
	if (!block && old)
		note(KIND_PUT_BACK, old, 0, 0);
	return leave(block, n_bytes, has_gil(context));
}

static void python_free(void *context, void *block)
{
	PyMemAllocatorEx *next = context;
	note_free(block);
	int is_outermost = enter();
	next->free(next->ctx, block);
	if (is_outermost)
		is_inside = 0;
}

static void wrap_python(void)
{
	for (int domain = 0; domain < 3; domain++) {
		PyMemAllocatorEx ours = {
			&real[domain], python_malloc, python_calloc, python_realloc, python_free};
		PyMem_GetAllocator((PyMemAllocatorDomain)domain, &real[domain]);
		PyMem_SetAllocator((PyMemAllocatorDomain)domain, &ours);
	}
}

/* ---- malloc ---- */

/* While dlsym() looks for calloc() or free(), it may call them itself. */
void *__libc_calloc(size_t, size_t);

static void *next_of(const char *name)
{
	int before = is_inside;
	is_inside = 1;
	void *found = dlsym(RTLD_NEXT, name);
	is_inside = before;
	return found;
}

#define NEXT(name)                                                                                 \
	static __typeof__(name) *next;                                                             \
	if (!next)                                                                                 \
	next = (__typeof__(name) *)next_of(#name)

EXPORT void *malloc(size_t n_bytes)
{
	NEXT(malloc);
	return enter() ? leave(next(n_bytes), n_bytes, 0) : next(n_bytes);
}

EXPORT void *calloc(size_t n, size_t n_bytes)
{
	static __typeof__(calloc) *next;
	if (!next && is_inside)
		return __libc_calloc(n, n_bytes);
	if (!next)
		next = (__typeof__(calloc) *)next_of("calloc");
	return enter() ? leave(next(n, n_bytes), n * n_bytes, 0) : next(n, n_bytes);
}

EXPORT void *realloc(void *old, size_t n_bytes)
{
	if (!old)
		return malloc(n_bytes);
	NEXT(realloc);
	if (!enter())
		return next(old, n_bytes);
	note(KIND_TAKE, old, 0, 0);
	void *block = next(old, n_bytes);
	if (!block && n_bytes)
		note(KIND_PUT_BACK, old, 0, 0);
	return leave(block, n_bytes, 0);
}

EXPORT void free(void *block)
{
	static __typeof__(free) *next;
	if (!next && is_inside)
		return;
	if (!next)
		next = (__typeof__(free) *)next_of("free");
	note_free(block);
	int is_outermost = enter();
	next(block);
	if (is_outermost)
		is_inside = 0;
}

EXPORT void *memalign(size_t alignment, size_t n_bytes)
{
	NEXT(memalign);
	return enter() ? leave(next(alignment, n_bytes), n_bytes, 0) : next(alignment, n_bytes);
}

EXPORT void *aligned_alloc(size_t alignment, size_t n_bytes)
{
	NEXT(aligned_alloc);
	return enter() ? leave(next(alignment, n_bytes), n_bytes, 0) : next(alignment, n_bytes);
}

EXPORT int posix_memalign(void **ret, size_t alignment, size_t n_bytes)
{
	NEXT(posix_memalign);
	if (!enter())
		return next(ret, alignment, n_bytes);
	int failure = next(ret, alignment, n_bytes);
	leave(failure ? NULL : *ret, n_bytes, 0);
	return failure;
}

EXPORT void *valloc(size_t n_bytes)
{
	NEXT(valloc);
	return enter() ? leave(next(n_bytes), n_bytes, 0) : next(n_bytes);
}

EXPORT void *pvalloc(size_t n_bytes)
{
	NEXT(pvalloc);
	return enter() ? leave(next(n_bytes), n_bytes, 0) : next(n_bytes);
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

/* ---- mmap: whole mappings of memory, such as those that CPython keeps its frames in ---- */

static size_t whole_pages(size_t n_bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	return (n_bytes + page - 1) / page * page;
}

typedef void *map(void *address, size_t n_bytes, int protection, int flags, int fd, off_t offset);

static void *log_map(
	map *next, void *address, size_t n_bytes, int protection, int flags, int fd, off_t offset)
{
	if (!(flags & MAP_ANONYMOUS) || protection == PROT_NONE || !enter())
		return next(address, n_bytes, protection, flags, fd, offset);
	void *memory = next(address, n_bytes, protection, flags, fd, offset);
	if (memory != MAP_FAILED)
		note(KIND_MAP, memory, whole_pages(n_bytes), 0);
	is_inside = 0;
	return memory;
}

/* By their names in the library: Python.h makes mmap() another name of mmap64(). */
EXPORT map reference_mmap __asm__("mmap"), reference_mmap64 __asm__("mmap64");

void *reference_mmap(void *address, size_t n_bytes, int protection, int flags, int fd, off_t offset)
{
	NEXT(mmap);
	return log_map(next, address, n_bytes, protection, flags, fd, offset);
}

void *reference_mmap64(
	void *address, size_t n_bytes, int protection, int flags, int fd, off_t offset)
{
	NEXT(mmap64);
	return log_map(next, address, n_bytes, protection, flags, fd, offset);
}

EXPORT int munmap(void *address, size_t n_bytes)
{
	NEXT(munmap);
	if (is_logging && !is_inside)
		note(KIND_UNMAP, address, 0, 0);
	return next(address, n_bytes);
}

/* ---- the program ---- */

int __libc_start_main(int (*main)(int, char **, char **), int n, char **arguments,
	void (*init)(void), void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

static int (*real_main)(int, char **, char **);

static void stop(void)
{
	is_logging = 0;
}

static void begin(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)LOG_BYTES))
		fail("cannot make the log");
	log_words = mmap(NULL, LOG_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (log_words == MAP_FAILED)
		fail("cannot map the log");
	pthread_atfork(NULL, NULL, stop);
	is_beside_agent = dlsym(RTLD_DEFAULT, "whymem_agent_anchor") != NULL;
	wrap_python();
	is_logging = 1;
}

static int main_with_log(int n, char **arguments, char **environment)
{
	const char *path = getenv("REFERENCE_LOG");
	logs_frees = getenv("REFERENCE_FREES") != NULL;
	if (path && &_Py_NoneStruct)
		begin(path);
	return real_main(n, arguments, environment);
}

/* After the constructors of all libraries, the agent's among them, and before Python begins. */
EXPORT int __libc_start_main(int (*main)(int, char **, char **), int n, char **arguments,
	void (*init)(void), void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	NEXT(__libc_start_main);
	real_main = main;
	return next(main_with_log, n, arguments, init, fini, rtld_fini, stack_end);
}
