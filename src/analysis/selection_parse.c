/*
 * The text of a selection becomes steps in postfix order: the shunting yard.
 *
 *	selection = operand { ("-" | "&" | "^" | "|") operand }
 *	operand   = { "~" } ( "(" selection ")" [path] | relation "(" selection ")" [path] | term )
 *	term      = word | word ":" value | target
 *
 * A value goes on to the next operator outside of brackets and quotes, so it
 * may contain spaces; "-" is an operator between spaces only.
 */
#include "analysis/selection_int.h"

#include <ctype.h>
#include <stdlib.h>

#define STEPS_MAX 10000 /* a set on the stack takes a bit a node */
#define MANUAL "man 7 whymem-select tells what can be written"

static const struct {
	const char *text;
	enum word_kind kind;
} words[WORD_COUNT] = {
#define X(id, word, kind) [WORD_##id] = {word, kind},
	SELECTION_WORDS(X)
#undef X
};

const char *selection_word(enum word word)
{
	return words[word].text;
}

enum word_kind selection_word_kind(enum word word)
{
	return words[word].kind;
}

enum word selection_word_find(const char *text, size_t n)
{
	for (unsigned word = 0; word < WORD_COUNT; word++)
		if (strlen(words[word].text) == n && !strncmp(words[word].text, text, n))
			return word;
	return WORD_COUNT;
}

/* An operator that waits for its right side, an open bracket, or a relation of one. */
struct waiting {
	enum { WAITING_OPERATOR, WAITING_BRACKET, WAITING_RELATION } kind;
	enum step_op op;
	enum word word;
};

struct parser {
	const char *text, *at;
	struct selection_steps steps;
	VEC(struct waiting) waiting;
};

/* ---- errors ---- */

static struct error *unexpected(const struct parser *parser, const char *wanted)
{
	if (!*parser->at)
		return error_create(ERROR_USAGE, 0, MANUAL,
			"the selection '%s' ends where %s is missing", parser->text, wanted);
	return error_create(
		ERROR_USAGE, 0, MANUAL, "the selection needs %s before '%s'", wanted, parser->at);
}

static struct error *unknown_word(const char *text, size_t n)
{
	return error_create(ERROR_USAGE, 0, MANUAL,
		"a selection knows no '%.*s:' (write \"...\" around a name that contains a colon)",
		(int)n, text);
}

/* ---- output ---- */

/* Takes `text` (from malloc). */
static struct error *emit(struct parser *parser, enum step_op op, enum word word, char *text)
{
	struct selection_step *step = parser->steps.n < STEPS_MAX ? vec_add(&parser->steps) : NULL;
	if (step) {
		*step = (struct selection_step){op, word, text};
		return NULL;
	}
	free(text);
	return parser->steps.n < STEPS_MAX
		       ? &error_no_memory
		       : error_create(ERROR_USAGE, 0, MANUAL, "the selection is too long");
}

static struct error *push(struct parser *parser, struct waiting waiting)
{
	struct waiting *slot = vec_add(&parser->waiting);
	if (!slot)
		return &error_no_memory;
	*slot = waiting;
	return NULL;
}

/* Emits the operators on top that bind as `op` does, or tighter. */
static struct error *pop_operators(struct parser *parser, enum step_op op)
{
	struct error *error = NULL;
	while (!error && parser->waiting.n) {
		const struct waiting *top = &parser->waiting.data[parser->waiting.n - 1];
		if (top->kind != WAITING_OPERATOR || top->op > op)
			break;
		parser->waiting.n--;
		error = emit(parser, top->op, WORD_COUNT, NULL);
	}
	return error;
}

/* ---- words and values ---- */

static void skip_space(struct parser *parser)
{
	while (isspace((unsigned char)*parser->at))
		parser->at++;
}

static bool is_minus(const struct parser *parser, const char *at)
{
	bool is_apart = at == parser->text || isspace((unsigned char)at[-1]) || at[-1] == ')';
	return *at == '-' && is_apart && isspace((unsigned char)at[1]);
}

