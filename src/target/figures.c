#include "target/figures.h"

#include "base/cleanup.h"
#include "target/cgroup.h"
#include "target/proc.h"
#include "target/usage.h"

#define MIB (1ull << 20)
#define OWN_SPARE_BYTES (64 * MIB)
#define COPY_SPARE_BYTES (16 * MIB)
#define LOOK_SPARE_BYTES (OWN_SPARE_BYTES + COPY_SPARE_BYTES)

static uint64_t kilobytes(const char *text, const char *key)
{
	uint64_t value = proc_number(text, key, 10);
	return value == UINT64_MAX ? UINT64_MAX : value * 1024;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a == UINT64_MAX || b == UINT64_MAX ? UINT64_MAX : a + b;
}

/* A process that ends has given back its page tables, others have some. */
static uint64_t page_table_bytes(const char *status)
{
	uint64_t n_bytes = kilobytes(status, "VmPTE:");
	return n_bytes ? n_bytes : UINT64_MAX;
}

struct error *figures_read(pid_t pid, struct memory_figures *ret)
{
	_cleanup_free_ char *rollup = NULL;
	_cleanup_free_ char *status = NULL;
	struct error *error = proc_read(pid, "smaps_rollup", &rollup, NULL);
	if (!error)
		error = proc_read(pid, "status", &status, NULL);
	if (error)
		return error;
	struct cgroup_memory group;
	cgroup_read_memory(pid, &group);
	*ret = (struct memory_figures){
		.pss_bytes = kilobytes(rollup, "Pss:"),
		.uss_bytes = sum(
			kilobytes(rollup, "Private_Clean:"), kilobytes(rollup, "Private_Dirty:")),
		.swap_bytes = kilobytes(rollup, "Swap:"),
		.page_table_bytes = page_table_bytes(status),
		.hugetlb_bytes = kilobytes(status, "HugetlbPages:"),
		.cgroup_limit_bytes = group.limit_bytes,
		.cgroup_used_bytes = group.used_bytes,
	};
	return NULL;
}

static uint64_t available_bytes(void)
{
	_cleanup_free_ char *text = NULL;
	struct error *error = proc_read_path("/proc/meminfo", &text, NULL);
	error_destroy(error);
	return error ? UINT64_MAX : kilobytes(text, "MemAvailable:");
}

uint64_t figures_until_half(pid_t pid)
{
	uint64_t rss = UINT64_MAX;
	_cleanup_close_ int folder = -1;
	struct error *error = usage_open(pid, &folder);
	if (!error)
		usage_read(folder, USAGE_RSS, &rss);
	error_destroy(error);
	struct cgroup_memory group;
	cgroup_read_memory(pid, &group);
	uint64_t room = MIN(group.room_bytes, available_bytes());
	if (rss == UINT64_MAX || room == UINT64_MAX)
		return UINT64_MAX;
	uint64_t whole = rss + room, half = whole / 5 * 2;
	if (whole - half < half + LOOK_SPARE_BYTES)
		half = MAX(whole / 5, (whole - MIN(whole, LOOK_SPARE_BYTES)) / 2);
	return half > rss ? half - rss : 0;
}

struct error *figures_check_own_room(pid_t pid, uint64_t n_bytes)
{
	uint64_t needed = n_bytes + OWN_SPARE_BYTES, available = available_bytes();
	if (needed > available)
		return error_create(ERROR_OUT_OF_MEMORY, 0,
			"free some memory, or run whymem while less is in use",
			"process %d needs %llu MiB to be read, and this machine has %llu MiB "
			"available",
			pid, (unsigned long long)(needed / MIB),
			(unsigned long long)(available / MIB));
	struct cgroup_memory group;
	cgroup_read_memory(getpid(), &group);
	if (needed > group.room_bytes)
		return error_create(ERROR_OUT_OF_MEMORY, 0,
			"run whymem in another cgroup, such as on the host, or raise the limit",
			"process %d needs %llu MiB to be read, and the cgroup of whymem has %llu "
			"of its "
			"%llu MiB left",
			pid, (unsigned long long)(needed / MIB),
			(unsigned long long)(group.room_bytes / MIB),
			(unsigned long long)(group.limit_bytes / MIB));
	return NULL;
}

bool figures_copy_fits(pid_t pid, uint64_t private_bytes, char *reason, size_t size)
{
	/* Page tables of the copy, and what the process may write while it lives. */
	uint64_t needed = private_bytes / 512 + private_bytes / 8 + COPY_SPARE_BYTES;
	struct cgroup_memory group;
	cgroup_read_memory(pid, &group);
	if (needed > group.room_bytes) {
		snprintf(reason, size, "its cgroup has only %llu of its %llu MiB left",
			(unsigned long long)(group.room_bytes / MIB),
			(unsigned long long)(group.limit_bytes / MIB));
		return false;
	}
	if (!cgroup_process_room(pid)) {
		snprintf(reason, size, "its cgroup allows no more processes (pids.max)");
		return false;
	}
	return true;
}
