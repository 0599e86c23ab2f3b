/*
 * An ELF file as it is mapped in a target: where its symbols, its sections and
 * its writable data lie.
 *
 * Read from the file when the very file can be opened, else (deleted, replaced,
 * another mount namespace) from what the loader mapped of it: then only dynamic
 * symbols are known and no sections.
 *
 * Addresses are those of the target: the load bias is applied.
 */
#ifndef WHYMEM_MODULE_H
#define WHYMEM_MODULE_H

#include "target/capture.h"

struct Elf;

struct module_span {
	addr_t address;
	uint64_t n_bytes;
};

struct module {
	const struct mem *mem;
	const struct map *first;          /* the map that the module begins with */
	addr_t bias;                      /* target address - address in the file */
	bool is_32bit;                    /* then nothing else is known */
	VEC(struct module_span) writable; /* .data and .bss: one span a writable segment */
	uint8_t build_id[32];
	unsigned n_build_id; /* bytes of it; 0: none */

	int fd;                              /* of the file, or -1 */
	struct Elf *elf;                     /* NULL: read from memory */
	struct module_span symbols, strings; /* dynamic ones, in memory */
};

/* The first map behind `previous` (NULL: of all) that an ELF file may begin with, or NULL. */
const struct map *module_next_map(const struct capture *capture, const struct map *previous);

/* Opens the module that begins with `first`; CORRUPT_FILE when it is no sane ELF file. */
struct error *module_open(
	const struct capture *capture, const struct map *first, struct module *ret);
void module_close(struct module *module);

/*
 * Where symbol `name` lies: of .symtab, else of .dynsym. A name like
 * "tupleobject.c:free_list" means the static variable of that source file.
 */
bool module_find_symbol(const struct module *module, const char *name, struct module_span *ret);

/* Where section `name` lies; false when the module was read from memory. */
bool module_find_section(const struct module *module, const char *name, struct module_span *ret);

#endif
