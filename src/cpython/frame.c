/*
 * Bytes of frames become their code, line, variables and stack.
 *
 * Before 3.11 a frame is an object; from then on a record on the data stack of
 * a thread or inside of a generator, and a frame object only when someone asked.
 * Include/internal/pycore_frame.h (pycore_interpframe_structs.h from 3.14 on).
 */
#include "cpython/cpython.h"

enum { OWNED_BY_C = 3 }; /* this and beyond: frames of the interpreter itself, 3.12 on */

enum { REF_TAGS = 3, REF_INT = 3, REF_ERROR = 2 };

addr_t cpython_stack_ref(const struct cpython *cpython, uint64_t bits)
{
	if (!cpython->traits->tagged_stack_refs)
		return bits;
	if ((bits & REF_TAGS) == REF_INT || (bits & REF_TAGS) == REF_ERROR)
		return 0;
	return bits & ~(uint64_t)REF_TAGS;
}

static uint64_t word_at(const struct cpython *cpython, addr_t frame, uint32_t member)
{
	return member == LAYOUT_ABSENT ? 0 : mem_word(cpython->mem, frame + member);
}

static int32_t int_at(const struct cpython *cpython, addr_t frame, uint32_t member)
{
	uint32_t value = 0;
	mem_read_u32(cpython->mem, frame + member, &value);
	return (int32_t)value;
}

/* Slots in use behind the locals: certain when 0 <= depth <= stack size, else unknown. */
static void set_depth(struct frame *frame, int64_t depth, uint32_t stack_size)
{
	bool certain = depth >= 0 && depth <= stack_size;
	frame->n_stack = certain ? (uint32_t)depth : 0;
	frame->n_stack_max = certain ? (uint32_t)depth : stack_size;
}

/* Takes back what does not lie in the image. */
static void clamp_slots(const struct cpython *cpython, struct frame *frame)
{
	if (!mem_at(cpython->mem, frame->slots, 8ull * frame->n_locals))
		frame->n_locals = frame->n_stack = frame->n_stack_max = 0;
	uint64_t n = (uint64_t)frame->n_locals + frame->n_stack_max;
	if (!mem_at(cpython->mem, frame->slots, 8 * n))
		frame->n_stack = frame->n_stack_max = 0;
}

/* ---- 3.9, 3.10 ---- */

static bool read_object_frame(const struct cpython *cpython, addr_t address, struct frame *frame)
{
	const struct layout *layout = cpython->layout;
	struct code code;
	frame->previous = word_at(cpython, address, layout->PyFrameObject.f_back);
	frame->code = word_at(cpython, address, layout->PyFrameObject.f_code);
	frame->frame_object = address;
	frame->globals = word_at(cpython, address, layout->PyFrameObject.f_globals);
	frame->builtins = word_at(cpython, address, layout->PyFrameObject.f_builtins);
	frame->locals = word_at(cpython, address, layout->PyFrameObject.f_locals);
	if (!cpython_read_code(cpython, frame->code, &code))
		return false;
	frame->slots = address + layout->PyFrameObject.f_localsplus;
	frame->n_locals = code.n_locals_plus;
	int64_t depth = -1;
	if (layout->PyFrameObject.f_stackdepth != LAYOUT_ABSENT) {
		depth = int_at(cpython, address, layout->PyFrameObject.f_stackdepth);
	} else {
		addr_t bottom = word_at(cpython, address, layout->PyFrameObject.f_valuestack);
		addr_t top = word_at(cpython, address, layout->PyFrameObject.f_stacktop);
		if (top && top >= bottom)
			depth = (int64_t)((top - bottom) / 8);
	}
	set_depth(frame, depth, code.stack_size);
	int64_t last = int_at(cpython, address, layout->PyFrameObject.f_lasti);
	if (cpython->traits->line_table == LINES_PAIRS)
		last *= 2;
	frame->line = cpython_line(cpython, frame->code, last);
	return true;
}

/* ---- 3.11 on ---- */

/*
 * Code that never runs a line: trampolines, and the static code that cleans up
 * behind __init__ (its first traceable instruction lies behind its end).
 */
static bool is_shim(const struct cpython *cpython, addr_t address, addr_t code)
{
	const struct layout *layout = cpython->layout;
	const uint8_t *owner = mem_at(cpython->mem, address + layout->PyInterpreterFrame.owner, 1);
	if (!owner || *owner >= OWNED_BY_C)
		return true;
	int64_t n_units = (int64_t)word_at(cpython, code, layout->PyVarObject.ob_size);
	return layout->PyCodeObject._co_firsttraceable != LAYOUT_ABSENT &&
	       int_at(cpython, code, layout->PyCodeObject._co_firsttraceable) >= n_units;
}

