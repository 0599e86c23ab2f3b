/*
 * A file becomes a snapshot: the counts first, then memory for what they claim
 * if the machine has it, then all columns and tables at once, then
 * snapshot_check(). Names of parts and facts are matched with those of this
 * program, so that files of other builds stay readable.
 */
#include "base/cleanup.h"
#include "snap/container.h"
#include "snap/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Chunks whose contents are rows or texts, turned into something else after reading. */
enum extra { STRINGS, FACT_NAMES, PART_NAMES, PARTS, N_EXTRAS };

static const char *const extra_ids[N_EXTRAS] = {
	CHUNK_STRINGS, CHUNK_FACT_NAMES, CHUNK_PART_NAMES, CHUNK_PARTS};

struct reader {
	struct container *container;
	struct snapshot *snapshot;
	struct chunk *columns[N_COLUMNS];
	struct chunk *tables[N_TABLES];
	struct chunk *extras[N_EXTRAS];
	struct chunk *all[N_COLUMNS + N_TABLES + N_EXTRAS];
	size_t n_all;
	size_t n_columns; /* of `all`: those that are columns, which come first */
	uint64_t n_bytes; /* memory that the contents take */
};

/* ---- what is to be read ---- */

static struct error *missing(const struct reader *reader, const char *id)
{
	char text[64];
	snprintf(text, sizeof(text), "its part %.4s is missing or has the wrong size", id);
	return container_corrupt(reader->container, text);
}

static struct error *read_info(struct reader *reader)
{
	struct chunk *info = container_find(reader->container, info_format.id);
	if (!info || info->entry.coding != CODING_RAW || info->entry.n != 1)
		return missing(reader, info_format.id);
	uint8_t row[WIDTH_MAX];
	info->content = row;
	struct error *error = container_read(reader->container, &info, 1);
	info->content = NULL;
	if (error)
		return error;
	row_decode(&info_format, row, info->entry.width, reader->snapshot);
	return NULL;
}

static void add_chunk(struct reader *reader, struct chunk *chunk)
{
	reader->all[reader->n_all++] = chunk;
	reader->n_bytes += chunk->entry.n * chunk->entry.width;
}

static struct error *find_chunks(struct reader *reader)
{
	for (size_t i = 0; i < N_COLUMNS; i++) {
		const struct column_format *format = &column_formats[i];
		struct chunk *chunk = container_find(reader->container, format->id);
		if (!chunk && format->is_optional && !format->count(reader->snapshot))
			continue;
		if (!chunk || chunk->entry.n != format->count(reader->snapshot) ||
			chunk->entry.width != format->width)
			return missing(reader, format->id);
		if (format->width < 4 && chunk->entry.coding != CODING_RAW)
			return missing(reader, format->id);
		add_chunk(reader, reader->columns[i] = chunk);
	}
	reader->n_columns = reader->n_all;
	for (size_t i = 0; i < N_TABLES; i++) {
		const struct table_format *format = &table_formats[i];
		struct chunk *chunk = container_find(reader->container, format->id);
		if (!chunk && format->is_optional)
			continue;
		if (!chunk || chunk->entry.coding != CODING_RAW || chunk->entry.n > UINT32_MAX)
			return missing(reader, format->id);
		add_chunk(reader, reader->tables[i] = chunk);
		reader->n_bytes += chunk->entry.n * format->record_size;
	}
	for (size_t i = 0; i < N_EXTRAS; i++) {
		struct chunk *chunk = container_find(reader->container, extra_ids[i]);
		unsigned width = i == PARTS ? sizeof(uint64_t) : 1;
		if (!chunk || chunk->entry.coding != CODING_RAW || chunk->entry.width != width ||
			chunk->entry.n > UINT32_MAX)
			return missing(reader, extra_ids[i]);
		add_chunk(reader, reader->extras[i] = chunk);
	}
	return NULL;
}

