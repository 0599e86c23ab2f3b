/*
 * whymem completion: scripts for bash, zsh and fish, from the tables.
 */
#include "cli/output.h"

static bool takes(const struct command *command, int option)
{
	return command->options >> option & 1;
}

/* Does the first operand name a process or a file? */
static bool takes_source(const struct command *command)
{
	return strstr(command->operands, "SRC") || strstr(command->operands, "PID");
}

static void write_names(struct sink *sink)
{
	for (size_t i = 0; i < n_commands; i++)
		sink_printf(sink, "%s%s", i ? " " : "", commands[i].name);
}

/* ---- bash ---- */

static void write_bash_options(struct sink *sink, const struct command *command)
{
	sink_printf(sink, "\t%s) words=\"", command->name);
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (!takes(command, i))
			continue;
		sink_printf(sink, "--%s ", option_specs[i].name);
		if (option_specs[i].letter)
			sink_printf(sink, "-%c ", option_specs[i].letter);
	}
	sink_puts(sink, "\" ;;\n");
}

static void write_bash_choices(struct sink *sink)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (option_specs[i].choices)
			sink_printf(sink,
				"\t--%s) COMPREPLY=($(compgen -W \"%s\" -- \"$word\")); return "
				";;\n",
				option_specs[i].name, option_specs[i].choices);
	}
	sink_puts(sink,
		"\t--tree) [[ $command == run ]] || { COMPREPLY=($(compgen -W \"$(_whymem_pids)\" "
		"-- \"$word\")); return; } ;;\n"
		"\t-o|--output|--save|--from) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"
		"\t--top) return ;;\n"
		"\thelp) COMPREPLY=($(compgen -W \"$commands\" -- \"$word\")); return ;;\n"
		"\tcompletion) COMPREPLY=($(compgen -W \"bash zsh fish\" -- \"$word\")); return "
		";;\n");
}

static void write_bash(struct sink *sink)
{
	sink_puts(sink,
		"# bash completion for whymem; made by: whymem completion bash\n"
		"_whymem_pids()\n{\n"
		"\twhymem ps --top 0 2>/dev/null | awk 'NR > 1 { print $1 }'\n}\n\n"
		"_whymem()\n{\n"
		"\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
		"\tlocal command=explain words i commands=\"");
	write_names(sink);
	sink_puts(sink, "\"\n"
			"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
			"\t\tcase \" $commands \" in *\" ${COMP_WORDS[i]} \"*) "
			"command=${COMP_WORDS[i]}; break ;; esac\n"
			"\tdone\n"
			"\tcase $before in\n");
	write_bash_choices(sink);
	sink_puts(sink, "\tesac\n\tcase $command in\n");
	for (size_t i = 0; i < n_commands; i++)
		write_bash_options(sink, &commands[i]);
	sink_puts(sink, "\tesac\n"
			"\tif [[ $word == -* ]]; then\n"
			"\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
			"\t\treturn\n"
			"\tfi\n"
			"\t((COMP_CWORD == 1)) && words=$commands || words=\n"
			"\tCOMPREPLY=($(compgen -W \"$words $(_whymem_pids)\" -- \"$word\") "
			"$(compgen -f -- \"$word\"))\n"
			"}\n"
			"complete -o filenames -F _whymem whymem\n");
}

/* ---- zsh ---- */

/* `text` for the inside of '...' in an _arguments specification. */
static void write_zsh_text(struct sink *sink, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			sink_puts(sink, "'\\''");
		else if (strchr("[]:\\", *text))
			sink_printf(sink, "\\%c", *text);
		else
			sink_write(sink, text, 1);
	}
}

static const char *zsh_action(int option)
{
	bool is_file = option == OPTION_OUTPUT || option == OPTION_SAVE || option == OPTION_FROM;
	return is_file ? "_files" : option == OPTION_TREE ? "_whymem_pids" : "";
}

static void write_zsh_option(struct sink *sink, int option)
{
	const struct option_spec *spec = &option_specs[option];
	if (spec->letter)
		sink_printf(sink, "\t\t{-%c,--%s}'[", spec->letter, spec->name);
	else
		sink_printf(sink, "\t\t'--%s[", spec->name);
	write_zsh_text(sink, spec->help);
	sink_puts(sink, "]");
	if (spec->choices)
		sink_printf(sink, ":%s:(%s)", spec->argument, spec->choices);
	else if (spec->argument)
		sink_printf(sink, ":%s:%s", spec->argument, zsh_action(option));
	sink_puts(sink, "' \\\n");
}

