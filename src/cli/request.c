/*
 * Arguments become a request: options by the tables, the first operand names
 * the command or is the source of `explain`.
 */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TOP_DEFAULT 20
#define DEPTH_DEFAULT 3
#define COUNT_DEFAULT 3
#define COUNT_MAX 1000000
#define EVERY_DEFAULT_NS (60ull * 1000000000)
#define EVERY_MAX_NS (366ull * 86400 * 1000000000)
#define INTERVAL_DEFAULT_NS 100000000
#define TIME_MIN_NS 1000000
#define LONG_ONLY 256 /* values of options without a letter begin here */

bool is_digits(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

struct error *parse_pid(const char *text, pid_t *ret)
{
	errno = 0;
	unsigned long pid = is_digits(text) ? strtoul(text, NULL, 10) : 0;
	if (!pid || errno || pid > INT_MAX)
		return error_create(ERROR_NO_SUCH_PROCESS, ESRCH,
			"whymem ps lists the Python processes of this host",
			"no process can have the pid %s", text);
	*ret = (pid_t)pid;
	return NULL;
}

static struct error *usage_error(
	const struct request *request, const char *format, const char *what)
{
	struct error *error = error_create(ERROR_USAGE, 0, NULL, format, what);
	if (request->command)
		return error_set_remedy(
			error, "whymem help %s tells how to use it", request->command->name);
	return error_set_remedy(error, "whymem help lists the commands");
}

/* ---- options ---- */

struct getopt_tables {
	struct option longs[OPTION_COUNT + 1];
	char letters[OPTION_COUNT * 2 + 2];
};

/* Of options with one name, that of the command counts, or the first. */
static bool is_hidden(const struct command *command, int option)
{
	uint64_t taken = command ? command->options : 0;
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (i == option || strcmp(option_specs[i].name, option_specs[option].name) != 0)
			continue;
		bool is_other = taken >> i & 1, is_own = taken >> option & 1;
		return is_other || (!is_own && i < option);
	}
	return false;
}

static void fill_tables(struct getopt_tables *tables, const struct command *command)
{
	*tables = (struct getopt_tables){0};
	struct option *next = tables->longs;
	char *letter = tables->letters;
	*letter++ = ':';
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_spec *spec = &option_specs[i];
		if (is_hidden(command, i))
			continue;
		*next++ = (struct option){spec->name,
			spec->argument ? required_argument : no_argument, NULL, LONG_ONLY + i};
		if (!spec->letter)
			continue;
		*letter++ = spec->letter;
		if (spec->argument)
			*letter++ = ':';
	}
}

/* The option that getopt_long() returned as `value`, or OPTION_COUNT. */
static enum option_id option_of(int value)
{
	if (value >= LONG_ONLY)
		return (enum option_id)(value - LONG_ONLY);
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (option_specs[i].letter && option_specs[i].letter == value)
			return (enum option_id)i;
	}
	return OPTION_COUNT;
}

static bool is_choice(const char *choices, const char *word)
{
	size_t n = strlen(word);
	for (const char *at = choices; n && (at = strstr(at, word)); at += n) {
		bool begins = at == choices || at[-1] == ' ';
		if (begins && (at[n] == ' ' || !at[n]))
			return true;
	}
	return false;
}

/* Digits up to `most`; false when `text` is something else. */
static bool read_number(const char *text, unsigned long most, uint32_t *ret)
{
	errno = 0;
	unsigned long number = is_digits(text) ? strtoul(text, NULL, 10) : ULONG_MAX;
	if (errno || number > most)
		return false;
	*ret = (uint32_t)number;
	return true;
}

static struct error *set_top(struct request *request, const char *text)
{
	return read_number(text, UINT32_MAX - 1, &request->top)
		       ? NULL
		       : usage_error(request, "--top takes a number, not '%s'", text);
}

