/*
 * What stacks are made of, in the table: texts, codes, nodes. Each is written
 * once; equal ones are one. Indexes by content live in private memory and grow
 * with what they hold.
 */
#include "agent.h"

enum { FIRST_SLOTS = 1 << 10, TEXT_MAX = 1 << 20 };

/* An index: numbers of things by the hash of their content; 0 is an empty slot. */
struct index {
	uint64_t (*hash)(uint32_t number);
	uint32_t *slots;
	uint32_t n_slots, n;
};

static uint64_t word(const char *record, uint32_t offset)
{
	return load_u64(record + offset);
}

static const char *pointer(const char *record, uint32_t offset)
{
	return (const char *)word(record, offset);
}

/* ---- indexes ---- */

static uint32_t *slot_at(const struct index *index, uint64_t hash)
{
	return &index->slots[(hash ^ hash >> 32) & (index->n_slots - 1)];
}

static uint32_t *slot_after(const struct index *index, uint32_t *slot)
{
	return slot + 1 == index->slots + index->n_slots ? index->slots : slot + 1;
}

static bool grow(struct index *index)
{
	struct index larger = *index;
	larger.n_slots = index->n_slots ? 2 * index->n_slots : FIRST_SLOTS;
	larger.slots = sys_map(larger.n_slots * sizeof(*larger.slots));
	if (!larger.slots)
		return false;
	for (uint32_t i = 0; i < index->n_slots; i++) {
		uint32_t number = index->slots[i];
		if (!number)
			continue;
		uint32_t *slot = slot_at(&larger, index->hash(number));
		while (*slot)
			slot = slot_after(&larger, slot);
		*slot = number;
	}
	if (index->slots)
		sys_unmap(index->slots, index->n_slots * sizeof(*index->slots));
	*index = larger;
	return true;
}

/* At most half of the slots are taken: a search ends. False when there is no memory. */
static bool make_room(struct index *index)
{
	return likely(2 * index->n < index->n_slots) || grow(index);
}

/* ---- texts ---- */

static const char *text_at(uint32_t at, uint32_t *n_ret)
{
	*n_ret = load_u32(table.texts + at);
	return table.texts + at + 4;
}

static uint64_t hash_bytes(const char *bytes, uint32_t n)
{
	uint64_t hash = n, last = 0;
	for (; n >= 8; n -= 8, bytes += 8)
		hash = mix(hash, word(bytes, 0));
	memcpy(&last, bytes, n);
	return mix(hash, last);
}

static uint64_t hash_text(uint32_t at)
{
	uint32_t n;
	const char *text = text_at(at, &n);
	return hash_bytes(text, n);
}

static struct index texts = {.hash = hash_text};

static uint32_t text_write(const char *bytes, uint32_t n)
{
	uint32_t at = table.header->n_text_bytes, n_taken = (n + 4 + 3) & ~3u;
	if (at > TRACE_TEXT_BYTES - n_taken || !table_back(TABLE_TEXTS, table.texts + at + n_taken))
		return 0;
	memcpy(table.texts + at, &n, 4);
	memcpy(table.texts + at + 4, bytes, n);
	__atomic_store_n(&table.header->n_text_bytes, at + n_taken, __ATOMIC_RELEASE);
	return at;
}

uint32_t tree_text(const char *bytes, uint64_t n)
{
	if (n > TEXT_MAX || !make_room(&texts))
		return 0;
	uint32_t *slot = slot_at(&texts, hash_bytes(bytes, (uint32_t)n));
	for (; *slot; slot = slot_after(&texts, slot)) {
		uint32_t n_known;
		const char *known = text_at(*slot, &n_known);
		if (n_known == n && !memcmp(known, bytes, n))
			return *slot;
	}
	*slot = text_write(bytes, (uint32_t)n);
	texts.n += *slot != 0;
	return *slot;
}

static uint32_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	uint32_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (uint32_t i = n - 1; i > 0; i--, c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	to[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | c);
	return n;
}

uint32_t tree_str(const char *str)
{
	static char utf8[4096];
	const struct layout *layout = &python.layout;
	uint32_t state = load_u32(str + layout->PyASCIIObject.state), n = 0;
	uint32_t kind = state >> 2 & 7;
	bool is_compact = state >> 5 & 1, is_ascii = state >> 6 & 1;
	uint64_t length = word(str, layout->PyASCIIObject.length);
	const char *data = str + (is_ascii ? layout->PyASCIIObject.n_bytes
					   : layout->PyCompactUnicodeObject.n_bytes);
	if (!is_compact || (kind != 1 && kind != 2 && kind != 4))
		return 0;
	for (uint64_t i = 0; i < length && n + 4 <= sizeof(utf8); i++) {
		uint32_t c = 0;
		memcpy(&c, data + i * kind, kind);
		n += put_utf8(utf8 + n, c);
	}
	return tree_text(utf8, n);
}

/* ---- codes ---- */

static uint64_t hash_code(uint32_t number)
{
	const struct trace_code *code = &table.codes[number];
	return mix(mix(code->file, code->name), mix(code->lines, code->first_line));
}

static struct index codes = {.hash = hash_code};

static uint32_t code_add(const struct trace_code *code)
{
	uint32_t n = table.header->n_codes;
	if (!make_room(&codes))
		return 0;
	uint32_t *slot = slot_at(
		&codes, mix(mix(code->file, code->name), mix(code->lines, code->first_line)));
	for (; *slot; slot = slot_after(&codes, slot)) {
		if (!memcmp(&table.codes[*slot], code, sizeof(*code)))
			return *slot;
	}
	if (n == TRACE_CODES || !table_back(TABLE_CODES, table.codes + n + 1))
		return 0;
	table.codes[n] = *code;
	__atomic_store_n(&table.header->n_codes, n + 1, __ATOMIC_RELEASE);
	codes.n++;
	return *slot = n;
}

uint32_t tree_code(const char *code)
{
	const struct layout *layout = &python.layout;
	const char *lines = pointer(code, python.code_lines);
	struct trace_code read = {
		.file = tree_str(pointer(code, layout->PyCodeObject.co_filename)),
		.name = tree_str(pointer(code, python.code_name)),
		.lines = tree_text(lines + layout->PyBytesObject.ob_sval,
			word(lines, layout->PyVarObject.ob_size)),
		.first_line = load_u32(code + layout->PyCodeObject.co_firstlineno),
	};
	return read.file && read.name && read.lines ? code_add(&read) : 0;
}

/* ---- nodes ---- */

static uint64_t hash_of(const struct trace_node *node)
{
	return mix(mix(node->parent, node->code), mix(node->instruction, node->thread));
}

static uint64_t hash_node(uint32_t number)
{
	return hash_of(&table.nodes[number]);
}

static struct index nodes = {.hash = hash_node};

uint32_t tree_node(const struct trace_node *node)
{
	uint32_t n = table.header->n_nodes;
	if (!make_room(&nodes))
		return 0;
	uint32_t *slot = slot_at(&nodes, hash_of(node));
	for (; *slot; slot = slot_after(&nodes, slot)) {
		if (!memcmp(&table.nodes[*slot], node, sizeof(*node)))
			return *slot;
	}
	if (n == TRACE_NODES || !table_back(TABLE_NODES, table.nodes + n + 1) ||
		!table_back(TABLE_COUNTERS, table.counters + n + 1))
		return 0;
	table.nodes[n] = *node;
	__atomic_store_n(&table.header->n_nodes, n + 1, __ATOMIC_RELEASE);
	nodes.n++;
	return *slot = n;
}
