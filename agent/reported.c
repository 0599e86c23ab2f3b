/*
 * Memory that libraries report: PyTraceMalloc_Track() and _Untrack() tell
 * tracemalloc what they got elsewhere, on a device or from a pool of their own.
 * Counted is what is not counted yet, by the line that runs when it is reported.
 *
 * Executables export these functions themselves, and what an executable exports
 * comes before what is preloaded. So the value of the symbol is changed where the
 * dynamic linker looks it up, before a library that calls it is loaded.
 */
#include "agent.h"

#include <dlfcn.h>
#include <link.h>

enum {
	FIRST_SLOTS = 1 << 10,
	N_SEARCHED = 4096 / 16, /* tags before an address: alignments are up to a page */
};

/* What was reported and is counted; one address may have a report of each domain. */
static struct report {
	uintptr_t address;
	uint64_t n_bytes;
	uint32_t domain, node; /* node 0: an empty slot */
} * reports;

static size_t n_slots, n_reports;

static int (*real_track)(unsigned domain, uintptr_t address, size_t n_bytes);
static int (*real_untrack)(unsigned domain, uintptr_t address);

/* ---- the reports; under the lock of mappings ---- */

static size_t home(const struct report *report)
{
	return mix(report->address, report->domain) & (n_slots - 1);
}

/* The slot of the report, or the empty one where it belongs. */
static struct report *find(const struct report *wanted)
{
	size_t at = home(wanted);
	while (reports[at].node &&
		(reports[at].address != wanted->address || reports[at].domain != wanted->domain))
		at = (at + 1) & (n_slots - 1);
	return &reports[at];
}

static bool make_room(void)
{
	if (2 * n_reports < n_slots)
		return true;
	struct report *old = reports;
	size_t n_old = n_slots, n_new = n_old ? 2 * n_old : FIRST_SLOTS;
	struct report *larger = sys_map(n_new * sizeof(*larger));
	if (!larger)
		return false;
	reports = larger;
	n_slots = n_new;
	for (size_t i = 0; i < n_old; i++)
		if (old[i].node)
			*find(&old[i]) = old[i];
	if (old)
		sys_unmap(old, n_old * sizeof(*old));
	return true;
}

/* Empties the slot, and moves those behind it that would not be found any more. */
static void empty(struct report *slot)
{
	size_t hole = (size_t)(slot - reports), at = hole, mask = n_slots - 1;
	n_reports--;
	while (reports[at = (at + 1) & mask].node) {
		if (((at - home(&reports[at])) & mask) < ((at - hole) & mask))
			continue;
		reports[hole] = reports[at];
		hole = at;
	}
	reports[hole] = (struct report){0};
}

static void remove_report(const struct report *wanted)
{
	struct report *slot = n_slots ? find(wanted) : NULL;
	if (!slot || !slot->node)
		return;
	count_unmapping(slot->node, slot->n_bytes, 1);
	empty(slot);
}

/* Is it in a block that is counted? Such as one of which the start was left out to align it. */
static bool is_in_block(uintptr_t address)
{
	uintptr_t block = address & ~(uintptr_t)15;
	for (int i = 0; i < N_SEARCHED; i++, block -= 16) {
		const uint32_t *tag = shadow_find(block);
		if (tag && tag_begins(*tag))
			return address - block < MAX(tag_size(tag), 1);
	}
	return false;
}

static void add_report(struct report report)
{
	remove_report(&report);
	if (is_in_block(report.address) || mappings_count(report.address) || !make_room())
		return;
	report.node = count_mapping(report.n_bytes);
	if (!report.node)
		return;
	*find(&report) = report;
	n_reports++;
}

static bool begin(void)
{
	if (!hooks_pause())
		return false;
	mappings_hold();
	return true;
}

static void end(void)
{
	mappings_release();
	hooks_resume();
}

static int track(unsigned domain, uintptr_t address, size_t n_bytes)
{
	struct report report = {.address = address, .n_bytes = n_bytes, .domain = domain};
	if (!(n_bytes >> TAG_ADDRESS_BITS) && begin()) {
		add_report(report);
		end();
	}
	return real_track(domain, address, n_bytes);
}

static int untrack(unsigned domain, uintptr_t address)
{
	struct report report = {.address = address, .domain = domain};
	if (begin()) {
		remove_report(&report);
		end();
	}
	return real_untrack(domain, address);
}

/* ---- the symbols ---- */

struct symbol {
	ElfW(Sym) * entry;
	uintptr_t base;                      /* of its module: values are relative to it */
	bool is_found, is_code, is_constant; /* what stands in its pages */
};

/* Finds the module that has the entry. */
static int find_module(struct dl_phdr_info *module, size_t n_bytes, void *arg)
{
	struct symbol *symbol = arg;
	(void)n_bytes;
	for (unsigned i = 0; i < module->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
		uintptr_t offset = (uintptr_t)symbol->entry - module->dlpi_addr - segment->p_vaddr;
		if (offset >= segment->p_memsz)
			continue;
		symbol->is_found |= segment->p_type == PT_LOAD;
		symbol->is_code |= segment->p_type == PT_LOAD && segment->p_flags & PF_X;
		symbol->is_constant |= segment->p_type == PT_GNU_RELRO ||
				       (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W));
	}
	symbol->base = module->dlpi_addr;
	return symbol->is_found;
}

static bool set_value(const struct symbol *symbol, uintptr_t function)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t *value = &symbol->entry->st_value;
	void *begin = (void *)((uintptr_t)value & ~(page - 1));
	if (symbol->is_constant && syscall(SYS_mprotect, begin, page, PROT_READ | PROT_WRITE))
		return false;
	*value = function - symbol->base;
	if (symbol->is_constant)
		syscall(SYS_mprotect, begin, page, PROT_READ);
	return true;
}

/* Who looks up `name` finds `function`; the one it had is kept in *real. */
static bool replace(const char *name, uintptr_t function, void *real)
{
	Dl_info about;
	struct symbol symbol = {0};
	void *found = dlsym(RTLD_DEFAULT, name);
	if (!found || !dladdr1(found, &about, (void **)&symbol.entry, RTLD_DL_SYMENT) ||
		!symbol.entry || about.dli_saddr != found || strcmp(about.dli_sname, name) != 0)
		return false;
	memcpy(real, &found, sizeof(found));
	dl_iterate_phdr(find_module, &symbol);
	return symbol.is_found && !symbol.is_code && set_value(&symbol, function);
}

bool reported_begin(void)
{
	return replace("PyTraceMalloc_Untrack", (uintptr_t)untrack, &real_untrack) &&
	       replace("PyTraceMalloc_Track", (uintptr_t)track, &real_track);
}
