/*
 * Quantities as people read them: 1 203 441; 890 MiB; 3 d 4 h; 8.3 ms.
 */
#ifndef WHYMEM_NUMBER_H
#define WHYMEM_NUMBER_H

#include "base/base.h"

struct number {
	char text[48];
};

/* 1203441 -> "1 203 441" */
struct number number_count(int64_t n);

/* 14 800 000 -> "14.8 M"; below 100 000 as number_count(). */
struct number number_short(int64_t n);

/*
 * Digits behind the point that show a table of sizes up to `largest` bytes
 * well: three significant ones for the largest.
 */
unsigned mib_digits(int64_t largest);

/* Bytes as MiB without the unit: "1 968", "0.42"; "<0.01" for what would round to 0. */
struct number number_mib(int64_t bytes, unsigned digits);

/* "3 d 4 h", "17 min 3 s", "1.9 s", "8.3 ms", "12 us": the two largest units, or one decimal. */
struct number number_duration(int64_t ns);

/* Share of `part` in `whole`: "57 %", "<1 %", "" when there is no whole. */
struct number number_percent(int64_t part, int64_t whole);

/* Seconds since 1970 as "2026-01-31 12:00 UTC". */
struct number number_date(int64_t unix_ns);

#endif
