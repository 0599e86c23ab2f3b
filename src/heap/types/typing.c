/*
 * What new syntax makes: type parameters and aliases, template strings,
 * sentinels, lazy imports.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

STRUCT_WALKER(walk_typevar, typevarobject, ATTR(typevarobject, name, "__name__"),
	ATTR(typevarobject, bound, "__bound__"), HIDDEN(typevarobject, evaluate_bound),
	ATTR(typevarobject, constraints, "__constraints__"),
	HIDDEN(typevarobject, evaluate_constraints),
	ATTR(typevarobject, default_value, "__default__"), HIDDEN(typevarobject, evaluate_default))

STRUCT_WALKER(walk_typevartuple, typevartupleobject, ATTR(typevartupleobject, name, "__name__"),
	ATTR(typevartupleobject, bound, "__bound__"),
	ATTR(typevartupleobject, default_value, "__default__"),
	HIDDEN(typevartupleobject, evaluate_default))

STRUCT_WALKER(walk_paramspec, paramspecobject, ATTR(paramspecobject, name, "__name__"),
	ATTR(paramspecobject, bound, "__bound__"),
	ATTR(paramspecobject, default_value, "__default__"),
	HIDDEN(paramspecobject, evaluate_default))

STRUCT_WALKER(walk_paramspec_attribute, paramspecattrobject,
	ATTR(paramspecattrobject, __origin__, "__origin__"))

STRUCT_WALKER(walk_constant_evaluator, constevaluatorobject, HIDDEN(constevaluatorobject, value))

STRUCT_WALKER(walk_type_alias, typealiasobject, ATTR(typealiasobject, name, "__name__"),
	HIDDEN(typealiasobject, qualname), ATTR(typealiasobject, type_params, "__type_params__"),
	HIDDEN(typealiasobject, compute_value), ATTR(typealiasobject, value, "__value__"),
	ATTR(typealiasobject, module, "__module__"))

STRUCT_WALKER(walk_template, templateobject, ATTR(templateobject, strings, "strings"),
	ATTR(templateobject, interpolations, "interpolations"))

STRUCT_WALKER(walk_interpolation, interpolationobject, ATTR(interpolationobject, value, "value"),
	ATTR(interpolationobject, expression, "expression"),
	ATTR(interpolationobject, conversion, "conversion"),
	ATTR(interpolationobject, format_spec, "format_spec"))

STRUCT_WALKER(walk_sentinel, sentinelobject, ATTR(sentinelobject, name, "__name__"),
	ATTR(sentinelobject, module, "__module__"), HIDDEN(sentinelobject, repr))

STRUCT_WALKER(walk_lazy_import, lazyimportobject, HIDDEN(lazyimportobject, lz_builtins),
	HIDDEN(lazyimportobject, lz_from), HIDDEN(lazyimportobject, lz_attr),
	HIDDEN(lazyimportobject, lz_code))
