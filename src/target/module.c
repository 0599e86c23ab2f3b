#include "target/module.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>

#define PAGE 4096ull
#define LOOK_AROUND 16 /* maps of one file that may lie between two others */
#define PHDRS_MAX 256
#define SYMBOLS_MAX (1u << 24)

static bool same_file(const struct map *a, const struct map *b)
{
	return a->inode && a->inode == b->inode && a->device == b->device;
}

/* Does a new mapping of the file of `map` begin here, and is any of it code? */
static bool begins_module(const struct capture *capture, const struct map *map)
{
	const struct map *begin = capture->maps.data, *end = begin + capture->maps.n;
	if (!map->inode || !map->path[0])
		return false;
	for (const struct map *other = map; other-- > begin && map - other <= LOOK_AROUND;)
		if (same_file(other, map)) {
			if (other->offset < map->offset)
				return false;
			break;
		}
	for (const struct map *other = map; other < end && other - map <= LOOK_AROUND; other++)
		if (same_file(other, map) && other->flags & MAP_EXEC)
			return true;
	return false;
}

const struct map *module_next_map(const struct capture *capture, const struct map *previous)
{
	const struct map *begin = capture->maps.data, *end = begin + capture->maps.n;
	for (const struct map *map = previous ? previous + 1 : begin; map < end; map++)
		if (begins_module(capture, map))
			return map;
	return NULL;
}

/* ---- program headers, of the file or of the image ---- */

static struct error *corrupt(const struct module *module, const char *what)
{
	return error_create(ERROR_CORRUPT_FILE, 0, NULL, "%s %s", module->first->path, what);
}

static struct error *read_phdrs_of_file(struct module *module, GElf_Phdr *phdrs, size_t *n_ret)
{
	size_t n;
	if (elf_getphdrnum(module->elf, &n) || !n || n > PHDRS_MAX)
		return corrupt(module, "has no sane program headers");
	for (size_t i = 0; i < n; i++)
		if (!gelf_getphdr(module->elf, (int)i, &phdrs[i]))
			return corrupt(module, "has no sane program headers");
	*n_ret = n;
	return NULL;
}

static struct error *read_phdrs_of_image(struct module *module, GElf_Phdr *phdrs, size_t *n_ret)
{
	const struct map *first = module->first;
	const uint8_t *header = first->flags & MAP_IN_IMAGE && !first->offset
					? mem_at(module->mem, first->start, sizeof(Elf64_Ehdr))
					: NULL;
	if (!header || memcmp(header, ELFMAG, SELFMAG) != 0)
		return corrupt(module, "cannot be read, neither the file nor its header in memory");
	if (header[EI_CLASS] == ELFCLASS32) {
		module->is_32bit = true;
		*n_ret = 0;
		return NULL;
	}
	Elf64_Ehdr ehdr;
	memcpy(&ehdr, header, sizeof(ehdr));
	uint64_t n_bytes = (uint64_t)ehdr.e_phnum * sizeof(*phdrs);
	const void *at = ehdr.e_phnum && ehdr.e_phnum <= PHDRS_MAX &&
					 ehdr.e_phentsize == sizeof(*phdrs) &&
					 ehdr.e_phoff < first->end - first->start
				 ? mem_at(module->mem, first->start + ehdr.e_phoff, n_bytes)
				 : NULL;
	if (!at)
		return corrupt(module, "has no sane program headers");
	memcpy(phdrs, at, n_bytes);
	*n_ret = ehdr.e_phnum;
	return NULL;
}

static struct error *find_bias(
	const struct capture *capture, struct module *module, const GElf_Phdr *phdrs, size_t n)
{
	const struct map *end = capture->maps.data + capture->maps.n;
	for (size_t i = 0; i < n; i++) {
		if (phdrs[i].p_type != PT_LOAD)
			continue;
		for (const struct map *map = module->first; map < end; map++)
			if (same_file(map, module->first) &&
				map->offset == align_down(phdrs[i].p_offset, PAGE)) {
				module->bias = map->start - align_down(phdrs[i].p_vaddr, PAGE);
				return NULL;
			}
		break;
	}
	return corrupt(module, "is not mapped as its program headers say");
}

static struct error *add_writable(struct module *module, const GElf_Phdr *phdr)
{
	struct module_span *span = vec_add(&module->writable);
	if (!span)
		return &error_no_memory;
	*span = (struct module_span){module->bias + phdr->p_vaddr, phdr->p_memsz};
	return NULL;
}

/* ---- notes ---- */

