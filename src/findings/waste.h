/*
 * What the rules about representation share: a census of the heap, equal texts,
 * and a way from many small objects, of which each wastes a little, to the
 * places where they stand.
 *
 * A rule fills a crowd: objects (some of them, when there are many) with the
 * bytes that each wastes. waste_place() raises a suspicion for each place where
 * these come to something; `look` sees the members at a place and leaves a clue
 * for judge(), who finds it with waste_clue().
 */
#ifndef WHYMEM_WASTE_H
#define WHYMEM_WASTE_H

#include "analysis/census.h"
#include "analysis/records.h"
#include "analysis/structures.h"
#include "findings/rule.h"

/* What is known of the members at a place; bytes and counts are of all of `weight`. */
struct clue {
	uint64_t count, weight; /* set by waste_place(), with the stride */
	uint64_t distinct;      /* different ones among them */
	uint64_t n_items;       /* keys, attributes, elements */
	uint64_t bytes[3];
	uint32_t node; /* an example */
	const char *holder,
		*name; /* what holds them by which attribute; borrowed from the snapshot */
	char code;     /* of an array that would hold the numbers */
	bool is_void;  /* no finding */
};

/* Copies that are looked at. */
#define WASTE_SAMPLE 32768

struct members {
	const struct crowd *crowd;
	const uint32_t *index; /* in the crowd */
	size_t n;
};

typedef struct error *(*look_fn)(
	struct inquiry *inquiry, const struct members *members, struct clue *clue);

struct waste {
	struct census census;
	VEC(struct clue) clues;
	struct repeats texts[RECORD_TEXTS]; /* str, bytes */
	bool has_texts;
	struct repeats copies_of_structures; /* of equal_structures, when it looked */
	struct structures *structures;       /* while it looks */
};

/* What is shared, made on first use. */
struct error *waste_get(struct inquiry *inquiry, struct waste **ret);
void waste_destroy(struct waste *waste);

/* Copies among str and bytes, computed on first use. */
struct error *waste_texts(struct inquiry *inquiry, const struct repeats **ret);

/* Enough to speak of a better representation: 1 MiB and 5 % of the memory. */
uint64_t waste_least(const struct inquiry *inquiry);

/* The census of builtins.name; never NULL. */
const struct census_type *waste_census(const struct inquiry *inquiry, const char *name);

/* Takes the crowd over, also on failure. */
struct error *waste_place(
	struct inquiry *inquiry, const struct rule *rule, struct crowd *crowd, look_fn look);

/* Likewise of light and heavy copies. */
struct error *waste_place_copies(
	struct inquiry *inquiry, const struct rule *rule, struct copies *copies, look_fn look);

/* Objects that weigh so much are looked at one by one. */
uint64_t waste_heavy(const struct inquiry *inquiry);

/* The clue of a place that is worth a word, with the finding's saving filled in; NULL: none. */
const struct clue *waste_clue(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding);

/* The part of `amount`, which is of the whole clue, that belongs to this place. */
uint64_t clue_share(const struct clue *clue, const struct suspicion *suspicion, uint64_t amount);

/* Sets the evidence `held_as` from a clue: Class.attribute, or the type of the container. */
void waste_set_held_as(struct finding *finding, const struct clue *clue);

#endif
