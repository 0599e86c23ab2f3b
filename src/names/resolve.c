/*
 * From an expression, as names_render() writes it, to the objects that it
 * stands for: the longest root that begins it, then one set of objects a step.
 */
#include "names/names_int.h"

#include <stdlib.h>

/* Edges between two names that an expression leaves out, in a row. */
#define SILENT_MAX 3

enum token_kind {
	TOKEN_NAME,   /* .name */
	TOKEN_KEY,    /* ['name'] */
	TOKEN_INDEX,  /* [3] */
	TOKEN_ANY,    /* [*] */
	TOKEN_HIDDEN, /* [...] */
	TOKEN_KEYS,   /* .keys()[*] */
	TOKEN_LOCAL,  /* .<locals>.name */
	TOKEN_CELL,   /* .<closure>.name */
	TOKEN_STACK,  /* .<stack>[3] */
};

struct token {
	enum token_kind kind;
	const char *text; /* NULL: hidden */
	size_t n;
	uint64_t index;
};

/* ---- tokens ---- */

static bool take(const char **at, const char *prefix)
{
	size_t n = strlen(prefix);
	if (strncmp(*at, prefix, n) != 0)
		return false;
	*at += n;
	return true;
}

static bool take_word(const char **at, struct token *token)
{
	if (take(at, "<")) {
		token->text = *at;
		token->n = strcspn(*at, ">");
		*at += token->n;
		return take(at, ">");
	}
	token->text = *at;
	token->n = strcspn(*at, ".[");
	*at += token->n;
	return token->n > 0;
}

static bool take_number(const char **at, struct token *token)
{
	char *end;
	if (**at < '0' || **at > '9')
		return false;
	token->index = strtoull(*at, &end, 10);
	*at = end;
	return take(at, "]");
}

static bool take_scoped(const char **at, enum token_kind kind, struct token *token)
{
	token->kind = kind;
	return take(at, "[...]") || (take(at, ".") && take_word(at, token));
}

static bool take_subscript(const char **at, struct token *token)
{
	if (take(at, "*]")) {
		token->kind = TOKEN_ANY;
		return true;
	}
	if (take(at, "...]")) {
		token->kind = TOKEN_HIDDEN;
		return true;
	}
	if (take(at, "'")) {
		token->kind = TOKEN_KEY;
		token->text = *at;
		token->n = strcspn(*at, "'");
		*at += token->n;
		return take(at, "']");
	}
	token->kind = TOKEN_INDEX;
	return take_number(at, token);
}

/* False when `at` is no expression any more. */
static bool take_token(const char **at, struct token *token)
{
	*token = (struct token){0};
	if (take(at, ".keys()[*]")) {
		token->kind = TOKEN_KEYS;
		return true;
	}
	if (take(at, ".<locals>"))
		return take_scoped(at, TOKEN_LOCAL, token);
	if (take(at, ".<closure>"))
		return take_scoped(at, TOKEN_CELL, token);
	if (take(at, ".<stack>[")) {
		token->kind = TOKEN_STACK;
		return take_number(at, token);
	}
	if (take(at, "["))
		return take_subscript(at, token);
	token->kind = TOKEN_NAME;
	return take(at, ".") && take_word(at, token);
}

/* ---- edges ---- */

static bool is_text(const struct token *token, const char *text)
{
	if (!token->text || !text)
		return !token->text && !text;
	return strlen(text) == token->n && !strncmp(text, token->text, token->n);
}

static bool is_name(const struct snapshot *snapshot, const struct token *token, uint64_t edge)
{
	switch (snapshot->edge_kind[edge]) {
	case EDGE_ATTR:
	case EDGE_ATTR_STATIC:
	case EDGE_FIELD:
	case EDGE_MEMBER:
		return is_text(token, names_edge_text(snapshot, edge));
	case EDGE_TYPE:
		return is_text(token, "__class__");
	case EDGE_DICT:
		return is_text(token, "__dict__");
	case EDGE_CELL_CONTENT:
		return is_text(token, "cell_contents");
	default:
		return false;
	}
}

