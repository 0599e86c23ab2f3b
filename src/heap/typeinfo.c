/*
 * The second half of the type registry: names, dicts, slots and walkers of the
 * types that typemap_discover() found.
 */
#include "heap/typemap.h"

#include <stdio.h>
#include <stdlib.h>

/* Member types of structmember.h whose field holds a reference. */
#define MEMBER_OBJECT 6
#define MEMBER_OBJECT_EX 16

#define MEMBERS_LIMIT 100000

struct resolution {
	struct typemap *map;
	const struct cpython *cpython;
	const struct idset *ids;
	struct strpool *strings;
};

/* ---- dicts ---- */

/* The state of a static type that interpreter `at` keeps, if its table has it. */
static bool read_static_state(const struct cpython *cpython, addr_t table, uint32_t stride,
	uint32_t dict_offset, uint32_t subclasses_offset, uint64_t index, struct type_entry *entry)
{
	addr_t state = table + index * stride;
	if (index >= 4096 || mem_word(cpython->mem, state) != entry->info.address)
		return false;
	entry->tp_dict = mem_word(cpython->mem, state + dict_offset);
	entry->tp_subclasses = mem_word(cpython->mem, state + subclasses_offset);
	entry->is_static_builtin = true;
	return true;
}

/* typeobject.c: static_builtin_state_get() (3.12), managed_static_type_state_get() (3.13+) */
static bool find_static_state(
	const struct cpython *cpython, addr_t interpreter, struct type_entry *entry)
{
	const struct layout *layout = cpython->layout;
	uint64_t index = entry->tp_subclasses - 1;
	addr_t types = interpreter + layout->PyInterpreterState.types;
	if (layout->managed_static_type_state.n_bytes == LAYOUT_ABSENT)
		return read_static_state(cpython, types + layout->types_state.builtins,
			layout->static_builtin_state.n_bytes, layout->static_builtin_state.tp_dict,
			layout->static_builtin_state.tp_subclasses, index, entry);
	uint32_t stride = layout->managed_static_type_state.n_bytes;
	uint32_t dict = layout->managed_static_type_state.tp_dict;
	uint32_t subclasses = layout->managed_static_type_state.tp_subclasses;
	/* Each slot of for_extensions has a word in front of the state. */
	return read_static_state(cpython, types + layout->types_state.builtins_initialized, stride,
		       dict, subclasses, index, entry) ||
	       read_static_state(cpython, types + layout->types_state.for_extensions_initialized,
		       stride, dict, subclasses, index, entry) ||
	       read_static_state(cpython,
		       types + layout->types_state.for_extensions_initialized + 8, stride + 8, dict,
		       subclasses, index, entry);
}

static void find_dict(const struct cpython *cpython, struct type_entry *entry)
{
	const struct layout *layout = cpython->layout;
	addr_t address = entry->info.address;
	entry->tp_dict = mem_word(cpython->mem, address + layout->PyTypeObject.tp_dict);
	entry->tp_subclasses = mem_word(cpython->mem, address + layout->PyTypeObject.tp_subclasses);
	if (entry->tp_dict || !cpython->traits->static_type_state || entry->info.flags & TYPE_HEAP)
		return;
	vec_foreach (&cpython->interpreters, interpreter)
		if (find_static_state(cpython, interpreter->address, entry))
			return;
}

/* ---- names ---- */

static void name_static(struct type_info *info)
{
	const char *dot = strrchr(info->name, '.');
	if (dot)
		snprintf(info->module, sizeof(info->module), "%.*s", (int)(dot - info->name),
			info->name);
	else
		snprintf(info->module, sizeof(info->module), "builtins");
}

/* `name` is tp_name until now: `module.name` of C types, `name` of classes. */
static void name_heap(const struct cpython *cpython, struct type_entry *entry)
{
	struct type_info *info = &entry->info;
	addr_t module = cpython_dict_get(cpython, entry->tp_dict, "__module__");
	if (!module || !cpython_read_str(cpython, module, info->module, sizeof(info->module)))
		name_static(info);
	addr_t qualname = mem_word(
		cpython->mem, info->address + cpython->layout->PyHeapTypeObject.ht_qualname);
	char text[sizeof(info->name)];
	const char *dot = strrchr(info->name, '.');
	if (cpython_read_str(cpython, qualname, text, sizeof(text)) && *text)
		memcpy(info->name, text, sizeof(text));
	else if (dot)
		memmove(info->name, dot + 1, strlen(dot));
}

