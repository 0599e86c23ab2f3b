/*
 * The types of _sre: patterns, matches, scanners, templates.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

STRUCT_WALKER(walk_pattern, PatternObject, HIDDEN(PatternObject, groupindex),
	HIDDEN(PatternObject, indexgroup), ATTR(PatternObject, pattern, "pattern"))

STRUCT_WALKER(walk_match, MatchObject, ATTR(MatchObject, string, "string"),
	HIDDEN(MatchObject, regs), ATTR(MatchObject, pattern, "re"))

/* Behind the pattern lies the state of a search: the string, marks, a stack. */
void walk_re_scanner(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, ATTR(ScannerObject, pattern, "pattern"));
	const struct layout *layout = walk_layout(walk);
	if (fields_walk(
		    walk, object, type, layout->ScannerObject.n_bytes, fields, ARRAY_SIZE(fields)))
		walk_scan(walk, object, layout->ScannerObject.pattern + 8, type->known_bytes);
}

/* Items are pairs of a group's number and the text behind it. */
void walk_re_template(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, HIDDEN(TemplateObject, literal));
	const struct layout *layout = walk_layout(walk);
	if (!fields_walk(
		    walk, object, type, layout->TemplateObject.n_bytes, fields, ARRAY_SIZE(fields)))
		return;
	const struct mem *mem = walk_mem(walk);
	addr_t items = object + layout->TemplateObject.items;
	uint64_t n = field_ob_size(walk_cpython(walk), object);
	uint64_t n_bytes = size_of_items(n, 16);
	if (!n_bytes || !mem_at(mem, items, n_bytes))
		return;
	for (uint64_t i = 0; i < n; i++)
		walk_edge(walk, EDGE_INDEX, (uint32_t)MIN(i, UINT32_MAX),
			mem_word(mem, items + i * 16 + 8));
}
