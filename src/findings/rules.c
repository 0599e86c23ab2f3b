/* The table of rules. Of findings about the same memory the earlier rule's stays. */
#include "findings/rules.h"

static const struct rule *const rules[] = {
	&rule_garbage_gc_disabled,
	&rule_garbage_cycles,
	&rule_unbounded_container,
	&rule_dict_records,
	&rule_equal_structures,
	&rule_duplicate_strings,
	&rule_instances_without_slots,
	&rule_boxed_numbers,
	&rule_over_allocated,
	&rule_sparse_containers,
};

const struct rule *const *rules_all(size_t *n_ret)
{
	*n_ret = ARRAY_SIZE(rules);
	return rules;
}
