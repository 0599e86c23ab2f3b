/* The table of rules. Of findings about the same memory the earlier rule's stays. */
#include "findings/rules.h"

static const struct rule *const rules[] = {
	&rule_garbage_gc_disabled,
	&rule_garbage_cycles,
	&rule_copy_on_write_loss,
	&rule_native_behind_objects,
	&rule_unbounded_container,
	&rule_native_unowned,
	&rule_pymalloc_pinned,
	&rule_malloc_arenas,
	&rule_malloc_free,
	&rule_mapped_files,
	&rule_deleted_file_mapped,
	&rule_shared_memory,
};

const struct rule *const *rules_all(size_t *n_ret)
{
	*n_ret = ARRAY_SIZE(rules);
	return rules;
}
