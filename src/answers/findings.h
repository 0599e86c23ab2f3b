/* Findings as rows, for the first screen and `whymem advice`. */
#ifndef WHYMEM_ANSWERS_FINDINGS_H
#define WHYMEM_ANSWERS_FINDINGS_H

#include "answers/table.h"
#include "findings/findings.h"

/* Adds the table `findings`. */
void row_set_findings(struct row *root, const struct answer_options *options,
	const struct snapshot *snapshot, const struct findings *findings);

#endif