static struct error *set_depth(struct request *request, const char *text)
{
	return read_number(text, UINT32_MAX - 1, &request->depth)
		       ? NULL
		       : usage_error(request, "--depth takes a number, not '%s'", text);
}

static struct error *set_count(struct request *request, const char *text)
{
	bool ok = read_number(text, COUNT_MAX, &request->count) && request->count >= 2;
	return ok ? NULL
		  : usage_error(request, "--count takes a number of at least 2, not '%s'", text);
}

/* "500ms", "90s", "5min", "1h", "2d"; without a unit seconds. */
static bool read_time(const char *text, uint64_t *ret_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"", 1e9}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"min", 60e9}, {"h", 3600e9},
		{"d", 86400e9}};
	size_t n = strspn(text, "0123456789.");
	char *end = NULL;
	double number = strtod(text, &end);
	if (!n || end != text + n)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(units[i].unit, text + n) != 0)
			continue;
		if (number * units[i].ns > (double)EVERY_MAX_NS)
			return false;
		*ret_ns = (uint64_t)(number * units[i].ns);
		return true;
	}
	return false;
}

static struct error *set_time(
	struct request *request, enum option_id option, const char *text, uint64_t *ret_ns)
{
	if (read_time(text, ret_ns) && *ret_ns >= TIME_MIN_NS)
		return NULL;
	struct error *error = usage_error(request, "'%s' is no time", text);
	return error_set_remedy(error, "--%s takes a time of at least 1ms, such as 500ms or 90s",
		option_specs[option].name);
}

/* "10,20.5": seconds, the first one the smaller. */
static struct error *set_window(struct request *request, const char *text)
{
	double seconds[2];
	int end = 0;
	bool ok = sscanf(text, "%lf,%lf%n", &seconds[0], &seconds[1], &end) == 2 && !text[end] &&
		  seconds[0] >= 0 && seconds[1] > seconds[0] && seconds[1] * 1e9 <= EVERY_MAX_NS;
	if (!ok)
		return usage_error(request,
			"--window takes two numbers of seconds such as 0,20.5, not '%s'", text);
	request->has_window = true;
	request->window_begin_ns = (uint64_t)(seconds[0] * 1e9);
	request->window_end_ns = (uint64_t)(seconds[1] * 1e9);
	return NULL;
}

static struct error *add_expectation(struct request *request, const char *text)
{
	if (request->n_expectations == EXPECTATIONS_MAX)
		return usage_error(request, "too many expectations: '%s'", text);
	request->expectations[request->n_expectations++] = text;
	return NULL;
}

