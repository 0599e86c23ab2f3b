/*
 * Which thread this is: a root of the table, by the name that Python knows it
 * by, else by the kernel's.
 */
#include "agent.h"

#include <sys/prctl.h>
#include <unistd.h>

enum { KERNEL_NAME_BYTES = 16 };

static const char others[] = "other threads";
static uint32_t n_roots;

/* The root of threads named so; 0 when the table is full. */
static uint32_t root_add(uint32_t name)
{
	uint32_t n_before = table.header->n_nodes;
	uint32_t root = name ? tree_node(&(struct trace_node){.thread = name}) : 0;
	n_roots += table.header->n_nodes - n_before;
	return root;
}

static uint32_t root_named(uint32_t name)
{
	if (n_roots >= TRACE_THREADS)
		name = tree_text(others, sizeof(others) - 1);
	return root_add(name);
}

static uint32_t kernel_name(void)
{
	char name[KERNEL_NAME_BYTES + 1] = {0};
	if (getpid() == gettid())
		return tree_text("MainThread", sizeof("MainThread") - 1);
	prctl(PR_GET_NAME, name);
	return tree_text(name, strlen(name));
}

uint32_t thread_root(const struct stack *stack, const char *outermost)
{
	uint32_t name = 0;
	if (stack->holds_gil && getpid() != gettid())
		name = python_thread_name(stack->thread, outermost);
	return root_named(name ? name : kernel_name());
}
