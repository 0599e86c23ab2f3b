#!/usr/bin/env python3
"""Compares the tables with offsets that were found in another way.

	check.py OFFSETS.tsv          build, source, struct, member, offset ("(sizeof)": size)
	check.py --aarch64 DIFF.tsv   build, expression, offset on x86-64, offset on aarch64

Prints each difference; ends with 1 when there is one.
"""

import argparse
import os
import re

import spec

TABLES = os.path.join(spec.HERE, "..", "..", "src", "cpython", "layouts")

# Tags that the list of differences uses, and our names.
TAGS = {"pyruntimestate": "PyRuntimeState", "_is": "PyInterpreterState", "_ts": "PyThreadState"}


def read_tables():
    """{(build, struct, member): (offset, mutexes)}; the size is member "(sizeof)"."""
    tables = {}
    for file_name in sorted(os.listdir(TABLES)):
        match = re.fullmatch(r"([\d.]+d?)-x86_64\.c", file_name)
        if not match:
            continue
        with open(os.path.join(TABLES, file_name)) as file:
            text = file.read()
        for struct, body in re.findall(r"\t\.(\w+) = \{\n(.*?)\n\t\},", text, re.S):
            for member, mutexes, offset in re.findall(
                    r"\.(\w+) = (?:AT\(|BEHIND\((\d+), )(\d+)\)", body):
                member = "(sizeof)" if member == "n_bytes" else member
                tables[match[1], struct, member] = int(offset), int(mutexes or 0)
    return tables


def rows(path):
    with open(path) as file:
        for line in file:
            yield line.rstrip("\n").split("\t")


def compare(tables, path):
    checked, differences = 0, []
    for build, source, struct, member, offset, *_ in rows(path):
        member = re.sub(r":\d+@\d+$", "", member).replace(".", "_")
        member = "(sizeof)" if member == "(sizeof)" else member
        key = build, struct.lstrip("_"), member
        if key not in tables:
            continue
        checked += 1
        expected = int(offset) if member != "(sizeof)" else int(_[0])
        if tables[key][0] != expected:
            differences.append((*key, source, f"table {tables[key][0]}, there {expected}"))
    return checked, differences


def compare_aarch64(tables, path):
    checked, differences = 0, []
    for build, expression, x86_64, aarch64 in rows(path):
        match = re.fullmatch(r"(sizeof|offsetof)\((?:struct )?(\w+)(?:, ?([\w.]+))?\)", expression)
        if not match:
            continue
        member = "(sizeof)" if match[1] == "sizeof" else match[3].replace(".", "_")
        key = build, TAGS.get(match[2], match[2].lstrip("_")), member
        if key not in tables:
            continue
        checked += 1
        offset, mutexes = tables[key]
        if (offset, offset + 8 * mutexes) != (int(x86_64), int(aarch64)):
            differences.append((*key, "aarch64", f"table {offset} behind {mutexes}, "
                                f"there {x86_64} and {aarch64}"))
    return checked, differences


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aarch64", action="store_true")
    parser.add_argument("path")
    options = parser.parse_args()
    tables = read_tables()
    run = compare_aarch64 if options.aarch64 else compare
    checked, differences = run(tables, options.path)
    for difference in differences:
        print(*difference)
    print(f"{checked} values checked, {len(differences)} differ")
    raise SystemExit(bool(differences) or not checked)


main()
