/*
 * May this process be captured? If not: which rule of the kernel refuses, and
 * what to do about it.
 */
#ifndef WHYMEM_ACCESS_H
#define WHYMEM_ACCESS_H

#include "base/error.h"

#include <sys/types.h>

/*
 * The verdict alone, without touching the process: NULL when whymem may
 * capture it. Kinds: NO_SUCH_PROCESS, EXITING, NOT_PYTHON (kernel threads),
 * UNSUPPORTED_PYTHON (32-bit programs), PERMISSION, USAGE (whymem itself).
 */
struct error *capture_check_access(pid_t pid);

/* Why the kernel refuses access to `pid`; to be called after it did. */
struct error *access_explain_refusal(pid_t pid, int sys_errno);

#endif
