/*
 * inspect PID: what the readers make of a running Python, one fact a line, for
 * tests/e2e/test_cpython.py to compare with what the program says of itself.
 *
 *	version 3.12.1 / debug 0 / nearest 0 / type 0x... / none 0x...
 *	interpreter ADDRESS GC
 *	thread ADDRESS NATIVE_ID INTERPRETER
 *	frame FUNCTION LINE FILE LOCAL,LOCAL...
 *	int NAME VALUE, str NAME VALUE, dict NAME KEY,KEY,...   globals of __main__
 *	generator NAME FUNCTION LINE FILE LOCAL,LOCAL...        likewise
 */
#include "cpython/cpython.h"

#include <inttypes.h>
#include <stdio.h>

#define FRAMES_MAX 1000
#define THREADS_MAX 1000

static void print_text(const struct cpython *cpython, addr_t str)
{
	char text[512];
	fputs(cpython_read_str(cpython, str, text, sizeof(text)) ? text : "?", stdout);
}

static void print_locals(const struct cpython *cpython, const struct frame *frame)
{
	for (uint32_t i = 0; i < frame->n_locals; i++) {
		if (!cpython_stack_ref(cpython, mem_word(cpython->mem, frame->slots + 8ull * i)))
			continue;
		print_text(cpython, cpython_local_name(cpython, frame->code, i));
		putchar(',');
	}
}

static void print_frame(const struct cpython *cpython, const struct frame *frame)
{
	struct code code;
	if (!cpython_read_code(cpython, frame->code, &code))
		return;
	print_text(cpython, code.name);
	printf(" %u ", frame->line);
	print_text(cpython, code.filename);
	putchar(' ');
	print_locals(cpython, frame);
	putchar('\n');
}

static void print_frames(const struct cpython *cpython, addr_t address)
{
	struct frame frame;
	for (int i = 0; address && i < FRAMES_MAX; i++, address = frame.previous) {
		if (!cpython_read_frame(cpython, address, &frame)) {
			puts("frame unreadable");
			return;
		}
		if (!frame.code)
			continue;
		fputs("frame ", stdout);
		print_frame(cpython, &frame);
	}
}

static void print_threads(const struct cpython *cpython, const struct interpreter *interpreter)
{
	const struct layout *layout = cpython->layout;
	uint32_t head = layout->PyInterpreterState.threads_head == LAYOUT_ABSENT
				? layout->PyInterpreterState.tstate_head
				: layout->PyInterpreterState.threads_head;
	addr_t thread = mem_word(cpython->mem, interpreter->address + head);
	for (int i = 0; thread && i < THREADS_MAX; i++) {
		printf("thread 0x%" PRIx64 " %" PRIu64 "\n", thread,
			mem_word(cpython->mem, thread + layout->PyThreadState.thread_id));
		print_frames(cpython, cpython_thread_frame(cpython, thread));
		thread = mem_word(cpython->mem, thread + layout->PyThreadState.next);
	}
}

static addr_t main_globals(const struct cpython *cpython)
{
	const struct layout *layout = cpython->layout;
	uint32_t member = layout->PyInterpreterState.imports_modules == LAYOUT_ABSENT
				  ? layout->PyInterpreterState.modules
				  : layout->PyInterpreterState.imports_modules;
	const struct interpreter *first = &cpython->interpreters.data[cpython->interpreters.n - 1];
	addr_t module = cpython_dict_get(
		cpython, mem_word(cpython->mem, first->address + member), "__main__");
	return module ? mem_word(cpython->mem, module + layout->PyModuleObject.md_dict) : 0;
}

static bool is_named(const struct cpython *cpython, addr_t object, const char *type)
{
	char text[32];
	addr_t name = mem_word(cpython->mem,
		cpython_type_of(cpython, object) + cpython->layout->PyTypeObject.tp_name);
	return mem_read_string(cpython->mem, name, text, sizeof(text)) && !strcmp(text, type);
}

static addr_t generator_frame(const struct cpython *cpython, addr_t generator)
{
	const struct layout *layout = cpython->layout;
	return layout->PyGenObject.gi_iframe == LAYOUT_ABSENT
		       ? mem_word(cpython->mem, generator + layout->PyGenObject.gi_frame)
		       : generator + layout->PyGenObject.gi_iframe;
}

static void print_value(const struct cpython *cpython, addr_t value, const char *type)
{
	struct dict_cursor cursor;
	struct frame frame;
	int64_t integer;
	addr_t key, item;
	if (!strcmp(type, "generator")) {
		if (cpython_read_frame(cpython, generator_frame(cpython, value), &frame))
			print_frame(cpython, &frame);
		return;
	}
	if (!strcmp(type, "int")) {
		if (cpython_read_int(cpython, value, &integer))
			printf("%" PRId64, integer);
	} else if (!strcmp(type, "str")) {
		print_text(cpython, value);
	} else if (dict_cursor_open(cpython, value, &cursor)) {
		while (dict_next(&cursor, &key, &item)) {
			if (is_named(cpython, key, "str"))
				print_text(cpython, key);
			else
				putchar('?');
			putchar(',');
		}
	}
	putchar('\n');
}

static void print_globals(const struct cpython *cpython)
{
	struct dict_cursor cursor;
	addr_t key, value;
	uint64_t count;
	if (!dict_cursor_open(cpython, main_globals(cpython), &cursor))
		return;
	while (dict_next(&cursor, &key, &value)) {
		static const char *const types[] = {"int", "str", "dict", "generator"};
		for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
			if (!is_named(cpython, value, types[i]) ||
				!cpython_ref_count(cpython, value, &count))
				continue;
			printf("%s ", types[i]);
			print_text(cpython, key);
			putchar(' ');
			print_value(cpython, value, types[i]);
		}
	}
}

static int fail(const struct error *error)
{
	printf("error %s %s\n", error_kind_name(error->kind), error->text);
	return 1;
}

int main(int argc, char **argv)
{
	struct capture_options options = {0};
	struct capture *capture;
	struct cpython cpython;
	if (argc != 2)
		return 2;
	struct error *error = capture_create(atoi(argv[1]), &options, &capture);
	if (error)
		return fail(error);
	error = cpython_open(capture, &cpython);
	if (error)
		return fail(error);
	printf("version %s\ndebug %d\nnearest %d\ntype 0x%" PRIx64 "\nnone 0x%" PRIx64 "\n",
		cpython.version_text, cpython.debug_build, cpython.nearest_layout,
		cpython.type_type, cpython.none);
	vec_foreach (&cpython.interpreters, it) {
		printf("interpreter 0x%" PRIx64 "\n", it->address);
		print_threads(&cpython, it);
	}
	print_globals(&cpython);
	cpython_close(&cpython);
	capture_destroy(capture);
	return 0;
}
