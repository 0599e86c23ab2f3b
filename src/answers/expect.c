#include "answers/expect.h"

#include "analysis/account.h"
#include "answers/places.h"

#include <stdlib.h>

#define REMEDY                                                                                     \
	"write SUBJECT OP LIMIT, such as 'app.cache.RESULTS < 10MiB', 'type:Session <= 0', "       \
	"'objects < +1000' or 'rss < 5%'"

#define THOUSAND 1000

/* ---- reading ---- */

static struct error *no_expectation(const char *expression, const char *why)
{
	return error_create(ERROR_USAGE, 0, REMEDY, "--expect '%s': %s", expression, why);
}

static const char *skip_spaces(const char *at)
{
	return at + strspn(at, " \t");
}

static bool read_operator(const char **at, enum expect_operator *ret)
{
	static const struct {
		const char *text;
		enum expect_operator operator;
	} operators[] = {{"<=", IS_LESS_EQUAL}, {">=", IS_MORE_EQUAL}, {"==", IS_EQUAL},
		{"!=", IS_NOT_EQUAL}, {"<", IS_LESS}, {">", IS_MORE}, {"=", IS_EQUAL}};
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		size_t n = strlen(operators[i].text);
		if (strncmp(*at, operators[i].text, n) != 0)
			continue;
		*ret = operators[i].operator;
		*at += n;
		return true;
	}
	return false;
}

/* Digits and at most three behind the point, as thousandths; false beyond 9e12. */
static bool read_thousandths(const char **at, int64_t *ret)
{
	int64_t value = 0, scale = THOUSAND;
	size_t n = strspn(*at, "0123456789");
	if (!n || n > 12)
		return false;
	for (; n; n--)
		value = value * 10 + *(*at)++ - '0';
	value *= THOUSAND;
	if (**at == '.') {
		for ((*at)++; **at >= '0' && **at <= '9'; (*at)++) {
			scale /= 10;
			value += (**at - '0') * scale;
		}
	}
	*ret = value;
	return true;
}

static bool read_unit(const char *text, enum expect_unit *unit_ret, int64_t *factor_ret)
{
	static const struct {
		const char *name;
		enum expect_unit unit;
		int64_t factor;
	} units[] = {{"", UNIT_COUNT, 1}, {"%", UNIT_PERCENT, THOUSAND}, {"B", UNIT_BYTES, 1},
		{"kB", UNIT_BYTES, 1000}, {"KB", UNIT_BYTES, 1000}, {"MB", UNIT_BYTES, 1000000},
		{"GB", UNIT_BYTES, 1000000000}, {"KiB", UNIT_BYTES, 1 << 10},
		{"MiB", UNIT_BYTES, 1 << 20}, {"GiB", UNIT_BYTES, 1 << 30}};
	size_t n = strlen(text);
	while (n && text[n - 1] == ' ')
		n--;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strlen(units[i].name) != n || strncmp(units[i].name, text, n) != 0)
			continue;
		*unit_ret = units[i].unit;
		*factor_ret = units[i].factor;
		return true;
	}
	return false;
}

static struct error *read_limit(const char *at, struct expectation *ret)
{
	int64_t value, factor;
	bool is_negative = *at == '-';
	ret->is_growth = *at == '+' || is_negative;
	at = skip_spaces(at + ret->is_growth);
	if (!read_thousandths(&at, &value))
		return no_expectation(ret->expression, "no number behind the comparison");
	if (!read_unit(skip_spaces(at), &ret->unit, &factor))
		return no_expectation(ret->expression, "unknown unit");
	__int128 limit = (__int128)value * factor / THOUSAND;
	if (limit > INT64_MAX / 4)
		return no_expectation(ret->expression, "the number is too large");
	ret->limit = (int64_t)(is_negative ? -limit : limit);
	if (ret->unit == UNIT_PERCENT)
		ret->is_growth = true;
	if (ret->subject == SUBJECT_RSS && ret->unit == UNIT_COUNT)
		ret->unit = UNIT_BYTES;
	return NULL;
}

