/*
 * What kind of place a container stands in: the same dict wants another remedy
 * as a default argument than as a registry of the standard library.
 */
#ifndef WHYMEM_FINDINGS_PLACE_H
#define WHYMEM_FINDINGS_PLACE_H

#include "findings/rule.h"

enum place_kind {
	PLACE_MODULE,   /* a variable of a module */
	PLACE_CLASS,    /* an attribute of a class, shared by its instances */
	PLACE_INSTANCE, /* an attribute of an object */
	PLACE_CLOSURE,  /* a variable that a function closes over */
	PLACE_DEFAULT,  /* the default value of a parameter */
	PLACE_FUNCTION, /* an attribute of a function */
	PLACE_LOCAL,    /* a variable of a running function */
	PLACE_ELEMENT,  /* in another container */
	PLACE_OTHER,
};

struct place {
	enum place_kind kind;
	uint32_t owner; /* the class, instance, function ...; OBJ_NONE: none that matters */
};

struct place place_of(const struct analysis *analysis, const struct path *path);

/* The word for it in evidence: "module", "class" ... */
const char *place_name(enum place_kind kind);

/* A collection of a library that is known to keep what it is given. */
struct registry {
	const char *suffix; /* of its path */
	const char *what;   /* what it holds, as the end of a sentence */
	const char *advice;
};

/* By its path or by what stands in it; NULL: none is known there. */
const struct registry *registry_find(
	const struct snapshot *snapshot, uint32_t container, const char *path);

/* What a container holds, by a sample of its elements. */
enum content {
	CONTENT_MIXED,
	CONTENT_CALLBACKS, /* functions, bound methods, partials */
	CONTENT_WEAK,      /* weak references: they go with what they refer to */
};

struct contents {
	enum content kind;
	const char *key_type;   /* of most keys; NULL: no mapping, or of several types */
	const char *value_type; /* of most elements; NULL: of several types */
	uint32_t receiver;      /* an object that a callback is bound to, or OBJ_NONE */
};

struct contents contents_of(const struct snapshot *snapshot, uint32_t container);

/* How many entries an attribute of the owner, such as `maxsize`, allows; UINT64_MAX: none says. */
uint64_t limit_of(const struct snapshot *snapshot, uint32_t owner, uint64_t n_items);

/*
 * Weak references elsewhere to what `node` keeps alive: bytes that go with it,
 * as collections of weak references drop those that died.
 */
uint64_t weak_companions(const struct inquiry *inquiry, uint32_t node);

#endif