/* ---- classes made by a class statement ---- */

static addr_t dealloc_of(const struct cpython *cpython, const struct type_entry *entry)
{
	return mem_word(
		cpython->mem, entry->info.address + cpython->layout->PyTypeObject.tp_dealloc);
}

/* The tp_dealloc that most classes with shared keys have: only type_new() makes such keys. */
static addr_t find_subtype_dealloc(const struct resolution *resolution)
{
	addr_t found = cpython_symbol(resolution->cpython, "subtype_dealloc");
	if (found)
		return found;
	int64_t votes = 0;
	vec_foreach (&resolution->map->all, entry) {
		if (!((*entry)->info.flags & TYPE_HEAP) || !(*entry)->info.cached_keys)
			continue;
		addr_t dealloc = dealloc_of(resolution->cpython, *entry);
		if (!votes)
			found = dealloc;
		votes += dealloc == found ? 1 : -1;
	}
	return found;
}

static uint64_t member_count(const struct cpython *cpython, const struct type_entry *entry)
{
	uint64_t n = mem_word(cpython->mem, entry->info.address + 16);
	return n < MEMBERS_LIMIT ? n : 0;
}

/* Do slots, dict and weak references explain what the class adds to its base? */
static bool is_explained(const struct cpython *cpython, const struct type_entry *entry)
{
	const struct type_info *info = &entry->info;
	int64_t added = info->basic_size - (info->base ? info->base->basic_size : 0);
	return added <= (int64_t)member_count(cpython, entry) * 8 + 16;
}

static bool is_python_class(const struct resolution *resolution, const struct type_entry *entry)
{
	return entry->info.flags & TYPE_HEAP &&
	       dealloc_of(resolution->cpython, entry) == resolution->map->subtype_dealloc &&
	       is_explained(resolution->cpython, entry);
}

/* ---- slots ---- */

static struct error *add_slot(
	struct resolution *resolution, struct type_entry *entry, const char *member)
{
	const struct layout *layout = resolution->cpython->layout;
	char name[128];
	if (!mem_read_string(resolution->cpython->mem, load_u64(member + layout->PyMemberDef.name),
		    name, sizeof(name)))
		return NULL;
	struct type_info *info = &entry->info;
	struct type_slot *grown =
		reallocarray(info->slots, info->n_slots + 1, sizeof(*info->slots));
	if (!grown)
		return &error_no_memory;
	info->slots = grown;
	struct type_slot *slot = &info->slots[info->n_slots];
	slot->offset = (uint32_t)load_u64(member + layout->PyMemberDef.offset);
	struct error *error = strpool_add(resolution->strings, name, strlen(name), &slot->name);
	if (!error)
		info->n_slots++;
	return error;
}

/* The references among the members that `holder` (the type or a base of it) declares. */
static struct error *add_members(
	struct resolution *resolution, struct type_entry *entry, const struct type_entry *holder)
{
	const struct cpython *cpython = resolution->cpython;
	const struct layout *layout = cpython->layout;
	addr_t member =
		mem_word(cpython->mem, holder->info.address + layout->PyTypeObject.tp_members);
	uint64_t n = MEMBERS_LIMIT;
	if (holder->info.flags & TYPE_HEAP) {
		const struct type_entry *metatype = typemap_find(resolution->map, holder->metatype);
		if (!metatype)
			return NULL;
		member = holder->info.address + (uint64_t)metatype->info.basic_size;
		n = member_count(cpython, holder);
	}
	for (uint64_t i = 0; i < n; i++, member += layout->PyMemberDef.n_bytes) {
		const char *at = mem_at(cpython->mem, member, layout->PyMemberDef.n_bytes);
		if (!at || !load_u64(at + layout->PyMemberDef.name))
			return NULL;
		int32_t type = load_i32(at + layout->PyMemberDef.type);
		uint64_t offset = load_u64(at + layout->PyMemberDef.offset);
		if ((type != MEMBER_OBJECT && type != MEMBER_OBJECT_EX) || offset & 7 ||
			offset < entry->info.known_bytes ||
			offset + 8 > (uint64_t)holder->info.basic_size)
			continue;
		struct error *error = add_slot(resolution, entry, at);
		if (error)
			return error;
	}
	return NULL;
}

