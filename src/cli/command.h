/*
 * The table of commands and the table of options: parsing, help and shell
 * completion all come from these.
 *
 * To add a command: one file with its run function, one line in command.c, a
 * man page man/whymem-<name>.1.scd (its examples are run by the tests), a
 * schema, and a screen in view/.
 */
#ifndef WHYMEM_COMMAND_H
#define WHYMEM_COMMAND_H

#include "answers/answers.h"
#include "answers/expect.h"

#include <sys/types.h>

/* id, long name, letter or 0, name of its argument or NULL, choices or NULL, help */
#define OPTIONS(X)                                                                                 \
	X(JSON, "json", 0, NULL, NULL, "print one JSON document")                                  \
	X(OUTPUT, "output", 'o', "FILE", NULL, "write to FILE: whole or not at all, mode 0600")    \
	X(TOP, "top", 0, "N", NULL, "rows of a table (default 20, 0: all)")                        \
	X(NO_COLOR, "no-color", 0, NULL, NULL, "no colours, also with NO_COLOR set")               \
	X(BY, "by", 0, "KIND",                                                                     \
		"type class module size referrers via owner generation holder line function file " \
		"thread",                                                                          \
		"what a row is: type, class, module, size, referrers, via, owner, generation; of " \
		"growth holder (unless told), type, class or module; of a traced program line "    \
		"(unless told), function, module, file or thread")                                 \
	X(SORT, "sort", 0, "KEY", "bytes count peak live allocated temporary",                     \
		"order of the rows: bytes or count; of a traced program peak, live, allocated, "   \
		"count or temporary")                                                              \
	X(ONLY, "only", 0, "SELECTION", NULL, "only these objects: see man 7 whymem-select")       \
	X(BACK, "back", 0, NULL, NULL, "what refers to the objects, not what they refer to")       \
	X(CHAIN, "chain", 0, NULL, NULL, "only the shortest way from a root")                      \
	X(TO, "to", 0, "SELECTION", NULL, "only the shortest way to these objects")                \
	X(DEPTH, "depth", 0, "N", NULL, "levels of references (default 3, 0: all)")                \
	X(DOT, "dot", 0, "FILE", NULL, "also write the picture for Graphviz")                      \
	X(SVG, "svg", 0, "FILE", NULL, "also write the picture as SVG")                            \
	X(AVOID, "avoid", 0, "SELECTION", NULL, "no path goes through these objects")              \
	X(RETAINED, "retained", 0, NULL, NULL, "also what each row's objects retain")              \
	X(TREE, "tree", 0, "PID", NULL, "only PID and its workers, and how they differ")           \
	X(LIST, "list", 0, NULL, NULL, "all rules, without looking at a process")                  \
	X(SINCE, "since", 0, "SNAP", NULL, "also how much rows grew since that snapshot")          \
	X(EXPECT, "expect", 0, "EXPR", NULL,                                                       \
		"exit with 1 unless EXPR holds: 'app.CACHE < 10MiB', 'type:Session <= 0', "        \
		"'objects < +1000', 'rss < 5%'")                                                   \
	X(EVERY, "every", 0, "TIME", NULL, "time between captures: 90s, 5min, 1h (default 60s)")   \
	X(CAPTURES, "count", 0, "N", NULL, "captures to take (default 3)")                         \
	X(PYTHON, "python", 0, "PATH", NULL,                                                       \
		"the Python that runs the program (default: python3)")                             \
	X(SAVE, "save", 0, "FILE", NULL, "also save the trace: a snapshot file")                   \
	X(FROM, "from", 0, "FILE", NULL, "show a saved trace instead of running a program")        \
	X(CALLS, "tree", 0, NULL, NULL, "who called what: stacks as a tree")                       \
	X(INVERTED, "inverted", 0, NULL, NULL, "the tree from what allocated to its callers")      \
	X(THREADS, "threads", 0, NULL, NULL, "keep threads apart")                                 \
	X(FOLD, "fold", 0, NULL, NULL,                                                             \
		"count what libraries allocate where the program called them")                     \
	X(FORMAT, "format", 0, "FORMAT", "text json csv collapsed flame speedscope pprof",         \
		"text, json, csv, collapsed (stacks), flame (SVG), speedscope or pprof; default: " \
		"as the suffix of the file says")                                                  \
	X(HELP, "help", 'h', NULL, NULL, "this help")                                              \
	X(VERSION, "version", 0, NULL, NULL, "print the version")

enum option_id {
#define X(id, name, letter, argument, choices, help) OPTION_##id,
	OPTIONS(X)
#undef X
		OPTION_COUNT,
};

struct option_spec {
	const char *name;
	char letter;
	const char *argument, *choices, *help;
};

extern const struct option_spec option_specs[OPTION_COUNT];

struct request;

struct command {
	const char *name;
	const char *operands; /* as help shows them: "SRC TARGET" */
	unsigned n_operands_min, n_operands_max;
	uint64_t options;    /* a bit for each option_id */
	const char *summary; /* what it does, in one line */
	struct error *(*run)(const struct request *request, int *status_ret);
	/* of commands that answer from a snapshot: fills the document's own keys */
	struct error *(*answer)(struct analysis *, const struct answer_options *, struct row *root);
};

extern const struct command commands[];
extern const size_t n_commands;

/* The command of that name, or NULL. */
const struct command *command_find(const char *name);

/* Is what follows its options a program of the user? It ends with the status of that. */
bool command_runs_program(const struct command *command);

/* The command whose name is nearest to a mistyped one, or NULL when none is near. */
const struct command *command_guess(const char *name);

/* What the user asked for. */
struct request {
	const struct command *command;
	const char *operands[3];
	unsigned n_operands;
	bool json, no_color, retained, list, help, version, back, chain;
	uint32_t top, depth;
	const char *output, *by, *sort, *only, *avoid, *to, *dot, *svg, *since;
	const char *expectations[EXPECTATIONS_MAX];
	unsigned n_expectations;
	uint64_t every_ns;
	uint32_t count;
	pid_t tree; /* 0: not given */
	const char *python, *save, *from, *format;
	bool calls, inverted, threads, fold;
	char **program; /* what the Python runs, its arguments behind it; ends with NULL */
};

/*
 * Reads the arguments. `ret` is filled as far as they were understood even when
 * a USAGE error is returned, so that it can be reported as asked for.
 */
struct error *request_parse(int argc, char **argv, struct request *ret);

/* Does `text` consist of digits, as a pid does? */
bool is_digits(const char *text);

/* The pid that `text` (digits) names; NO_SUCH_PROCESS when no process can have it. */
struct error *parse_pid(const char *text, pid_t *ret);

struct error *run_answer(const struct request *request, int *status_ret);
struct error *run_advice(const struct request *request, int *status_ret);
struct error *run_snap(const struct request *request, int *status_ret);
struct error *run_diff(const struct request *request, int *status_ret);
struct error *run_watch(const struct request *request, int *status_ret);
struct error *run_rows(const struct request *request, int *status_ret);
struct error *run_program(const struct request *request, int *status_ret);
struct error *run_ps(const struct request *request, int *status_ret);
struct error *run_doctor(const struct request *request, int *status_ret);
struct error *run_help(const struct request *request, int *status_ret);
struct error *run_completion(const struct request *request, int *status_ret);

/* Arguments in, exit status out: all of the program. */
int cli_main(int argc, char **argv);

#endif
