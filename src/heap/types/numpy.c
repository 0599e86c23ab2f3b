/*
 * numpy: arrays, with the elements of arrays of objects, and scalars.
 *
 * numpy's layout is a public interface (numpy/core/include/numpy/
 * ndarraytypes.h, 1.7 to 2.4) and so stands here rather than in the tables:
 *
 *	array	OFFSET	SIZE
 *		16	8	data
 *		24	4	nd
 *		32	8	dimensions; strides stand behind them in the same block
 *		48	8	base: the owner of the memory of a view
 *		56	8	descr, the dtype
 *		64	4	flags
 *		88	8	mem_handler (1.22 and later)
 *	dtype	24	1	kind
 *		28	4	type_num
 *		1.x	27 flags (1 byte), 32 elsize (4), 36 alignment (4)
 *		2.x	32 flags (8), 40 elsize (8)
 *	void	24	8	data
 *		32	8	descr
 *		40	4	flags
 *		48	8	base
 */
#include "heap/state.h"
#include "heap/types/fields.h"
#include "heap/types/modules.h"

#include <ctype.h>
#include <stdlib.h>

#define ARRAY_OWNS_DATA 4
#define DTYPE_HOLDS_REFERENCES 1
#define DIMENSIONS_MAX 64

struct ndarray {
	addr_t data, dimensions, dtype;
	uint64_t n_dimensions, n; /* items over all dimensions */
	uint64_t item_bytes;
	bool owns_data, holds_references;
	uint8_t kind;
};

/* numpy 1.x has the alignment, never 0, where 2.x has the upper half of small flags. */
static uint64_t dtype_item_bytes(const struct mem *mem, addr_t dtype)
{
	return field_u32(mem, dtype, 36) ? field_u32(mem, dtype, 32) : field_word(mem, dtype, 40);
}

static bool dtype_holds_references(const struct mem *mem, addr_t dtype)
{
	uint8_t flags = field_u8(mem, dtype, field_u32(mem, dtype, 36) ? 27 : 32);
	return flags & DTYPE_HOLDS_REFERENCES;
}

static bool count_items(const struct mem *mem, struct ndarray *array)
{
	array->n = 1;
	for (uint64_t i = 0; i < array->n_dimensions; i++) {
		uint64_t length = mem_word(mem, array->dimensions + i * 8);
		if (__builtin_mul_overflow(array->n, length, &array->n))
			return false;
	}
	return !array->n || !array->item_bytes || size_of_items(array->n, array->item_bytes);
}

static bool read_ndarray(const struct mem *mem, addr_t object, struct ndarray *ret)
{
	addr_t dtype = field_word(mem, object, 56);
	struct ndarray array = {
		.data = field_word(mem, object, 16),
		.dimensions = field_word(mem, object, 32),
		.dtype = dtype,
		.n_dimensions = field_u32(mem, object, 24),
		.item_bytes = dtype_item_bytes(mem, dtype),
		.owns_data = field_u32(mem, object, 64) & ARRAY_OWNS_DATA,
		.holds_references = dtype_holds_references(mem, dtype),
		.kind = field_u8(mem, dtype, 24),
	};
	if (array.n_dimensions > DIMENSIONS_MAX || !count_items(mem, &array))
		return false;
	*ret = array;
	return true;
}

/* The elements of an array of objects, or of one of records that hold some. */
static void walk_elements(struct walk *walk, const struct ndarray *array)
{
	if (array->kind == 'O' && array->item_bytes == 8) {
		walk_items(walk, array->data, array->n);
		return;
	}
	uint64_t n_bytes = size_of_items(array->n, array->item_bytes);
	const char *at = n_bytes ? mem_at(walk_mem(walk), array->data, n_bytes) : NULL;
	if (!at)
		return;
	for (uint64_t i = 0; i + 8 <= n_bytes; i += 8) {
		addr_t word = load_u64(at + i);
		if (walk_find(walk, word) != OBJ_NONE)
			walk_edge(walk, EDGE_INDEX,
				(uint32_t)MIN(i / array->item_bytes, UINT32_MAX), word);
	}
}

/* ---- the range of integers ---- */

/* Bytes that are looked at at each end of an array. */
#define END_BYTES (64u << 10)

/* Arrays below this share of the memory are not looked into. */
#define LARGE_SHARE 100

struct range {
	int64_t least, most;
};

static int64_t load_integer(const char *at, uint64_t n_bytes, bool is_signed)
{
	uint64_t value = 0;
	memcpy(&value, at, n_bytes);
	unsigned shift = 64 - 8 * (unsigned)n_bytes;
	return is_signed ? (int64_t)(value << shift) >> shift : (int64_t)MIN(value, INT64_MAX);
}