/* Bytes that can be allocated without swapping. */
static uint64_t available_bytes(void)
{
	uint64_t kib = 0;
	char line[128];
	_cleanup_fclose_ FILE *file = fopen("/proc/meminfo", "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %lu kB", &kib) == 1)
			return kib * 1024;
	return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static struct error *allocate(struct reader *reader, const char *path)
{
	uint64_t available = available_bytes();
	if (reader->n_bytes > available)
		return error_create(ERROR_OUT_OF_MEMORY, 0,
			"free some memory, or read the snapshot on a larger machine",
			"%s needs %llu MB of memory, %llu MB are available", path,
			(unsigned long long)(reader->n_bytes >> 20),
			(unsigned long long)(available >> 20));
	for (size_t i = 0; i < N_COLUMNS; i++) {
		struct chunk *chunk = reader->columns[i];
		if (!chunk)
			continue;
		chunk->content = snapshot_alloc(chunk->entry.n, chunk->entry.width);
		if (!chunk->content)
			return &error_no_memory;
		*column_of(reader->snapshot, &column_formats[i]) = chunk->content;
	}
	for (size_t i = reader->n_columns; i < reader->n_all; i++) {
		struct chunk *chunk = reader->all[i];
		chunk->content = snapshot_alloc(chunk->entry.n, chunk->entry.width);
		if (!chunk->content)
			return &error_no_memory;
	}
	return NULL;
}

/* ---- tables and texts ---- */

static struct error *fill_table(struct reader *reader, size_t table)
{
	const struct table_format *format = &table_formats[table];
	const struct chunk *chunk = reader->tables[table];
	struct any_vec *vec = vec_of(reader->snapshot, format);
	if (!chunk || !chunk->entry.n)
		return NULL;
	vec->data = calloc(chunk->entry.n, format->record_size);
	if (!vec->data)
		return &error_no_memory;
	vec->n = vec->capacity = chunk->entry.n;
	for (size_t i = 0; i < vec->n; i++)
		row_decode(format, (const uint8_t *)chunk->content + i * chunk->entry.width,
			chunk->entry.width, (char *)vec->data + i * format->record_size);
	return NULL;
}

/* The text behind `text`, which is moved on; NULL at the end, or when no NUL ends it. */
static const char *next_text(const char **text, const char *end)
{
	const char *begin = *text, *nul = memchr(begin, 0, (size_t)(end - begin));
	if (!nul)
		return NULL;
	*text = nul + 1;
	return begin;
}

static struct error *fill_strings(struct reader *reader)
{
	const struct chunk *chunk = reader->extras[STRINGS];
	struct strpool *pool = &reader->snapshot->strings;
	const char *at = chunk->content, *end = at + chunk->entry.n, *text;
	for (str_id wanted = 0; (text = next_text(&at, end)); wanted++) {
		str_id id;
		struct error *error = strpool_add(pool, text, strlen(text), &id);
		if (error)
			return error;
		if (id != wanted)
			return container_corrupt(reader->container, "a string stands twice in it");
	}
	return at == end ? NULL : container_corrupt(reader->container, "a string has no end");
}

static int index_of(const char *name, const char *names, size_t n_bytes)
{
	int index = 0;
	for (const char *at = names; at < names + n_bytes; at += strlen(at) + 1, index++)
		if (!strcmp(at, name))
			return index;
	return -1;
}

/* A part that this program does not know is unexplained to it. */
static struct error *fill_account(struct reader *reader)
{
	const struct chunk *names = reader->extras[PART_NAMES], *parts = reader->extras[PARTS];
	const char *at = names->content, *end = at + names->entry.n, *name;
	const uint8_t *value = parts->content;
	uint64_t n = 0, *part_bytes = reader->snapshot->part_bytes;
	for (; (name = next_text(&at, end)) && n < parts->entry.n; n++) {
		int part = index_of(name, part_name_texts, part_name_bytes);
		part_bytes[part < 0 ? PART_UNEXPLAINED : part] += number_decode(value + n * 8, 8);
	}
	if (name || at != end || n != parts->entry.n)
		return container_corrupt(reader->container, "the names of its account");
	return NULL;
}

