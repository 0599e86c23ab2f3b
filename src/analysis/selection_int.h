/* What reading and carrying out a selection share. */
#ifndef WHYMEM_SELECTION_INT_H
#define WHYMEM_SELECTION_INT_H

#include "analysis/selection.h"

enum word_kind {
	WORD_FLAG,     /* live */
	WORD_VALUE,    /* size:>1M */
	WORD_RELATION, /* held-by:TARGET, held-by(SELECTION) */
};

/* X(id, word, kind) */
#define SELECTION_WORDS(X)                                                                         \
	X(ALL, "all", WORD_FLAG)                                                                   \
	X(LIVE, "live", WORD_FLAG)                                                                 \
	X(GARBAGE, "garbage", WORD_FLAG)                                                           \
	X(TRACKED, "tracked", WORD_FLAG)                                                           \
	X(STATIC, "static", WORD_FLAG)                                                             \
	X(IMMORTAL, "immortal", WORD_FLAG)                                                         \
	X(FINALIZED, "finalized", WORD_FLAG)                                                       \
	X(C_HELD, "c-held", WORD_FLAG)                                                             \
	X(UNREFERRED, "unreferred", WORD_FLAG)                                                     \
	X(TYPE, "type", WORD_VALUE)                                                                \
	X(INSTANCE, "isinstance", WORD_VALUE)                                                      \
	X(CLASS, "class", WORD_VALUE)                                                              \
	X(MODULE, "module", WORD_VALUE)                                                            \
	X(OWNER, "owner", WORD_VALUE)                                                              \
	X(REFERRERS, "referrers", WORD_VALUE)                                                      \
	X(VIA, "via", WORD_VALUE)                                                                  \
	X(GENERATION, "generation", WORD_VALUE)                                                    \
	X(SIZE, "size", WORD_VALUE)                                                                \
	X(RETAINED, "retained", WORD_VALUE)                                                        \
	X(LENGTH, "length", WORD_VALUE)                                                            \
	X(ADDRESS, "address", WORD_VALUE)                                                          \
	X(PATH, "path", WORD_VALUE)                                                                \
	X(AGE, "age", WORD_VALUE)                                                                  \
	X(LINE, "line", WORD_VALUE)                                                                \
	X(NEW_SINCE, "new-since", WORD_VALUE)                                                      \
	X(HELD_BY, "held-by", WORD_RELATION)                                                       \
	X(REACHABLE_FROM, "reachable-from", WORD_RELATION)                                         \
	X(REFERRED_BY, "referred-by", WORD_RELATION)                                               \
	X(REFERS_TO, "refers-to", WORD_RELATION)                                                   \
	X(DICT_OF, "dict-of", WORD_RELATION)                                                       \
	X(OWNER_OF, "owner-of", WORD_RELATION)                                                     \
	X(DOMINATOR_OF, "dominator-of", WORD_RELATION)

enum word {
#define X(id, word, kind) WORD_##id,
	SELECTION_WORDS(X)
#undef X
		WORD_COUNT,
};

enum step_op {
	OP_TARGET,   /* pushes what `text` names */
	OP_WORD,     /* pushes the objects of a flag or a value */
	OP_RELATION, /* replaces the set on top by what stands in a relation to it */
	OP_FOLLOW,   /* replaces it by what the path `text` leads to from there */
	OP_NOT,      /* replaces it by all other objects */
	OP_MINUS,    /* these take two sets and push one */
	OP_AND,
	OP_XOR,
	OP_OR,
};

struct selection_step {
	enum step_op op;
	enum word word;
	char *text; /* owned; NULL: none */
};

struct selection_steps {
	struct selection_step *data;
	size_t n, capacity;
};

/* Steps that leave one set on the stack. */
struct error *selection_parse(const char *expression, struct selection_steps *ret);
void selection_steps_deinit(struct selection_steps *steps);

const char *selection_word(enum word word);

/* "text", whose length is `n`, as the word it is; WORD_COUNT when it is none. */
enum word selection_word_find(const char *text, size_t n);
enum word_kind selection_word_kind(enum word word);

#endif
