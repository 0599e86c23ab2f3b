/*
 * lxml: the tree of libxml2 counts as the document's; the objects that stand
 * for its elements point into it and own none of it.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

void walk_lxml_element(struct walk *walk, addr_t object, const struct type_info *type)
{
	walk_scan_objects(walk, object, 16, type->known_bytes);
}