/* map[id in the file] = id of this program, or FACT_COUNT; whether they are all the same. */
static struct error *map_facts(const struct reader *reader, uint8_t map[256], bool *same_ret)
{
	const struct chunk *names = reader->extras[FACT_NAMES];
	const char *at = names->content, *end = at + names->entry.n, *name;
	bool same = true;
	unsigned n = 0;
	for (; n < 256 && (name = next_text(&at, end)); n++) {
		int id = index_of(name, fact_name_texts, fact_name_bytes);
		map[n] = id < 0 ? FACT_COUNT : (uint8_t)id;
		same = same && map[n] == n;
	}
	if (at != end)
		return container_corrupt(reader->container, "the names of its facts");
	const struct facts *facts = &reader->snapshot->facts;
	for (uint32_t i = 0; i < facts->n; i++)
		if (facts->id[i] >= n)
			return container_corrupt(reader->container, "a fact has no name");
	*same_ret = same;
	return NULL;
}

/* Sorts the facts by their ids in this program; those that it does not know are left out. */
static struct error *renumber_facts(struct snapshot *snapshot, const uint8_t map[256])
{
	struct facts old = snapshot->facts, new = {0};
	uint32_t next[FACT_COUNT + 2] = {0};
	for (uint32_t i = 0; i < old.n; i++)
		next[map[old.id[i]] + 1]++;
	for (unsigned id = 1; id < ARRAY_SIZE(next); id++)
		next[id] += next[id - 1];
	new.n = next[FACT_COUNT];
	new.id = snapshot_alloc(new.n, sizeof(*new.id));
	new.object = snapshot_alloc(new.n, sizeof(*new.object));
	new.value = snapshot_alloc(new.n, sizeof(*new.value));
	bool made = new.id &&new.object &&new.value;
	for (uint32_t i = 0; i < old.n && made; i++) {
		uint8_t id = map[old.id[i]];
		if (id == FACT_COUNT)
			continue;
		uint32_t at = next[id]++;
		new.id[at] = id;
		new.object[at] = old.object[i];
		new.value[at] = old.value[i];
	}
	struct facts *unused = made ? &old : &new;
	if (made)
		snapshot->facts = new;
	snapshot_free(unused->id, unused->n, sizeof(*unused->id));
	snapshot_free(unused->object, unused->n, sizeof(*unused->object));
	snapshot_free(unused->value, unused->n, sizeof(*unused->value));
	return made ? NULL : &error_no_memory;
}

static struct error *fill_facts(struct reader *reader)
{
	uint8_t map[256];
	bool same = false;
	struct error *error = map_facts(reader, map, &same);
	if (error || same)
		return error;
	return renumber_facts(reader->snapshot, map);
}

static struct error *read_contents(struct reader *reader, const char *path)
{
	struct error *error = read_info(reader);
	if (!error)
		error = find_chunks(reader);
	if (!error)
		error = allocate(reader, path);
	if (!error)
		error = container_read(reader->container, reader->all, reader->n_all);
	for (size_t i = 0; i < N_TABLES && !error; i++)
		error = fill_table(reader, i);
	if (!error)
		error = fill_strings(reader);
	if (!error)
		error = fill_account(reader);
	if (!error)
		error = fill_facts(reader);
	return error;
}

/* Frees what only the reading needed: the contents of all chunks but columns. */
static void free_contents(struct reader *reader)
{
	for (size_t i = reader->n_columns; i < reader->n_all; i++)
		snapshot_free(reader->all[i]->content, reader->all[i]->entry.n,
			reader->all[i]->entry.width);
}

struct error *snapshot_read(const char *path, struct snapshot **ret)
{
	struct reader reader = {0};
	struct error *error = container_open(path, &reader.container);
	if (error)
		return error;
	error = snapshot_create(&reader.snapshot);
	if (!error) {
		error = read_contents(&reader, path);
		free_contents(&reader);
	}
	container_close(reader.container);
	if (!error)
		error = snapshot_check(reader.snapshot);
	if (error) {
		snapshot_destroy(reader.snapshot);
		return error;
	}
	*ret = reader.snapshot;
	return NULL;
}