/* Past the quoted text that begins at `at`; NULL when its end is missing. An apostrophe may
 * stand alone. */
static const char *skip_quoted(const char *at)
{
	const char *end = strchr(at + 1, *at);
	if (end)
		return end + 1;
	return *at == '"' ? NULL : at + 1;
}

/* "<locals>", "<generator fill>" as in paths; not the "<" of a comparison. */
static const char *skip_angle(const char *at)
{
	const char *end = isalpha((unsigned char)at[1]) ? strchr(at, '>') : NULL;
	return end ? end + 1 : at + 1;
}

/* Where the value that begins at the parser's place ends; NULL: in a quoted text. */
static const char *value_end(const struct parser *parser)
{
	unsigned depth = 0;
	const char *at = parser->at;
	while (at && *at) {
		if (*at == '"' || *at == '\'') {
			at = skip_quoted(at);
			continue;
		}
		if (*at == '<') {
			at = skip_angle(at);
			continue;
		}
		if (!depth && (strchr("&|^)", *at) || is_minus(parser, at)))
			break;
		depth += *at == '(' || *at == '[';
		depth -= depth && (*at == ')' || *at == ']');
		at++;
	}
	return at;
}

/* A copy without spaces around it, nor the double quotes around the whole. */
static char *trim(const char *begin, const char *end)
{
	while (begin < end && isspace((unsigned char)*begin))
		begin++;
	while (end > begin && isspace((unsigned char)end[-1]))
		end--;
	size_t n = (size_t)(end - begin);
	if (n >= 2 && *begin == '"' && memchr(begin + 1, '"', n - 1) == end - 1) {
		begin++;
		n -= 2;
	}
	return strndup(begin, n);
}

static struct error *take_value(struct parser *parser, char **ret)
{
	const char *end = value_end(parser);
	if (!end)
		return error_create(
			ERROR_USAGE, 0, MANUAL, "a quote in '%s' is not closed", parser->at);
	char *value = trim(parser->at, end);
	if (!value)
		return &error_no_memory;
	if (!*value) {
		free(value);
		return unexpected(parser, "a name or a value");
	}
	parser->at = end;
	*ret = value;
	return NULL;
}

static size_t word_length(const char *at)
{
	return strspn(at, "abcdefghijklmnopqrstuvwxyz-");
}

/* ---- operands ---- */

/* `word:value`; of a relation the value is a target. */
static struct error *take_word_value(struct parser *parser, enum word word, size_t n)
{
	char *value = NULL;
	parser->at += n + 1;
	skip_space(parser);
	struct error *error = take_value(parser, &value);
	if (error)
		return error;
	if (words[word].kind != WORD_RELATION)
		return emit(parser, OP_WORD, word, value);
	error = emit(parser, OP_TARGET, WORD_COUNT, value);
	return error ? error : emit(parser, OP_RELATION, word, NULL);
}

/* A flag or a target. */
static struct error *take_bare(struct parser *parser)
{
	char *value = NULL;
	bool is_quoted = *parser->at == '"';
	struct error *error = take_value(parser, &value);
	if (error)
		return error;
	enum word word = is_quoted ? WORD_COUNT : selection_word_find(value, strlen(value));
	if (word == WORD_COUNT || words[word].kind != WORD_FLAG)
		return emit(parser, OP_TARGET, WORD_COUNT, value);
	free(value);
	return emit(parser, OP_WORD, word, NULL);
}

static struct error *take_term(struct parser *parser)
{
	size_t n = word_length(parser->at);
	if (!n || parser->at[n] != ':')
		return take_bare(parser);
	enum word word = selection_word_find(parser->at, n);
	if (word == WORD_COUNT)
		return unknown_word(parser->at, n);
	if (words[word].kind == WORD_FLAG)
		return error_create(
			ERROR_USAGE, 0, MANUAL, "'%s' takes no value", words[word].text);
	return take_word_value(parser, word, n);
}

