/*
 * Ownership by scope: a variable marked with one of these is released when it
 * goes out of scope, unless it was handed on with move_ptr() or move_fd().
 */
#ifndef WHYMEM_CLEANUP_H
#define WHYMEM_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define _cleanup_free_ __attribute__((cleanup(cleanup_free)))
#define _cleanup_close_ __attribute__((cleanup(cleanup_close)))
#define _cleanup_fclose_ __attribute__((cleanup(cleanup_fclose)))
#define _cleanup_(destructor) __attribute__((cleanup(destructor)))

/* The value of `p`, which is left NULL. */
#define move_ptr(p)                                                                                \
	({                                                                                         \
		__typeof__(p) *move_from_ = &(p);                                                  \
		__typeof__(p) moved_ = *move_from_;                                                \
		*move_from_ = NULL;                                                                \
		moved_;                                                                            \
	})

/* The value of `fd`, which is left -1. */
#define move_fd(fd)                                                                                \
	({                                                                                         \
		int *move_from_ = &(fd);                                                           \
		int moved_ = *move_from_;                                                          \
		*move_from_ = -1;                                                                  \
		moved_;                                                                            \
	})

#endif
