/*
 * whymem help: from the tables of commands and options.
 */
#include "cli/output.h"
#include "view/page.h"

#include <stdio.h>
#include <unistd.h>

/* Pairs of a name and what it means, in two columns; the second one wraps. */
struct glossary {
	struct page *page;
	unsigned width; /* of the names */
};

static void show_pair(const struct glossary *glossary, const char *name, const char *meaning)
{
	page_format(glossary->page, INK_PLAIN, glossary->width + 4, "  %-*s  %s",
		(int)glossary->width, name, meaning);
}

static void show_commands(struct page *page)
{
	struct glossary glossary = {page, strlen("completion SHELL")};
	page_text(page, INK_BOLD, "whymem SRC", 0);
	page_text(page, INK_PLAIN,
		"Why does this Python program use so much memory, and what holds it?", 0);
	page_end_line(page);
	page_text(page, INK_PLAIN,
		"SRC is a pid, or a snapshot that whymem snap saved. The program is not changed; "
		"it is "
		"paused for milliseconds.",
		0);
	page_end_line(page);
	for (size_t i = 0; i < n_commands; i++) {
		char name[64];
		snprintf(name, sizeof(name), "%s %s", commands[i].name, commands[i].operands);
		show_pair(&glossary, name, commands[i].summary);
	}
	page_end_line(page);
	page_text(page, INK_PLAIN, "whymem help COMMAND tells its options; man whymem tells more.",
		0);
}

static void show_option(const struct glossary *glossary, const struct option_spec *spec)
{
	char name[64], letter[8] = "    ";
	if (spec->letter)
		snprintf(letter, sizeof(letter), "-%c, ", spec->letter);
	snprintf(name, sizeof(name), "%s--%s %s", letter, spec->name,
		spec->argument ? spec->argument : "");
	show_pair(glossary, name, spec->help);
}

static void show_command(const struct command *command, struct page *page)
{
	struct glossary glossary = {page, strlen("-o, --output FILE")};
	page_format(page, INK_BOLD, 0, "whymem %s %s", command->name, command->operands);
	page_text(page, INK_PLAIN, command->summary, 0);
	page_end_line(page);
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (command->options >> i & 1)
			show_option(&glossary, &option_specs[i]);
	}
}

/* `whymem help X` names X; `whymem X --help` comes as command X. */
static struct error *find_subject(const struct request *request, const struct command **ret)
{
	bool is_help = request->command == command_find("help");
	*ret = is_help ? NULL : request->command;
	if (!is_help || !request->n_operands)
		return NULL;
	*ret = command_find(request->operands[0]);
	if (*ret)
		return NULL;
	return error_create(ERROR_USAGE, 0, "whymem help lists the commands", "no such command: %s",
		request->operands[0]);
}

struct error *run_help(const struct request *request, int *status_ret)
{
	const struct command *subject;
	struct error *error = find_subject(request, &subject);
	if (error)
		return error;
	static struct sink sink;
	error = sink_open(&sink, NULL);
	if (error)
		return error;
	struct page page = {&sink, style_detect(STDOUT_FILENO, request->no_color), 0};
	if (subject)
		show_command(subject, &page);
	else
		show_commands(&page);
	*status_ret = EXIT_DONE;
	return output_close(&sink);
}