/* ---- key tables and struct sequences ---- */

static size_t keys_slot(const struct typemap *map, addr_t keys)
{
	return (keys >> 4) * 0x9e3779b97f4a7c15u >> 24 & (map->n_keys_slots - 1);
}

bool typemap_owns_keys(const struct typemap *map, addr_t keys)
{
	for (size_t i = keys_slot(map, keys); map->keys[i]; i = (i + 1) & (map->n_keys_slots - 1))
		if (map->keys[i] == keys)
			return true;
	return false;
}

static struct error *index_keys(struct typemap *map)
{
	map->n_keys_slots = 64;
	while (map->n_keys_slots < map->all.n * 2)
		map->n_keys_slots *= 2;
	map->keys = calloc(map->n_keys_slots, sizeof(addr_t));
	if (!map->keys)
		return &error_no_memory;
	vec_foreach (&map->all, entry) {
		addr_t keys = (*entry)->info.cached_keys;
		if (!keys || typemap_owns_keys(map, keys))
			continue;
		size_t i = keys_slot(map, keys);
		while (map->keys[i])
			i = (i + 1) & (map->n_keys_slots - 1);
		map->keys[i] = keys;
	}
	return NULL;
}

/* structseq.c: n_fields counts items that ob_size does not. */
static uint32_t sequence_fields(const struct cpython *cpython, const struct type_entry *entry)
{
	int64_t n;
	const struct type_info *base = entry->info.base;
	if (entry->info.flags & TYPE_PYTHON || !base || strcmp(base->name, "tuple") != 0)
		return 0;
	addr_t fields = cpython_dict_get(cpython, entry->tp_dict, "n_fields");
	if (!fields || !cpython_read_int(cpython, fields, &n) || n < 0 || n > 10000)
		return 0;
	return (uint32_t)n;
}

/* ---- walkers ---- */

/* What the table of walkers calls the type; "" for classes made by a class statement. */
static void table_name(const struct type_info *info, char *ret, size_t size)
{
	if (info->flags & TYPE_PYTHON)
		*ret = '\0';
	else if (!(info->flags & TYPE_HEAP) || !strcmp(info->module, "builtins"))
		snprintf(ret, size, "%s", info->name);
	else
		snprintf(ret, size, "%s.%s", info->module, info->name);
}

static const struct type_walker *find_own_walker(const struct type_entry *entry)
{
	char name[sizeof(entry->info.name) + sizeof(entry->info.module) + 1];
	table_name(&entry->info, name, sizeof(name));
	return *name ? type_walker_find(name) : NULL;
}

static void find_walker(const struct resolution *resolution, struct type_entry *entry)
{
	const struct type_info *at = &entry->info;
	uint32_t c_end = 0;
	entry->info.known_bytes = 16;
	for (unsigned depth = 0; at && depth < 1000; depth++, at = at->base) {
		const struct type_entry *holder = (const struct type_entry *)at;
		const struct type_walker *walker = find_own_walker(holder);
		if (walker) {
			entry->info.walk = walker->walk;
			entry->info.get_size = walker->get_size;
			entry->info.known_bytes = (uint32_t)at->basic_size;
			break;
		}
		if (!(at->flags & TYPE_PYTHON))
			c_end = MAX(c_end, (uint32_t)at->basic_size);
	}
	if (c_end > entry->info.known_bytes) {
		entry->scan_begin = entry->info.known_bytes;
		entry->scan_end = c_end;
		entry->info.flags |= TYPE_IS_OPAQUE;
	}
}

static struct error *find_slots(struct resolution *resolution, struct type_entry *entry)
{
	const struct type_info *at = &entry->info;
	for (unsigned depth = 0; at && depth < 1000; depth++, at = at->base) {
		if (at->basic_size <= entry->info.known_bytes)
			break;
		struct error *error = add_members(resolution, entry, (const struct type_entry *)at);
		if (error)
			return error;
	}
	return NULL;
}

