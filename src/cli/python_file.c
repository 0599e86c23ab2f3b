#include "cli/python_file.h"

#include <ctype.h>
#include <gelf.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION_TEXT_MAX 16 /* of "3.10.13" and its like, with what may follow */

/* 0x030c01f0 -> "3.12.1" */
static void format_version(uint32_t hex, char *to, size_t size)
{
	static const struct {
		unsigned level;
		const char *name;
	} levels[] = {{0xa, "a"}, {0xb, "b"}, {0xc, "rc"}};
	int n = snprintf(to, size, "%u.%u.%u", hex >> 24, hex >> 16 & 0xff, hex >> 8 & 0xff);
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if ((hex >> 4 & 0xf) == levels[i].level)
			snprintf(to + n, size - (size_t)n, "%s%u", levels[i].name, hex & 0xf);
	}
}

/* The 4 bytes of the file that stand at `address` when it is loaded; 0 when none do. */
static uint32_t word_at(Elf *elf, uint64_t address)
{
	size_t n_bytes;
	const char *file = elf_rawfile(elf, &n_bytes);
	size_t n;
	if (!file || elf_getphdrnum(elf, &n))
		return 0;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr header;
		if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_LOAD)
			continue;
		uint64_t offset = address - header.p_vaddr;
		if (address < header.p_vaddr || offset >= header.p_filesz)
			continue;
		offset += header.p_offset;
		return offset <= n_bytes && n_bytes - offset >= 4 ? load_u32(file + offset) : 0;
	}
	return 0;
}

/* Reads what a symbol table tells of the interpreter. */
static void read_symbols(Elf *elf, Elf_Scn *section, struct python_file *file)
{
	GElf_Shdr header;
	Elf_Data *data = elf_getdata(section, NULL);
	if (!data || !gelf_getshdr(section, &header) || !header.sh_entsize)
		return;
	size_t n = header.sh_size / header.sh_entsize;
	for (size_t i = 0; i < n && i < INT32_MAX; i++) {
		GElf_Sym symbol;
		if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_shndx == SHN_UNDEF)
			continue;
		const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);
		if (!name)
			continue;
		if (!strcmp(name, "_PyRuntime"))
			file->holds_python = true;
		else if (!strcmp(name, "_Py_MergeZeroLocalRefcount"))
			file->is_free_threaded = true;
		else if (!strcmp(name, "Py_Version") && word_at(elf, symbol.st_value) >> 24 == 3)
			format_version(word_at(elf, symbol.st_value), file->version,
				sizeof(file->version));
	}
}

/* Is this a version of CPython before 3.11, such as "3.10.13" or "3.9.2+"? */
static bool is_version(const char *text, size_t n)
{
	unsigned minor, micro;
	int end = 0;
	char copy[VERSION_TEXT_MAX];
	if (n >= sizeof(copy))
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	if (sscanf(copy, "3.%2u.%2u%n", &minor, &micro, &end) != 2 || minor < 6 || minor > 10)
		return false;
	return !copy[end] || strchr("abr+", copy[end]);
}

/*
 * Before 3.11 the version stands only in a string among the constants, which
 * linkers merge with the end of another one such as "/opt/3.9.18".
 */
static void scan_for_version(Elf_Scn *section, struct python_file *file)
{
	Elf_Data *data = elf_rawdata(section, NULL);
	if (!data || !data->d_buf)
		return;
	const char *begin = data->d_buf, *end = begin + data->d_size;
	for (const char *at = begin; (at = memmem(at, (size_t)(end - at), "3.", 2)); at++) {
		size_t n = strnlen(at, (size_t)(end - at));
		bool is_whole = (at == begin || !isalnum((unsigned char)at[-1])) && at + n < end;
		if (is_whole && is_version(at, n)) {
			snprintf(file->version, sizeof(file->version), "%.*s", (int)n, at);
			return;
		}
	}
}

typedef void (*section_fn)(
	Elf *elf, Elf_Scn *section, const char *name, uint32_t type, struct python_file *file);

static void each_section(Elf *elf, section_fn fn, struct python_file *file)
{
	size_t names;
	if (elf_getshdrstrndx(elf, &names))
		return;
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
		GElf_Shdr header;
		if (!gelf_getshdr(section, &header))
			continue;
		const char *name = elf_strptr(elf, names, header.sh_name);
		fn(elf, section, name ? name : "", header.sh_type, file);
	}
}

static void look_at_name(
	Elf *elf, Elf_Scn *section, const char *name, uint32_t type, struct python_file *file)
{
	(void)elf, (void)section, (void)type;
	if (!strcmp(name, ".PyRuntime"))
		file->holds_python = true;
}

static void look_at_symbols(
	Elf *elf, Elf_Scn *section, const char *name, uint32_t type, struct python_file *file)
{
	(void)name;
	bool is_needed = !file->holds_python || !*file->version;
	if (is_needed && (type == SHT_DYNSYM || type == SHT_SYMTAB))
		read_symbols(elf, section, file);
}

static void look_at_constants(
	Elf *elf, Elf_Scn *section, const char *name, uint32_t type, struct python_file *file)
{
	(void)elf, (void)type;
	if (!*file->version && !strcmp(name, ".rodata"))
		scan_for_version(section, file);
}

static void look_into(int fd, bool thorough, struct python_file *file)
{
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!elf)
		return;
	if (elf_kind(elf) == ELF_K_ELF) {
		each_section(elf, look_at_name, file);
		if (file->holds_python || thorough)
			each_section(elf, look_at_symbols, file);
		if (file->holds_python)
			each_section(elf, look_at_constants, file);
	}
	elf_end(elf);
}

const struct python_file *python_files_get(struct python_files *files, int fd, bool thorough)
{
	struct stat status;
	struct python_file file = {0};
	if (!fstat(fd, &status)) {
		file.device = status.st_dev;
		file.inode = status.st_ino;
	}
	vec_foreach (&files->files, known) {
		if (known->device == file.device && known->inode == file.inode)
			return known;
	}
	struct python_file *added = vec_add(&files->files);
	if (!added)
		return NULL;
	look_into(fd, thorough, &file);
	*added = file;
	return added;
}

void python_files_deinit(struct python_files *files)
{
	vec_deinit(&files->files);
}