static struct error *set_option(struct request *request, enum option_id option, const char *text)
{
	const char *choices = option_specs[option].choices;
	if (choices && !is_choice(choices, text)) {
		struct error *error = usage_error(request, "'%s' is no choice", text);
		return error_set_remedy(
			error, "--%s takes one of: %s", option_specs[option].name, choices);
	}
	switch (option) {
	case OPTION_JSON:
		request->json = true;
		return NULL;
	case OPTION_OUTPUT:
		request->output = text;
		return NULL;
	case OPTION_TOP:
		return set_top(request, text);
	case OPTION_NO_COLOR:
		request->no_color = true;
		return NULL;
	case OPTION_BY:
		request->by = text;
		return NULL;
	case OPTION_SORT:
		request->sort = text;
		return NULL;
	case OPTION_ONLY:
		request->only = text;
		return NULL;
	case OPTION_BACK:
		request->back = true;
		return NULL;
	case OPTION_CHAIN:
		request->chain = true;
		return NULL;
	case OPTION_TO:
		request->to = text;
		return NULL;
	case OPTION_DEPTH:
		return set_depth(request, text);
	case OPTION_DOT:
		request->dot = text;
		return NULL;
	case OPTION_SVG:
		request->svg = text;
		return NULL;
	case OPTION_AVOID:
		request->avoid = text;
		return NULL;
	case OPTION_RETAINED:
		request->retained = true;
		return NULL;
	case OPTION_LIST:
		request->list = true;
		return NULL;
	case OPTION_TREE:
		return parse_pid(text, &request->tree);
	case OPTION_SINCE:
		request->since = text;
		return NULL;
	case OPTION_EXPECT:
		return add_expectation(request, text);
	case OPTION_EVERY:
		return read_time(text, &request->every_ns)
			       ? NULL
			       : usage_error(request, "--every takes a time such as 60s, not '%s'",
					 text);
	case OPTION_CAPTURES:
		return set_count(request, text);
	case OPTION_FUNC:
		request->functions = text;
		return NULL;
	case OPTION_MODULE:
		request->modules = text;
		return NULL;
	case OPTION_GROSS:
		request->gross = true;
		return NULL;
	case OPTION_UNIT:
		request->unit = text;
		return NULL;
	case OPTION_PYTHON:
		request->python = text;
		return NULL;
	case OPTION_AT:
		return set_time(request, option, text, &request->at_ns);
	case OPTION_SAVE:
		request->save = text;
		return NULL;
	case OPTION_FROM:
		request->from = text;
		return NULL;
	case OPTION_CALLS:
		request->calls = true;
		return NULL;
	case OPTION_INVERTED:
		request->inverted = true;
		return NULL;
	case OPTION_THREADS:
		request->threads = true;
		return NULL;
	case OPTION_FOLD:
		request->fold = true;
		return NULL;
	case OPTION_FORMAT:
		request->format = text;
		return NULL;
	case OPTION_OF:
		request->figure = text;
		return NULL;
	case OPTION_FOR:
		return set_time(request, option, text, &request->for_ns);
	case OPTION_INTERVAL:
		return set_time(request, option, text, &request->interval_ns);
	case OPTION_CHILDREN:
		request->children = true;
		return NULL;
	case OPTION_WINDOW:
		return set_window(request, text);
	case OPTION_TITLE:
		request->title = text;
		return NULL;
	case OPTION_SLOPE:
		request->slope = true;
		return NULL;
	case OPTION_FLAME:
		request->flame = true;
		return NULL;
	case OPTION_SPANS:
		request->spans = true;
		return NULL;
	case OPTION_PEAK:
		request->peak = true;
		return NULL;
	case OPTION_NO_CHILDREN:
		request->no_children = true;
		return NULL;
	case OPTION_HELP:
		request->help = true;
		return NULL;
	case OPTION_VERSION:
		request->version = true;
		return NULL;
	case OPTION_COUNT:
		break;
	}
	assert(!"an option without an effect");
	return NULL;
}

static struct error *parse_options(
	int argc, char **argv, struct request *request, uint64_t *given_ret)
{
	struct getopt_tables tables;
	const struct command *named = argc > 1 ? command_find(argv[1]) : NULL;
	fill_tables(&tables, request->command);
	uint64_t given = 0;
	optind = 0;
	opterr = 0;
	for (int value;
		(value = getopt_long(argc, argv, tables.letters, tables.longs, NULL)) != -1;) {
		if (value == ':')
			return usage_error(request, "%s needs an argument", argv[optind - 1]);
		enum option_id option = option_of(value);
		if (value == '?' || option == OPTION_COUNT) {
			request->command = request->command ? request->command : named;
			return usage_error(request, "unknown option '%s'", argv[optind - 1]);
		}
		given |= 1ull << option;
		struct error *error = set_option(request, option, optarg);
		if (error)
			return error;
	}
	*given_ret = given;
	return NULL;
}

/* ---- operands ---- */

/* A word that is neither a command, a pid nor a file, and does not look like a path. */
static bool is_mistyped_command(const char *word)
{
	return !is_digits(word) && !strpbrk(word, "./") && access(word, F_OK);
}

static struct error *unknown_command(const char *word)
{
	const struct command *guess = command_guess(word);
	struct error *error = error_create(ERROR_USAGE, 0, "whymem help lists the commands",
		"'%s' is neither a command, a pid nor a file", word);
	return guess ? error_set_remedy(error, "did you mean whymem %s?", guess->name) : error;
}

