#include "target/program.h"

#include "base/cleanup.h"
#include "target/proc.h"

#include <limits.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash && slash[1] ? slash + 1 : path;
}

/* The words of a command line, each NUL-terminated. */
struct words {
	const char *at, *end;
};

static const char *next_word(struct words *words)
{
	if (words->at >= words->end)
		return NULL;
	const char *word = words->at;
	words->at += strlen(word) + 1;
	return word;
}

/*
 * What an interpreter's command line runs: the script, the module behind -m,
 * or NULL. Letters may stand together, as in -Im; c, m, W and X take the rest
 * of their word or the next one.
 */
static const char *find_script(struct words words)
{
	next_word(&words);
	for (const char *word; (word = next_word(&words));) {
		if (word[0] != '-')
			return base_name(word);
		if (!word[1])
			return NULL;
		if (word[1] == '-') {
			if (strcmp(word, "--check-hash-based-pycs") == 0)
				next_word(&words);
			continue;
		}
		const char *option = word + 1 + strcspn(word + 1, "cmWX");
		if (*option == 'c')
			return NULL;
		const char *value = !*option || option[1] ? option + 1 : next_word(&words);
		if (*option == 'm')
			return value;
	}
	return NULL;
}

struct error *program_read_name(pid_t pid, char *ret, size_t size)
{
	_cleanup_free_ char *line = NULL;
	size_t n = 0;
	char link[PROC_NAME_BYTES], program[PATH_MAX];
	struct error *error = proc_read(pid, "cmdline", &line, &n);
	if (error)
		return error;
	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	ssize_t length = readlink(link, program, sizeof(program) - 1);
	program[MAX(length, 0)] = '\0';
	const char *name = base_name(length > 0 ? program : line);
	const char *script =
		strstr(name, "python") ? find_script((struct words){line, line + n}) : NULL;
	snprintf(ret, size, "%s", script ? script : name);
	return NULL;
}

struct error *program_read_start(pid_t pid, uint64_t *ret)
{
	struct proc_stat stat;
	_cleanup_free_ char *system = NULL;
	struct error *error = proc_read_stat(pid, &stat);
	if (!error)
		error = proc_read_path("/proc/stat", &system, NULL);
	if (error)
		return error;
	uint64_t boot = proc_number(system, "btime ", 10);
	uint64_t ticks_per_second = (uint64_t)sysconf(_SC_CLK_TCK);
	*ret = boot * 1000000000u + stat.started_ticks / ticks_per_second * 1000000000u +
	       stat.started_ticks % ticks_per_second * 1000000000u / ticks_per_second;
	return NULL;
}
