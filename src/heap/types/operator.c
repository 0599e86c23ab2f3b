/*
 * The getters of _operator.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

STRUCT_WALKER(walk_itemgetter, itemgetterobject, HIDDEN(itemgetterobject, item))

STRUCT_WALKER(walk_attrgetter, attrgetterobject, HIDDEN(attrgetterobject, attr))

/*
 * vectorcall_args is a block of borrowed references; 3.13 makes it and the
 * names with the first call, and leaves both members as they are until then.
 */
void walk_methodcaller(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, HIDDEN(methodcallerobject, name), HIDDEN(methodcallerobject, xargs),
		HIDDEN(methodcallerobject, args), HIDDEN(methodcallerobject, kwds));
	FIELD_TABLE(prepared, NATIVE(methodcallerobject, vectorcall_args),
		HIDDEN(methodcallerobject, vectorcall_kwnames));
	const struct layout *layout = walk_layout(walk);
	if (fields_walk(walk, object, type, layout->methodcallerobject.n_bytes, fields,
		    ARRAY_SIZE(fields)) &&
		field_word(walk_mem(walk), object, layout->methodcallerobject.vectorcall_args))
		fields_walk_struct(walk, object, prepared, ARRAY_SIZE(prepared));
}