static struct error *set_operands(struct request *request, int n, char **operands)
{
	const struct command *command = request->command;
	if (n < (int)command->n_operands_min)
		return usage_error(request, "missing operand: whymem %s", command->name);
	if (n > (int)command->n_operands_max)
		return usage_error(
			request, "too many operands: '%s'", operands[command->n_operands_max]);
	request->operands = operands;
	request->n_operands = (unsigned)n;
	return NULL;
}

static struct error *check_options(const struct request *request, uint64_t given)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (given >> i & 1 && !(request->command->options >> i & 1) && i != OPTION_VERSION)
			return usage_error(
				request, "this command takes no --%s", option_specs[i].name);
	}
	return NULL;
}

/* Finds the command among the operands; those that are left are its own. */
static struct error *choose_command(struct request *request, int *n, char ***operands)
{
	const struct command *named = *n ? command_find(**operands) : NULL;
	if (named) {
		request->command = named;
		(*n)--;
		(*operands)++;
	} else if (*n && is_mistyped_command(**operands)) {
		return unknown_command(**operands);
	} else {
		request->command = command_find("explain");
	}
	return named || *n
		       ? NULL
		       : error_create(ERROR_USAGE, 0,
				 "whymem ps lists the Python processes of this host, whymem help "
				 "the commands",
				 "which process? whymem PID");
}

static bool asks_for_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (!strcmp(argv[i], "--json"))
			return true;
	}
	return false;
}

/* Does the option `word` of the command take the next word as its argument? */
static bool takes_next(const struct command *command, const char *word)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_spec *spec = &option_specs[i];
		if (is_hidden(command, i))
			continue;
		bool is_long = !strncmp(word, "--", 2) && !strcmp(word + 2, spec->name);
		bool is_letter = spec->letter && word[1] == spec->letter && !word[2];
		if (spec->argument && (is_long || is_letter))
			return true;
	}
	return false;
}

/* Is it an option of one letter that is not ours? */
static bool is_option_of_python(const char *word)
{
	if (word[1] == '-')
		return false;
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (option_specs[i].letter && option_specs[i].letter == word[1])
			return false;
	}
	return true;
}

/*
 * Of a command that runs a program: the program begins with the first word that
 * is no option of ours. Returns how many words are ours.
 */
static int split_program(int argc, char **argv, struct request *request)
{
	const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;
	if (!command)
		return argc;
	int i = 2;
	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (is_option_of_python(argv[i]) || !strcmp(argv[i], "--"))
			break;
		i += takes_next(command, argv[i]) && i + 1 < argc;
	}
	if (!command_runs_program(command, argv[i]))
		return argc;
	request->program = argv + i + (i < argc && !strcmp(argv[i], "--"));
	return i;
}

struct error *request_parse(int argc, char **argv, struct request *ret)
{
	uint64_t given = 0;
	*ret = (struct request){
		.top = TOP_DEFAULT,
		.depth = DEPTH_DEFAULT,
		.count = COUNT_DEFAULT,
		.every_ns = EVERY_DEFAULT_NS,
		.at_ns = UINT64_MAX,
		.interval_ns = INTERVAL_DEFAULT_NS,
	};
	argc = split_program(argc, argv, ret);
	ret->json = asks_for_json(argc, argv);
	if (ret->program)
		ret->command = command_find(argv[1]);
	struct error *error = parse_options(argc, argv, ret, &given);
	if (error || ret->version)
		return error;
	int n = argc - optind;
	char **operands = argv + optind;
	if (!n && ret->help) {
		ret->command = command_find("help");
		return NULL;
	}
	error = choose_command(ret, &n, &operands);
	if (error || ret->help)
		return error;
	error = check_options(ret, given);
	return error ? error : set_operands(ret, n, operands);
}
