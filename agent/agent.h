/*
 * The agent: lives inside of a traced process (LD_PRELOAD), counts what is
 * allocated by stack into the shared table (trace/table.h), and leaves the
 * program as it is: no allocator is replaced, no block gets a header, no Python
 * code runs, nothing is allocated through what is counted.
 *
 *	agent.c		the start of a process
 *	session.c	the run of whymem: its environment, messages to it
 *	table.c		the table: made, backed, copied
 *	fork.c		a table of its own for a forked child
 *	exec.c		the agent for programs that this one becomes or starts
 *	program.c	can such a program take it?
 *	hooks.c		where events come from: malloc family, PyMem_SetAllocator
 *	mappings.c	mmap and its family, brk
 *	reported.c	memory that libraries tell of
 *	python.c	which Python this is: version, layout, symbols
 *	stacks.c	the frames of the thread become a node of the table
 *	marks.c		frames below which the stack is known
 *	current.c	the thread state that runs, without a call
 *	tree.c		texts, codes and nodes of the table
 *	codes.c		code objects that live
 *	threads.c	names of threads
 *	count.c		events become counters; per-block tags
 *	lines.h		line by line, when that is asked for
 *	shadow.c	tags of blocks: one word for each 16 bytes of address (trace/tags.h)
 *
 * Everything runs on the program's own threads. A lock guards all but the walk of
 * frames: a thread walks its own. Processes with one thread take no lock.
 */
#ifndef WHYMEM_AGENT_H
#define WHYMEM_AGENT_H

#include "base/base.h"
#include "cpython/layout.h"
#include "trace/handover.h"
#include "trace/table.h"
#include "trace/tags.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))

static inline uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t product = (a ^ b) * 0xd6e8feb86659fd93ull;
	return product ^ product >> 32;
}

static inline const char *load_pointer(const char *at)
{
	return (const char *)load_u64(at);
}

/* ---- system calls, not as hooked ---- */

static inline void *sys_mmap(
	void *address, size_t n_bytes, int protection, int flags, int fd, uint64_t offset)
{
	return (void *)syscall(SYS_mmap, address, n_bytes, protection, flags, fd, offset);
}

