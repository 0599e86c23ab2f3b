#include "base/locations.h"

#define LINE_MAX_SANE 100000000

enum { LOCATION_LONG = 14, LOCATION_NONE = 15, LOCATION_NO_COLUMN = 13, LOCATION_ONE_LINE = 10 };

/* The signed varint at table[i]: 6 bits a byte, low first, bit 6 says more; bit 0 is the sign. */
static int64_t signed_varint(const uint8_t *table, uint64_t n, uint64_t i)
{
	uint64_t value = 0;
	for (unsigned shift = 0; i < n && shift < 60; i++, shift += 6) {
		value |= (uint64_t)(table[i] & 63) << shift;
		if (!(table[i] & 64))
			break;
	}
	return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

uint32_t locations_line(const uint8_t *table, uint64_t n, int64_t line, int64_t instruction)
{
	int64_t end = 0;
	for (uint64_t i = 0; i < n;) {
		unsigned kind = table[i] >> 3 & 15;
		end += ((table[i] & 7) + 1) * 2;
		if (kind == LOCATION_LONG || kind == LOCATION_NO_COLUMN)
			line += signed_varint(table, n, i + 1);
		else if (kind >= LOCATION_ONE_LINE && kind < LOCATION_NO_COLUMN)
			line += kind - LOCATION_ONE_LINE;
		if (instruction < end)
			return kind == LOCATION_NONE || line < 0 || line > LINE_MAX_SANE
				       ? 0
				       : (uint32_t)line;
		do
			i++;
		while (i < n && !(table[i] & 128));
	}
	return 0;
}
