#include "base/column.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t reserved_bytes(const struct column *column, size_t count)
{
	return align_up(count * column->element_size, (size_t)sysconf(_SC_PAGESIZE));
}

struct error *column_init(struct column *column, size_t element_size, size_t capacity)
{
	struct column made = {.element_size = element_size, .capacity = capacity};
	size_t n_bytes = reserved_bytes(&made, capacity);
	if (n_bytes) {
		made.data = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (made.data == MAP_FAILED)
			return &error_no_memory;
		madvise(made.data, n_bytes, MADV_HUGEPAGE);
	}
	*column = made;
	return NULL;
}

void column_sparse(struct column *column)
{
	if (column->data)
		madvise(column->data, reserved_bytes(column, column->capacity), MADV_NOHUGEPAGE);
}

void column_deinit(struct column *column)
{
	if (column->data)
		munmap(column->data, reserved_bytes(column, column->capacity));
	*column = (struct column){0};
}

void column_trim(struct column *column)
{
	size_t kept = reserved_bytes(column, column->n);
	size_t reserved = reserved_bytes(column, column->capacity);
	if (kept < reserved)
		munmap((char *)column->data + kept, reserved - kept);
	if (!kept)
		column->data = NULL;
	column->capacity = column->n;
}