static void read_build_id(struct module *module, const GElf_Phdr *phdr)
{
	const uint8_t *at =
		phdr->p_memsz < 1 << 16
			? mem_at(module->mem, module->bias + phdr->p_vaddr, phdr->p_memsz)
			: NULL;
	uint64_t unit = phdr->p_align == 8 ? 8 : 4;
	for (uint64_t i = 0; at && phdr->p_memsz - i >= 12;) {
		uint64_t n_name = load_u32(at + i), n_desc = load_u32(at + i + 4);
		uint64_t desc = align_up(i + 12 + n_name, unit),
			 next = align_up(desc + n_desc, unit);
		if (desc + n_desc > phdr->p_memsz)
			return;
		if (load_u32(at + i + 8) == NT_GNU_BUILD_ID && n_name == 4 &&
			!memcmp(at + i + 12, "GNU", 4) && n_desc <= sizeof(module->build_id)) {
			memcpy(module->build_id, at + desc, n_desc);
			module->n_build_id = (unsigned)n_desc;
			return;
		}
		if (next >= phdr->p_memsz)
			return;
		i = next;
	}
}

/* ---- the dynamic section, in memory: for files that cannot be had, or without sections ---- */

/* Number of symbols as the GNU hash table at `table` knows it; 0 when it is not sane. */
static uint64_t count_by_gnu_hash(const struct mem *mem, addr_t table)
{
	const uint32_t *header = mem_at(mem, table, 16);
	if (!header)
		return 0;
	uint64_t n_buckets = load_u32(header), bias = load_u32(header + 1);
	addr_t buckets = table + 16 + 8ull * load_u32(header + 2), chains = buckets + 4 * n_buckets;
	uint32_t last = 0, entry;
	for (uint64_t i = 0; i < MIN(n_buckets, SYMBOLS_MAX); i++)
		if (mem_read_u32(mem, buckets + 4 * i, &entry))
			last = MAX(last, entry);
	if (last < bias)
		return bias;
	for (; last < SYMBOLS_MAX; last++)
		if (!mem_read_u32(mem, chains + 4 * (last - bias), &entry) || entry & 1)
			return last + 1ull;
	return 0;
}

static void read_dynamic(struct module *module, const GElf_Phdr *phdr)
{
	addr_t section = module->bias + phdr->p_vaddr, gnu_hash = 0, hash = 0;
	for (uint64_t i = 0; i < phdr->p_memsz / sizeof(Elf64_Dyn); i++) {
		uint64_t tag = mem_word(module->mem, section + i * sizeof(Elf64_Dyn));
		uint64_t value = mem_word(module->mem, section + i * sizeof(Elf64_Dyn) + 8);
		/* glibc relocates these values in place, musl does not. */
		addr_t address = value < module->bias ? value + module->bias : value;
		if (tag == DT_NULL)
			break;
		if (tag == DT_SYMTAB)
			module->symbols.address = address;
		else if (tag == DT_STRTAB)
			module->strings.address = address;
		else if (tag == DT_STRSZ)
			module->strings.n_bytes = value;
		else if (tag == DT_GNU_HASH)
			gnu_hash = address;
		else if (tag == DT_HASH)
			hash = address;
	}
	uint32_t n_chains = 0;
	uint64_t n = gnu_hash ? count_by_gnu_hash(module->mem, gnu_hash) : 0;
	if (!n && hash && mem_read_u32(module->mem, hash + 4, &n_chains))
		n = n_chains;
	module->symbols.n_bytes = MIN(n, SYMBOLS_MAX) * sizeof(Elf64_Sym);
}

/* ---- opening ---- */

static struct error *read_segments(const struct capture *capture, struct module *module)
{
	GElf_Phdr phdrs[PHDRS_MAX] = {0};
	size_t n = 0;
	struct error *error = module->elf ? read_phdrs_of_file(module, phdrs, &n)
					  : read_phdrs_of_image(module, phdrs, &n);
	if (error || module->is_32bit)
		return error;
	error = find_bias(capture, module, phdrs, n);
	for (size_t i = 0; i < n && !error; i++) {
		if (phdrs[i].p_type == PT_LOAD && phdrs[i].p_flags & PF_W)
			error = add_writable(module, &phdrs[i]);
		else if (phdrs[i].p_type == PT_NOTE && !module->n_build_id)
			read_build_id(module, &phdrs[i]);
		else if (phdrs[i].p_type == PT_DYNAMIC)
			read_dynamic(module, &phdrs[i]);
	}
	return error;
}

struct error *module_open(
	const struct capture *capture, const struct map *first, struct module *ret)
{
	struct module module = {.mem = &capture->mem, .first = first, .fd = -1};
	elf_version(EV_CURRENT);
	struct error *error = capture_open_file(capture, first, &module.fd);
	if (error) {
		if (error->kind != ERROR_UNREADABLE_FILE)
			return error;
		error_destroy(error);
		error = NULL;
	} else {
		module.elf = elf_begin(module.fd, ELF_C_READ_MMAP, NULL);
		if (!module.elf || elf_kind(module.elf) != ELF_K_ELF)
			error = corrupt(&module, "is not an ELF file");
		else
			module.is_32bit = gelf_getclass(module.elf) == ELFCLASS32;
	}
	if (!error && !module.is_32bit)
		error = read_segments(capture, &module);
	if (error) {
		module_close(&module);
		return error;
	}
	*ret = module;
	return NULL;
}

