/*
 * Errors: what went wrong, and what the user can do about it.
 *
 * A fallible function returns `struct error *`: NULL is success; anything else
 * is owned by the caller, who passes it up or frees it with error_destroy().
 * Outputs (named `ret` or `*_ret`, last in the argument list) are untouched on
 * failure. Library rooms never print; only `cli` does, once.
 */
#ifndef WHYMEM_ERROR_H
#define WHYMEM_ERROR_H

#include "base/base.h"

/* kind, its name in the JSON contract */
#define ERROR_KINDS(X)                                                                             \
	X(USAGE, "usage")                                                                          \
	X(NO_SUCH_PROCESS, "no_such_process")                                                      \
	X(NOT_PYTHON, "not_python")                                                                \
	X(UNSUPPORTED_PYTHON, "unsupported_python")                                                \
	X(PERMISSION, "permission")                                                                \
	X(EXITING, "exiting")                                                                      \
	X(UNSTOPPABLE, "unstoppable")                                                              \
	X(UNREADABLE_FILE, "unreadable_file")                                                      \
	X(CORRUPT_FILE, "corrupt_file")                                                            \
	X(OUT_OF_SPACE, "out_of_space")                                                            \
	X(OUT_OF_MEMORY, "out_of_memory")                                                          \
	X(INTERNAL, "internal")

enum error_kind {
#define X(id, name) ERROR_##id,
	ERROR_KINDS (X)
#undef X
};

struct error {
	enum error_kind kind;
	int sys_errno;    /* errno of the failed call, or 0 */
	char text[512];   /* what happened, one sentence, no newline */
	char remedy[512]; /* what to do; empty when nothing can be done */
};

/* Returned when memory runs out; static, so that reporting needs none. */
extern struct error error_no_memory;

/* The remedy may be NULL. `format` applies to the text. */
struct error *error_create(enum error_kind kind, int sys_errno, const char *remedy,
	const char *format, ...) __attribute__((format(printf, 4, 5), returns_nonnull));

/* Frees `error`; NULL and error_no_memory are allowed. */
void error_destroy(struct error *error);

/* Replaces the remedy of `error` (printf-like); returns `error`. */
struct error *error_set_remedy(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

/* Name of `kind` in the JSON contract. */
const char *error_kind_name(enum error_kind kind);

#endif
