/*
 * Bytes of dicts become slots: tables of keys, combined, split and inline.
 *
 *	3.9, 3.10	header, then dk_size indices of 1, 2, 4 or 8 bytes, then entries
 *	3.11 on		header, then 1 << dk_log2_index_bytes bytes of indices, then entries
 *
 * Values of split dicts are an array beside the keys. From 3.11 on their order
 * of insertion is a row of bytes: before the values and backwards in 3.11 and
 * 3.12, behind them from 3.13 on. Objects/dictobject.c,
 * Include/internal/pycore_dict.h.
 */
#include "cpython/cpython.h"

#define LOG2_SIZE_MAX 44
#define KIND_GENERAL 0
#define KIND_SPLIT 2

static uint64_t usable(uint64_t size)
{
	return size * 2 / 3;
}

static bool read_legacy(const struct cpython *cpython, addr_t keys, struct keys_table *ret,
	uint64_t *n_index_bytes_ret)
{
	const struct layout *layout = cpython->layout;
	uint64_t size, n_entries;
	if (!mem_read_u64(cpython->mem, keys + layout->PyDictKeysObject.dk_size, &size) ||
		!mem_read_u64(
			cpython->mem, keys + layout->PyDictKeysObject.dk_nentries, &n_entries))
		return false;
	if (!size || size & (size - 1) || size >> LOG2_SIZE_MAX)
		return false;
	unsigned index_bytes = size <= 0xff ? 1 : size <= 0xffff ? 2 : size <= UINT32_MAX ? 4 : 8;
	*n_index_bytes_ret = size * index_bytes;
	ret->n_entries = n_entries;
	ret->capacity = usable(size);
	ret->entry_bytes = layout->PyDictKeyEntry.n_bytes;
	ret->key_offset = layout->PyDictKeyEntry.me_key;
	return true;
}

static bool read_kinds(const struct cpython *cpython, addr_t keys, struct keys_table *ret,
	uint64_t *n_index_bytes_ret)
{
	const struct layout *layout = cpython->layout;
	const uint8_t *header = mem_at(cpython->mem, keys, layout->PyDictKeysObject.n_bytes);
	if (!header)
		return false;
	unsigned log2_size = header[layout->PyDictKeysObject.dk_log2_size];
	unsigned log2_index_bytes = header[layout->PyDictKeysObject.dk_log2_index_bytes];
	unsigned kind = header[layout->PyDictKeysObject.dk_kind];
	if (log2_size > LOG2_SIZE_MAX || log2_index_bytes > LOG2_SIZE_MAX + 3 ||
		log2_index_bytes < log2_size || kind > KIND_SPLIT)
		return false;
	*n_index_bytes_ret = 1ull << log2_index_bytes;
	ret->n_entries = load_u64(header + layout->PyDictKeysObject.dk_nentries);
	ret->capacity = usable(1ull << log2_size);
	ret->is_split = kind == KIND_SPLIT;
	ret->entry_bytes = kind == KIND_GENERAL ? layout->PyDictKeyEntry.n_bytes
						: layout->PyDictUnicodeEntry.n_bytes;
	ret->key_offset = kind == KIND_GENERAL ? layout->PyDictKeyEntry.me_key
					       : layout->PyDictUnicodeEntry.me_key;
	return true;
}

bool cpython_read_keys(const struct cpython *cpython, addr_t keys, struct keys_table *ret)
{
	const struct layout *layout = cpython->layout;
	struct keys_table table = {.block = keys};
	uint64_t n_index_bytes;
	bool good = cpython->traits->keys_form == KEYS_LEGACY
			    ? read_legacy(cpython, keys, &table, &n_index_bytes)
			    : read_kinds(cpython, keys, &table, &n_index_bytes);
	if (!good || table.n_entries > table.capacity ||
		!mem_read_u64(
			cpython->mem, keys + layout->PyDictKeysObject.dk_refcnt, &table.ref_count))
		return false;
	table.entries = keys + layout->PyDictKeysObject.dk_indices + n_index_bytes;
	table.n_bytes = table.entries + table.capacity * table.entry_bytes - keys;
	if (!mem_at(cpython->mem, keys, table.n_bytes))
		return false;
	*ret = table;
	return true;
}

