/* Bytes of code objects become names and lines (base/locations.h). */
#include "base/locations.h"
#include "cpython/cpython.h"

/* Number of elements of the tuple at `tuple`; 0 when it is not sane. */
static uint64_t tuple_size(const struct cpython *cpython, addr_t tuple)
{
	uint64_t n = mem_word(cpython->mem, tuple + cpython->layout->PyVarObject.ob_size);
	return tuple && n < UINT32_MAX ? n : 0;
}

static addr_t tuple_item(const struct cpython *cpython, addr_t tuple, uint64_t index)
{
	return mem_word(cpython->mem, tuple + cpython->layout->PyTupleObject.ob_item + 8 * index);
}

/* The int member at `offset`, or 0 when it is negative or unreadable. */
static uint32_t read_count(const struct cpython *cpython, addr_t code, uint32_t offset)
{
	uint32_t value = 0;
	mem_read_u32(cpython->mem, code + offset, &value);
	return (int32_t)value < 0 ? 0 : value;
}

static uint32_t count_locals_plus(const struct cpython *cpython, addr_t code)
{
	const struct layout *layout = cpython->layout;
	if (layout->PyCodeObject.co_nlocalsplus != LAYOUT_ABSENT)
		return read_count(cpython, code, layout->PyCodeObject.co_nlocalsplus);
	addr_t cells = mem_word(cpython->mem, code + layout->PyCodeObject.co_cellvars);
	addr_t frees = mem_word(cpython->mem, code + layout->PyCodeObject.co_freevars);
	uint64_t n = read_count(cpython, code, layout->PyCodeObject.co_nlocals) +
		     tuple_size(cpython, cells) + tuple_size(cpython, frees);
	return n > INT32_MAX ? 0 : (uint32_t)n;
}

static bool is_code(const struct cpython *cpython, addr_t object)
{
	char name[8];
	addr_t type = cpython_type_of(cpython, object);
	if (cpython->code_type)
		return type == cpython->code_type;
	addr_t at = mem_word(cpython->mem, type + cpython->layout->PyTypeObject.tp_name);
	return type && mem_read_string(cpython->mem, at, name, sizeof(name)) &&
	       !strcmp(name, "code");
}

bool cpython_read_code(const struct cpython *cpython, addr_t code, struct code *ret)
{
	const struct layout *layout = cpython->layout;
	const struct mem *mem = cpython->mem;
	if (!mem_at(mem, code, layout->PyCodeObject.n_bytes) || !is_code(cpython, code))
		return false;
	*ret = (struct code){
		.filename = mem_word(mem, code + layout->PyCodeObject.co_filename),
		.name = mem_word(mem, code + layout->PyCodeObject.co_name),
		.qualname = layout->PyCodeObject.co_qualname == LAYOUT_ABSENT
				    ? 0
				    : mem_word(mem, code + layout->PyCodeObject.co_qualname),
		.first_line = read_count(cpython, code, layout->PyCodeObject.co_firstlineno),
		.n_locals_plus = count_locals_plus(cpython, code),
		.stack_size = read_count(cpython, code, layout->PyCodeObject.co_stacksize),
	};
	return true;
}

addr_t cpython_local_name(const struct cpython *cpython, addr_t code, uint32_t index)
{
	const struct layout *layout = cpython->layout;
	if (layout->PyCodeObject.co_localsplusnames != LAYOUT_ABSENT) {
		addr_t names =
			mem_word(cpython->mem, code + layout->PyCodeObject.co_localsplusnames);
		return index < tuple_size(cpython, names) ? tuple_item(cpython, names, index) : 0;
	}
	const uint32_t members[] = {layout->PyCodeObject.co_varnames,
		layout->PyCodeObject.co_cellvars, layout->PyCodeObject.co_freevars};
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		addr_t names = mem_word(cpython->mem, code + members[i]);
		uint64_t n = tuple_size(cpython, names);
		if (index < n)
			return tuple_item(cpython, names, index);
		index -= (uint32_t)n;
	}
	return 0;
}

/* ---- lines ---- */

uint32_t cpython_line(const struct cpython *cpython, addr_t code, int64_t instruction)
{
	const struct layout *layout = cpython->layout;
	uint32_t first = read_count(cpython, code, layout->PyCodeObject.co_firstlineno);
	uint32_t member = cpython->traits->line_table == LINES_LNOTAB
				  ? layout->PyCodeObject.co_lnotab
				  : layout->PyCodeObject.co_linetable;
	addr_t table = mem_word(cpython->mem, code + member);
	uint64_t n = mem_word(cpython->mem, table + layout->PyVarObject.ob_size);
	const uint8_t *bytes =
		table && n < UINT32_MAX
			? mem_at(cpython->mem, table + layout->PyBytesObject.ob_sval, n)
			: NULL;
	if (instruction < 0 || !bytes)
		return first;
	switch (cpython->traits->line_table) {
	case LINES_LNOTAB:
		return locations_line_lnotab(bytes, n, first, instruction);
	case LINES_PAIRS:
		return locations_line_pairs(bytes, n, first, instruction);
	case LINES_VARINT:
		return locations_line(bytes, n, first, instruction);
	}
	return 0;
}
