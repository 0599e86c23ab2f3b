/*
 * Can a program that is to be started take the agent? The loader of another C
 * library, of another machine, or of a program with more rights than its
 * starter would refuse it, some of them with a message or for good.
 *
 * System calls alone: see exec.c.
 */
#include "agent.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum {
	N_INTERPRETERS_MAX = 5, /* of scripts that are run by scripts */
	N_SEGMENTS_MAX = 64,
	HEAD_BYTES = 256,
};

/* The loader of this process, as PT_INTERP names it. */
static char own_loader[HEAD_BYTES];

static int copy_loader(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)size, (void)context;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		const char *name = (const char *)(info->dlpi_addr + segment->p_vaddr);
		if (segment->p_type == PT_INTERP && segment->p_memsz < sizeof(own_loader))
			memcpy(own_loader, name, segment->p_memsz);
	}
	return 1; /* the first one is the program itself */
}

__attribute__((constructor(101))) static void find_loader(void)
{
	dl_iterate_phdr(copy_loader, NULL);
}

/* Opens what `name` means for the shell. */
static int open_in_path(const char *name)
{
	char path[PATH_MAX];
	size_t n_name = strlen(name);
	const char *folders = getenv("PATH");
	if (!folders)
		folders = "/bin:/usr/bin";
	for (const char *at = folders; *at; at += *at == ':') {
		size_t n = strcspn(at, ":");
		if (n + n_name + 2 <= sizeof(path)) {
			memcpy(path, at, n);
			path[n] = '/';
			memcpy(path + n + (n > 0), name, n_name + 1);
			int fd = access(path, X_OK) ? -1 : open(path, O_RDONLY | O_CLOEXEC);
			if (fd >= 0)
				return fd;
		}
		at += n;
	}
	return -1;
}

static int open_program(const char *path, int fd, bool searches)
{
	if (!path || !*path)
		return fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (searches && !strchr(path, '/'))
		return open_in_path(path);
	return openat(fd < 0 ? AT_FDCWD : fd, path, O_RDONLY | O_CLOEXEC);
}

/* Does it get rights that this process does not have? Then the loader takes no preload. */
static bool gains_rights(int fd)
{
	struct stat status;
	char capability[64];
	if (fstat(fd, &status))
		return true;
	return (status.st_mode & S_ISUID && status.st_uid != geteuid()) ||
	       (status.st_mode & S_ISGID && status.st_gid != getegid()) ||
	       fgetxattr(fd, "security.capability", capability, sizeof(capability)) > 0;
}

/* Is it the same file as our own loader? It can have several names. */
static bool is_own_loader(const char *name)
{
	struct stat ours, theirs;
	return !strcmp(name, own_loader) ||
	       (!stat(name, &theirs) && !stat(own_loader, &ours) && theirs.st_dev == ours.st_dev &&
		       theirs.st_ino == ours.st_ino);
}

/* NULL, or why the executable cannot be traced. */
static const char *check_elf(int fd, const ElfW(Ehdr) * header)
{
	ElfW(Phdr) segments[N_SEGMENTS_MAX];
	char loader[HEAD_BYTES];
	size_t n = MIN((size_t)header->e_phnum, (size_t)N_SEGMENTS_MAX) * sizeof(*segments);
	if (header->e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32))
		return "it is made for another machine";
	if (gains_rights(fd))
		return "it has more rights than who starts it";
	if (header->e_phentsize != sizeof(*segments) ||
		pread(fd, segments, n, (off_t)header->e_phoff) != (ssize_t)n)
		return "its file cannot be read";
	for (size_t i = 0; i < n / sizeof(*segments); i++) {
		if (segments[i].p_type != PT_INTERP)
			continue;
		size_t n_name = segments[i].p_filesz;
		bool is_ours =
			n_name && n_name < sizeof(loader) &&
			pread(fd, loader, n_name, (off_t)segments[i].p_offset) == (ssize_t)n_name &&
			!loader[n_name - 1] && is_own_loader(loader);
		return is_ours ? NULL : "it uses another C library";
	}
	return "it is linked statically";
}

/* The word behind "#!", or NULL. */
static char *find_interpreter(char *head)
{
	if (head[0] != '#' || head[1] != '!')
		return NULL;
	char *name = head + 2 + strspn(head + 2, " \t");
	name[strcspn(name, " \t\n")] = '\0';
	return *name ? name : NULL;
}

/* The file that is loaded in the end, behind scripts; its head is in `head`. */
static int open_executable(const char *path, int fd, bool searches, char head[HEAD_BYTES])
{
	int opened = open_program(path, fd, searches);
	for (int i = 0; i < N_INTERPRETERS_MAX && opened >= 0; i++) {
		memset(head, 0, HEAD_BYTES);
		ssize_t n = pread(opened, head, HEAD_BYTES - 1, 0);
		char *interpreter = n > 0 ? find_interpreter(head) : NULL;
		if (!interpreter)
			return opened;
		close(opened);
		opened = open(interpreter, O_RDONLY | O_CLOEXEC);
	}
	return opened;
}

static bool is_python_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	return path && !strncmp(slash ? slash + 1 : path, "python", 6);
}

bool program_takes_agent(const char *path, int fd, bool searches)
{
	char head[HEAD_BYTES];
	ElfW(Ehdr) header;
	int executable = open_executable(path, fd, searches, head);
	if (executable < 0)
		return false;
	const char *refusal = NULL;
	memcpy(&header, head, sizeof(header));
	bool is_elf = !memcmp(head, ELFMAG, SELFMAG);
	if (is_elf)
		refusal = check_elf(executable, &header);
	close(executable);
	if (!refusal && access(session.agent, R_OK))
		refusal = "it does not see the file of the agent";
	if (refusal && is_elf && is_python_name(path))
		session_send(TRACE_MESSAGE_UNTRACED, refusal, -1);
	return !refusal;
}
