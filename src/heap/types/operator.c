/*
 * The getters of _operator.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

STRUCT_WALKER(walk_itemgetter, itemgetterobject, HIDDEN(itemgetterobject, item))

STRUCT_WALKER(walk_attrgetter, attrgetterobject, HIDDEN(attrgetterobject, attr))

/*
 * 3.13, the version with `xargs`, makes the names and a block of borrowed
 * references with the first call, and leaves the members as they are until
 * then. Later versions have a tuple and the names from the beginning.
 */
void walk_methodcaller(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, HIDDEN(methodcallerobject, name), HIDDEN(methodcallerobject, xargs),
		HIDDEN(methodcallerobject, args), HIDDEN(methodcallerobject, kwds));
	FIELD_TABLE(block, NATIVE(methodcallerobject, vectorcall_args),
		HIDDEN(methodcallerobject, vectorcall_kwnames));
	FIELD_TABLE(tuple, HIDDEN(methodcallerobject, vectorcall_args),
		HIDDEN(methodcallerobject, vectorcall_kwnames));
	const struct layout *layout = walk_layout(walk);
	if (!fields_walk(walk, object, type, layout->methodcallerobject.n_bytes, fields,
		    ARRAY_SIZE(fields)))
		return;
	if (layout->methodcallerobject.xargs == LAYOUT_ABSENT)
		fields_walk_struct(walk, object, tuple, ARRAY_SIZE(tuple));
	else if (field_word(walk_mem(walk), object, layout->methodcallerobject.vectorcall_args))
		fields_walk_struct(walk, object, block, ARRAY_SIZE(block));
}