static addr_t instruction_of(const struct cpython *cpython, addr_t address)
{
	const struct layout *layout = cpython->layout;
	uint32_t member = layout->PyInterpreterFrame.instr_ptr == LAYOUT_ABSENT
				  ? layout->PyInterpreterFrame.prev_instr
				  : layout->PyInterpreterFrame.instr_ptr;
	return word_at(cpython, address, member);
}

static int64_t depth_of(const struct cpython *cpython, const struct frame *frame)
{
	const struct layout *layout = cpython->layout;
	if (layout->PyInterpreterFrame.stackpointer == LAYOUT_ABSENT)
		return (int64_t)int_at(
			       cpython, frame->address, layout->PyInterpreterFrame.stacktop) -
		       frame->n_locals;
	addr_t top = word_at(cpython, frame->address, layout->PyInterpreterFrame.stackpointer);
	addr_t bottom = frame->slots + 8ull * frame->n_locals;
	return top >= bottom ? (int64_t)((top - bottom) / 8) : -1;
}

static addr_t code_of(const struct cpython *cpython, addr_t address)
{
	const struct layout *layout = cpython->layout;
	if (layout->PyInterpreterFrame.f_executable == LAYOUT_ABSENT)
		return word_at(cpython, address, layout->PyInterpreterFrame.f_code);
	return cpython_stack_ref(
		cpython, word_at(cpython, address, layout->PyInterpreterFrame.f_executable));
}

static addr_t function_of(const struct cpython *cpython, addr_t address)
{
	const struct layout *layout = cpython->layout;
	if (layout->PyInterpreterFrame.f_funcobj == LAYOUT_ABSENT)
		return word_at(cpython, address, layout->PyInterpreterFrame.f_func);
	return cpython_stack_ref(
		cpython, word_at(cpython, address, layout->PyInterpreterFrame.f_funcobj));
}

static bool read_interpreter_frame(
	const struct cpython *cpython, addr_t address, struct frame *frame)
{
	const struct layout *layout = cpython->layout;
	struct code code;
	if (!mem_at(cpython->mem, address, layout->PyInterpreterFrame.localsplus))
		return false;
	addr_t own = code_of(cpython, address);
	frame->previous = word_at(cpython, address, layout->PyInterpreterFrame.previous);
	if (!cpython_read_code(cpython, own, &code) || is_shim(cpython, address, own))
		return true;
	frame->code = own;
	frame->frame_object = word_at(cpython, address, layout->PyInterpreterFrame.frame_obj);
	frame->function = function_of(cpython, address);
	frame->globals = word_at(cpython, address, layout->PyInterpreterFrame.f_globals);
	frame->builtins = word_at(cpython, address, layout->PyInterpreterFrame.f_builtins);
	frame->locals = word_at(cpython, address, layout->PyInterpreterFrame.f_locals);
	frame->slots = address + layout->PyInterpreterFrame.localsplus;
	frame->n_locals = code.n_locals_plus;
	set_depth(frame, depth_of(cpython, frame), code.stack_size);
	addr_t first = own + layout->PyCodeObject.co_code_adaptive;
	frame->line =
		cpython_line(cpython, own, (int64_t)(instruction_of(cpython, address) - first));
	return true;
}

bool cpython_read_frame(const struct cpython *cpython, addr_t frame, struct frame *ret)
{
	struct frame read = {.address = frame};
	bool good = cpython->traits->frame_form == FRAME_OBJECT
			    ? read_object_frame(cpython, frame, &read)
			    : read_interpreter_frame(cpython, frame, &read);
	if (!good)
		return false;
	clamp_slots(cpython, &read);
	*ret = read;
	return true;
}

addr_t cpython_thread_frame(const struct cpython *cpython, addr_t thread_state)
{
	const struct layout *layout = cpython->layout;
	if (layout->PyThreadState.frame != LAYOUT_ABSENT)
		return word_at(cpython, thread_state, layout->PyThreadState.frame);
	if (layout->PyThreadState.current_frame != LAYOUT_ABSENT)
		return word_at(cpython, thread_state, layout->PyThreadState.current_frame);
	addr_t c_frame = word_at(cpython, thread_state, layout->PyThreadState.cframe);
	return c_frame ? word_at(cpython, c_frame, layout->PyCFrame.current_frame) : 0;
}
