/* The table of rules. Of findings about the same memory the earlier rule's stays. */
#include "findings/rules.h"

static const struct rule *const rules[] = {
	&rule_garbage_frozen,
	&rule_garbage_gc_disabled,
	&rule_garbage_cycles,
	&rule_copy_on_write_loss,
	&rule_garbage_uncollectable,
	&rule_c_reference_leak,
	&rule_exceptions_hold_frames,
	&rule_finished_tasks,
	&rule_closed_sockets,
	&rule_closed_files,
	&rule_ended_threads,
	&rule_closed_objects,
	&rule_unclosed_files,
	&rule_suspended_generators,
	&rule_context_pinned,
	&rule_pending_tasks,
	&rule_executor_backlog,
	&rule_unbounded_queue,
	&rule_thread_local_data,
	&rule_native_behind_objects,
	&rule_lru_cache_on_method,
	&rule_unbounded_lru_cache,
	&rule_immortal_interned_strings,
	&rule_unbounded_container,
	&rule_native_unowned,
	&rule_pymalloc_pinned,
	&rule_malloc_arenas,
	&rule_malloc_free,
	&rule_mapped_files,
	&rule_deleted_file_mapped,
	&rule_shared_memory,
	&rule_dict_records,
	&rule_equal_structures,
	&rule_object_columns,
	&rule_duplicate_strings,
	&rule_instances_without_slots,
	&rule_boxed_numbers,
	&rule_over_allocated,
	&rule_sparse_containers,
	&rule_views_pin_bases,
	&rule_wide_dtype,
	&rule_debug_allocator,
	&rule_tracer_tables,
	&rule_thread_stacks,
	&rule_huge_pages,
};

const struct rule *const *rules_all(size_t *n_ret)
{
	*n_ret = ARRAY_SIZE(rules);
	return rules;
}
