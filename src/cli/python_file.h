/*
 * A mapped file becomes the CPython version it holds, if any: by the section or
 * symbol of the interpreter's state, cheaply enough for all processes of a host.
 */
#ifndef WHYMEM_PYTHON_FILE_H
#define WHYMEM_PYTHON_FILE_H

#include "base/vec.h"

#include <sys/types.h>

/* What is known of a file, by device and inode. */
struct python_file {
	dev_t device;
	ino_t inode;
	bool holds_python, is_free_threaded;
	char version[32]; /* "3.12.1"; empty when it holds none or does not tell */
};

/* Files looked into so far; zero to begin with. */
struct python_files {
	VEC(struct python_file) files;
};

/*
 * What the file open as `fd` holds; borrowed until the next call. NULL when
 * memory ran out. A thorough look reads symbols; else only section names.
 */
const struct python_file *python_files_get(struct python_files *files, int fd, bool thorough);
void python_files_deinit(struct python_files *files);

#endif
