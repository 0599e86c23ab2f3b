/* All rules, a line each. */
#ifndef WHYMEM_RULES_H
#define WHYMEM_RULES_H

#include "findings/rule.h"

extern const struct rule rule_garbage_gc_disabled, rule_garbage_cycles; /* garbage.c */
/* How memory is laid out; duplicate_strings leaves to those before it what they speak of. */
extern const struct rule rule_dict_records;		/* records.c */
extern const struct rule rule_equal_structures;		/* structures.c */
extern const struct rule rule_duplicate_strings;	/* texts.c */
extern const struct rule rule_instances_without_slots;	/* slots.c */
extern const struct rule rule_boxed_numbers;		/* boxed.c */
extern const struct rule rule_over_allocated;		/* capacity.c */
extern const struct rule rule_sparse_containers;	/* empties.c */
extern const struct rule rule_unbounded_container;			/* unbounded.c */

#endif
