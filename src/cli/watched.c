#include "cli/watched.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FD_FIRST 100 /* where programs do not expect descriptors of their own */

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

/* A script, or a folder or archive with a __main__.py. What is not there python will tell. */
static bool choose_file(struct lines_choice *choice, const char *path)
{
	struct stat status;
	char main_path[PATH_MAX];
	enum lines_place kind = LINES_FILE;
	if (stat(path, &status))
		return true;
	bool is_folder = S_ISDIR(status.st_mode);
	snprintf(main_path, sizeof(main_path), "%s/__main__.py", path);
	if (is_folder && stat(main_path, &status))
		return true;
	if (!is_folder && S_ISREG(status.st_mode) && is_archive(path))
		kind = LINES_ZIP;
	choice->device = status.st_dev;
	choice->inode = status.st_ino;
	bool has_main = is_folder || kind == LINES_ZIP;
	return set_place(choice, kind, has_main ? "__main__.py" : base_name(path));
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

struct error *lines_watch(const char *functions, const char *modules, char **words,
	struct lines *ret, const char **command_ret)
{
	struct lines_choice own = {.kind = LINES_TEXT};
	if (!choose_own(words, &own, command_ret))
		return bad_name(words[1]);
	struct error *error = lines_create(ret);
	if (error)
		return error;
	if (functions || modules) {
		error = each_name(functions, ret, &own, choose_function);
		return error ? error : each_name(modules, ret, &own, choose_module);
	}
	own.is_default = 1;
	lines_choose(ret, &own);
	return NULL;
}

struct error *lines_offer(const struct lines *lines)
{
	char value[16];
	int fd = fcntl(lines->fd, F_DUPFD, FD_FIRST);
	snprintf(value, sizeof(value), "%d", fd);
	return fd < 0 || setenv(LINES_VARIABLE, value, 1) ? &error_no_memory : NULL;
}
