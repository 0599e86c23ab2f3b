/*
 * The getters of _operator.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

STRUCT_WALKER(walk_itemgetter, itemgetterobject, HIDDEN(itemgetterobject, item))

STRUCT_WALKER(walk_attrgetter, attrgetterobject, HIDDEN(attrgetterobject, attr))

/* vectorcall_args is a block of borrowed references. */
STRUCT_WALKER(walk_methodcaller, methodcallerobject,
	HIDDEN(methodcallerobject, name),
	HIDDEN(methodcallerobject, xargs),
	HIDDEN(methodcallerobject, args),
	HIDDEN(methodcallerobject, kwds),
	NATIVE(methodcallerobject, vectorcall_args),
	HIDDEN(methodcallerobject, vectorcall_kwnames))
