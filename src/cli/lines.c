/*
 * whymem lines: runs a Python program with the agent in it, and tells what each
 * line of some of its functions did. Ends with the status of the program.
 */
#include "answers/lines.h"
#include "cli/output.h"
#include "cli/program.h"
#include "cli/progress.h"
#include "cli/run.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FD_FIRST 100 /* where programs do not expect descriptors of their own */

struct run_of_lines {
	struct tracer tracer;
	struct lines lines;
};

/* ---- which file is the program's own ---- */

static bool set_place(struct lines_choice *choice, enum lines_place kind, const char *place)
{
	int n = snprintf(choice->place, sizeof(choice->place), "%s", place);
	choice->kind = kind;
	return n < (int)sizeof(choice->place);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool is_archive(const char *path)
{
	char magic[2] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool is_zip = fd >= 0 && read(fd, magic, sizeof(magic)) == sizeof(magic) &&
		      !memcmp(magic, "PK", sizeof(magic));
	if (fd >= 0)
		close(fd);
	return is_zip;
}

/* A script, or a folder or archive with a __main__.py. */
static bool choose_file(struct lines_choice *choice, const char *path)
{
	struct stat status;
	char main_path[PATH_MAX];
	if (stat(path, &status))
		return true; /* python will tell */
	bool is_zip = S_ISREG(status.st_mode) && is_archive(path);
	snprintf(main_path, sizeof(main_path), "%s/__main__.py", path);
	if (S_ISDIR(status.st_mode) && stat(main_path, &status))
		return true;
	bool has_main = is_zip || !S_ISREG(status.st_mode) || S_ISDIR(status.st_mode);
	choice->device = status.st_dev;
	choice->inode = status.st_ino;
	return set_place(choice, is_zip ? LINES_ZIP : LINES_FILE,
		has_main ? "__main__.py" : base_name(path));
}

/* The letter of -c, -m, -X or -W in a word of options, with what follows it there; or NULL. */
static const char *find_letter(const char *word)
{
	return word[1] == '-' ? NULL : strpbrk(word + 1, "cmXW");
}

/*
 * The program's own file, by the words that Python gets. `command_ret` is the
 * text of -c.
 */
static bool choose_own(char **words, struct lines_choice *choice, const char **command_ret)
{
	if (strncmp(base_name(words[0]), "python", 6) != 0)
		return choose_file(choice, words[0]);
	char **word = words + 1;
	for (; *word && (*word)[0] == '-' && (*word)[1]; word++) {
		const char *letter = find_letter(*word);
		const char *value = letter && letter[1] ? letter + 1 : letter ? word[1] : NULL;
		if (letter && *letter == 'c') {
			*command_ret = value;
			return set_place(choice, LINES_TEXT, "<string>");
		}
		if (letter && *letter == 'm')
			return set_place(choice, LINES_MODULE, value ? value : "");
		word += letter && !letter[1] && word[1];
	}
	if (!*word || !strcmp(*word, "-"))
		return set_place(choice, LINES_TEXT, "<stdin>");
	return choose_file(choice, *word);
}

/* ---- what is named ---- */

static struct error *bad_name(const char *name)
{
	return error_create(ERROR_USAGE, 0, "whymem help lines tells how to use it",
		"'%s' is no name of a function or module, or there are too many", name);
}

/* "function", "Class.method" of the program's own file; "module:function". */
static struct error *choose_function(
	struct lines *lines, const char *name, const struct lines_choice *own)
{
	struct lines_choice choice = *own;
	const char *colon = strchr(name, ':');
	if (colon) {
		choice = (struct lines_choice){.kind = LINES_MODULE};
		if (colon - name >= LINES_NAME_BYTES)
			return bad_name(name);
		memcpy(choice.place, name, (size_t)(colon - name));
	}
	const char *function = colon ? colon + 1 : name;
	int n = snprintf(choice.function, sizeof(choice.function), "%s", function);
	bool ok = n > 0 && n < LINES_NAME_BYTES && (!colon || *choice.place);
	return ok && lines_choose(lines, &choice) ? NULL : bad_name(name);
}

static struct error *choose_module(
	struct lines *lines, const char *name, const struct lines_choice *own)
{
	struct lines_choice choice = {0};
	(void)own;
	return *name && set_place(&choice, LINES_MODULE, name) && lines_choose(lines, &choice)
		       ? NULL
		       : bad_name(name);
}

/* Each name of a list with commas. */
static struct error *each_name(const char *list, struct lines *lines,
	const struct lines_choice *own,
	struct error *(*choose)(struct lines *, const char *, const struct lines_choice *))
{
	struct error *error = NULL;
	char *copy = strdup(list ? list : ""), *rest = copy;
	if (!copy)
		return &error_no_memory;
	for (char *name; list && !error && (name = strsep(&rest, ","));)
		error = choose(lines, name, own);
	free(copy);
	return error;
}

static struct error *choose(const struct request *request, char **words, struct lines *lines,
	const char **command_ret)
{
	struct lines_choice own = {.kind = LINES_TEXT};
	if (!choose_own(words, &own, command_ret))
		return bad_name(words[1]);
	if (!request->functions && !request->modules) {
		own.is_default = 1;
		lines_choose(lines, &own);
		return NULL;
	}
	struct error *error = each_name(request->functions, lines, &own, choose_function);
	return error ? error : each_name(request->modules, lines, &own, choose_module);
}

/* ---- the program ---- */

static struct error *lines_prepare(void *context)
{
	struct run_of_lines *run = context;
	char value[16];
	int fd = fcntl(run->lines.fd, F_DUPFD, FD_FIRST);
	snprintf(value, sizeof(value), "%d", fd);
	if (fd < 0 || setenv(LINES_VARIABLE, value, 1))
		return &error_no_memory;
	return tracer_prepare(&run->tracer);
}

static void lines_on_start(void *context, pid_t pid)
{
	struct run_of_lines *run = context;
	run->tracer.pid = pid;
}

static void lines_on_readable(void *context)
{
	struct run_of_lines *run = context;
	tracer_receive(&run->tracer);
}

static void lines_on_tick(void *context, pid_t pid)
{
	struct run_of_lines *run = context;
	(void)pid;
	tracer_tick(&run->tracer);
}

static struct error *run_child(const struct request *request, struct run_of_lines *run,
	char **words, int *wait_status_ret, int *status_ret)
{
	struct program program = {.arguments = words,
		.context = run,
		.prepare = lines_prepare,
		.on_start = lines_on_start,
		.on_tick = lines_on_tick,
		.on_readable = lines_on_readable};
	struct error *error = tracer_begin(request, &run->tracer);
	if (error)
		return error;
	run->tracer.follows_children = false;
	program.watched_fd = run->tracer.inbox.fd;
	error = program_run(&program, wait_status_ret, status_ret);
	tracer_tick(&run->tracer);
	return error;
}

/* ---- the report ---- */

static void fill_capture(struct row *root, const struct run_of_lines *run)
{
	const struct lines_header *header = lines_header(&run->lines);
	uint32_t version = trace_header(&tracer_first(&run->tracer)->trace)->version;
	row_set_null(root, "target");
	struct row *capture = row_add_row(root, "capture");
	row_set_text(capture, "method", "traced");
	row_set_int(capture, "pid", header->pid);
	row_set_format(capture, "python", "%u.%u.%u", version >> 24, version >> 16 & 0xff,
		version >> 8 & 0xff);
	row_set_bool(capture, "complete",
		!*header->failure && !header->lost_events && !header->n_lost_functions &&
			!header->n_deep_calls);
	lines_warn(header, row_add_table(capture, "warnings"));
}

static struct error *report_lines(const struct request *request, const struct run_of_lines *run,
	const char *command, int wait_status)
{
	struct document document;
	struct lines_report report = {0};
	struct error *error = run_check(&run->tracer);
	if (error)
		return error;
	error = document_begin(&document, request->command);
	if (!error)
		error = lines_report_read(&run->lines, &report);
	if (!error) {
		fill_capture(document.root, run);
		row_set_text(document.root, "unit", request->unit ? request->unit : "MiB");
		row_set_bool(document.root, "gross", request->gross);
		answer_lines(&report, command, document.root);
		run_fill_exit(row_add_row(document.root, "exit"), wait_status);
		error = output_beside_program(request, &document);
	}
	lines_report_deinit(&report);
	document_deinit(&document);
	return error;
}

struct error *run_lines(const struct request *request, int *status_ret)
{
	struct run_of_lines run = {.lines = {.fd = -1}};
	const char *command = NULL;
	int wait_status;
	progress_stop();
	*status_ret = EXIT_OWN_FAILURE;
	if (!*request->program)
		return error_create(ERROR_USAGE, 0, "whymem lines SCRIPT, as in python SCRIPT",
			"say what to run");
	char **words = program_arguments(request);
	struct error *error = words ? lines_create(&run.lines) : &error_no_memory;
	if (!error)
		error = choose(request, words, &run.lines, &command);
	if (!error)
		error = run_child(request, &run, words, &wait_status, status_ret);
	if (!error)
		error = report_lines(request, &run, command, wait_status);
	if (!error)
		*status_ret = program_status(wait_status);
	free(words);
	lines_close(&run.lines);
	tracer_end(&run.tracer);
	return error;
}