/* "(", "~" or "held-by(": more is to come before the operand is whole. */
static bool take_prefix(struct parser *parser, struct waiting *ret)
{
	size_t n = word_length(parser->at);
	enum word word =
		n && parser->at[n] == '(' ? selection_word_find(parser->at, n) : WORD_COUNT;
	bool is_relation = word != WORD_COUNT && words[word].kind == WORD_RELATION;
	if (is_relation) {
		*ret = (struct waiting){.kind = WAITING_RELATION, .word = word};
		parser->at += n + 1;
	} else if (*parser->at == '(') {
		*ret = (struct waiting){.kind = WAITING_BRACKET};
		parser->at++;
	} else if (*parser->at == '~') {
		*ret = (struct waiting){.kind = WAITING_OPERATOR, .op = OP_NOT};
		parser->at++;
	} else {
		return false;
	}
	return true;
}

static struct error *take_operand(struct parser *parser)
{
	struct waiting waiting;
	struct error *error = NULL;
	skip_space(parser);
	while (!error && take_prefix(parser, &waiting)) {
		error = push(parser, waiting);
		skip_space(parser);
	}
	if (error)
		return error;
	if (!*parser->at || strchr("&|^)", *parser->at) || is_minus(parser, parser->at))
		return unexpected(parser, "an operand");
	return take_term(parser);
}

/* ---- behind operands ---- */

/* "(type:Client).socket": a path from what stands in the brackets. */
static struct error *take_path(struct parser *parser)
{
	char *path = NULL;
	if (*parser->at != '.' && *parser->at != '[')
		return NULL;
	struct error *error = take_value(parser, &path);
	return error ? error : emit(parser, OP_FOLLOW, WORD_COUNT, path);
}

static struct error *close_bracket(struct parser *parser)
{
	struct error *error = pop_operators(parser, OP_OR);
	if (error)
		return error;
	if (!parser->waiting.n)
		return error_create(ERROR_USAGE, 0, MANUAL,
			"a bracket is closed before '%s' that was not opened", parser->at);
	struct waiting open = parser->waiting.data[--parser->waiting.n];
	parser->at++;
	if (open.kind == WAITING_RELATION)
		error = emit(parser, OP_RELATION, open.word, NULL);
	return error ? error : take_path(parser);
}

/* False at the end, or where an operator is missing. */
static bool take_operator(struct parser *parser, enum step_op *ret)
{
	switch (*parser->at) {
	case '-':
		*ret = OP_MINUS;
		break;
	case '&':
		*ret = OP_AND;
		break;
	case '^':
		*ret = OP_XOR;
		break;
	case '|':
		*ret = OP_OR;
		break;
	default:
		return false;
	}
	parser->at++;
	return true;
}

static struct error *parse(struct parser *parser)
{
	for (;;) {
		struct error *error = take_operand(parser);
		skip_space(parser);
		while (!error && *parser->at == ')') {
			error = close_bracket(parser);
			skip_space(parser);
		}
		if (error)
			return error;
		enum step_op op;
		if (!*parser->at)
			break;
		if (!take_operator(parser, &op))
			return unexpected(parser, "an operator (& | ^ -)");
		error = pop_operators(parser, op);
		if (!error)
			error = push(parser, (struct waiting){.kind = WAITING_OPERATOR, .op = op});
		if (error)
			return error;
	}
	struct error *error = pop_operators(parser, OP_OR);
	if (!error && parser->waiting.n)
		error = unexpected(parser, "a closing bracket");
	return error;
}

struct error *selection_parse(const char *expression, struct selection_steps *ret)
{
	struct parser parser = {.text = expression, .at = expression};
	struct error *error = parse(&parser);
	vec_deinit(&parser.waiting);
	if (error)
		selection_steps_deinit(&parser.steps);
	else
		*ret = parser.steps;
	return error;
}

void selection_steps_deinit(struct selection_steps *steps)
{
	vec_foreach (steps, step)
		free(step->text);
	vec_deinit(steps);
}
