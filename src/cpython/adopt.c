/*
 * Which offsets fit a candidate: the table of its version or the nearest one,
 * corrected by what the target says of itself (_Py_DebugOffsets, 3.13 on) and
 * by what its structures show.
 */
#include "cpython/layouts.h"
#include "cpython/runtime.h"

#define STRUCT_MAX (1u << 20) /* a struct of CPython is smaller than that */
#define GC_HEAD_BYTES 24      /* struct gc_generation */

/*
 * Member of _Py_DebugOffsets that gives an offset, of the struct whose size
 * another member gives, and our name for it.
 */
#define OVERRIDES(X)                                                                               \
	X(runtime_state_size, runtime_state_interpreters_head, PyRuntimeState, interpreters_head)  \
	X(interpreter_state_size, interpreter_state_id, PyInterpreterState, id)                    \
	X(interpreter_state_size, interpreter_state_next, PyInterpreterState, next)                \
	X(interpreter_state_size, interpreter_state_threads_head, PyInterpreterState,              \
		threads_head)                                                                      \
	X(interpreter_state_size, interpreter_state_threads_main, PyInterpreterState,              \
		threads_main)                                                                      \
	X(interpreter_state_size, interpreter_state_gc, PyInterpreterState, gc)                    \
	X(interpreter_state_size, interpreter_state_imports_modules, PyInterpreterState,           \
		imports_modules)                                                                   \
	X(interpreter_state_size, interpreter_state_sysdict, PyInterpreterState, sysdict)          \
	X(interpreter_state_size, interpreter_state_builtins, PyInterpreterState, builtins)        \
	X(interpreter_state_size, interpreter_state_ceval_gil, PyInterpreterState, ceval_gil)      \
	X(thread_state_size, thread_state_prev, PyThreadState, prev)                               \
	X(thread_state_size, thread_state_next, PyThreadState, next)                               \
	X(thread_state_size, thread_state_interp, PyThreadState, interp)                           \
	X(thread_state_size, thread_state_current_frame, PyThreadState, current_frame)             \
	X(thread_state_size, thread_state_thread_id, PyThreadState, thread_id)                     \
	X(thread_state_size, thread_state_native_thread_id, PyThreadState, native_thread_id)       \
	X(thread_state_size, thread_state_datastack_chunk, PyThreadState, datastack_chunk)         \
	X(interpreter_frame_size, interpreter_frame_previous, PyInterpreterFrame, previous)        \
	X(interpreter_frame_size, interpreter_frame_executable, PyInterpreterFrame, f_executable)  \
	X(interpreter_frame_size, interpreter_frame_instr_ptr, PyInterpreterFrame, instr_ptr)      \
	X(interpreter_frame_size, interpreter_frame_localsplus, PyInterpreterFrame, localsplus)    \
	X(interpreter_frame_size, interpreter_frame_owner, PyInterpreterFrame, owner)              \
	X(interpreter_frame_size, interpreter_frame_stackpointer, PyInterpreterFrame,              \
		stackpointer)                                                                      \
	X(code_object_size, code_object_filename, PyCodeObject, co_filename)                       \
	X(code_object_size, code_object_name, PyCodeObject, co_name)                               \
	X(code_object_size, code_object_qualname, PyCodeObject, co_qualname)                       \
	X(code_object_size, code_object_linetable, PyCodeObject, co_linetable)                     \
	X(code_object_size, code_object_firstlineno, PyCodeObject, co_firstlineno)                 \
	X(code_object_size, code_object_localsplusnames, PyCodeObject, co_localsplusnames)         \
	X(code_object_size, code_object_localspluskinds, PyCodeObject, co_localspluskinds)         \
	X(code_object_size, code_object_co_code_adaptive, PyCodeObject, co_code_adaptive)          \
	X(pyobject_size, pyobject_ob_type, PyObject, ob_type)                                      \
	X(type_object_size, type_object_tp_name, PyTypeObject, tp_name)                            \
	X(type_object_size, type_object_tp_flags, PyTypeObject, tp_flags)                          \
	X(tuple_object_size, tuple_object_ob_item, PyTupleObject, ob_item)                         \
	X(list_object_size, list_object_ob_item, PyListObject, ob_item)                            \
	X(set_object_size, set_object_used, PySetObject, used)                                     \
	X(set_object_size, set_object_table, PySetObject, table)                                   \
	X(set_object_size, set_object_mask, PySetObject, mask)                                     \
	X(dict_object_size, dict_object_ma_keys, PyDictObject, ma_keys)                            \
	X(dict_object_size, dict_object_ma_values, PyDictObject, ma_values)                        \
	X(float_object_size, float_object_ob_fval, PyFloatObject, ob_fval)                         \
	X(long_object_size, long_object_lv_tag, PyLongObject, long_value_lv_tag)                   \
	X(long_object_size, long_object_ob_digit, PyLongObject, long_value_ob_digit)               \
	X(bytes_object_size, bytes_object_ob_sval, PyBytesObject, ob_sval)                         \
	X(unicode_object_size, unicode_object_state, PyASCIIObject, state)                         \
	X(unicode_object_size, unicode_object_length, PyASCIIObject, length)                       \
	X(gc_size, gc_collecting, gc_runtime_state, collecting)                                    \
	X(gen_object_size, gen_object_gi_name, PyGenObject, gi_name)                               \
	X(gen_object_size, gen_object_gi_iframe, PyGenObject, gi_iframe)                           \
	X(gen_object_size, gen_object_gi_frame_state, PyGenObject, gi_frame_state)

