/*
 * Walkers by table: most C types are a list of members that hold objects or
 * memory. A table names them; their offsets come from the layout.
 *
 *	STRUCT_WALKER(walk_x, xobject,
 *		ATTR(xobject, func, "func"),	an object that Python sees as .func
 *		HIDDEN(xobject, cache),		an object in a field of C code
 *		PART(xobject, items),		a block that getsizeof() counts
 *		NATIVE(xobject, lock),		a block that it does not count
 *		TREE(xobject, state))		memory of a library, with all it reaches
 *
 * Members that the target's version lacks are skipped. When it lacks the whole
 * struct, or the type is not as large as the struct, the body is scanned.
 */
#ifndef WHYMEM_HEAP_TYPES_FIELDS_H
#define WHYMEM_HEAP_TYPES_FIELDS_H

#include "heap/walk.h"

enum field_role { ROLE_ATTR, ROLE_HIDDEN, ROLE_PART, ROLE_NATIVE, ROLE_TREE };

struct field {
	const char *name;
	uint32_t at;  /* where in struct layout its offset stands */
	uint8_t role; /* enum field_role */
};

#define FIELD_AS(role, s, member, text)                                                            \
	{                                                                                          \
		text, offsetof(struct layout, s.member), role                                      \
	}
#define ATTR(s, member, text) FIELD_AS(ROLE_ATTR, s, member, text)
#define HIDDEN(s, member) FIELD_AS(ROLE_HIDDEN, s, member, #member)
#define PART(s, member) FIELD_AS(ROLE_PART, s, member, #member)
#define NATIVE(s, member) FIELD_AS(ROLE_NATIVE, s, member, #member)
#define TREE(s, member) FIELD_AS(ROLE_TREE, s, member, #member)

#define FIELD_TABLE(name, ...) static const struct field name[] = {__VA_ARGS__}

#define STRUCT_WALKER(function, s, ...)                                                            \
	void function(struct walk *walk, addr_t object, const struct type_info *type)              \
	{                                                                                          \
		FIELD_TABLE(fields, __VA_ARGS__);                                                  \
		fields_walk(walk, object, type, walk_layout(walk)->s.n_bytes, fields,              \
			ARRAY_SIZE(fields));                                                       \
	}

/*
 * For walkers that do more than follow a table: is the body of `object` the
 * struct of `n_bytes` (layout->x.n_bytes)? If not, it is scanned here.
 */
bool body_is_known(
	struct walk *walk, addr_t object, const struct type_info *type, uint32_t n_bytes);

/* body_is_known(), and if so, the edges and claims of a table. */
bool fields_walk(struct walk *walk, addr_t object, const struct type_info *type, uint32_t n_bytes,
	const struct field *fields, size_t n);

/* What `table` says of a struct of its own at `address` (not of an object's head). */
void fields_walk_struct(struct walk *walk, addr_t address, const struct field *fields, size_t n);

static inline const struct layout *walk_layout(const struct walk *walk)
{
	return walk_cpython(walk)->layout;
}

/* The word of `struct_at` at `offset`; 0 when the member is absent or unreadable. */
static inline uint64_t field_word(const struct mem *mem, addr_t struct_at, uint32_t offset)
{
	return offset == LAYOUT_ABSENT ? 0 : mem_word(mem, struct_at + offset);
}

static inline uint32_t field_u32(const struct mem *mem, addr_t struct_at, uint32_t offset)
{
	uint32_t value = 0;
	if (offset != LAYOUT_ABSENT)
		mem_read_u32(mem, struct_at + offset, &value);
	return value;
}

static inline uint8_t field_u8(const struct mem *mem, addr_t struct_at, uint32_t offset)
{
	const uint8_t *at =
		offset == LAYOUT_ABSENT ? NULL : mem_at(mem, struct_at + offset, sizeof(*at));
	return at ? *at : 0;
}

/* ob_size of a variable-size object, or 0. */
static inline uint64_t field_ob_size(const struct cpython *cpython, addr_t object)
{
	return field_word(cpython->mem, object, cpython->layout->PyVarObject.ob_size);
}

/* tp_basicsize, 0 when negative. */
static inline uint64_t size_of_body(const struct type_info *type)
{
	return type->basic_size > 0 ? (uint64_t)type->basic_size : 0;
}

/* Bytes of `n` items of `item_bytes`; 0 when no process can have so many. */
static inline uint64_t size_of_items(uint64_t n, uint64_t item_bytes)
{
	uint64_t n_bytes;
	if (__builtin_mul_overflow(n, item_bytes, &n_bytes) || n_bytes >> MEM_ADDRESS_BITS)
		return 0;
	return n_bytes;
}

/* sys.getsizeof() of the bytes object `bytes`. */
uint64_t size_of_bytes(const struct cpython *cpython, addr_t bytes);

/* Bytes of the string at `string` with its NUL; 0 for address 0. */
uint64_t size_of_string(const struct mem *mem, addr_t string);

/*
 * Edges EDGE_INDEX to the `n` objects that the array at `items` points at;
 * nothing when it does not lie wholly in the image.
 */
void walk_items(struct walk *walk, addr_t items, uint64_t n);

/* Facts of a container, when it is large enough for them. */
void walk_container_facts(struct walk *walk, uint64_t length, uint64_t capacity);

/* A descriptor as FACT_FILE_FD and FACT_SOCKET_FD want it. */
void walk_fd_fact(struct walk *walk, enum fact_id fact, uint32_t fd);

/* Words of [begin, end) of the body that point at objects; native memory is left alone. */
void walk_scan_objects(struct walk *walk, addr_t object, uint32_t begin, uint32_t end);

/* Size of a type whose __sizeof__ is object's own. */
uint64_t size_plain(const struct cpython *cpython, addr_t object, const struct type_info *type);

/* Does the C type that `walk` belongs to define a __sizeof__ of its own? */
bool type_has_size_of(const struct cpython *cpython, const struct type_info *type, walk_fn walk);

/* The nearest base of `type` whose walker is another than `walk`, or NULL. */
const struct type_info *type_base_beyond(const struct type_info *type, walk_fn walk);

#endif