static bool matches(
	const struct snapshot *snapshot, const struct token *token, uint32_t node, uint64_t edge)
{
	unsigned kind = snapshot->edge_kind[edge];
	switch (token->kind) {
	case TOKEN_NAME:
		return is_name(snapshot, token, edge);
	case TOKEN_HIDDEN:
		return (kind == EDGE_KEY || kind == EDGE_ATTR) && !names_edge_text(snapshot, edge);
	case TOKEN_KEY:
		return kind == EDGE_KEY && is_text(token, names_edge_text(snapshot, edge));
	case TOKEN_INDEX:
		return kind == EDGE_INDEX && snapshot->edge_operand[edge] == token->index;
	case TOKEN_ANY:
		return kind == EDGE_INDEX || kind == EDGE_KEY ||
		       (kind == EDGE_ITEM && !names_is_mapping(snapshot, node));
	case TOKEN_KEYS:
		return kind == EDGE_ITEM && names_is_mapping(snapshot, node);
	case TOKEN_LOCAL:
		return (kind == EDGE_LOCAL || kind == EDGE_CELL) &&
		       is_text(token, names_edge_text(snapshot, edge));
	case TOKEN_CELL:
		return kind == EDGE_CELL && is_text(token, names_edge_text(snapshot, edge));
	case TOKEN_STACK:
		return kind == EDGE_STACK && snapshot->edge_operand[edge] == token->index;
	}
	return false;
}

static bool add(struct obj_ids *ids, obj_id id)
{
	obj_id *slot = vec_add(ids);
	if (slot)
		*slot = id;
	return slot != NULL;
}

static bool add_content(const struct snapshot *snapshot, obj_id cell, struct obj_ids *ret)
{
	bool found = false;
	for (uint64_t e = snapshot->edge_start[cell]; e < snapshot->edge_start[cell + 1]; e++) {
		if (snapshot->edge_kind[e] != EDGE_CELL_CONTENT)
			continue;
		found = true;
		if (!add(ret, snapshot->edge_to[e]))
			return false;
	}
	return found || add(ret, cell);
}

/* Attributes of an object that stand in its __dict__. */
static bool step_dict(const struct snapshot *snapshot, const struct token *token, obj_id dict,
	struct obj_ids *ret)
{
	for (uint64_t e = snapshot->edge_start[dict]; e < snapshot->edge_start[dict + 1]; e++)
		if (snapshot->edge_kind[e] == EDGE_KEY &&
			is_text(token, names_edge_text(snapshot, e)) &&
			!add(ret, snapshot->edge_to[e]))
			return false;
	return true;
}

/* A variable that a function closes over. */
static bool step_closure(const struct snapshot *snapshot, const struct token *token,
	uint32_t function, uint64_t edge, struct obj_ids *ret)
{
	uint32_t cells = snapshot->edge_to[edge];
	const char *member = names_edge_text(snapshot, edge);
	if (!member || strcmp(member, "__closure__") != 0)
		return true;
	for (uint64_t e = snapshot->edge_start[cells]; e < snapshot->edge_start[cells + 1]; e++)
		if (snapshot->edge_kind[e] == EDGE_INDEX &&
			is_text(token, closure_name(snapshot, function, cells,
					       snapshot->edge_operand[e])) &&
			!add_content(snapshot, snapshot->edge_to[e], ret))
			return false;
	return true;
}

static bool step_node(const struct snapshot *snapshot, const struct token *token, uint32_t node,
	struct obj_ids *ret)
{
	bool is_attribute = token->kind == TOKEN_NAME || token->kind == TOKEN_HIDDEN;
	for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1]; e++) {
		uint32_t to = snapshot->edge_to[e];
		bool ok = true;
		if (matches(snapshot, token, node, e))
			ok = snapshot->edge_kind[e] == EDGE_CELL ? add_content(snapshot, to, ret)
								 : add(ret, to);
		if (ok && is_attribute && snapshot->edge_kind[e] == EDGE_DICT)
			ok = step_dict(snapshot, token, to, ret);
		if (ok && token->kind == TOKEN_CELL)
			ok = step_closure(snapshot, token, node, e, ret);
		if (!ok)
			return false;
	}
	return true;
}

static bool is_silent(const struct snapshot *snapshot, uint64_t edge)
{
	switch (snapshot->edge_kind[edge]) {
	case EDGE_FIELD:
	case EDGE_SCAN:
	case EDGE_MEMBER:
		return true;
	default:
		return false;
	}
}

static bool step_silently(
	const struct snapshot *snapshot, const struct obj_ids *from, struct obj_ids *ret)
{
	vec_foreach (from, node)
		for (uint64_t e = snapshot->edge_start[*node]; e < snapshot->edge_start[*node + 1];
			e++)
			if (is_silent(snapshot, e) && !add(ret, snapshot->edge_to[e]))
				return false;
	return true;
}

/* ---- sets ---- */

static int compare_obj_ids(const void *a, const void *b)
{
	obj_id left = *(const obj_id *)a, right = *(const obj_id *)b;
	return left < right ? -1 : left > right;
}

static void make_distinct(struct obj_ids *ids)
{
	if (!ids->n)
		return;
	qsort(ids->data, ids->n, sizeof(obj_id), compare_obj_ids);
	size_t n = 1;
	for (size_t i = 1; i < ids->n; i++)
		if (ids->data[i] != ids->data[n - 1])
			ids->data[n++] = ids->data[i];
	ids->n = n;
}

