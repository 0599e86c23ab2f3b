/* All rules, a line each. */
#ifndef WHYMEM_RULES_H
#define WHYMEM_RULES_H

#include "findings/rule.h"

extern const struct rule rule_garbage_gc_disabled, rule_garbage_frozen,
	rule_garbage_cycles;                                          /* garbage.c */
extern const struct rule rule_copy_on_write_loss;                     /* copies.c */
extern const struct rule rule_native_behind_objects;                  /* native_behind.c */
extern const struct rule rule_native_unowned;                         /* native_unowned.c */
extern const struct rule rule_pymalloc_pinned;                        /* allocators.c */
extern const struct rule rule_malloc_arenas, rule_malloc_free;        /* allocators.c */
extern const struct rule rule_mapped_files, rule_deleted_file_mapped; /* mappings.c */
extern const struct rule rule_shared_memory;                          /* mappings.c */
/* How memory is laid out; duplicate_strings leaves to those before it what they speak of. */
extern const struct rule rule_dict_records;                    /* records.c */
extern const struct rule rule_equal_structures;                /* structures.c */
extern const struct rule rule_duplicate_strings;               /* texts.c */
extern const struct rule rule_instances_without_slots;         /* slots.c */
extern const struct rule rule_boxed_numbers;                   /* boxed.c */
extern const struct rule rule_over_allocated;                  /* capacity.c */
extern const struct rule rule_immortal_interned_strings;       /* interned.c */
extern const struct rule rule_views_pin_bases;                 /* views.c */
extern const struct rule rule_object_columns, rule_wide_dtype; /* arrays.c */
extern const struct rule rule_sparse_containers;               /* empties.c */
extern const struct rule rule_debug_allocator, rule_tracer_tables, rule_thread_stacks,
	rule_huge_pages;                           /* settings.c */
extern const struct rule rule_unbounded_container; /* unbounded.c */

extern const struct rule rule_lru_cache_on_method, rule_unbounded_lru_cache; /* lru.c */
extern const struct rule rule_finished_tasks;                                /* tasks.c */
extern const struct rule rule_exceptions_hold_frames;                        /* errors.c */
extern const struct rule rule_executor_backlog, rule_unbounded_queue;        /* queues.c */
extern const struct rule rule_suspended_generators, rule_pending_tasks;      /* generators.c */
extern const struct rule rule_thread_local_data;                             /* thread_local.c */
extern const struct rule rule_context_pinned;                                /* contexts.c */
extern const struct rule rule_closed_sockets, rule_closed_files;             /* closed.c */
extern const struct rule rule_ended_threads, rule_closed_objects;            /* closed.c */
extern const struct rule rule_unclosed_files;                                /* descriptors.c */
extern const struct rule rule_c_reference_leak;                              /* c_held.c */
extern const struct rule rule_garbage_uncollectable;                         /* uncollectable.c */

#endif
