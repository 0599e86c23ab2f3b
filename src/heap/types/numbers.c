/*
 * Numbers and times written in C: decimal, datetime, zoneinfo.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

/* libmpdec/mpdecimal.h, MPD_DATAFLAGS: the digits are not in a block of their own. */
#define MPD_DATA_IS_NOT_OWNED (32 | 64 | 128)

/* The block of the digits of a Decimal, or 0; its words in `n_ret`. */
static addr_t decimal_digits(const struct cpython *cpython, addr_t object, uint64_t *n_ret)
{
	const struct layout *layout = cpython->layout;
	uint32_t dec = layout->PyDecObject.dec;
	if (dec == LAYOUT_ABSENT || layout->mpd_t.n_bytes == LAYOUT_ABSENT)
		return 0;
	const struct mem *mem = cpython->mem;
	if (field_u8(mem, object + dec, layout->mpd_t.flags) & MPD_DATA_IS_NOT_OWNED)
		return 0;
	*n_ret = field_word(mem, object + dec, layout->mpd_t.alloc);
	return field_word(mem, object + dec, layout->mpd_t.data);
}

void walk_decimal(struct walk *walk, addr_t object, const struct type_info *type)
{
	if (!body_is_known(walk, object, type, walk_layout(walk)->PyDecObject.n_bytes))
		return;
	uint64_t n;
	addr_t digits = decimal_digits(walk_cpython(walk), object, &n);
	if (digits)
		walk_part(walk, digits);
}

uint64_t size_decimal(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	uint64_t n = 0;
	decimal_digits(cpython, object, &n);
	return size_of_body(type) + size_of_items(n, 8);
}

STRUCT_WALKER(walk_decimal_context, PyDecContextObject, ATTR(PyDecContextObject, traps, "traps"),
	ATTR(PyDecContextObject, flags, "flags"))

/* Objects without time zone are allocated without the member for it. */
static void walk_tzinfo(struct walk *walk, addr_t object, uint32_t has_tzinfo, uint32_t tzinfo)
{
	if (tzinfo != LAYOUT_ABSENT && field_u8(walk_mem(walk), object, has_tzinfo))
		walk_field(walk, EDGE_ATTR_STATIC, "tzinfo", object, tzinfo);
}

void walk_time(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct layout *layout = walk_layout(walk);
	walk_tzinfo(
		walk, object, layout->PyDateTime_Time.hastzinfo, layout->PyDateTime_Time.tzinfo);
}

void walk_datetime(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct layout *layout = walk_layout(walk);
	walk_tzinfo(walk, object, layout->PyDateTime_DateTime.hastzinfo,
		layout->PyDateTime_DateTime.tzinfo);
}

STRUCT_WALKER(walk_timezone, PyDateTime_TimeZone, HIDDEN(PyDateTime_TimeZone, offset),
	HIDDEN(PyDateTime_TimeZone, name))

/* RFC 8536: the index of a local time type is one byte. */
#define TTINFOS_MAX 256

FIELD_TABLE(ttinfo_fields, HIDDEN(ttinfo, utcoff), HIDDEN(ttinfo, dstoff), HIDDEN(ttinfo, tzname));

static void walk_ttinfo(struct walk *walk, addr_t ttinfo)
{
	fields_walk_struct(walk, ttinfo, ttinfo_fields, ARRAY_SIZE(ttinfo_fields));
}

void walk_zoneinfo(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, ATTR(PyZoneInfo_ZoneInfo, key, "key"),
		HIDDEN(PyZoneInfo_ZoneInfo, file_repr), NATIVE(PyZoneInfo_ZoneInfo, trans_list_utc),
		NATIVE(PyZoneInfo_ZoneInfo, trans_ttinfos), NATIVE(PyZoneInfo_ZoneInfo, _ttinfos),
		NATIVE(PyZoneInfo_ZoneInfo, tzrule_after_start),
		NATIVE(PyZoneInfo_ZoneInfo, tzrule_after_end));
	const struct layout *layout = walk_layout(walk);
	const struct mem *mem = walk_mem(walk);
	if (!fields_walk(walk, object, type, layout->PyZoneInfo_ZoneInfo.n_bytes, fields,
		    ARRAY_SIZE(fields)))
		return;
	for (uint32_t i = 0; i < 2; i++) {
		addr_t wall =
			mem_word(mem, object + layout->PyZoneInfo_ZoneInfo.trans_list_wall + i * 8);
		if (wall)
			walk_native(walk, wall);
	}
	if (layout->ttinfo.n_bytes == LAYOUT_ABSENT)
		return;
	uint64_t n =
		MIN(field_word(mem, object, layout->PyZoneInfo_ZoneInfo.num_ttinfos), TTINFOS_MAX);
	addr_t ttinfos = field_word(mem, object, layout->PyZoneInfo_ZoneInfo._ttinfos);
	uint64_t n_bytes = size_of_items(n, layout->ttinfo.n_bytes);
	if (n_bytes && mem_at(mem, ttinfos, n_bytes))
		for (uint64_t i = 0; i < n; i++)
			walk_ttinfo(walk, ttinfos + i * layout->ttinfo.n_bytes);
	if (layout->PyZoneInfo_ZoneInfo.tzrule_after_std != LAYOUT_ABSENT)
		walk_ttinfo(walk, object + layout->PyZoneInfo_ZoneInfo.tzrule_after_std);
	if (layout->PyZoneInfo_ZoneInfo.tzrule_after_dst != LAYOUT_ABSENT)
		walk_ttinfo(walk, object + layout->PyZoneInfo_ZoneInfo.tzrule_after_dst);
}
