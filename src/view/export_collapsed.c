/*
 * Collapsed stacks: a line for each stack, its frames from the outermost one,
 * separated by semicolons, then the value that the order is by. Read by
 * flamegraph.pl, inferno, speedscope and many others.
 */
#include "view/export.h"

#include "base/cleanup.h"
#include "view/utf8.h"

#include <errno.h>
#include <inttypes.h>

/* The separators of the format do not occur in names. */
static void write_label(struct sink *sink, const struct trace_tree *tree, uint32_t node)
{
	_cleanup_free_ char *label =
		node == EXPORT_GAP ? strdup(export_gap_label()) : export_label(tree, node);
	_cleanup_free_ char *clean = label ? utf8_printable(label, true) : NULL;
	if (!clean)
		sink_fail(sink, ENOMEM);
	for (char *at = clean; at && *at; at++)
		if (*at == ';')
			*at = ',';
	sink_puts(sink, clean ? clean : "");
}

struct error *export_collapsed(const struct trace_tree *tree, struct sink *sink)
{
	struct export_stack *stack = malloc(sizeof(*stack));
	if (!stack)
		return &error_no_memory;
	for (uint32_t i = 1; i < tree->nodes.n; i++) {
		uint64_t value = trace_totals_get(&tree->nodes.data[i].own, tree->options.key);
		if (!value)
			continue;
		export_stack_read(tree, i, stack);
		for (size_t j = 0; j < stack->n; j++) {
			if (j)
				sink_puts(sink, ";");
			write_label(sink, tree, stack->nodes[j]);
		}
		sink_printf(sink, " %" PRIu64 "\n", value);
	}
	free(stack);
	return NULL;
}
