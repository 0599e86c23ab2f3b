#include "answers/places.h"

#include <stdlib.h>

/* Of more places whose last name fits, those that retain most are looked at. */
#define PLACES_MAX 4096

struct place {
	uint64_t edge;
	uint32_t from, to;
	uint64_t n_bytes;
};

struct search {
	struct analysis *analysis;
	const char *expression, *word;
	size_t n_word;
	uint64_t *texts; /* a bit a node: str objects that are the word */
	struct {
		struct place *data;
		size_t n, capacity;
	} places;
};

/* The last name of an expression: of `a.b['c']` that is c; false when it ends otherwise. */
static bool find_word(struct search *search)
{
	const char *expression = search->expression;
	size_t n = strlen(expression);
	bool is_key = n > 2 && !strcmp(expression + n - 2, "']");
	if (is_key)
		n -= 2;
	size_t begin = n;
	while (begin && !strchr(is_key ? "'" : ".[", expression[begin - 1]))
		begin--;
	search->word = expression + begin;
	search->n_word = n - begin;
	return search->n_word && !strchr("]>", search->word[search->n_word - 1]);
}

static bool is_word(const struct search *search, const char *text)
{
	return text && strlen(text) == search->n_word &&
	       !strncmp(text, search->word, search->n_word);
}

static bool is_named(const struct search *search, uint64_t edge)
{
	const struct snapshot *snapshot = search->analysis->snapshot;
	uint32_t operand = snapshot->edge_operand[edge];
	switch (snapshot->edge_kind[edge]) {
	case EDGE_ATTR:
	case EDGE_KEY:
	case EDGE_LOCAL:
	case EDGE_CELL:
		return operand != OBJ_NONE && bits_get(search->texts, operand);
	case EDGE_ATTR_STATIC:
		return is_word(search, snapshot_string(snapshot, operand));
	default:
		return false;
	}
}

static int compare_places(const void *a, const void *b)
{
	const struct place *left = a, *right = b;
	if (left->n_bytes != right->n_bytes)
		return left->n_bytes > right->n_bytes ? -1 : 1;
	return left->edge < right->edge ? -1 : left->edge > right->edge;
}

static struct error *find_places(struct search *search)
{
	const struct snapshot *snapshot = search->analysis->snapshot;
	for (uint32_t i = 0; i < snapshot->n_texts; i++)
		if (is_word(search, snapshot_string(snapshot, snapshot->text[i])))
			bits_set(search->texts, snapshot->text_object[i]);
	for (uint32_t from = 0; from < snapshot->n_nodes; from++)
		for (uint64_t e = snapshot->edge_start[from]; e < snapshot->edge_start[from + 1];
			e++) {
			uint32_t to = snapshot->edge_to[e];
			if (!is_named(search, e) || !is_object(snapshot, to) ||
				is_garbage(search->analysis, from))
				continue;
			struct place *place = vec_add(&search->places);
			if (!place)
				return &error_no_memory;
			*place = (struct place){e, from, to, retained_of(search->analysis, to)};
		}
	if (search->places.n)
		qsort(search->places.data, search->places.n, sizeof(struct place), compare_places);
	search->places.n = MIN(search->places.n, PLACES_MAX);
	return NULL;
}

/* Does the path through the place end with the expression, at the border of a name? */
static struct error *fits(const struct search *search, const struct paths *paths,
	const struct place *place, bool *ret)
{
	struct text text _cleanup_text_ = {0};
	struct path path = {0};
	*ret = false;
	struct error *error = paths_get(paths, search->analysis, place->from, &path);
	if (!error)
		error = path_extend(&path, place->edge, place->to);
	if (!error) {
		names_render(search->analysis->names, &path, &text);
		error = text_finish(&text);
	}
	path_deinit(&path);
	size_t n = strlen(search->expression);
	if (error || text.n < n)
		return error;
	const char *end = text_get(&text) + text.n - n;
	*ret = !strcmp(end, search->expression) &&
	       (text.n == n || end[-1] == '.' || *search->expression == '[');
	return NULL;
}

/* Places are sorted: the first that fits retains most. */
static struct error *choose(struct search *search, struct obj_ids *ret)
{
	struct analysis *analysis = search->analysis;
	uint64_t *wanted = calloc(words_of(analysis), sizeof(uint64_t));
	if (!wanted)
		return &error_no_memory;
	vec_foreach (&search->places, place)
		bits_set(wanted, place->from);
	struct paths paths;
	struct error *error = paths_init(&paths, analysis, wanted, NULL);
	free(wanted);
	if (error)
		return error;
	bool is_found = false;
	for (size_t i = 0; !error && !is_found && i < search->places.n; i++) {
		error = fits(search, &paths, &search->places.data[i], &is_found);
		obj_id *slot = error || !is_found ? NULL : vec_add(ret);
		if (slot)
			*slot = search->places.data[i].to;
		else if (is_found)
			error = &error_no_memory;
	}
	paths_deinit(&paths);
	return error;
}

struct error *places_find(struct analysis *analysis, const char *expression, struct obj_ids *ret)
{
	struct obj_ids found = {0};
	struct error *error = analysis_dominators(analysis);
	if (!error)
		error = names_resolve(analysis->names, expression, &found);
	struct search search = {.analysis = analysis, .expression = expression};
	if (!error && !found.n && find_word(&search)) {
		search.texts = calloc(words_of(analysis), sizeof(uint64_t));
		error = search.texts ? find_places(&search) : &error_no_memory;
		if (!error && search.places.n)
			error = choose(&search, &found);
		free(search.texts);
		vec_deinit(&search.places);
	}
	if (error)
		vec_deinit(&found);
	else
		*ret = found;
	return error;
}
