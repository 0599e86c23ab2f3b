/* The verdict that one capture allows. */
#ifndef WHYMEM_VERDICT_H
#define WHYMEM_VERDICT_H

#include "findings/findings.h"

struct verdict {
	const char *kind;            /* static */
	const char *part;            /* static, NULL: none */
	const struct holder *holder; /* NULL: none */
	const char *path;            /* of the holder, or of who is behind the part; NULL: none */
	uint64_t n_bytes;
	struct text text;
};

/* Borrows the holders and the findings. */
struct error *verdict_init(struct verdict *verdict, const struct analysis *analysis,
	const struct account *account, const struct holders *holders,
	const struct findings *findings);
void verdict_deinit(struct verdict *verdict);

#endif
