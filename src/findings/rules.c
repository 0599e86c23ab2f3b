/* The table of rules. Of findings about the same memory the earlier rule's stays. */
#include "findings/rules.h"

static const struct rule *const rules[] = {
	&rule_garbage_gc_disabled,
	&rule_garbage_cycles,
	&rule_native_behind_objects,
	&rule_unbounded_container,
	&rule_pymalloc_pinned,
	&rule_malloc_arenas,
	&rule_malloc_free,
};

const struct rule *const *rules_all(size_t *n_ret)
{
	*n_ret = ARRAY_SIZE(rules);
	return rules;
}
