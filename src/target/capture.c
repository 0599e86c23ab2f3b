/* stop-gap: reads a quiet process without stopping it */
#include "target/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>
#include <dirent.h>

static void read_maps(struct capture *c)
{
	char name[64], line[4096];
	snprintf(name, sizeof(name), "/proc/%d/smaps", c->pid);
	FILE *f = fopen(name, "r");
	struct map *m = NULL;
	while (f && fgets(line, sizeof(line), f)) {
		unsigned long a, b, off, ino;
		unsigned maj, min;
		char perm[8];
		int n = 0;
		unsigned long v;
		if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %n", &a, &b, perm, &off, &maj, &min, &ino, &n) == 7) {
			m = vec_add(&c->maps);
			line[strcspn(line, "\n")] = 0;
			m->start = a, m->end = b, m->offset = off, m->device = makedev(maj, min), m->inode = ino;
			m->path = strdup(line + n);
			m->flags = (perm[0] == 'r' ? MAP_READ : 0) | (perm[1] == 'w' ? MAP_WRITE : 0) |
				   (perm[2] == 'x' ? MAP_EXEC : 0) | (perm[3] == 's' ? MAP_IS_SHARED : 0);
			if (!strcmp(m->path, "[heap]")) m->flags |= MAP_IS_HEAP;
			else if (!strcmp(m->path, "[stack]")) m->flags |= MAP_IS_STACK;
			else if (m->path[0] == '[') m->flags |= MAP_IS_SPECIAL;
			m->resident = calloc((b - a) / 4096 / 64 + 1, 8);
		} else if (m && sscanf(line, "Rss: %lu", &v) == 1)
			m->resident_bytes = v * 1024;
		else if (m && sscanf(line, "Pss: %lu", &v) == 1)
			c->memory.pss_bytes += v * 1024;
		else if (m && (sscanf(line, "Private_Clean: %lu", &v) == 1 || sscanf(line, "Private_Dirty: %lu", &v) == 1))
			c->memory.uss_bytes += v * 1024;
	}
	if (f)
		fclose(f);
}

static struct error *copy(struct capture *c)
{
	char name[64];
	snprintf(name, sizeof(name), "/proc/%d/mem", c->pid);
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	snprintf(name, sizeof(name), "/proc/%d/pagemap", c->pid);
	int pm = open(name, O_RDONLY | O_CLOEXEC);
	vec_foreach(&c->maps, m) {
		uint64_t count = 0;
		for (addr_t at = m->start; at < m->end; at += 4096) {
			uint64_t e = 0;
			if (m->flags & MAP_IS_SPECIAL)
				break;
			pread(pm, &e, 8, at / 4096 * 8);
			if (e >> 63) {
				m->resident[(at - m->start) / 4096 / 64] |= 1ull << (at - m->start) / 4096 % 64;
				count += 4096;
			}
		}
		m->resident_bytes = count;
		c->memory.rss_bytes += count;
		if (!(m->flags & MAP_READ) || m->flags & (MAP_IS_SHARED | MAP_IS_SPECIAL))
			continue;
		struct error *e = mem_add(&c->mem, m->start, m->end);
		if (e)
			return e;
		m->flags |= MAP_IN_IMAGE;
		for (addr_t at = m->start; at < m->end; at += 4096) {
			uint64_t i = (at - m->start) / 4096;
			if (m->inode || m->resident[i / 64] >> i % 64 & 1)
				pread(fd, mem_host(at), 4096, (off_t)at);
		}
	}
	close(fd), close(pm);
	return NULL;
}

struct error *capture_create(pid_t pid, const struct capture_options *options, struct capture **ret)
{
	struct capture *c = calloc(1, sizeof(*c));
	c->pid = pid;
	c->complete = true;
	snprintf(c->program, sizeof(c->program), "program");
	c->memory.cgroup_limit_bytes = c->memory.cgroup_used_bytes = UINT64_MAX;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	c->captured_unix_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	char name[64];
	snprintf(name, sizeof(name), "/proc/%d/task", pid);
	DIR *d = opendir(name);
	if (!d) {
		free(c);
		return error_create(ERROR_NO_SUCH_PROCESS, errno, NULL, "no process %d", pid);
	}
	struct dirent *e;
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			((struct thread *)vec_add(&c->threads))->tid = atoi(e->d_name);
	closedir(d);
	struct error *error = mem_init(&c->mem);
	if (!error) {
		read_maps(c);
		error = copy(c);
	}
	if (error) {
		capture_destroy(c);
		return error;
	}
	*ret = c;
	return NULL;
}

void capture_destroy(struct capture *c)
{
	vec_foreach(&c->maps, m) {
		free(m->path);
		free(m->resident);
	}
	vec_deinit(&c->maps);
	vec_deinit(&c->threads);
	vec_deinit(&c->warnings);
	mem_deinit(&c->mem);
	free(c);
}

const struct map *capture_find_map(const struct capture *c, addr_t address)
{
	size_t low = 0, high = c->maps.n;
	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct map *m = &c->maps.data[mid];
		if (address < m->start)
			high = mid;
		else if (address >= m->end)
			low = mid + 1;
		else
			return m;
	}
	return NULL;
}

uint64_t capture_resident(const struct capture *c, addr_t address, uint64_t n)
{
	uint64_t sum = 0;
	addr_t end = address + n;
	while (address < end) {
		addr_t next = MIN(end, align_down(address, 4096) + 4096);
		const struct map *m = capture_find_map(c, address);
		if (m) {
			uint64_t i = (address - m->start) / 4096;
			if (m->resident[i / 64] >> i % 64 & 1)
				sum += next - address;
		}
		address = next;
	}
	return sum;
}

struct error *capture_open_file(const struct capture *c, const struct map *map, int *fd_ret)
{
	char name[4200];
	snprintf(name, sizeof(name), "/proc/%d/root%s", c->pid, map->path);
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_create(ERROR_UNREADABLE_FILE, errno, NULL, "%s: %s", map->path, strerror(errno));
	*fd_ret = fd;
	return NULL;
}

struct error *capture_add_warning(struct capture *c, const char *id, const char *format, ...)
{
	struct warning *w = vec_add(&c->warnings);
	if (!w)
		return &error_no_memory;
	w->id = id;
	va_list args;
	va_start(args, format);
	vsnprintf(w->text, sizeof(w->text), format, args);
	va_end(args);
	return NULL;
}
