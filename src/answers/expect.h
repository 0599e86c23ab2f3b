/*
 * Expectations, the gates of `whymem diff --expect`:
 *
 *	SUBJECT OP LIMIT
 *
 *	SUBJECT   app.cache.RESULTS   a path, or the end of one: cache.RESULTS, RESULTS
 *	          type:app.Session    all objects of a type: module.name, or its name
 *	          objects             all Python objects
 *	          rss                 resident memory
 *	OP        < <= > >= == !=
 *	LIMIT     100                 entries of a holder, number of objects; bytes of rss
 *	          10MiB               bytes: B, kB, MB, GB, KiB, MiB, GiB
 *	          +100, +10MiB, -5MiB by how much it grew from the first capture to the last
 *	          5%                  by how many percent its bytes grew
 */
#ifndef WHYMEM_EXPECT_H
#define WHYMEM_EXPECT_H

#include "analysis/analysis.h"
#include "base/document.h"

#define EXPECTATIONS_MAX 16

enum expect_subject { SUBJECT_PATH, SUBJECT_TYPE, SUBJECT_OBJECTS, SUBJECT_RSS };
enum expect_unit { UNIT_COUNT, UNIT_BYTES, UNIT_PERCENT };
enum expect_operator { IS_LESS, IS_LESS_EQUAL, IS_MORE, IS_MORE_EQUAL, IS_EQUAL, IS_NOT_EQUAL };

struct expectation {
	const char *expression; /* borrowed */
	char *name;             /* of the path or the type; owned */
	int64_t limit;          /* in units; of percents in thousandths */
	enum expect_subject subject;
	enum expect_operator operator;
	enum expect_unit unit;
	bool is_growth;
};

/* USAGE when `expression` is none. */
struct error *expectation_parse(const char *expression, struct expectation *ret);
void expectation_deinit(struct expectation *expectation);

/* What a capture shows of the subject. */
struct expect_value {
	bool is_found;
	uint64_t count; /* UINT64_MAX: it has no number */
	uint64_t n_bytes;
};

struct error *expectation_measure(
	const struct expectation *expectation, struct analysis *analysis, struct expect_value *ret);

/* Whether it holds. `value_ret` is what was compared, in units; false in `known_ret`: nothing was.
 */
bool expectation_judge(const struct expectation *expectation, const struct expect_value *first,
	const struct expect_value *last, bool *known_ret, int64_t *value_ret);

/* Its row in the document; whether it holds. */
bool expectation_fill(const struct expectation *expectation, const struct expect_value *first,
	const struct expect_value *last, struct row *row);

#endif