/* Private memory of the agent's own; NULL when there is none. */
static inline void *sys_map(size_t n_bytes)
{
	void *memory = sys_mmap(NULL, n_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static inline void sys_unmap(void *memory, size_t n_bytes)
{
	syscall(SYS_munmap, memory, n_bytes);
}

/* ---- the table, mapped ---- */

struct table {
	struct trace_header *header;
	struct trace_counters *counters;
	struct trace_node *nodes;
	struct trace_code *codes;
	char *texts;
};

extern struct table table;

/*
 * Are events counted? In a page that a forked child gets as zeros: the table
 * belongs to one process alone.
 */
extern volatile uint32_t *is_counting;

/* ---- what a thread keeps: together, because each variable of a thread costs a look-up ---- */

struct own {
	uint32_t is_inside; /* is a hook at work? */
	bool calls_python;  /* on behalf of the agent */
	uint32_t root;      /* of the table; 0: not known yet */
	uint32_t n_walked;  /* frames since the last mark */
	struct marks *marks;
	void *last_block; /* allocated last, while nothing else was */
	/* Where the thread state stands that runs; `current_unknown`: it has to be asked for. */
	const char *const volatile *current;
};

extern THREAD_LOCAL struct own own;

/* ---- session.c ---- */

/* The run of whymem that this process belongs to. */
struct session {
	bool is_there;
	bool is_traced; /* counts, or did so before it forked */
	bool must_be_traced;
	bool follows_children;
	uint32_t first_pid; /* of the process that must be traced */
	char agent[1024];   /* path of this library */
	char socket[108];
};

extern struct session session;

/* Reads it from the environment and takes it away there; false when there is none. */
bool session_begin(void);
bool session_is_open(void);
/* Tells whymem, with a descriptor unless that is -1. System calls alone. */
bool session_send(enum trace_message_kind kind, const char *text, int table_fd);
/* Tells whymem, and waits until it has looked at the process, so long at most. */
void session_wait(enum trace_message_kind kind, const char *text, uint64_t ns);

/* ---- table.c ---- */

enum table_part { TABLE_COUNTERS, TABLE_NODES, TABLE_CODES, TABLE_TEXTS, N_TABLE_PARTS };

/* May the part be written up to `end`? False: there is no memory. Under the lock. */
bool table_back(enum table_part part, const void *end);
/* A new table, handed to whymem; NULL, or why there is none. */
const char *table_make(void);
/* A file with what the table holds now, or -1. Under the lock. */
int table_copy(void);
/* In a forked child: the copy takes the table's place, and whymem gets it. */
bool table_replace(int fd);

/* ---- fork.c, program.c, mappings.c ---- */

bool fork_begin(void);

/* Is the executable one that the agent can be loaded into? Of the arguments of exec. */
bool program_takes_agent(const char *path, int fd, bool searches);

/* No mapping changes until they are released. */
void mappings_hold(void);
void mappings_release(void);
/* Is this in memory that was mapped and is counted? While nothing changes. */
bool mappings_count(uintptr_t address);

/* ---- reported.c ---- */

/* False when what libraries report cannot be heard. */
bool reported_begin(void);

/* ---- python.c ---- */

/* Where things lie in frames: _PyInterpreterFrame, before 3.11 PyFrameObject. */
struct frame_layout {
	uint32_t current; /* of the thread state: the innermost one, or the C frame that has it */
	uint32_t of_c_frame;
	uint32_t previous, code, instruction, locals;
	uint32_t object, owner;          /* from 3.11 on */
	uint32_t trace_lines, generator; /* before 3.11 */
	bool are_objects, has_c_frames;
};

struct python {
	struct frame_layout frames;
	const void *volatile *finalizing; /* not NULL once the interpreter ends */
	struct layout layout;
	uint32_t code_name, code_lines; /* members of code objects */
	bool can_mark;
	uint32_t version;
	unsigned minor;
	const void *code_type;
	void *(*thread_state)(void);     /* of the holder of the GIL */
	void *(*own_thread_state)(void); /* of this thread, with or without the GIL */
	int (*is_initialized)(void);
	void (*get_allocator)(int domain, void *allocator);
	void (*set_allocator)(int domain, void *allocator);
};

extern struct python python;

/* NULL, or why this process cannot be traced; *is_python_ret: is it one at all? */
const char *python_find(bool *is_python_ret);

/* Makes the frame object of a frame that has none; NULL when it could not. Holds the GIL. */
const char *python_frame_object(const char *thread, const char *frame);
/* Size of the frame object of a frame that runs this code. */
uint64_t python_frame_object_bytes(const char *code);
/* Text: the name of the thread whose outermost frame this is; 0: unknown. Holds the GIL. */
uint32_t python_thread_name(const char *thread, const char *outermost);

/* ---- shadow.c; the search is in agent/hot.h ---- */

extern uint32_t *shadow_directory[TAG_LEAVES];

/* Puts room aside, before anything is counted. */
void shadow_begin(void);
/* Makes room where there is none; NULL when there is no memory. Under the lock. */
uint32_t *shadow_add(uintptr_t address);
/* Readers from outside find the tags from now on. */
void shadow_announce(void);

/* ---- stacks.c; what runs at every event is in agent/hot.h ---- */

/* What was read of the frames of this thread. */
struct stack {
	const char *thread, *innermost;
	uint64_t key;   /* of the frames read */
	uint32_t below; /* the node below the marked frame, else the root of the thread */
	/* Has the GIL and may call Python: not within malloc(), whose caller may hold any lock. */
	bool holds_gil;
	bool wants_marks;
};

/* The code of a frame that runs lines: none of the interpreter's own, and not before its first. */
const char *frame_code(const char *frame);
/* A watched block was freed. Under the lock. */
void stack_forget(uintptr_t block);

/* ---- marks.c ---- */

#define MARK_NO_FRAME ((const char *)1)

struct mark {
	const char *frame;  /* in `top` MARK_NO_FRAME: there is none */
	const char *object; /* its frame object, before 3.11 itself; NULL: died */
	uint64_t key_below; /* as in keys */
	uint32_t below;     /* node of the frames below */
};

/* The marks of a thread, outermost first. Written by it alone, but for `object`. */
struct marks {
	struct marks *next;
	uint64_t n;
	struct mark top; /* the innermost */
	struct mark of[];
};

/* Is this frame of this thread marked? Then it is the innermost that is. */
bool mark_find(const char *frame);
/* Under the lock, with the GIL. */
void mark_add(const char *thread, const char *frame, uint32_t below);
/* A watched block was freed: was it a marked frame's? Under the lock. */
bool mark_forget(uintptr_t block);

/* ---- current.c ---- */

extern const char *const volatile current_unknown; /* NULL */

void current_find(const char *runtime);
/* By a call; from then on perhaps without one, from the place that is put into `at_ret`. */
const char *current_ask(const char *const volatile **at_ret);

/* ---- tree.c; under the lock; 0 when the table is full ---- */

uint32_t tree_text(const char *bytes, uint64_t n);
/* A compact str object, as UTF-8; unpaired surrogates stay as they are. */
uint32_t tree_str(const char *str);
uint32_t tree_code(const char *code);
uint32_t tree_node(const struct trace_node *node);

/* ---- codes.c; under the lock ---- */

/* The code object in the table; 0 when it finds no place. Its death will be noticed. */
uint32_t code_find(const char *code);
/* A watched block was freed: was it a code object that is known? */
bool code_forget(uintptr_t address);

/* ---- threads.c ---- */

/* The root of this thread, whose outermost frame that runs lines is given. Under the lock. */
uint32_t thread_root(const struct stack *stack, const char *outermost);

/* ---- count.c ---- */

void count_allocation(void *block, size_t n_bytes, bool holds_gil);
/* Before a block is given back, so that nobody else can have its address yet. */
void count_free(void *block);
/* Freed while the agent itself calls Python: a name that a cache of its lets go. Under the lock. */
void count_nested_free(void *block);
/* Before a block is resized; and to undo that when it failed. */
uint64_t count_take(void *block);
/* An allocation that failed. */
void count_failure(size_t n_bytes, bool holds_gil);
/*
 * Memory without tags: returns the node that got it, 0 when it is not counted.
 * And to take some of it away: `n_pieces` fewer blocks of that many bytes.
 */
uint32_t count_mapping(size_t n_bytes);
void count_unmapping(uint32_t node, size_t n_bytes, int n_pieces);
/* Memory that there was no room to keep count of. */
void count_lost(size_t n_bytes);
/* Nothing is counted until it is released: other threads wait. */
void count_hold(void);
void count_release(void);
void count_put_back(void *block, uint64_t tag);
/* What the process has alive. */
static inline uint64_t count_live_bytes(void)
{
	return __atomic_load_n(&table.header->live_bytes, __ATOMIC_RELAXED);
}
/* Waits for whymem, which asked for it. */
void count_ask_for_look(void);
/* Before large blocks are made or resized, and memory for small ones: no object is half changed. */
static inline void count_look_if_due(void)
{
	if (unlikely(count_live_bytes() >
		     __atomic_load_n(&table.header->look_at_bytes, __ATOMIC_RELAXED)))
		count_ask_for_look();
}

/* ---- lines.c ---- */

/* Makes ready to watch lines, when whymem asks for it. */
void lines_begin(void);

/* What this thread allocated and freed, counted while lines are watched. */
struct tally {
	uint64_t allocated_bytes;
	int64_t live_bytes, peak_bytes; /* peak: since somebody set it back */
	bool is_muted;                  /* allocations of ours: not counted at all */
	const void *last_block;
	uint64_t last_bytes;
	int64_t last_peak_bytes; /* before that block */
};

extern THREAD_LOCAL struct tally tally;
extern bool is_watching_lines;

static inline void tally_allocated(const void *block, uint64_t n_bytes)
{
	tally.allocated_bytes += n_bytes;
	tally.live_bytes += (int64_t)n_bytes;
	tally.last_block = block;
	tally.last_bytes = n_bytes;
	tally.last_peak_bytes = tally.peak_bytes;
	tally.peak_bytes = MAX(tally.peak_bytes, tally.live_bytes);
}

static inline void tally_freed(uint64_t n_bytes)
{
	tally.live_bytes -= (int64_t)n_bytes;
}

/* ---- hooks.c ---- */

void hooks_find(void);
void hooks_install(void);
/* The library that has malloc(), when it is not libc; else NULL. */
const char *hooks_allocator(void);
/*
 * Else the agent must not make objects: what tracemalloc puts on top takes a lock,
 * which this thread or one that waits for us may hold.
 */
bool hooks_are_outermost(void);
/* Is a hook to count? Then no other of this thread does until it resumes. */
bool hooks_pause(void);
void hooks_resume(void);

#include "hot.h"

#endif