static void write_zsh_command(struct sink *sink, const struct command *command)
{
	sink_printf(sink, "\t%s)\n\t\t_arguments \\\n", command->name);
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (takes(command, i))
			write_zsh_option(sink, i);
	}
	if (takes_source(command))
		sink_puts(sink, "\t\t'1:source:_whymem_source'");
	else if (!strcmp(command->name, "help"))
		sink_puts(sink, "\t\t'1:command:_whymem_commands'");
	else if (!strcmp(command->name, "completion"))
		sink_puts(sink, "\t\t'1:shell:(bash zsh fish)'");
	sink_puts(sink, "\n\t\t;;\n");
}

static void write_zsh(struct sink *sink)
{
	sink_puts(sink, "#compdef whymem\n"
			"# zsh completion for whymem; made by: whymem completion zsh\n"
			"_whymem_pids() { compadd -- $(whymem ps --top 0 2>/dev/null | awk 'NR > 1 "
			"{ print $1 }') }\n"
			"_whymem_source() { _whymem_pids; _files }\n"
			"_whymem_commands() {\n\tlocal -a names=(\n");
	for (size_t i = 0; i < n_commands; i++) {
		sink_printf(sink, "\t\t'%s:", commands[i].name);
		write_zsh_text(sink, commands[i].summary);
		sink_puts(sink, "'\n");
	}
	sink_puts(sink, "\t)\n\t_describe command names\n}\n"
			"_whymem() {\n"
			"\tif ((CURRENT == 2)); "
			"then\n\t\t_whymem_commands\n\t\t_whymem_source\n\t\treturn\n\tfi\n"
			"\tlocal command=$words[2]\n\tshift words\n\t((CURRENT--))\n"
			"\tcase $command in\n");
	for (size_t i = 0; i < n_commands; i++)
		write_zsh_command(sink, &commands[i]);
	sink_puts(sink, "\tesac\n}\n"
			"if [[ $funcstack[1] == _whymem ]]; then _whymem \"$@\"; else compdef "
			"_whymem whymem; fi\n");
}

/* ---- fish ---- */

static void write_fish_text(struct sink *sink, const char *text)
{
	for (; *text; text++) {
		if (strchr("'\\", *text))
			sink_puts(sink, "\\");
		sink_write(sink, text, 1);
	}
}

static void write_fish_option(
	struct sink *sink, const struct command *command, const struct option_spec *spec)
{
	sink_printf(sink, "complete -c whymem -n '__fish_seen_subcommand_from %s' -l %s",
		command->name, spec->name);
	if (spec->letter)
		sink_printf(sink, " -s %c", spec->letter);
	if (spec->choices)
		sink_printf(sink, " -x -a '%s'", spec->choices);
	else if (spec->argument)
		sink_puts(sink, " -r");
	sink_puts(sink, " -d '");
	write_fish_text(sink, spec->help);
	sink_puts(sink, "'\n");
}

static void write_fish_command(struct sink *sink, const struct command *command)
{
	sink_printf(sink, "complete -c whymem -n __fish_use_subcommand -a %s -d '", command->name);
	write_fish_text(sink, command->summary);
	sink_puts(sink, "'\n");
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (takes(command, i))
			write_fish_option(sink, command, &option_specs[i]);
	}
	if (takes_source(command))
		sink_printf(sink,
			"complete -c whymem -n '__fish_seen_subcommand_from %s' -a "
			"'(__whymem_pids)'\n",
			command->name);
}

static void write_fish(struct sink *sink)
{
	sink_puts(sink, "# fish completion for whymem; made by: whymem completion fish\n"
			"function __whymem_pids\n"
			"\twhymem ps --top 0 2>/dev/null | awk 'NR > 1 { print $1 }'\n"
			"end\n"
			"complete -c whymem -n __fish_use_subcommand -a '(__whymem_pids)'\n"
			"complete -c whymem -n '__fish_seen_subcommand_from help' -x -a '");
	write_names(sink);
	sink_puts(sink, "'\ncomplete -c whymem -n '__fish_seen_subcommand_from completion' -x"
			" -a 'bash zsh fish'\n");
	for (size_t i = 0; i < n_commands; i++)
		write_fish_command(sink, &commands[i]);
}

/* ---- */

static const struct shell {
	const char *name;
	void (*write)(struct sink *sink);
} shells[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};

static const struct shell *find_shell(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		if (!strcmp(shells[i].name, name))
			return &shells[i];
	}
	return NULL;
}

struct error *run_completion(const struct request *request, int *status_ret)
{
	const struct shell *shell = find_shell(request->operands[0]);
	if (!shell)
		return error_create(ERROR_USAGE, 0, "there is bash, zsh and fish",
			"no completion for the shell '%s'", request->operands[0]);
	static struct sink sink;
	struct error *error = sink_open(&sink, request->output);
	if (error)
		return error;
	shell->write(&sink);
	*status_ret = EXIT_DONE;
	return output_close(&sink);
}
