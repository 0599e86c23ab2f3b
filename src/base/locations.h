/*
 * Line tables of CPython 3.11 on (co_linetable, Objects/locations.md): entries
 * of a head byte (1 | kind:4 | units-1:3) and bytes below 128, of which some
 * kinds begin with a signed varint of lines.
 */
#ifndef WHYMEM_LOCATIONS_H
#define WHYMEM_LOCATIONS_H

#include "base/base.h"

/* Line of byte `instruction` of code whose first line is `line`; 0 when it has none. */
uint32_t locations_line(const uint8_t *table, uint64_t n, int64_t line, int64_t instruction);

#endif
