"""Runs inside gdb: offsets from the DWARF of one binary, as JSON.

	gdb -batch -nx -ex "python REQUEST='request.json'" -x dwarf.py

The request holds "binary", "output" and "structs": [{"names", "source", "paths"}]. The
answer holds, for each struct that was found, {"size": [n, m], "members": {path: [n, m]}}:
n bytes, m the number of pthread_mutex_t objects that lie wholly in front of it.
"""

import json

import gdb

AGGREGATES = (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION)


def find_type(name, source):
    """The aggregate that typedef or tag `name` stands for, or None."""
    candidates = []
    if source:
        for domain in (gdb.SYMBOL_VAR_DOMAIN, gdb.SYMBOL_STRUCT_DOMAIN):
            for symbol in gdb.lookup_static_symbols(name, domain):
                if symbol.symtab and symbol.symtab.filename.endswith("/" + source):
                    candidates.append(symbol.type)
    else:
        for spelling in (name, "struct " + name, "union " + name):
            try:
                candidates.append(gdb.lookup_type(spelling))
            except gdb.error:
                continue
    for candidate in candidates:
        candidate = candidate.strip_typedefs()
        if candidate.code in AGGREGATES and candidate.fields():
            return candidate
    return None


def find_member(aggregate, path):
    """(bit offset, type) of the dotted `path`, looking through anonymous members; or None."""
    head, _, rest = path.partition(".")
    for field in aggregate.fields():
        if not hasattr(field, "bitpos"):
            continue
        inner = field.type.strip_typedefs()
        if field.name == head:
            if not rest:
                return field.bitpos, field.type
            found = find_member(inner, rest) if inner.code in AGGREGATES else None
        elif not field.name and inner.code in AGGREGATES:
            found = find_member(inner, path)
        else:
            continue
        if found:
            return field.bitpos + found[0], found[1]
    return None


mutex_offsets = {}


def mutexes_of(type_):
    """Offsets behind each pthread_mutex_t in `type_`."""
    if type_.code == gdb.TYPE_CODE_TYPEDEF and type_.name == "pthread_mutex_t":
        return [type_.sizeof]
    key = str(type_), type_.sizeof
    type_ = type_.strip_typedefs()
    if type_.code == gdb.TYPE_CODE_ARRAY:
        element = type_.target()
        inner = mutexes_of(element)
        count = type_.sizeof // element.sizeof if inner else 0
        return [i * element.sizeof + end for i in range(count) for end in inner]
    if type_.code not in AGGREGATES:
        return []
    if type_.tag is None or key not in mutex_offsets:
        ends = []
        for field in type_.fields():
            if hasattr(field, "bitpos"):
                ends += [field.bitpos // 8 + end for end in mutexes_of(field.type)]
        mutex_offsets[key] = ends
        return ends
    return mutex_offsets[key]


def describe(struct):
    types = [find_type(name, struct["source"]) for name in struct["names"]]
    aggregate = next((type_ for type_ in types if type_ is not None), None)
    if aggregate is None:
        return None
    ends = mutexes_of(aggregate)
    members = {}
    for path in struct["paths"]:
        found = find_member(aggregate, path)
        if found:
            offset = found[0] // 8
            members[path] = [offset, sum(end <= offset for end in ends)]
    if not members:
        return None
    return {"size": [aggregate.sizeof, len(ends)], "members": members}


def main():
    with open(REQUEST) as file:  # noqa: F821: set by the command line
        request = json.load(file)
    gdb.execute("file " + request["binary"])
    found = {struct["names"][0]: describe(struct) for struct in request["structs"]}
    with open(request["output"], "w") as file:
        json.dump({name: value for name, value in found.items() if value}, file)


main()
