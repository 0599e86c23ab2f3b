/*
 * What a reference is called where many are counted together: `.name`, `['key']`,
 * `[*]` for any element, as in expressions but without indices.
 */
#ifndef WHYMEM_LABELS_H
#define WHYMEM_LABELS_H

#include "names/names.h"

enum label_kind {
	LABEL_ATTR,    /* .name */
	LABEL_KEY,     /* ['name'], [...] when hidden */
	LABEL_ELEMENT, /* [*] */
	LABEL_KEYS,    /* .keys()[*] */
	LABEL_LOCAL,   /* .<locals>.name */
	LABEL_CELL,    /* .<closure>.name */
	LABEL_STACK,   /* .<stack>[*] */
	LABEL_SCAN,    /* .<+16> */
	LABEL_HOLDER,  /* <thread>, <thread>.name: what a holder stands for or holds */
};

struct label {
	enum label_kind kind;
	const char *text; /* borrowed from the snapshot; NULL: hidden, or none */
	uint32_t number;  /* of LABEL_SCAN, of LABEL_HOLDER: enum node_kind */
};

/* `is_dict`: `from` is the __dict__ of an object, so that its keys are attributes. */
struct label label_of(const struct snapshot *snapshot, uint32_t from, uint64_t edge, bool is_dict);

/* Equal for equal labels. */
uint64_t label_hash(const struct label *label);
void label_render(const struct label *label, struct text *text);

#endif
