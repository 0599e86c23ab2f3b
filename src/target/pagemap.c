#include "target/pagemap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* linux/fs.h of 6.7 and later; older headers lack it. */
struct scan_region {
	uint64_t start, end, categories;
};

struct scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define SCAN_IOCTL _IOWR('f', 16, struct scan_arg)

enum {
	SCAN_IS_FILE = 1 << 2,
	SCAN_IS_PRESENT = 1 << 3,
	SCAN_IS_SWAPPED = 1 << 4,
	SCAN_IS_ZERO = 1 << 5,
};

#define ENTRY_PRESENT (1ull << 63)
#define ENTRY_SWAPPED (1ull << 62)
#define ENTRY_FILE (1ull << 61)
#define ENTRY_FRAME ((1ull << 55) - 1)

#define HUGE_BYTES (2ull << 20)

/* Frames of the zero page and of the first page of the huge zero page; 0 when hidden. */
static uint64_t zero_frame, huge_zero_frame;
static bool has_scan;

static uint64_t frame_of(int fd, const void *at)
{
	uint64_t entry = 0;
	off_t offset = (off_t)((uintptr_t)at / (uint64_t)sysconf(_SC_PAGESIZE) * sizeof(entry));
	if (pread(fd, &entry, sizeof(entry), offset) != sizeof(entry) || !(entry & ENTRY_PRESENT))
		return 0;
	return entry & ENTRY_FRAME;
}

/* The frame that reading fresh memory at `at` maps there. */
static uint64_t probe_frame(int fd, volatile const char *at, int advice)
{
	madvise((void *)at, HUGE_BYTES, advice);
	(void)at[0];
	return frame_of(fd, (const void *)at);
}

static bool try_scan(int fd)
{
	struct scan_arg arg = {.size = sizeof(arg)};
	return ioctl(fd, SCAN_IOCTL, &arg) >= 0;
}

bool pagemap_knows_zero(void)
{
	return has_scan || zero_frame;
}

void pagemap_init(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	has_scan = fd >= 0 && try_scan(fd);
	void *area = mmap(NULL, 4 * HUGE_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fd >= 0 && area != MAP_FAILED) {
		char *first = (char *)align_up((uintptr_t)area, HUGE_BYTES);
		zero_frame = probe_frame(fd, first, MADV_NOHUGEPAGE);
		uint64_t second = probe_frame(fd, first + HUGE_BYTES, MADV_HUGEPAGE);
		uint64_t third = probe_frame(fd, first + 2 * HUGE_BYTES, MADV_HUGEPAGE);
		huge_zero_frame = second == third && second != zero_frame ? second : 0;
	}
	if (area != MAP_FAILED)
		munmap(area, 4 * HUGE_BYTES);
	if (fd >= 0)
		close(fd);
}

static void set_bits(uint64_t *bits, uint64_t first, uint64_t end)
{
	for (uint64_t i = first; i < end;) {
		if (i % 64 == 0 && end - i >= 64) {
			bits[i / 64] = UINT64_MAX;
			i += 64;
		} else {
			bits[i / 64] |= 1ull << i % 64;
			i++;
		}
	}
}

static void mark(
	uint64_t categories, uint64_t first, uint64_t end, uint64_t *resident, uint64_t *content)
{
	bool present = categories & SCAN_IS_PRESENT, zero = categories & SCAN_IS_ZERO;
	if (resident && present && !zero)
		set_bits(resident, first, end);
	if (content && !zero && !(categories & SCAN_IS_FILE))
		set_bits(content, first, end);
}

bool pagemap_read(int pagemap_fd, addr_t begin, addr_t end, uint64_t *resident, uint64_t *content)
{
	if (!has_scan)
		return pagemap_read_entries(pagemap_fd, begin, end, resident, content);
	struct scan_region regions[256];
	for (addr_t at = begin; at < end;) {
		struct scan_arg arg = {
			.size = sizeof(arg),
			.start = at,
			.end = end,
			.vec = (uintptr_t)regions,
			.vec_len = ARRAY_SIZE(regions),
			.category_anyof_mask = SCAN_IS_PRESENT | SCAN_IS_SWAPPED,
			.return_mask =
				SCAN_IS_PRESENT | SCAN_IS_SWAPPED | SCAN_IS_FILE | SCAN_IS_ZERO,
		};
		int n = ioctl(pagemap_fd, SCAN_IOCTL, &arg);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		for (int i = 0; i < n; i++) {
			mark(regions[i].categories, (regions[i].start - begin) / 4096,
				(regions[i].end - begin) / 4096, resident, content);
		}
		if (arg.walk_end <= at)
			break;
		at = arg.walk_end;
	}
	return true;
}

static uint64_t entry_categories(uint64_t entry)
{
	uint64_t categories = 0, frame = entry & ENTRY_FRAME;
	if (entry & ENTRY_PRESENT) {
		categories |= SCAN_IS_PRESENT;
		if (frame && frame == zero_frame)
			categories |= SCAN_IS_ZERO;
		if (huge_zero_frame && frame >= huge_zero_frame && frame < huge_zero_frame + 512)
			categories |= SCAN_IS_ZERO;
	}
	if (entry & ENTRY_SWAPPED)
		categories |= SCAN_IS_SWAPPED;
	if (entry & ENTRY_FILE)
		categories |= SCAN_IS_FILE;
	return categories;
}

bool pagemap_read_entries(
	int pagemap_fd, addr_t begin, addr_t end, uint64_t *resident, uint64_t *content)
{
	uint64_t entries[1024];
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE), page = begin / page_bytes;
	while (page < end / page_bytes) {
		size_t wanted = MIN(ARRAY_SIZE(entries), end / page_bytes - page);
		ssize_t got = pread(pagemap_fd, entries, wanted * sizeof(entries[0]),
			(off_t)(page * sizeof(entries[0])));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		size_t n = (size_t)got / sizeof(entries[0]);
		if (!n)
			break;
		for (size_t i = 0; i < n; i++, page++) {
			if (entries[i] & (ENTRY_PRESENT | ENTRY_SWAPPED)) {
				mark(entry_categories(entries[i]),
					(page * page_bytes - begin) / 4096,
					((page + 1) * page_bytes - begin) / 4096, resident,
					content);
			}
		}
	}
	return true;
}