static struct error *read_subject(const char *begin, size_t n, struct expectation *ret)
{
	while (n && (begin[n - 1] == ' ' || begin[n - 1] == '\t'))
		n--;
	if (!n)
		return no_expectation(ret->expression, "nothing is compared");
	if (n > 5 && !strncmp(begin, "type:", 5)) {
		ret->subject = SUBJECT_TYPE;
		begin += 5;
		n -= 5;
	} else if (n == 3 && !strncmp(begin, "rss", n)) {
		ret->subject = SUBJECT_RSS;
	} else if (n == 7 && !strncmp(begin, "objects", n)) {
		ret->subject = SUBJECT_OBJECTS;
	}
	ret->name = strndup(begin, n);
	return ret->name ? NULL : &error_no_memory;
}

/* `<` and `>` also stand in names such as <locals>: the last comparison before a number counts. */
static const char *find_operator(const char *expression)
{
	const char *found = NULL;
	for (const char *at = expression; *at; at++) {
		enum expect_operator operator;
		const char *end = at;
		if (!read_operator(&end, &operator))
			continue;
		end = skip_spaces(end);
		end += *end == '+' || *end == '-';
		if (*end >= '0' && *end <= '9')
			found = at;
		at = end - 1 > at ? end - 1 : at;
	}
	return found;
}

struct error *expectation_parse(const char *expression, struct expectation *ret)
{
	struct expectation made = {.expression = expression};
	const char *begin = skip_spaces(expression), *at = find_operator(begin);
	if (!at)
		return no_expectation(expression, "no comparison with a number");
	struct error *error = read_subject(begin, (size_t)(at - begin), &made);
	if (!error) {
		read_operator(&at, &made.operator);
		error = read_limit(skip_spaces(at), &made);
	}
	if (error)
		expectation_deinit(&made);
	else
		*ret = made;
	return error;
}

void expectation_deinit(struct expectation *expectation)
{
	free(expectation->name);
	expectation->name = NULL;
}

/* ---- measuring ---- */

/* Is `name` the type's module.name, its name, or the end of either behind a dot? */
static bool is_type(const struct snapshot *snapshot, type_id type, const char *name)
{
	struct text text _cleanup_text_ = {0};
	names_type_render(snapshot, type, &text);
	size_t n = strlen(name);
	if (text.failed || text.n < n || strcmp(text_get(&text) + text.n - n, name) != 0)
		return false;
	return text.n == n || text_get(&text)[text.n - n - 1] == '.';
}

static struct error *measure_type(
	const struct snapshot *snapshot, const char *name, struct expect_value *ret)
{
	bool *is_wanted = calloc(snapshot->types.n + 1, sizeof(*is_wanted));
	if (!is_wanted)
		return &error_no_memory;
	for (type_id i = 0; i < snapshot->types.n; i++)
		is_wanted[i] = is_type(snapshot, i, name);
	*ret = (struct expect_value){.is_found = true};
	for (obj_id i = 0; i < snapshot->n_objects; i++) {
		if (!is_wanted[snapshot->type[i]])
			continue;
		ret->count++;
		ret->n_bytes += snapshot_self_bytes(snapshot, i);
	}
	free(is_wanted);
	return NULL;
}

static struct error *measure_path(
	struct analysis *analysis, const char *name, struct expect_value *ret)
{
	struct obj_ids objects = {0};
	struct error *error = places_find(analysis, name, &objects);
	if (error)
		return error;
	*ret = (struct expect_value){.is_found = objects.n > 0, .count = UINT64_MAX};
	vec_foreach (&objects, object)
		ret->n_bytes += retained_of(analysis, *object);
	if (objects.n == 1)
		ret->count = item_count(analysis->snapshot, objects.data[0]);
	else if (objects.n)
		ret->count = objects.n;
	vec_deinit(&objects);
	return NULL;
}