/* `ids` becomes what the token stands for from there; false when memory ran out. */
static bool step_all(
	const struct snapshot *snapshot, const struct token *token, struct obj_ids *ids)
{
	struct obj_ids from = *ids, found = {0};
	bool ok = true;
	for (unsigned depth = 0; ok && from.n && depth <= SILENT_MAX; depth++) {
		vec_foreach (&from, node)
			ok = ok && step_node(snapshot, token, *node, &found);
		if (found.n)
			break;
		struct obj_ids behind = {0};
		ok = ok && step_silently(snapshot, &from, &behind);
		make_distinct(&behind);
		vec_deinit(&from);
		from = behind;
	}
	vec_deinit(&from);
	make_distinct(&found);
	*ids = found;
	return ok;
}

static void drop_holders(const struct snapshot *snapshot, struct obj_ids *ids)
{
	size_t n = 0;
	for (size_t i = 0; i < ids->n; i++)
		if (is_object(snapshot, ids->data[i]))
			ids->data[n++] = ids->data[i];
	ids->n = n;
}

struct error *names_follow(
	const struct names *names, const char *path, struct obj_ids *ids, bool *is_path_ret)
{
	bool ok = true, is_path = true;
	while (ok && is_path && *path) {
		struct token token;
		is_path = take_token(&path, &token);
		ok = !is_path || step_all(names->snapshot, &token, ids);
	}
	if (!ok || !is_path)
		vec_deinit(ids);
	drop_holders(names->snapshot, ids);
	*is_path_ret = is_path;
	return ok ? NULL : &error_no_memory;
}

static struct error *resolve_from(
	const struct names *names, uint32_t root, const char *rest, struct obj_ids *ret)
{
	struct obj_ids ids = {0};
	bool is_path;
	if (!add(&ids, root))
		return &error_no_memory;
	struct error *error = names_follow(names, rest, &ids, &is_path);
	if (error)
		vec_deinit(&ids);
	else
		*ret = ids;
	return error;
}

/* ---- roots ---- */

struct candidate {
	uint32_t root;
	size_t n; /* bytes of the expression that its name takes */
};

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;
	if (left->n != right->n)
		return left->n > right->n ? -1 : 1;
	return left->root < right->root ? -1 : left->root > right->root;
}

static bool begins(const char *expression, const struct text *root)
{
	char next = strncmp(expression, text_get(root), root->n) ? 'x' : expression[root->n];
	return root->n && (next == '\0' || next == '.' || next == '[');
}

/* A module by itself is the object behind its entry of sys.modules. */
static bool add_module_object(const struct names *names, uint32_t root, struct obj_ids *ret)
{
	vec_foreach (&names->modules, module)
		if (module->node == root)
			return add(ret, module->object);
	return true;
}

struct candidates {
	struct candidate *data;
	size_t n, capacity;
};

/* Holders whose name is not in the expression need not be written to be compared. */
static bool may_begin(const struct snapshot *snapshot, const char *expression, uint32_t root)
{
	return !is_object(snapshot, root) &&
	       strstr(expression, snapshot_string(snapshot, holder_get(snapshot, root)->name));
}

static struct error *find_candidates(
	const struct names *names, const char *expression, struct candidates *ret)
{
	struct text text _cleanup_text_ = {0};
	vec_foreach (&names->snapshot->roots, root) {
		if (!may_begin(names->snapshot, expression, root->node))
			continue;
		text_cut(&text, 0);
		root_render(names, root->node, &text);
		if (text.failed)
			return &error_no_memory;
		if (!begins(expression, &text))
			continue;
		struct candidate *candidate = vec_add(ret);
		if (!candidate)
			return &error_no_memory;
		*candidate = (struct candidate){.root = root->node, .n = text.n};
	}
	if (ret->n)
		qsort(ret->data, ret->n, sizeof(struct candidate), compare_candidates);
	return NULL;
}

static struct error *try_candidate(const struct names *names, const struct candidate *candidate,
	const char *expression, struct obj_ids *ret)
{
	if (expression[candidate->n])
		return resolve_from(names, candidate->root, expression + candidate->n, ret);
	return add_module_object(names, candidate->root, ret) ? NULL : &error_no_memory;
}

struct error *names_resolve(const struct names *names, const char *expression, struct obj_ids *ret)
{
	struct candidates candidates = {0};
	struct obj_ids ids = {0};
	struct error *error = find_candidates(names, expression, &candidates);
	for (size_t i = 0; !error && !ids.n && i < candidates.n; i++)
		error = try_candidate(names, &candidates.data[i], expression, &ids);
	vec_deinit(&candidates);
	if (error)
		vec_deinit(&ids);
	else
		*ret = ids;
	return error;
}
