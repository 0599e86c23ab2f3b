/*
 * The frames of a thread become a node of the table.
 *
 * On the way of every event only the instruction pointers are read and hashed;
 * a cache finds the node by the hash. A stack that is not in the cache is
 * looked up frame by frame, which also copies what is needed of new code
 * objects: names and line tables. When a known code object dies the cache is
 * left behind as a whole (the seed of the hash changes), because its address
 * can be another code object's soon.
 *
 * Include/internal/pycore_frame.h of 3.11 to 3.13.
 */
#include "agent.h"

enum { OWNED_BY_GENERATOR = 1, OWNED_BY_C = 3 }; /* _frameowner */

enum {
	N_SETS = 1 << 14,
	N_WAYS = 4,
	NODE_SLOTS = 1 << 21,
	CODE_SLOTS = 1 << 17,
	TEXT_SLOTS = 1 << 18,
	TEXT_MAX = 1 << 20,
};

struct way {
	uint64_t hash;
	uint32_t node, unused;
};

static struct way cache[N_SETS][N_WAYS] __attribute__((aligned(64)));
static uint32_t next_way;
static uint64_t seed = 0x9e3779b97f4a7c15ull;

static uint32_t node_slots[NODE_SLOTS]; /* by parent, code and instruction */
static uint32_t code_slots[CODE_SLOTS]; /* by content */
static uint32_t text_slots[TEXT_SLOTS]; /* by content */

/* Code objects that live, by their address. */
static struct known_code {
	uintptr_t address;
	uint32_t code; /* 0: died */
} known_codes[CODE_SLOTS];
static uint32_t n_known_codes;

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)(a ^ b) * 0xd6e8feb86659fd93ull;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t word(const char *record, uint32_t offset)
{
	uint64_t value;
	memcpy(&value, record + offset, 8);
	return value;
}

static uint32_t half(const char *record, uint32_t offset)
{
	uint32_t value;
	memcpy(&value, record + offset, 4);
	return value;
}

static const char *pointer(const char *record, uint32_t offset)
{
	return (const char *)word(record, offset);
}

static uint32_t instruction_at(void)
{
	return python.minor < 13 ? python.layout.PyInterpreterFrame.prev_instr
				 : python.layout.PyInterpreterFrame.instr_ptr;
}

/* ---- frames ---- */

const char *stack_frame(bool holds_gil)
{
	const char *thread = holds_gil ? python.thread_state() : python.own_thread_state();
	if (unlikely(!thread))
		return NULL;
	if (python.minor >= 13)
		return pointer(thread, python.layout.PyThreadState.current_frame);
	const char *c_frame = pointer(thread, python.layout.PyThreadState.cframe);
	return c_frame ? pointer(c_frame, python.layout.PyCFrame.current_frame) : NULL;
}

uint64_t stack_hash(const char *frame)
{
	uint32_t instruction = instruction_at();
	uint32_t previous = python.layout.PyInterpreterFrame.previous;
	uint64_t hash = seed;
	for (; frame; frame = pointer(frame, previous))
		hash = mix(hash, word(frame, instruction));
	return hash | 1;
}

/* ---- texts ---- */

static const char *text_at(uint32_t at, uint32_t *n_ret)
{
	memcpy(n_ret, table.texts + at, 4);
	return table.texts + at + 4;
}

static uint64_t hash_bytes(const char *bytes, uint32_t n)
{
	uint64_t hash = n;
	for (; n >= 8; n -= 8, bytes += 8)
		hash = mix(hash, word(bytes, 0));
	uint64_t last = 0;
	memcpy(&last, bytes, n);
	return mix(hash, last);
}

