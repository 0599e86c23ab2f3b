/*
 * What is asked of a finished capture.
 */
#include "target/capture.h"
#include "target/maps.h"

#include <stdarg.h>
#include <stdio.h>

struct error *capture_add_warning(struct capture *capture, const char *id, const char *format, ...)
{
	struct warning *warning = vec_add(&capture->warnings);
	if (!warning)
		return &error_no_memory;
	warning->id = id;
	va_list args;
	va_start(args, format);
	vsnprintf(warning->text, sizeof(warning->text), format, args);
	va_end(args);
	return NULL;
}

const struct map *capture_find_map(const struct capture *capture, addr_t address)
{
	size_t index = maps_after(capture->maps.data, capture->maps.n, address);
	const struct map *map = &capture->maps.data[index];
	return index < capture->maps.n && map->start <= address ? map : NULL;
}

/* The part of [begin, end), which lies in `map`, that is resident. */
static uint64_t resident_in_map(const struct map *map, addr_t begin, addr_t end)
{
	uint64_t n = 0;
	for (addr_t at = begin; at < end;) {
		uint64_t page = (at - map->start) / 4096;
		addr_t next = MIN(end, map->start + (page + 1) * 4096);
		if (map->resident[page / 64] >> page % 64 & 1)
			n += next - at;
		at = next;
	}
	return n;
}

uint64_t capture_resident(const struct capture *capture, addr_t address, uint64_t n_bytes)
{
	addr_t end = address + n_bytes < address ? UINT64_MAX : address + n_bytes;
	uint64_t n = 0;
	for (size_t i = maps_after(capture->maps.data, capture->maps.n, address);
		i < capture->maps.n; i++) {
		const struct map *map = &capture->maps.data[i];
		if (map->start >= end)
			break;
		n += resident_in_map(map, MAX(address, map->start), MIN(end, map->end));
	}
	return n;
}
