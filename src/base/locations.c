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

static uint32_t line_or_none(int64_t line)
{
	return line > 0 && line < LINE_MAX_SANE ? (uint32_t)line : 0;
}

uint32_t locations_line_lnotab(const uint8_t *table, uint64_t n, int64_t line, int64_t instruction)
{
	int64_t at = 0;
	for (uint64_t i = 0; i + 1 < n; i += 2) {
		at += table[i];
		if (at > instruction)
			break;
		line += (int8_t)table[i + 1];
	}
	return line_or_none(line);
}

uint32_t locations_line_pairs(const uint8_t *table, uint64_t n, int64_t line, int64_t instruction)
{
	int64_t end = 0;
	for (uint64_t i = 0; i + 1 < n; i += 2) {
		int8_t delta = (int8_t)table[i + 1];
		if (delta != INT8_MIN)
			line += delta;
		end += table[i];
		if (instruction < end)
			return delta == INT8_MIN ? 0 : line_or_none(line);
	}
	return 0;
}

uint32_t locations_line_of(
	unsigned minor, const uint8_t *table, uint64_t n, int64_t line, int64_t instruction)
{
	if (minor < 10)
		return locations_line_lnotab(table, n, line, instruction);
	if (minor == 10)
		return locations_line_pairs(table, n, line, instruction);
	return locations_line(table, n, line, instruction);
}
