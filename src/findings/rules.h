/* All rules, a line each. */
#ifndef WHYMEM_RULES_H
#define WHYMEM_RULES_H

#include "findings/rule.h"

extern const struct rule rule_garbage_gc_disabled, rule_garbage_cycles; /* garbage.c */
extern const struct rule rule_copy_on_write_loss;			/* copies.c */
extern const struct rule rule_native_behind_objects;			/* native_behind.c */
extern const struct rule rule_native_unowned;				/* native_unowned.c */
extern const struct rule rule_pymalloc_pinned, rule_malloc_arenas, rule_malloc_free; /* allocators.c */
extern const struct rule rule_mapped_files, rule_deleted_file_mapped, rule_shared_memory; /* mappings.c */
extern const struct rule rule_unbounded_container;			/* unbounded.c */

#endif
