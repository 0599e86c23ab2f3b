/*
 * Findings: what to change, who holds it and what the change gives back. One
 * file a rule; rules read the graph and facts, never bytes of a target.
 */
#ifndef WHYMEM_FINDINGS_H
#define WHYMEM_FINDINGS_H

#include "analysis/account.h"
#include "analysis/origins.h"
#include "base/document.h"

enum saving_method {
	SAVING_COUNTED,  /* the sum of blocks that go */
	SAVING_MODELLED, /* the difference to what would stand there instead */
	SAVING_BOUND,    /* at most this much */
};

const char *saving_method_name(enum saving_method method);

struct rule;

/* What `whymem advice --list` prints of a rule. */
const char *rule_id(const struct rule *rule);
const char *rule_title(const struct rule *rule);

/* Does it say who keeps memory, rather than how memory is laid out? */
bool rule_is_retention(const struct rule *rule);

/* All rules, in their order. */
const struct rule *const *rules_all(size_t *n_ret);

struct finding {
	const struct rule *rule;
	uint32_t
		node; /* who to change; GRAPH_ROOT: an allocator or a mapping that no object pins */
	struct path path;        /* to the node, or to what it holds; empty without a node */
	char *text;              /* the path, rendered; NULL without a node */
	char *type;              /* of the node, or what the rule says instead */
	uint64_t retained_bytes; /* what hangs on it now */
	uint64_t saving_bytes;   /* of RSS; UINT64_MAX: no honest estimate exists */
	enum saving_method saving_method;
	char *summary;        /* what it is, a phrase: "dict of 1200 entries, nothing limits it" */
	char *advice;         /* one imperative sentence */
	struct row *evidence; /* flat: integers, booleans, texts */
	struct location location;
	struct origin origin; /* where most of it was allocated */
	char fingerprint[FINGERPRINT_SIZE];
};

struct findings {
	struct finding *data; /* by saving, then by retained bytes */
	size_t n, capacity;
	struct document document; /* owns the evidence */
};

/* None where the capture is incomplete: what holds an object may be what is missing. */
struct error *findings_init(struct findings *findings, struct analysis *analysis,
	const struct account *account, const struct holders *holders);
void findings_deinit(struct findings *findings);

#endif
