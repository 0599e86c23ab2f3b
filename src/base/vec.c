#include "base/vec.h"

bool vec_grow(void **data, size_t *capacity, size_t n, size_t size)
{
	assert(n <= *capacity);
	if (n == *capacity) {
		size_t wanted = *capacity ? *capacity * 2 : 8;
		void *grown = reallocarray(*data, wanted, size);
		if (!grown)
			return false;
		*data = grown;
		*capacity = wanted;
	}
	memset((char *)*data + n * size, 0, size);
	return true;
}
