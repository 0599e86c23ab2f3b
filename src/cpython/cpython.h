/*
 * The interpreter inside a capture: which CPython it is, where its runtime
 * lives, and readers that turn bytes of the image into typed values.
 *
 * What differs between versions as a number is in `struct layout` (generated,
 * cpython/layout.h); what differs in kind is in `struct traits`. No other code
 * compares versions.
 */
#ifndef WHYMEM_CPYTHON_H
#define WHYMEM_CPYTHON_H

#include "cpython/layout.h"
#include "cpython/traits.h"
#include "target/capture.h"

struct interpreter {
	addr_t address; /* PyInterpreterState */
	addr_t gc;      /* its _gc_runtime_state */
};

struct cpython {
	const struct capture *capture;
	const struct mem *mem;
	const struct layout *layout;
	const struct traits *traits;
	uint32_t version; /* PY_VERSION_HEX of the target */
	bool debug_build;
	bool nearest_layout;      /* no table for exactly this version; all self-checks passed */
	char version_text[32];    /* "3.12.1" */
	const struct map *binary; /* first map of the file that holds the interpreter */
	addr_t runtime;           /* _PyRuntime */
	addr_t type_type;         /* PyType_Type */
	addr_t none;              /* _Py_NoneStruct */
	addr_t code_type;         /* PyCode_Type */
	struct module *module;    /* the file that holds the interpreter */
	VEC(struct interpreter) interpreters; /* newest first; the main one is the last */
};

#define CPYTHON_OLDEST_MINOR 9
/* What can be read, for whoever is refused. */
extern const char cpython_supported[];

/*
 * Finds the interpreter: by symbols, sections or scan; reads its version;
 * chooses a layout and checks it against structures of the target.
 * NOT_PYTHON, UNSUPPORTED_PYTHON (free-threaded, PyPy, 32-bit, too old: named).
 */
struct error *cpython_open(const struct capture *capture, struct cpython *ret);
void cpython_close(struct cpython *cpython);

/*
 * The address of symbol `name` (.symtab, then .dynsym) in the interpreter's own
 * binary, or 0. For static variables of 3.9-3.11 that stripped builds lack;
 * "tupleobject.c:free_list" is that of one source file.
 */
addr_t cpython_symbol(const struct cpython *cpython, const char *name);

/* ---- readers; all return false when the bytes are not (sanely) there ---- */

static inline addr_t cpython_type_of(const struct cpython *cpython, addr_t object)
{
	return mem_word(cpython->mem, object + 8);
}

/* UTF-8 of a str object, cut to size - 1 bytes at a character. */
bool cpython_read_str(const struct cpython *cpython, addr_t str, char *ret, size_t size);

enum str_interned { STR_NOT_INTERNED, STR_INTERNED };

struct str_state {
	uint64_t length;
	unsigned kind; /* bytes a character: 1, 2, 4; 0: not ready (3.9-3.11) */
	bool interned, compact, ascii, is_static;
	addr_t data;           /* its characters */
	uint64_t header_bytes; /* of the compact forms */
};
bool cpython_read_str_state(const struct cpython *cpython, addr_t str, struct str_state *ret);

/* Value of an int object that fits in 64 bits. */
bool cpython_read_int(const struct cpython *cpython, addr_t integer, int64_t *ret);

/*
 * Slots of a dict in order of insertion. The cursor is valid as long as the
 * image; entries without value are skipped. Values of split and inline dicts
 * come out like any other.
 */
struct dict_cursor {
	const struct mem *mem;
	addr_t entries; /* of the keys table */
	addr_t values;  /* of a split dict; 0 otherwise */
	addr_t order;   /* bytes: entry number of the i-th value; 0: as they stand */
	uint64_t n, i, capacity;
	unsigned entry_bytes, key_offset; /* 24 and 8, or 16 and 0 */
	int order_step;                   /* 1, or -1 where the order is kept backwards */
};
bool dict_cursor_open(const struct cpython *cpython, addr_t dict, struct dict_cursor *ret);
bool dict_next(struct dict_cursor *cursor, addr_t *key_ret, addr_t *value_ret);

/* The value of the str key `name` in `dict` (linear in its size), or 0. */
addr_t cpython_dict_get(const struct cpython *cpython, addr_t dict, const char *name);

struct keys_table { /* a PyDictKeysObject */
	addr_t block, entries;
	uint64_t ref_count, n_entries, capacity, n_bytes;
	unsigned entry_bytes, key_offset;
	bool is_split; /* known from 3.11 on; before, only a dict with values tells */
};
bool cpython_read_keys(const struct cpython *cpython, addr_t keys, struct keys_table *ret);

/* Code objects. */
struct code {
	addr_t filename, name, qualname; /* str objects; qualname is 0 before 3.11 */
	uint32_t first_line;
	uint32_t n_locals_plus; /* locals, cells and free variables */
	uint32_t stack_size;
};
bool cpython_read_code(const struct cpython *cpython, addr_t code, struct code *ret);

/* The str object that names fast local `index`, or 0. */
addr_t cpython_local_name(const struct cpython *cpython, addr_t code, uint32_t index);

/* The line of `code` that the instruction at byte offset `instruction` belongs to; 0: none. */
uint32_t cpython_line(const struct cpython *cpython, addr_t code, int64_t instruction);

/*
 * Frames. From 3.11 on the address is that of an interpreter frame, before of a
 * frame object.
 */
struct frame {
	addr_t address, previous;
	addr_t code;                                /* 0 for shims and trampolines */
	addr_t frame_object;                        /* 0 when none was made */
	addr_t function, globals, builtins, locals; /* borrowed ones included; 0: none */
	addr_t slots;                               /* first of the fast locals */
	uint32_t n_locals;    /* slots that are fast locals, cells, free variables */
	uint32_t n_stack;     /* slots behind them that are certain to be in use */
	uint32_t n_stack_max; /* slots that may be in use (running: depth unknown) */
	uint32_t line;
};
bool cpython_read_frame(const struct cpython *cpython, addr_t frame, struct frame *ret);

/* A slot of a frame: the object it refers to, or 0 (NULL, tagged int, error). */
addr_t cpython_stack_ref(const struct cpython *cpython, uint64_t bits);

/* The first frame of a thread state, or 0. */
addr_t cpython_thread_frame(const struct cpython *cpython, addr_t thread_state);

/* Is this an immortal reference count? */
bool cpython_is_immortal(const struct cpython *cpython, addr_t object);

/* Could this be the first word of a live object: a plausible reference count? */
bool cpython_ref_count(const struct cpython *cpython, addr_t object, uint64_t *ret);

#endif
