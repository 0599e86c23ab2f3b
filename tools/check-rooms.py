#!/usr/bin/env python3
"""Checks the arrows between the rooms of src/.

A file includes headers of its own room and of rooms to its left; what lies
right of `heap` never sees a target: only `cli` may include its rooms.

usage: check-rooms.py SRC
"""
import pathlib
import re
import sys

ROOMS = ["base", "snap", "trace", "target", "cpython", "heap", "graph", "names", "analysis", "findings",
         "answers", "view", "cli"]
TARGET_ROOMS = {"target", "cpython", "heap"}
AFTER_HEAP = {"graph", "names", "analysis", "findings", "answers", "view"}


def violations(src):
    for path in sorted(src.rglob("*.[ch]")):
        room = path.relative_to(src).parts[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            included = re.match(r'\s*#include "([a-z]+)/', line)
            if not included:
                continue
            other = included.group(1)
            if other not in ROOMS:
                yield f"{path}:{number}: no such room: {other}"
            elif ROOMS.index(other) > ROOMS.index(room):
                yield f"{path}:{number}: {room} must not include {other}"
            elif room in AFTER_HEAP and other in TARGET_ROOMS:
                yield f"{path}:{number}: {room} must not see a target ({other})"


def main():
    found = list(violations(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "all arrows point left")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