/* Fills in where the values of a split dict lie, and in which order. */
static bool find_values(const struct cpython *cpython, addr_t values, struct dict_cursor *cursor)
{
	const struct mem *mem = cpython->mem;
	uint64_t n_keys = cursor->n;
	cursor->capacity = n_keys;
	cursor->values = values;
	if (cpython->traits->managed_dict == MANAGED_NONE)
		return mem_at(mem, values, 8 * n_keys);
	if (cpython->traits->managed_dict == MANAGED_INLINE) {
		const uint8_t *header = mem_at(mem, values, 8);
		if (!header)
			return false;
		uint8_t capacity = header[cpython->layout->PyDictValues.capacity];
		cursor->values = values + cpython->layout->PyDictValues.values;
		cursor->order = cursor->values + 8ull * capacity;
		cursor->order_step = 1;
		cursor->n = header[cpython->layout->PyDictValues.size];
		cursor->capacity = MIN(n_keys, capacity);
		return cursor->n <= capacity && mem_at(mem, cursor->values, 9ull * capacity);
	}
	const uint8_t *prefix = mem_at(mem, values - 2, 2);
	if (!prefix || !mem_at(mem, values, 8 * n_keys))
		return false;
	cursor->n = prefix[0];
	cursor->order = values - 3;
	cursor->order_step = -1;
	return mem_at(mem, values - 2 - cursor->n, cursor->n);
}

bool dict_cursor_open(const struct cpython *cpython, addr_t dict, struct dict_cursor *ret)
{
	const struct layout *layout = cpython->layout;
	struct keys_table table;
	addr_t keys, values;
	if (!mem_read_u64(cpython->mem, dict + layout->PyDictObject.ma_keys, &keys) ||
		!mem_read_u64(cpython->mem, dict + layout->PyDictObject.ma_values, &values) ||
		!cpython_read_keys(cpython, keys, &table))
		return false;
	struct dict_cursor cursor = {
		.mem = cpython->mem,
		.entries = table.entries,
		.n = table.n_entries,
		.capacity = table.n_entries,
		.entry_bytes = table.entry_bytes,
		.key_offset = table.key_offset,
	};
	if (values && !find_values(cpython, values, &cursor))
		return false;
	*ret = cursor;
	return true;
}

bool dict_next(struct dict_cursor *cursor, addr_t *key_ret, addr_t *value_ret)
{
	while (cursor->i < cursor->n) {
		uint64_t i = cursor->i++;
		if (cursor->order) {
			addr_t at = cursor->order + (addr_t)((int64_t)i * cursor->order_step);
			const uint8_t *index = mem_at(cursor->mem, at, 1);
			i = index ? *index : cursor->capacity;
		}
		if (i >= cursor->capacity)
			continue;
		addr_t key_at = cursor->entries + i * cursor->entry_bytes + cursor->key_offset;
		addr_t key = mem_word(cursor->mem, key_at);
		addr_t value =
			mem_word(cursor->mem, cursor->values ? cursor->values + 8 * i : key_at + 8);
		if (!key || !value)
			continue;
		*key_ret = key;
		*value_ret = value;
		return true;
	}
	return false;
}

/* Is `object` a str that says `name`? */
static bool says(const struct cpython *cpython, addr_t object, const char *name, size_t n)
{
	struct str_state state;
	if (!cpython_read_str_state(cpython, object, &state) || !state.ascii || !state.compact ||
		state.length != n)
		return false;
	const void *data = mem_at(cpython->mem, state.data, n);
	return data && !memcmp(data, name, n);
}

addr_t cpython_dict_get(const struct cpython *cpython, addr_t dict, const char *name)
{
	struct dict_cursor cursor;
	addr_t key, value;
	size_t n = strlen(name);
	if (!dict_cursor_open(cpython, dict, &cursor))
		return 0;
	while (dict_next(&cursor, &key, &value))
		if (says(cpython, key, name, n))
			return value;
	return 0;
}