static bool widen(struct walk *walk, const struct ndarray *array, addr_t begin, uint64_t n_bytes,
	struct range *range)
{
	const char *at = mem_at(walk_mem(walk), begin, n_bytes);
	for (uint64_t i = 0; at && i + array->item_bytes <= n_bytes; i += array->item_bytes) {
		int64_t value = load_integer(at + i, array->item_bytes, array->kind == 'i');
		range->least = MIN(range->least, value);
		range->most = MAX(range->most, value);
	}
	return at != NULL;
}

static bool is_large_integers(const struct walk *walk, const struct ndarray *array)
{
	uint64_t n_bytes = array->n * array->item_bytes;
	bool is_wide = array->item_bytes == 2 || array->item_bytes == 4 || array->item_bytes == 8;
	return (array->kind == 'i' || array->kind == 'u') && is_wide && n_bytes >= 2 * END_BYTES &&
	       n_bytes >= walk->heap->snapshot->total_bytes / LARGE_SHARE;
}

static void walk_range(struct walk *walk, const struct ndarray *array)
{
	struct range range = {INT64_MAX, INT64_MIN};
	addr_t end = array->data + array->n * array->item_bytes;
	if (!is_large_integers(walk, array) ||
		!widen(walk, array, array->data, END_BYTES, &range) ||
		!widen(walk, array, end - END_BYTES, END_BYTES, &range))
		return;
	walk_fact(walk, FACT_ARRAY_MIN, (uint64_t)range.least);
	walk_fact(walk, FACT_ARRAY_MAX, (uint64_t)range.most);
}

void walk_ndarray(struct walk *walk, addr_t object, const struct type_info *type)
{
	struct ndarray array;
	walk_field(walk, EDGE_ATTR_STATIC, "base", object, 48);
	walk_field(walk, EDGE_ATTR_STATIC, "dtype", object, 56);
	if (type->known_bytes >= 96)
		walk_field(walk, EDGE_FIELD, "mem_handler", object, 88);
	if (!read_ndarray(walk_mem(walk), object, &array))
		return;
	if (array.dimensions)
		walk_part(walk, array.dimensions);
	if (array.owns_data && array.data) {
		walk_native(walk, array.data);
		if (array.holds_references)
			walk_elements(walk, &array);
		walk_range(walk, &array);
	} else if (array.data) {
		walk_fact(walk, FACT_VIEW_BYTES, array.n * array.item_bytes);
	}
	walk_container_facts(walk, array.n, 0);
	walk_fact(walk, FACT_ARRAY_ITEMSIZE, array.item_bytes);
	walk_fact(walk, FACT_ARRAY_KIND, array.kind);
}

uint64_t size_ndarray(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	struct ndarray array;
	if (!read_ndarray(cpython->mem, object, &array))
		return size_of_body(type);
	uint64_t n_bytes = size_of_body(type) + array.n_dimensions * 2 * 8;
	if (array.owns_data)
		n_bytes += size_of_items(array.n, array.item_bytes);
	return n_bytes;
}

void walk_numpy_void(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct mem *mem = walk_mem(walk);
	walk_field(walk, EDGE_ATTR_STATIC, "dtype", object, 32);
	walk_field(walk, EDGE_ATTR_STATIC, "base", object, 48);
	addr_t data = field_word(mem, object, 24);
	if (data && field_u32(mem, object, 40) & ARRAY_OWNS_DATA)
		walk_native(walk, data);
}

uint64_t size_numpy_void(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	addr_t dtype = field_word(cpython->mem, object, 32);
	return size_of_body(type) + size_of_items(dtype_item_bytes(cpython->mem, dtype), 1);
}

/* Bytes of the value of a scalar type: most names end with its bits. */
static uint64_t scalar_item_bytes(const struct type_info *type)
{
	static const struct {
		const char *name;
		uint8_t n_bytes;
	} others[] = {
		{"bool", 1},
		{"bool_", 1},
		{"longdouble", 16},
		{"clongdouble", 32},
		{"longlong", 8},
		{"ulonglong", 8},
		{"intc", 4},
		{"uintc", 4},
	};
	const char *dot = strrchr(type->name, '.');
	const char *name = dot ? dot + 1 : type->name;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(name, others[i].name))
			return others[i].n_bytes;
	const char *bits = name + strlen(name);
	while (bits > name && isdigit((unsigned char)bits[-1]))
		bits--;
	return strtoul(bits, NULL, 10) / 8;
}

/* numpy counts the value twice: as a part of the body and behind it. */
uint64_t size_numpy_scalar(
	const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	return size_of_body(type) + scalar_item_bytes(type);
}
