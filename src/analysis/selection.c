/*
 * Carries out the steps of a selection on a stack of sets.
 */
#include "analysis/selection_eval.h"

#include <stdlib.h>

struct stack {
	uint64_t **data;
	size_t n, capacity;
};

uint64_t *selection_set(const struct analysis *analysis)
{
	return calloc(words_of(analysis), sizeof(uint64_t));
}

/* Takes `set`; NULL when memory ran out. */
static struct error *push(struct stack *stack, uint64_t *set)
{
	uint64_t **slot = set ? vec_add(stack) : NULL;
	if (!slot) {
		free(set);
		return &error_no_memory;
	}
	*slot = set;
	return NULL;
}

static uint64_t *top(const struct stack *stack)
{
	assert(stack->n);
	return stack->data[stack->n - 1];
}

/* ---- operators ---- */

static void invert(const struct analysis *analysis, uint64_t *set)
{
	uint32_t n = analysis->snapshot->n_objects;
	for (uint64_t i = 0; i < bits_words(n); i++)
		set[i] = ~set[i];
	if (n % 64)
		set[n / 64] &= (1ull << n % 64) - 1;
}

static void combine(const struct analysis *analysis, enum step_op op, struct stack *stack)
{
	assert(stack->n >= 2);
	uint64_t *right = stack->data[--stack->n], *left = top(stack);
	for (size_t i = 0; i < words_of(analysis); i++) {
		if (op == OP_MINUS)
			left[i] &= ~right[i];
		else if (op == OP_AND)
			left[i] &= right[i];
		else if (op == OP_XOR)
			left[i] ^= right[i];
		else
			left[i] |= right[i];
	}
	free(right);
}

/* ---- steps ---- */

static struct error *push_new(
	struct analysis *analysis, const struct selection_step *step, struct stack *stack)
{
	uint64_t *set = selection_set(analysis);
	struct error *error = push(stack, set);
	if (error)
		return error;
	return step->op == OP_TARGET ? select_target(analysis, step->text, set)
				     : select_word(analysis, step->word, step->text, set);
}

static struct error *relate(
	struct analysis *analysis, const struct selection_step *step, struct stack *stack)
{
	uint64_t *set = top(stack), *related = selection_set(analysis);
	struct error *error =
		related ? select_related(analysis, step->word, set, related) : &error_no_memory;
	if (error) {
		free(related);
		return error;
	}
	free(set);
	stack->data[stack->n - 1] = related;
	return NULL;
}

/* The set on top becomes what the path leads to from its objects. */
static struct error *follow(
	struct analysis *analysis, const struct selection_step *step, struct stack *stack)
{
	struct obj_ids ids = {0};
	uint64_t *set = top(stack);
	bool is_path = false;
	struct error *error = selection_ids(analysis, set, &ids);
	if (!error)
		error = names_follow(analysis->names, step->text, &ids, &is_path);
	if (!error && !is_path)
		error = error_create(ERROR_USAGE, 0, "write it as in .attribute['key'][0][*]",
			"'%s' is no path", step->text);
	memset(set, 0, words_of(analysis) * sizeof(*set));
	vec_foreach (&ids, id)
		bits_set(set, *id);
	vec_deinit(&ids);
	return error;
}

static struct error *carry_out(
	struct analysis *analysis, const struct selection_step *step, struct stack *stack)
{
	switch (step->op) {
	case OP_TARGET:
	case OP_WORD:
		return push_new(analysis, step, stack);
	case OP_RELATION:
		return relate(analysis, step, stack);
	case OP_FOLLOW:
		return follow(analysis, step, stack);
	case OP_NOT:
		invert(analysis, top(stack));
		return NULL;
	case OP_MINUS:
	case OP_AND:
	case OP_XOR:
	case OP_OR:
		combine(analysis, step->op, stack);
		return NULL;
	}
	return NULL;
}

struct error *selection_find(struct analysis *analysis, const char *expression, uint64_t **set_ret)
{
	struct selection_steps steps = {0};
	struct stack stack = {0};
	struct error *error = selection_parse(expression, &steps);
	if (!error)
		error = analysis_dominators(analysis);
	for (size_t i = 0; !error && i < steps.n; i++)
		error = carry_out(analysis, &steps.data[i], &stack);
	if (!error) {
		assert(stack.n == 1);
		*set_ret = stack.data[--stack.n];
	}
	vec_foreach (&stack, set)
		free(*set);
	vec_deinit(&stack);
	selection_steps_deinit(&steps);
	return error;
}

/* ---- sets ---- */

struct error *selection_ids(
	const struct analysis *analysis, const uint64_t *set, struct obj_ids *ret)
{
	for (size_t word = 0; word < words_of(analysis); word++)
		for (uint64_t bits = set[word]; bits; bits &= bits - 1) {
			obj_id *slot = vec_add(ret);
			if (!slot)
				return &error_no_memory;
			*slot = (obj_id)(word * 64) + (obj_id)__builtin_ctzll(bits);
		}
	return NULL;
}

uint64_t selection_count(const struct analysis *analysis, const uint64_t *set)
{
	uint64_t count = 0;
	for (size_t word = 0; word < words_of(analysis); word++)
		count += (uint64_t)__builtin_popcountll(set[word]);
	return count;
}
