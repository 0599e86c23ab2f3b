/*
 * Iterators of the interpreter's own types.
 */
#include "heap/types/core.h"
#include "heap/types/fields.h"

/* Iterators over lists, tuples, strs and bytes have the members of this one in all versions. */
STRUCT_WALKER(walk_sequence_iterator, seqiterobject, HIDDEN(seqiterobject, it_seq))

STRUCT_WALKER(walk_callable_iterator, calliterobject, HIDDEN(calliterobject, it_callable),
	HIDDEN(calliterobject, it_sentinel))

STRUCT_WALKER(walk_dict_iterator, dictiterobject, HIDDEN(dictiterobject, di_dict),
	HIDDEN(dictiterobject, di_result))

STRUCT_WALKER(walk_set_iterator, setiterobject, HIDDEN(setiterobject, si_set))

STRUCT_WALKER(walk_long_range_iterator, longrangeiterobject, HIDDEN(longrangeiterobject, index),
	HIDDEN(longrangeiterobject, start), HIDDEN(longrangeiterobject, step),
	HIDDEN(longrangeiterobject, len))

STRUCT_WALKER(walk_enumerate, enumobject, HIDDEN(enumobject, en_sit), HIDDEN(enumobject, en_result),
	HIDDEN(enumobject, en_longindex), HIDDEN(enumobject, one))

STRUCT_WALKER(walk_reversed, reversedobject, HIDDEN(reversedobject, seq))

STRUCT_WALKER(walk_zip, zipobject, HIDDEN(zipobject, ittuple), HIDDEN(zipobject, result))

STRUCT_WALKER(walk_map, mapobject, HIDDEN(mapobject, iters), HIDDEN(mapobject, func))

STRUCT_WALKER(walk_filter, filterobject, HIDDEN(filterobject, func), HIDDEN(filterobject, it))
