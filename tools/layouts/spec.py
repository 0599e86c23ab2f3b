"""Reads structs.txt: which structs and members whymem knows by offset."""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))


class Struct:
    def __init__(self, name, others, modules, source):
        self.name = name  # as CPython has it
        self.others = others  # as other versions of CPython have it
        self.modules = modules  # extension modules to search, in this order
        self.source = source  # source file that defines it, or None
        self.paths = []  # dotted members

    @property
    def c_name(self):
        return self.name.lstrip("_")

    def alternatives(self):
        """Member name in C -> dotted paths, the first that exists counts."""
        members = {}
        for path in self.paths:
            members.setdefault(path.replace(".", "_"), []).append(path)
        return members


def read(path=os.path.join(HERE, "structs.txt")):
    structs = []
    for number, line in enumerate(open(path), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("\t"):
            structs[-1].paths.append(line.strip())
            continue
        match = re.fullmatch(r"(\w+)(?: or ([\w ]+?))?(?: in ([\w ]+?))?(?: of ([\w.]+))?\n", line)
        if not match:
            raise SystemExit(f"{path}:{number}: not understood: {line.strip()}")
        structs.append(Struct(
            match[1], (match[2] or "").split(), (match[3] or "").split(), match[4]))
    return structs