/*
 * The offset that the debug offsets give at `member`, checked: inside of a
 * struct of sane size, and only for what the table has; else the table's.
 */
static uint32_t override(const struct mem *mem, addr_t offsets, uint32_t size_member,
	uint32_t member, uint32_t table)
{
	if (size_member == LAYOUT_ABSENT || member == LAYOUT_ABSENT || table == LAYOUT_ABSENT)
		return table;
	uint64_t size = mem_word(mem, offsets + size_member);
	uint64_t offset = mem_word(mem, offsets + member);
	bool sane = size && size <= STRUCT_MAX && offset < size && (offset || !table);
	return sane ? (uint32_t)offset : table;
}

/* Members of the GC state, as members of the interpreter state that holds it. */
static void place_gc(struct layout *layout)
{
	uint32_t gc = layout->PyInterpreterState.gc;
#define X(member)                                                                                  \
	if (layout->gc_runtime_state.member != LAYOUT_ABSENT)                                      \
		layout->PyInterpreterState.gc_##member = gc + layout->gc_runtime_state.member;
	X(generations)
	X(generation0)
	X(permanent_generation)
	X(collecting)
	X(garbage)
	X(callbacks)
	X(heap_size)
	X(long_lived_total)
#undef X
}

static void adopt_debug_offsets(const struct mem *mem, addr_t offsets, struct layout *layout)
{
	if (layout->Py_DebugOffsets.n_bytes == LAYOUT_ABSENT)
		return;
#define X(size, member, structure, own)                                                            \
	layout->structure.own = override(mem, offsets, layout->Py_DebugOffsets.size,               \
		layout->Py_DebugOffsets.member, layout->structure.own);
	OVERRIDES(X)
#undef X
	layout->PyRuntimeState.interpreters_main = layout->PyRuntimeState.interpreters_head + 8;
	place_gc(layout);
}

void choose_layout(const struct candidate *candidate, struct layout *ret, bool *exact_ret)
{
	const struct python_version *version = &candidate->version;
	const struct mem *mem = &candidate->capture->mem;
	unsigned micro = version->micro_known ? version->micro : UINT16_MAX;
	*exact_ret = layouts_find(version->minor, micro, candidate->debug_build, ret);
	if (has_cookie(mem, candidate->runtime)) {
		struct layout table = *ret;
		adopt_debug_offsets(mem, candidate->runtime, ret);
		*exact_ret = *exact_ret && !memcmp(&table, ret, sizeof(table));
	}
}

/* ---- the lists of the garbage collector ---- */

/* Are three list heads at `first`? One may be in disorder: the one being collected. */
static bool is_generations(const struct mem *mem, addr_t first)
{
	unsigned n_good = 0;
	for (unsigned i = 0; i < 3; i++) {
		addr_t head = first + i * GC_HEAD_BYTES;
		addr_t next = mem_word(mem, head) & ~3ull;
		n_good += next && (mem_word(mem, next + 8) & ~3ull) == (head & ~3ull);
	}
	return n_good >= 2;
}

bool probe_generations(const struct mem *mem, addr_t main, struct layout *layout)
{
	addr_t gc = main + layout->PyInterpreterState.gc;
	uint32_t stated = UINT32_MAX;
	if (layout->gc_runtime_state.generation0 != LAYOUT_ABSENT)
		stated = (uint32_t)(mem_word(mem, gc + layout->gc_runtime_state.generation0) - gc);
	const uint32_t guesses[] = {stated, layout->gc_runtime_state.generations, 24, 20, 8};
	for (size_t i = 0; i < ARRAY_SIZE(guesses); i++) {
		if (guesses[i] > 64 || !is_generations(mem, gc + guesses[i]))
			continue;
		layout->gc_runtime_state.generations = guesses[i];
		layout->PyInterpreterState.gc_generations =
			layout->PyInterpreterState.gc + guesses[i];
		return true;
	}
	return false;
}

/* ---- the end of the runtime state ---- */

static bool is_hashtable(const struct mem *mem, addr_t table, const struct layout *layout)
{
	uint64_t n_entries, n_buckets;
	return table && mem_read_u64(mem, table + layout->Py_hashtable_t.nentries, &n_entries) &&
	       mem_read_u64(mem, table + layout->Py_hashtable_t.nbuckets, &n_buckets) &&
	       n_buckets && !(n_buckets & (n_buckets - 1)) && n_entries < 4 * n_buckets;
}

void place_end_of_runtime(const struct mem *mem, addr_t runtime, addr_t main, struct layout *layout)
{
	uint32_t table = layout->PyRuntimeState._main_interpreter;
	uint32_t interned = layout->PyRuntimeState.cached_objects_interned_strings;
	if (table == LAYOUT_ABSENT || main < runtime || main - runtime > STRUCT_MAX)
		return;
	uint32_t shift = (uint32_t)(main - runtime) - table;
	layout->PyRuntimeState._main_interpreter = table + shift;
	uint32_t moved = interned + shift;
	if (!shift || interned == LAYOUT_ABSENT ||
		!is_hashtable(mem, mem_word(mem, runtime + moved), layout))
		return;
	layout->PyRuntimeState.cached_objects_interned_strings = moved;
	if (layout->PyRuntimeState.static_objects > interned)
		layout->PyRuntimeState.static_objects += shift;
}
