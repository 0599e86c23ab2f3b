#include "heap/state.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <sys/mman.h>

/* tp_flags; object.h, all versions */
#define TPFLAGS_INLINE_VALUES (1ull << 2)
#define TPFLAGS_MANAGED_WEAKREF (1ull << 3)
#define TPFLAGS_MANAGED_DICT (1ull << 4)
#define TPFLAGS_HEAPTYPE (1ull << 9)
#define TPFLAGS_READY (1ull << 12)
#define TPFLAGS_HAVE_GC (1ull << 14)
#define TPFLAGS_LONG_SUBCLASS (1ull << 24)
#define TPFLAGS_BYTES_SUBCLASS (1ull << 27)
#define TPFLAGS_BYTES_SUBCLASS (1ull << 27)
#define TPFLAGS_UNICODE_SUBCLASS (1ull << 28)
#define TPFLAGS_TYPE_SUBCLASS (1ull << 31)

#define SIZE_LIMIT 100000 /* no tp_basicsize or tp_itemsize is larger */

static const size_t filter_bytes = (1ull << (MEM_ADDRESS_BITS - TYPEMAP_FILTER_BITS)) / 8;

struct error *typemap_init(struct typemap *map)
{
	struct typemap made = {.n_slots = 4096};
	void *filter = mmap(NULL, filter_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (filter == MAP_FAILED)
		return &error_no_memory;
	made.filter = filter;
	made.slots = calloc(made.n_slots, sizeof(struct type_entry *));
	if (!made.slots) {
		munmap(filter, filter_bytes);
		return &error_no_memory;
	}
	*map = made;
	return NULL;
}

void typemap_deinit(struct typemap *map)
{
	vec_foreach (&map->all, entry) {
		free((*entry)->info.slots);
		free((*entry)->key_ids);
		free(*entry);
	}
	vec_deinit(&map->all);
	free(map->slots);
	free(map->keys);
	if (map->filter)
		munmap(map->filter, filter_bytes);
	*map = (struct typemap){0};
}

static void insert(struct typemap *map, struct type_entry *entry)
{
	size_t i = typemap_slot(map, entry->info.address);
	while (map->slots[i])
		i = (i + 1) & (map->n_slots - 1);
	map->slots[i] = entry;
}

static struct error *grow(struct typemap *map)
{
	struct type_entry **slots = calloc(map->n_slots * 2, sizeof(*slots));
	if (!slots)
		return &error_no_memory;
	free(map->slots);
	map->slots = slots;
	map->n_slots *= 2;
	vec_foreach (&map->all, entry)
		insert(map, *entry);
	return NULL;
}

static struct error *add(struct typemap *map, const struct type_entry *read)
{
	if ((map->all.n + 1) * 2 > map->n_slots) {
		struct error *error = grow(map);
		if (error)
			return error;
	}
	struct type_entry **place = vec_add(&map->all);
	if (!place)
		return &error_no_memory;
	*place = malloc(sizeof(**place));
	if (!*place) {
		map->all.n--;
		return &error_no_memory;
	}
	**place = *read;
	insert(map, *place);
	uint64_t granule = read->info.address >> TYPEMAP_FILTER_BITS;
	map->filter[granule / 64] |= 1ull << granule % 64;
	return NULL;
}

static bool is_metatype(const struct type_entry *entry)
{
	return entry->info.tp_flags & TPFLAGS_TYPE_SUBCLASS;
}

static bool has_name(const struct cpython *cpython, addr_t name, char *ret, size_t size)
{
	if (!mem_read_string(cpython->mem, name, ret, size) || !*ret)
		return false;
	for (const char *at = ret; *at; at++)
		if ((unsigned char)*at < ' ')
			return false;
	return true;
}

/* Bytes of the values behind an instance; _PyInlineValuesSize(), 3.13+. */
static uint32_t inline_values_bytes(const struct cpython *cpython, addr_t keys)
{
	const struct layout *layout = cpython->layout;
	const char *at = mem_at(cpython->mem, keys, layout->PyDictKeysObject.n_bytes);
	if (!at)
		return 0;
	uint64_t n = load_u64(at + layout->PyDictKeysObject.dk_usable) +
		     load_u64(at + layout->PyDictKeysObject.dk_nentries);
	return n < 255 ? (uint32_t)(align_up(n, 8) + (n + 1) * 8) : 0;
}

static uint32_t read_flags(const struct cpython *cpython, uint64_t tp_flags)
{
	uint32_t flags = 0;
	if (tp_flags & TPFLAGS_HAVE_GC)
		flags |= TYPE_GC;
	if (tp_flags & TPFLAGS_HEAPTYPE)
		flags |= TYPE_HEAP;
	if (tp_flags & TPFLAGS_LONG_SUBCLASS)
		flags |= TYPE_INT;
	if (tp_flags & TPFLAGS_UNICODE_SUBCLASS)
		flags |= TYPE_STR;
	if (tp_flags & TPFLAGS_BYTES_SUBCLASS)
		flags |= TYPE_BYTES;
	enum managed_dict managed = cpython->traits->managed_dict;
	if (managed != MANAGED_NONE && tp_flags & TPFLAGS_MANAGED_DICT)
		flags |= TYPE_MANAGED_DICT;
	if (managed >= MANAGED_TAGGED && tp_flags & TPFLAGS_MANAGED_WEAKREF)
		flags |= TYPE_MANAGED_WEAKREF;
	if (managed == MANAGED_INLINE && tp_flags & TPFLAGS_INLINE_VALUES)
		flags |= TYPE_INLINE_VALUES;
	return flags;
}

/* Types whose items are not counted in ob_size; genobject.c, frameobject.c, 3.11+. */
static bool is_open(const struct cpython *cpython, const char *name)
{
	static const char *const names[] = {"generator", "coroutine", "async_generator", "frame"};
	if (cpython->traits->frame_form != FRAME_INTERPRETER)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static enum shape shape_of(const struct cpython *cpython, const struct type_info *info)
{
	if (info->tp_flags & TPFLAGS_UNICODE_SUBCLASS)
		return SHAPE_STR;
	/* The digit of a bool is counted in tp_basicsize. */
	if (!info->item_size || !strcmp(info->name, "bool"))
		return SHAPE_FIXED;
	if (info->tp_flags & TPFLAGS_LONG_SUBCLASS)
		return SHAPE_INT;
	if (is_open(cpython, info->name))
		return SHAPE_OPEN;
	return SHAPE_ITEMS;
}

/* What of the type at `address` tells its instances; false when it is no type. */
static bool read_type(const struct cpython *cpython, addr_t address, struct type_entry *ret)
{
	const struct layout *layout = cpython->layout;
	const char *at = mem_at(cpython->mem, address, layout->PyTypeObject.n_bytes);
	if (!at || address & 7)
		return false;
	struct type_entry read = {.object = OBJ_NONE, .metatype = load_u64(at + 8)};
	struct type_info *info = &read.info;
	info->address = address;
	info->id = TYPE_NONE;
	info->tp_flags = load_u64(at + layout->PyTypeObject.tp_flags);
	info->basic_size = load_i64(at + layout->PyTypeObject.tp_basicsize);
	info->item_size = load_i64(at + layout->PyTypeObject.tp_itemsize);
	if (!(info->tp_flags & TPFLAGS_READY) || info->basic_size <= 0 ||
		info->basic_size >= SIZE_LIMIT || info->item_size < 0 ||
		info->item_size >= SIZE_LIMIT)
		return false;
	addr_t name = load_u64(at + layout->PyTypeObject.tp_name);
	if (!has_name(cpython, name, info->name, sizeof(info->name)))
		return false;
	info->dict_offset = load_i64(at + layout->PyTypeObject.tp_dictoffset);
	info->flags = read_flags(cpython, info->tp_flags);
	if (!(info->flags & TYPE_HEAP) && !strcmp(info->name, "float"))
		info->flags |= TYPE_FLOAT;
	info->prefix_bytes = info->flags & TYPE_GC ? 16 : 0;
	if (info->flags & (TYPE_MANAGED_DICT | TYPE_MANAGED_WEAKREF))
		info->prefix_bytes += 16;
	read.shape = shape_of(cpython, info);
	if (info->flags & TYPE_HEAP)
		info->cached_keys =
			mem_word(cpython->mem, address + layout->PyHeapTypeObject.ht_cached_keys);
	if (info->flags & TYPE_INLINE_VALUES)
		read.inline_bytes = inline_values_bytes(cpython, info->cached_keys);
	*ret = read;
	return true;
}

struct discovery {
	struct typemap *map;
	const struct heap *heap;
	const struct cpython *cpython;
	const struct statics *statics;
	VEC(addr_t) heap_candidates;
	size_t n_metatypes;
	struct error *error;
};

static bool fills_its_block(const struct discovery *discovery, const struct type_entry *entry)
{
	if (entry->shape == SHAPE_STR || entry->info.tp_flags & TPFLAGS_BYTES_SUBCLASS)
		return true;
	if (entry->shape != SHAPE_FIXED)
		return false;
	if (entry->info.flags & TYPE_HEAP)
		return entry->info.cached_keys;
	const struct static_region *region =
		statics_region(discovery->statics, entry->info.address);
	return region && region->is_interpreter;
}

static void try_type(struct discovery *discovery, addr_t address)
{
	struct typemap *map = discovery->map;
	struct type_entry read;
	if (discovery->error || typemap_find(map, address) ||
		!read_type(discovery->cpython, address, &read))
		return;
	if (read.metatype != address) {
		const struct type_entry *metatype = typemap_find(map, read.metatype);
		if (!metatype || !is_metatype(metatype))
			return;
	}
	uint64_t references;
	if (!cpython_ref_count(discovery->cpython, address, &references) || !references)
		return;
	read.is_tight = fills_its_block(discovery, &read);
	discovery->n_metatypes += is_metatype(&read);
	discovery->error = add(map, &read);
}

static void scan_region(struct discovery *discovery, addr_t begin, addr_t end)
{
	while (begin < end) {
		addr_t stop = MIN(end, align_down(begin, 4096) + 4096);
		const char *at = NULL;
		if (capture_resident(discovery->cpython->capture, begin, stop - begin))
			at = mem_at(discovery->cpython->mem, begin, stop - begin);
		for (addr_t word = begin; at && word < stop; word += 8) {
			const struct type_entry *metatype =
				typemap_find(discovery->map, load_u64(at + (word - begin)));
			if (metatype && is_metatype(metatype))
				try_type(discovery, word - 8);
		}
		begin = stop;
	}
}

/* Bases and metatypes of what was found, wherever they lie. */
static void follow_bases(struct discovery *discovery)
{
	const struct layout *layout = discovery->cpython->layout;
	for (size_t i = 0; i < discovery->map->all.n; i++) {
		const struct type_entry *entry = discovery->map->all.data[i];
		try_type(discovery, mem_word(discovery->cpython->mem,
					    entry->info.address + layout->PyTypeObject.tp_base));
	}
}

/* The block's user may see it start behind the headers of debug hooks. */
static void note_heap_type(void *arg, const struct block *block)
{
	struct discovery *discovery = arg;
	const struct cpython *cpython = discovery->cpython;
	const struct layout *layout = cpython->layout;
	if (block->n_bytes < layout->PyHeapTypeObject.n_bytes + 16)
		return;
	for (unsigned prefix = 0; prefix <= 48; prefix += 16) {
		addr_t type = block->start + prefix;
		uint64_t flags = mem_word(cpython->mem, type + layout->PyTypeObject.tp_flags);
		uint64_t wanted = TPFLAGS_READY | (prefix ? TPFLAGS_HEAPTYPE : 0);
		uint64_t basic_size =
			mem_word(cpython->mem, type + layout->PyTypeObject.tp_basicsize);
		if ((flags & wanted) != wanted || basic_size - 1 >= SIZE_LIMIT)
			continue;
		addr_t *candidate = vec_add(&discovery->heap_candidates);
		if (!candidate)
			discovery->error = &error_no_memory;
		else
			*candidate = type;
	}
}

static int compare_entries(const void *a, const void *b)
{
	addr_t left = (*(struct type_entry *const *)a)->info.address;
	addr_t right = (*(struct type_entry *const *)b)->info.address;
	return left < right ? -1 : left > right;
}

static void discover(struct discovery *discovery)
{
	size_t n_metatypes;
	try_type(discovery, discovery->cpython->type_type);
	do {
		n_metatypes = discovery->n_metatypes;
		vec_foreach (&discovery->statics->regions, region)
			scan_region(discovery, region->begin, region->end);
		vec_foreach (&discovery->heap->strays, range)
			scan_region(discovery, range->begin, range->end);
		vec_foreach (&discovery->heap_candidates, candidate)
			try_type(discovery, *candidate);
		follow_bases(discovery);
	} while (!discovery->error && n_metatypes != discovery->n_metatypes);
}

struct error *typemap_discover(struct typemap *map, const struct heap *heap)
{
	const struct cpython *cpython = heap->cpython;
	const struct blocks *blocks = heap->blocks;
	struct discovery discovery = {
		.map = map, .heap = heap, .cpython = cpython, .statics = &heap->statics};
	size_t n_spans;
	const struct block_span *spans = blocks_spans(blocks, &n_spans);
	for (size_t i = 0; i < n_spans; i++)
		if (spans[i].kind == BLOCK_MALLOC)
			blocks_each(blocks, &spans[i], note_heap_type, &discovery);
	if (!discovery.error)
		discover(&discovery);
	vec_deinit(&discovery.heap_candidates);
	if (discovery.error)
		return discovery.error;
	if (!map->all.n)
		return error_create(ERROR_UNSUPPORTED_PYTHON, 0, NULL,
			"no type objects found in the interpreter's memory");
	qsort(map->all.data, map->all.n, sizeof(*map->all.data), compare_entries);
	for (size_t i = 0; i < map->all.n; i++)
		map->all.data[i]->info.id = (type_id)i;
	return typemap_name(map, cpython);
}

/* Bytes of a str object without what it points at; unicodeobject.h. */
static bool str_bytes(
	const struct cpython *cpython, addr_t object, uint64_t basic_size, uint64_t *ret)
{
	const struct layout *layout = cpython->layout;
	const char *at = mem_at(cpython->mem, object, layout->PyASCIIObject.n_bytes);
	if (!at)
		return false;
	unsigned state = (unsigned char)at[layout->PyASCIIObject.state];
	unsigned kind = state >> 2 & 7;
	uint64_t length = load_u64(at + layout->PyASCIIObject.length);
	if (kind == 3 || kind > 4 || length >> MEM_ADDRESS_BITS)
		return false;
	bool is_compact = state >> 5 & 1, is_ascii = state >> 6 & 1;
	if (!is_compact)
		*ret = basic_size;
	else
		*ret = (is_ascii ? layout->PyASCIIObject.n_bytes
				 : layout->PyCompactUnicodeObject.n_bytes) +
		       (length + 1) * kind;
	return true;
}

static bool int_bytes(
	const struct cpython *cpython, addr_t object, const struct type_info *info, uint64_t *ret)
{
	uint64_t word;
	if (!mem_read_u64(cpython->mem, object + 16, &word))
		return false;
	uint64_t n = word >> 3;
	if (!cpython->traits->compact_int_tag)
		n = (int64_t)word < 0 ? 0 - word : word;
	if (n >> 40)
		return false;
	*ret = (uint64_t)info->basic_size + n * (uint64_t)info->item_size;
	return true;
}

/* The struct of a static type ends before the fields that only heap types have. */
static bool is_heap_type(const struct cpython *cpython, addr_t type)
{
	return mem_word(cpython->mem, type + cpython->layout->PyTypeObject.tp_flags) &
	       TPFLAGS_HEAPTYPE;
}

bool typemap_instance_bytes(
	const struct cpython *cpython, const struct type_entry *entry, addr_t object, uint64_t *ret)
{
	uint64_t basic_size = (uint64_t)entry->info.basic_size, n_items;
	int64_t n;
	switch (entry->shape) {
	case SHAPE_FIXED:
		*ret = basic_size + entry->inline_bytes - entry->optional_bytes;
		return true;
	case SHAPE_OPEN:
		*ret = basic_size;
		return true;
	case SHAPE_STR:
		return str_bytes(cpython, object, basic_size, ret);
	case SHAPE_INT:
		return int_bytes(cpython, object, &entry->info, ret);
	case SHAPE_ITEMS:
		if (is_metatype(entry) && !is_heap_type(cpython, object)) {
			*ret = cpython->layout->PyTypeObject.n_bytes;
			return true;
		}
		n = (int64_t)mem_word(cpython->mem, object + 16);
		n_items = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
		if (n_items >> 40)
			return false;
		*ret = basic_size + n_items * (uint64_t)entry->info.item_size;
		return true;
	}
	return false;
}