void module_close(struct module *module)
{
	if (module->elf)
		elf_end(module->elf);
	cleanup_close(&module->fd);
	vec_deinit(&module->writable);
	*module = (struct module){.fd = -1};
}

/* ---- symbols ---- */

/* One table of symbols with its strings, wherever it was read from. */
struct symbol_table {
	const Elf64_Sym *symbols;
	size_t n;
	const char *strings;
	size_t n_strings;
};

static const char *symbol_name(const struct symbol_table *table, const Elf64_Sym *symbol)
{
	if (symbol->st_name >= table->n_strings ||
		!memchr(table->strings + symbol->st_name, 0, table->n_strings - symbol->st_name))
		return "";
	return table->strings + symbol->st_name;
}

/* `file` is the source file (n_file bytes of it) that the symbol belongs to, or NULL. */
static const Elf64_Sym *find_symbol(
	const struct symbol_table *table, const char *file, size_t n_file, const char *name)
{
	bool in_file = !file;
	for (size_t i = 0; i < table->n; i++) {
		const Elf64_Sym *symbol = &table->symbols[i];
		unsigned type = ELF64_ST_TYPE(symbol->st_info);
		if (file && type == STT_FILE) {
			const char *own = symbol_name(table, symbol);
			in_file = strlen(own) == n_file && !memcmp(own, file, n_file);
		}
		if (in_file && symbol->st_shndx != SHN_UNDEF && symbol->st_value &&
			type != STT_FILE && type != STT_SECTION && type != STT_TLS &&
			!strcmp(symbol_name(table, symbol), name))
			return symbol;
	}
	return NULL;
}

static bool table_of_section(const struct module *module, uint32_t type, struct symbol_table *ret)
{
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(module->elf, scn));) {
		GElf_Shdr header;
		if (!gelf_getshdr(scn, &header) || header.sh_type != type)
			continue;
		Elf_Scn *strings_scn = elf_getscn(module->elf, header.sh_link);
		Elf_Data *symbols = elf_getdata(scn, NULL);
		Elf_Data *strings = strings_scn ? elf_getdata(strings_scn, NULL) : NULL;
		if (!symbols || !strings || !symbols->d_buf || !strings->d_buf)
			return false;
		*ret = (struct symbol_table){symbols->d_buf, symbols->d_size / sizeof(Elf64_Sym),
			strings->d_buf, strings->d_size};
		return true;
	}
	return false;
}

static bool table_of_image(const struct module *module, struct symbol_table *ret)
{
	const void *symbols = mem_at(module->mem, module->symbols.address, module->symbols.n_bytes);
	const void *strings = mem_at(module->mem, module->strings.address, module->strings.n_bytes);
	if (!symbols || !strings || !module->symbols.n_bytes || !module->strings.n_bytes)
		return false;
	*ret = (struct symbol_table){symbols, module->symbols.n_bytes / sizeof(Elf64_Sym), strings,
		module->strings.n_bytes};
	return true;
}

bool module_find_symbol(const struct module *module, const char *name, struct module_span *ret)
{
	static const uint32_t sections[] = {SHT_SYMTAB, SHT_DYNSYM};
	const char *colon = strchr(name, ':');
	const char *file = colon ? name : NULL;
	const char *plain = colon ? colon + 1 : name;
	size_t n_file = colon ? (size_t)(colon - name) : 0;
	const Elf64_Sym *symbol = NULL;
	struct symbol_table table;
	if (module->is_32bit)
		return false;
	bool has_sections = false;
	for (size_t i = 0; module->elf && i < ARRAY_SIZE(sections) && !symbol; i++) {
		bool good = table_of_section(module, sections[i], &table);
		has_sections = has_sections || good;
		symbol = good ? find_symbol(&table, file, n_file, plain) : NULL;
	}
	if (!has_sections && table_of_image(module, &table))
		symbol = find_symbol(&table, file, n_file, plain);
	if (!symbol)
		return false;
	*ret = (struct module_span){module->bias + symbol->st_value, symbol->st_size};
	return true;
}

bool module_find_section(const struct module *module, const char *name, struct module_span *ret)
{
	size_t names;
	if (!module->elf || module->is_32bit || elf_getshdrstrndx(module->elf, &names))
		return false;
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(module->elf, scn));) {
		GElf_Shdr header;
		const char *own = gelf_getshdr(scn, &header)
					  ? elf_strptr(module->elf, names, header.sh_name)
					  : NULL;
		if (own && header.sh_addr && !strcmp(own, name)) {
			*ret = (struct module_span){module->bias + header.sh_addr, header.sh_size};
			return true;
		}
	}
	return false;
}
