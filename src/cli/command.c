#include "cli/command.h"

#include "trace/mprof.h"

#define BIT(id) (1ull << OPTION_##id)
#define COMMON (BIT(JSON) | BIT(OUTPUT) | BIT(NO_COLOR) | BIT(HELP))
#define OPERANDS_MAX 1000
#define TABLE (COMMON | BIT(TOP))

const struct option_spec option_specs[OPTION_COUNT] = {
#define X(id, name, letter, argument, choices, help)                                               \
	[OPTION_##id] = {name, letter, argument, choices, help},
	OPTIONS(X)
#undef X
};

const struct command commands[] = {
	{"explain", "SRC", 1, 1, TABLE | BIT(SINCE),
		"where the memory is, and who holds it (whymem SRC)", run_answer, answer_explain},
	{"ps", "", 0, 0, TABLE | BIT(TREE), "all Python processes of this host", run_ps, NULL},
	{"snap", "PID -o FILE", 1, 1, COMMON, "save a snapshot of a process", run_snap, NULL},
	{"types", "SRC", 1, 1, TABLE | BIT(BY) | BIT(SORT) | BIT(RETAINED) | BIT(ONLY) | BIT(SINCE),
		"the objects by type, class, module ...", run_answer, answer_types},
	{"retained", "SRC", 1, 1, TABLE | BIT(ONLY) | BIT(SINCE),
		"what would be freed with each object, as a tree", run_answer, answer_retained},
	{"why", "SRC TARGET", 2, 2, TABLE | BIT(AVOID),
		"why objects live: TARGET is an address, a type or a path", run_answer, answer_why},
	{"refs", "SRC TARGET", 2, 2,
		TABLE | BIT(BACK) | BIT(CHAIN) | BIT(TO) | BIT(DEPTH) | BIT(AVOID) | BIT(DOT) |
			BIT(SVG),
		"what objects refer to, or what refers to them", run_answer, answer_refs},
	{"advice", "SRC", 0, 1, TABLE | BIT(LIST),
		"what to change, and the bytes that it gives back", run_advice, answer_advice},
	{"caches", "SRC", 1, 1, TABLE, "caches and collections, with what limits them", run_answer,
		answer_caches},
	{"garbage", "SRC", 1, 1, TABLE, "unreachable cycles, and what only C code holds",
		run_answer, answer_garbage},
	{"dups", "SRC", 1, 1, TABLE, "equal objects, and what their copies waste", run_answer,
		answer_dups},
	{"native", "SRC", 1, 1, TABLE, "allocators, mappings, and what pins free memory",
		run_answer, answer_native},
	{"diff", "A B [C]", 2, 3, TABLE | BIT(BY) | BIT(SORT) | BIT(EXPECT),
		"what grew between captures: pids or snapshots", run_diff, NULL},
	{"watch", "PID", 1, 1, TABLE | BIT(BY) | BIT(EXPECT) | BIT(EVERY) | BIT(CAPTURES),
		"what grows: captures of a process, one after the other", run_watch, NULL},
	{"rows", "SRC", 1, 1, BIT(OUTPUT) | BIT(JSON) | BIT(HELP) | BIT(ONLY),
		"every object and reference as JSON lines", run_rows, NULL},
	{"run", "SCRIPT [ARG ...]", 0, 0,
		TABLE | BIT(PYTHON) | BIT(NO_CHILDREN) | BIT(BY) | BIT(SORT) | BIT(SAVE) |
			BIT(FROM) | BIT(CALLS) | BIT(INVERTED) | BIT(THREADS) | BIT(FOLD) |
			BIT(FORMAT) | BIT(AT) | BIT(WINDOW),
		"run a Python program: which line allocated it", run_program, NULL},
	{"plot", "PID | SCRIPT [ARG ...] | FILE.dat ...", 0, OPERANDS_MAX,
		COMMON | BIT(OF) | BIT(FOR) | BIT(INTERVAL) | BIT(CHILDREN) | BIT(WINDOW) |
			BIT(TITLE) | BIT(SLOPE) | BIT(FLAME) | BIT(SPANS) | BIT(FUNC) |
			BIT(MODULE) | BIT(PEAK) | BIT(PYTHON),
		"memory over time, of a process, a program or a recording", run_plot, NULL},
	{"lines", "SCRIPT [ARG ...]", 0, 0,
		COMMON | BIT(PYTHON) | BIT(FUNC) | BIT(MODULE) | BIT(GROSS) | BIT(UNIT),
		"run a Python program: what each line of its functions did", run_lines, NULL},
	{"doctor", "[PID]", 0, 1, COMMON, "can this process be read? which rule refuses?",
		run_doctor, NULL},
	{"help", "[COMMAND]", 0, 1, BIT(HELP), "help on a command", run_help, NULL},
	{"completion", "SHELL", 1, 1, BIT(OUTPUT) | BIT(HELP),
		"completion for bash, zsh or fish, as a script", run_completion, NULL},
};

const size_t n_commands = ARRAY_SIZE(commands);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < n_commands; i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

bool command_runs_program(const struct command *command, const char *word)
{
	if (command->run == run_plot)
		return word && !is_digits(word) && !mprof_is_recording(word);
	return command->run == run_program || command->run == run_lines;
}

#define NAME_MAX_BYTES 15

/* Letters to change, add or drop to get from `a` to `b`, both short. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[NAME_MAX_BYTES + 1];
	size_t n = strlen(b);
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; a[i]; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < n; j++) {
			unsigned change = diagonal + (a[i] != b[j]);
			diagonal = row[j + 1];
			unsigned drop = MIN(row[j], row[j + 1]) + 1;
			row[j + 1] = MIN(change, drop);
		}
	}
	return row[n];
}

const struct command *command_guess(const char *name)
{
	const struct command *nearest = NULL;
	unsigned least = 3;
	if (strlen(name) > NAME_MAX_BYTES)
		return NULL;
	for (size_t i = 0; i < n_commands; i++) {
		assert(strlen(commands[i].name) <= NAME_MAX_BYTES);
		unsigned d = distance(name, commands[i].name);
		if (d < least) {
			least = d;
			nearest = &commands[i];
		}
	}
	return nearest;
}