static struct error *find_keys(const struct resolution *resolution, struct type_entry *entry)
{
	const struct cpython *cpython = resolution->cpython;
	struct keys_table keys;
	if (!entry->info.cached_keys || !cpython_read_keys(cpython, entry->info.cached_keys, &keys))
		return NULL;
	entry->key_ids = calloc(keys.n_entries + 1, sizeof(obj_id));
	if (!entry->key_ids)
		return &error_no_memory;
	entry->n_keys = (uint32_t)keys.n_entries;
	for (uint32_t i = 0; i < entry->n_keys; i++)
		entry->key_ids[i] = idset_find(resolution->ids,
			mem_word(cpython->mem,
				keys.entries + i * keys.entry_bytes + keys.key_offset));
	return NULL;
}

/* Types whose instances only their own walker reads; the rest pins its memory. */
static bool is_private(const struct type_info *info)
{
	static const char *const names[] = {"str", "int", "float", "complex", "bytes", "bytearray",
		"tuple", "list", "dict", "set", "frozenset", "cell", "method", "range", "slice",
		"weakref", "weakref.ReferenceType", "generator", "coroutine", "async_generator",
		"collections.OrderedDict", "collections.defaultdict", "collections.deque",
		"datetime.datetime", "datetime.date", "datetime.timedelta", "datetime.time",
		"decimal.Decimal", "types.SimpleNamespace", "builtin_function_or_method",
		"functools.partial", "_asyncio.Future", "_asyncio.Task"};
	if (info->flags & TYPE_PYTHON)
		return !(info->tp_flags >> 31 & 1);
	char name[sizeof(info->name) + sizeof(info->module) + 1];
	table_name(info, name, sizeof(name));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

struct error *typemap_name(struct typemap *map, const struct cpython *cpython)
{
	struct resolution resolution = {.map = map, .cpython = cpython};
	map->subtype_dealloc = find_subtype_dealloc(&resolution);
	vec_foreach (&map->all, at) {
		struct type_entry *entry = *at;
		const struct type_entry *base = typemap_find(
			map, mem_word(cpython->mem,
				     entry->info.address + cpython->layout->PyTypeObject.tp_base));
		entry->info.base = base && base != entry ? &base->info : NULL;
		find_dict(cpython, entry);
		if (entry->info.flags & TYPE_HEAP)
			name_heap(cpython, entry);
		else
			name_static(&entry->info);
	}
	vec_foreach (&map->all, at) {
		struct type_entry *entry = *at;
		if (is_python_class(&resolution, entry))
			entry->info.flags |= TYPE_PYTHON;
		entry->is_private = is_private(&entry->info);
		/* _datetimemodule.c: without tzinfo there is no room for it. */
		if (type_is(&entry->info, "datetime.time") ||
			type_is(&entry->info, "datetime.datetime"))
			entry->optional_bytes = 8;
		entry->n_sequence_fields = sequence_fields(cpython, entry);
		entry->is_code =
			!strcmp(entry->info.name, "code") && !(entry->info.flags & TYPE_HEAP);
	}
	return index_keys(map);
}

struct error *typemap_resolve(struct typemap *map, const struct cpython *cpython,
	const struct idset *ids, struct strpool *strings)
{
	struct resolution resolution = {
		.map = map, .cpython = cpython, .ids = ids, .strings = strings};
	vec_foreach (&map->all, at) {
		struct type_entry *entry = *at;
		entry->weaklist_offset = (uint32_t)mem_word(cpython->mem,
			entry->info.address + cpython->layout->PyTypeObject.tp_weaklistoffset);
		entry->object = idset_find(ids, entry->info.address);
		find_walker(&resolution, entry);
		struct error *error = find_slots(&resolution, entry);
		if (!error)
			error = find_keys(&resolution, entry);
		if (error)
			return error;
	}
	return NULL;
}

static bool is_named(const struct type_info *type, const char *name)
{
	if (!(type->flags & TYPE_HEAP) || !strcmp(type->module, "builtins"))
		return !strcmp(type->name, name);
	size_t n = strlen(type->module);
	return !strncmp(type->module, name, n) && name[n] == '.' &&
	       !strcmp(type->name, name + n + 1);
}

bool type_is(const struct type_info *type, const char *name)
{
	for (unsigned depth = 0; type && depth < 1000; depth++, type = type->base)
		if (is_named(type, name))
			return true;
	return false;
}