struct error *expectation_measure(
	const struct expectation *expectation, struct analysis *analysis, struct expect_value *ret)
{
	const struct snapshot *snapshot = analysis->snapshot;
	const struct totals *live = &analysis->live, *garbage = &analysis->garbage;
	struct error *error = analysis_dominators(analysis);
	if (error)
		return error;
	switch (expectation->subject) {
	case SUBJECT_PATH:
		return measure_path(analysis, expectation->name, ret);
	case SUBJECT_TYPE:
		return measure_type(snapshot, expectation->name, ret);
	case SUBJECT_OBJECTS:
		*ret = (struct expect_value){
			true, live->count + garbage->count, live->bytes + garbage->bytes};
		return NULL;
	case SUBJECT_RSS:
		*ret = (struct expect_value){
			snapshot->rss_bytes != UINT64_MAX, UINT64_MAX, snapshot->rss_bytes};
		return NULL;
	}
	return NULL;
}

/* ---- judging ---- */

static bool compare(enum expect_operator operator, __int128 left, __int128 right)
{
	switch (operator) {
	case IS_LESS:
		return left < right;
	case IS_LESS_EQUAL:
		return left <= right;
	case IS_MORE:
		return left > right;
	case IS_MORE_EQUAL:
		return left >= right;
	case IS_EQUAL:
		return left == right;
	case IS_NOT_EQUAL:
		return left != right;
	}
	return false;
}

/* growth / before against the limit, exactly; the value is rounded away from zero. */
static bool judge_percent(const struct expectation *expectation, uint64_t before, uint64_t after,
	bool *known_ret, int64_t *value_ret)
{
	__int128 growth = (__int128)after - before;
	if (!before && growth) {
		*known_ret = false;
		return compare(expectation->operator, 1, 0);
	}
	uint64_t base = MAX(before, 1);
	__int128 away = growth < 0 ? -((__int128)base - 1) : (__int128)base - 1;
	*value_ret = (int64_t)((growth * 100 + away) / base);
	return compare(expectation->operator, growth * 100 * THOUSAND,
		(__int128)expectation->limit * base);
}

bool expectation_judge(const struct expectation *expectation, const struct expect_value *first,
	const struct expect_value *last, bool *known_ret, int64_t *value_ret)
{
	static const struct expect_value gone = {.is_found = true};
	bool is_count = expectation->unit == UNIT_COUNT;
	*known_ret = false;
	if (!first->is_found && !last->is_found)
		return false;
	const struct expect_value *before = first->is_found ? first : &gone;
	const struct expect_value *after = last->is_found ? last : &gone;
	if (is_count && (after->count == UINT64_MAX ||
				(expectation->is_growth && before->count == UINT64_MAX)))
		return false;
	*known_ret = true;
	if (expectation->unit == UNIT_PERCENT)
		return judge_percent(
			expectation, before->n_bytes, after->n_bytes, known_ret, value_ret);
	*value_ret = (int64_t)(is_count ? after->count : after->n_bytes);
	if (expectation->is_growth)
		*value_ret -= (int64_t)(is_count ? before->count : before->n_bytes);
	return compare(expectation->operator, * value_ret, expectation->limit);
}

bool expectation_fill(const struct expectation *expectation, const struct expect_value *first,
	const struct expect_value *last, struct row *row)
{
	static const char *const units[] = {"count", "bytes", "percent"};
	bool is_known;
	int64_t value;
	bool ok = expectation_judge(expectation, first, last, &is_known, &value);
	row_set_text(row, "expression", expectation->expression);
	if (is_known)
		row_set_int(row, "value", value);
	else
		row_set_null(row, "value");
	row_set_bool(row, "ok", ok);
	row_set_text(row, "unit", units[expectation->unit]);
	row_set_bool(row, "is_growth", expectation->is_growth);
	return ok;
}
