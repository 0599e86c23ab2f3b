/*
 * The guardian: the one process that touches the target.
 *
 * It stops the target, has it make a copy of itself, lets it run on, and later
 * kills and reaps the copy; it restores everything whatever becomes of whymem.
 * It lives in a session of its own, allocates nothing, prints nothing and
 * understands no text.
 */
#ifndef WHYMEM_GUARDIAN_H
#define WHYMEM_GUARDIAN_H

#include "target/freeze.h"

/*
 * Runs in a process of its own, forked for it. `control` is its end of the
 * socket, `pidfd` the target's; all other descriptors are closed.
 */
_Noreturn void guardian_run(struct freeze *freeze, int control, int pidfd);

#endif
