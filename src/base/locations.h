/*
 * Line tables of code objects:
 *
 *	3.9	co_lnotab: pairs (u8 bytes, i8 lines); Objects/lnotab_notes.txt
 *	3.10	co_linetable: pairs (u8 bytes, i8 lines; -128: no line)
 *	3.11 on	co_linetable: entries of a head byte (1 | kind:4 | units-1:3) and
 *		bytes below 128, of which some kinds begin with a signed varint of
 *		lines; Objects/locations.md
 */
#ifndef WHYMEM_LOCATIONS_H
#define WHYMEM_LOCATIONS_H

#include "base/base.h"

/* Line of byte `instruction` of code whose first line is `line`; 0 when it has none. */
uint32_t locations_line(const uint8_t *table, uint64_t n, int64_t line, int64_t instruction);
/* The same of 3.9 and of 3.10. */
uint32_t locations_line_lnotab(const uint8_t *table, uint64_t n, int64_t line, int64_t instruction);
uint32_t locations_line_pairs(const uint8_t *table, uint64_t n, int64_t line, int64_t instruction);
/* The same of 3.`minor`. */
uint32_t locations_line_of(
	unsigned minor, const uint8_t *table, uint64_t n, int64_t line, int64_t instruction);

#endif
