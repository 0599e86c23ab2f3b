/*
 * Where the thread state of the running thread stands, so that it can be read
 * without a call: a member of the runtime before 3.12, a thread-local variable
 * since, whose place is read from the instructions of the function that returns
 * it. Only a hint: it counts once it gave what the function gives.
 */
#include "agent.h"

#if defined(__x86_64__)

extern void *__tls_get_addr(const void *index);

static const uint8_t *skip(const uint8_t *code, const void *bytes, size_t n)
{
	return memcmp(code, bytes, n) ? code : code + n;
}

static bool begins(const uint8_t *code, const char *bytes, size_t n)
{
	return !memcmp(code, bytes, n);
}

/* The instructions up to `next` end with an offset from there. */
static const void *relative(const uint8_t *next)
{
	return next + load_i32(next - 4);
}

/* Offset of the variable from the thread pointer; 0 when the code is none of those known. */
static uint64_t find_variable(const uint8_t *code)
{
	code = skip(code, "\xf3\x0f\x1e\xfa", 4);    /* endbr64 */
	code = skip(code, "\x55\x48\x89\xe5", 4);    /* push %rbp; mov %rsp,%rbp */
	code = skip(code, "\x48\x83\xec\x08", 4);    /* sub $8,%rsp */
	if (begins(code, "\x64\x48\x8b\x04\x25", 5)) /* mov %fs:offset,%rax */
		return (uint64_t)(int64_t)load_i32(code + 5);
	/* mov offset(%rip),%rax; mov %fs:(%rax),%rax */
	if (begins(code, "\x48\x8b\x05", 3) && begins(code + 7, "\x64\x48\x8b\x00", 4))
		return load_u64(relative(code + 7));
	/* lea index(%rip),%rdi; call __tls_get_addr; mov (%rax),%rax */
	if (begins(code, "\x66\x48\x8d\x3d", 4) && begins(code + 8, "\x66\x66\x48\xe8", 4) &&
		begins(code + 16, "\x48\x8b\x00", 3))
		return (uint64_t)__tls_get_addr(relative(code + 8)) -
		       (uint64_t)__builtin_thread_pointer();
	return 0;
}

#else

static uint64_t find_variable(const uint8_t *code)
{
	(void)code;
	return 0;
}

#endif

/* Where it may stand: an address, or from 3.12 on behind the thread pointer. 0: not known. */
static uint64_t hint;

const char *const volatile current_unknown;

void current_find(const char *runtime)
{
	if (python.minor >= 12)
		hint = find_variable((const uint8_t *)python.thread_state);
	else if (python.layout.PyRuntimeState.gilstate_tstate_current != LAYOUT_ABSENT)
		hint = (uint64_t)runtime + python.layout.PyRuntimeState.gilstate_tstate_current;
}

const char *current_ask(const char *const volatile **at_ret)
{
	const char *thread = python.thread_state();
	uint64_t base = python.minor >= 12 ? (uint64_t)__builtin_thread_pointer() : 0;
	const char *const volatile *at = (const char *const volatile *)(base + hint);
	if (hint && thread && *at == thread)
		*at_ret = at;
	else if (thread)
		hint = 0;
	return thread;
}
