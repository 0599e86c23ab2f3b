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
		"type class module size referrers via owner generation age holder line "           \
		"function file thread",                                                            \
		"what a row is: type, class, module, size, referrers, via, owner, generation, "    \
		"age; of growth holder (unless told), type, class or module; of a traced "         \
		"program line (unless told), function, module, file or thread")                    \
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
	X(OF, "of", 0, "FIGURE", "rss pss uss",                                                    \
		"rss, pss (shared pages by their share) or uss (its own pages); default rss")      \
	X(FOR, "for", 0, "TIME", NULL, "how long to watch: 90s, 5min; default: to the end")        \
	X(INTERVAL, "interval", 0, "TIME", NULL, "time between samples (default 100ms)")           \
	X(CHILDREN, "children", 0, NULL, NULL, "also its children, and all together")              \
	X(WINDOW, "window", 'w', "A,B", NULL, "only from A to B, in seconds from the beginning")   \
	X(TITLE, "title", 't', "TEXT", NULL, "what stands above the picture")                      \
	X(SLOPE, "slope", 's', NULL, NULL, "whether it grows, how fast, and how sure that is")     \
	X(FLAME, "flame", 0, NULL, NULL, "calls of functions above each other")                    \
	X(SPANS, "calls", 0, NULL, NULL,                                                           \
		"also when functions ran: those with @profile, else all of the script")            \
	X(PEAK, "peak", 0, NULL, NULL, "only the peak")                                            \
	X(AT, "at", 0, "TIME", NULL, "what was alive at a time since the beginning: 90s, 5min")    \
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
	X(NO_CHILDREN, "no-children", 0, NULL, NULL, "do not trace the processes that it starts")  \
	X(FUNC, "func", 0, "NAME[,NAME]", NULL,                                                    \
		"watch these functions: name, Class.method or module:name")                        \
	X(MODULE, "module", 0, "NAME[,NAME]", NULL,                                                \
		"watch all functions of these modules; pkg.*: of a package")                       \
	X(GROSS, "gross", 0, NULL, NULL,                                                           \
		"also what was allocated at all, at most while a line ran, and what is resident")  \
	X(UNIT, "unit", 0, "UNIT", "B KiB MiB GiB", "unit of sizes (default MiB)")                 \
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

/* Is `word`, the first behind its options, a program of the user? */
bool command_runs_program(const struct command *command, const char *word);

/* The command whose name is nearest to a mistyped one, or NULL when none is near. */
const struct command *command_guess(const char *name);

/* What the user asked for. */
struct request {
	const struct command *command;
	char **operands;
	unsigned n_operands;
	bool json, no_color, retained, list, help, version, back, chain, no_children;
	uint32_t top, depth;
	const char *output, *by, *sort, *only, *avoid, *to, *dot, *svg, *since;
	const char *expectations[EXPECTATIONS_MAX];
	unsigned n_expectations;
	uint64_t every_ns;
	uint32_t count;
	pid_t tree;     /* 0: not given */
	uint64_t at_ns; /* UINT64_MAX: not given */
	const char *python, *save, *from, *format;
	bool calls, inverted, threads, fold;
	const char *figure, *title;
	uint64_t for_ns, interval_ns; /* 0: to the end */
	uint64_t window_begin_ns, window_end_ns;
	bool children, has_window, slope, flame, spans, peak;
	const char *functions, *modules, *unit;
	bool gross;
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
struct error *run_lines(const struct request *request, int *status_ret);
struct error *run_program(const struct request *request, int *status_ret);
struct error *run_plot(const struct request *request, int *status_ret);
struct error *run_ps(const struct request *request, int *status_ret);
struct error *run_doctor(const struct request *request, int *status_ret);
struct error *run_help(const struct request *request, int *status_ret);
struct error *run_completion(const struct request *request, int *status_ret);

/* Arguments in, exit status out: all of the program. */
int cli_main(int argc, char **argv);

#endif