/* Place of the text in the table, 0 when the table is full. */
static uint32_t text_add(const char *bytes, uint32_t n)
{
	uint64_t slot = hash_bytes(bytes, n);
	for (uint32_t i = 0; i < TEXT_SLOTS / 2; i++, slot++) {
		uint32_t n_known, *at = &text_slots[slot % TEXT_SLOTS];
		if (*at) {
			const char *known = text_at(*at, &n_known);
			if (n_known == n && !memcmp(known, bytes, n))
				return *at;
			continue;
		}
		uint32_t place = table.header->n_text_bytes, n_taken = (n + 4 + 3) & ~3u;
		if (n > TEXT_MAX || place > TRACE_TEXT_BYTES - n_taken)
			return 0;
		memcpy(table.texts + place, &n, 4);
		memcpy(table.texts + place + 4, bytes, n);
		__atomic_store_n(&table.header->n_text_bytes, place + n_taken, __ATOMIC_RELEASE);
		return *at = place;
	}
	return 0;
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

/* A compact str object, as UTF-8; unpaired surrogates stay as they are. */
static uint32_t text_add_str(const char *str)
{
	static char utf8[4096];
	uint32_t state = half(str, python.layout.PyASCIIObject.state), n = 0;
	uint32_t kind = state >> 2 & 7;
	bool is_compact = state >> 5 & 1, is_ascii = state >> 6 & 1;
	uint64_t length = word(str, python.layout.PyASCIIObject.length);
	const char *data = str + (is_ascii ? python.layout.PyASCIIObject.n_bytes
					   : python.layout.PyCompactUnicodeObject.n_bytes);
	if (!is_compact || (kind != 1 && kind != 2 && kind != 4))
		return 0;
	for (uint64_t i = 0; i < length && n + 4 <= sizeof(utf8); i++) {
		uint32_t c = 0;
		memcpy(&c, data + i * kind, kind);
		n += put_utf8(utf8 + n, c);
	}
	return text_add(utf8, n);
}

/* ---- code ---- */

static uint32_t code_add(struct trace_code code)
{
	uint64_t slot = mix(mix(code.file, code.name), mix(code.lines, code.first_line));
	for (uint32_t i = 0; i < CODE_SLOTS / 2; i++, slot++) {
		uint32_t *at = &code_slots[slot % CODE_SLOTS], n = table.header->n_codes;
		if (*at && !memcmp(&table.codes[*at], &code, sizeof(code)))
			return *at;
		if (*at)
			continue;
		if (n == TRACE_CODES)
			return 0;
		table.codes[n] = code;
		__atomic_store_n(&table.header->n_codes, n + 1, __ATOMIC_RELEASE);
		return *at = n;
	}
	return 0;
}

/* 0 when the table is full. */
static uint32_t code_read(const char *code)
{
	const struct layout *layout = &python.layout;
	const char *lines = pointer(code, layout->PyCodeObject.co_linetable);
	uint64_t n = word(lines, layout->PyVarObject.ob_size);
	struct trace_code read = {
		.file = text_add_str(pointer(code, layout->PyCodeObject.co_filename)),
		.name = text_add_str(pointer(code, layout->PyCodeObject.co_qualname)),
		.lines = n > TEXT_MAX
				 ? 0
				 : text_add(lines + layout->PyBytesObject.ob_sval, (uint32_t)n),
		.first_line = half(code, layout->PyCodeObject.co_firstlineno),
	};
	return read.file && read.name && read.lines ? code_add(read) : 0;
}

static struct known_code *known_code(uintptr_t address)
{
	for (uint64_t slot = mix(address, 1);; slot++) {
		struct known_code *known = &known_codes[slot % CODE_SLOTS];
		if (known->address == address || !known->address)
			return known;
	}
}

/*
 * The code object at `address` in the table; its block is marked, so that its
 * death is noticed. 0 when it finds no place.
 */
static uint32_t code_find(const char *code)
{
	struct known_code *known = known_code((uintptr_t)code);
	if (known->address && known->code)
		return known->code;
	if (!known->address && n_known_codes == CODE_SLOTS / 2)
		return 0;
	uint32_t *tag = shadow_get((uintptr_t)code);
	uint32_t found = tag ? code_read(code) : 0;
	if (!found)
		return 0;
	n_known_codes += !known->address;
	*known = (struct known_code){(uintptr_t)code, found};
	*tag |= TAG_WATCHED;
	return found;
}

void stack_forget_code(uintptr_t code)
{
	struct known_code *known = known_code(code);
	if (known->address)
		known->code = 0;
	seed = mix(seed, code);
}

/* ---- nodes ---- */

/* 0 when the table is full. */
static uint32_t node_add(struct trace_node node)
{
	uint64_t slot = mix(mix(node.parent, node.code), node.instruction);
	for (uint32_t i = 0; i < NODE_SLOTS / 2; i++, slot++) {
		uint32_t *at = &node_slots[slot % NODE_SLOTS], n = table.header->n_nodes;
		if (*at && !memcmp(&table.nodes[*at], &node, sizeof(node)))
			return *at;
		if (*at)
			continue;
		if (n == TRACE_NODES)
			return 0;
		table.nodes[n] = node;
		__atomic_store_n(&table.header->n_nodes, n + 1, __ATOMIC_RELEASE);
		return *at = n;
	}
	return 0;
}

/* A frame that runs lines: none of the interpreter's own, and not before its first one. */
static const char *code_of(const char *frame)
{
	const struct layout *layout = &python.layout;
	const char *code =
		pointer(frame, python.minor < 13 ? layout->PyInterpreterFrame.f_code
						 : layout->PyInterpreterFrame.f_executable);
	uint8_t owner = (uint8_t)frame[layout->PyInterpreterFrame.owner];
	if (owner >= OWNED_BY_C || !code ||
		pointer(code, layout->PyObject.ob_type) != python.code_type)
		return NULL;
	const char *first = code + layout->PyCodeObject.co_code_adaptive +
			    2 * (uint64_t)half(code, layout->PyCodeObject._co_firsttraceable);
	bool began = pointer(frame, instruction_at()) >= first;
	return owner == OWNED_BY_GENERATOR || began ? code : NULL;
}

static uint32_t resolve(const char *frame)
{
	static const char *frames[TRACE_DEPTH_MAX];
	uint32_t n = 0, node = 0;
	for (; frame && n < TRACE_DEPTH_MAX;
		frame = pointer(frame, python.layout.PyInterpreterFrame.previous)) {
		if (code_of(frame))
			frames[n++] = frame;
	}
	if (frame)
		table.header->n_cut_stacks++;
	if (!n)
		return TRACE_NODE_NATIVE;
	while (n--) {
		const char *code = code_of(frames[n]);
		const char *first = code + python.layout.PyCodeObject.co_code_adaptive;
		node = node_add((struct trace_node){
			.parent = node,
			.code = code_find(code),
			.instruction = (uint32_t)(pointer(frames[n], instruction_at()) - first),
		});
		if (!node)
			return TRACE_NODE_OVERFLOW;
	}
	return node;
}

uint32_t stack_node(const char *frame, uint64_t hash)
{
	struct way *set = cache[hash >> 32 & (N_SETS - 1)];
	for (int i = 0; i < N_WAYS; i++) {
		if (likely(set[i].hash == hash))
			return set[i].node;
	}
	uint32_t node = resolve(frame);
	set[next_way++ % N_WAYS] = (struct way){.hash = hash, .node = node};
	return node;
}
