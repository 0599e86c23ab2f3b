#!/usr/bin/env python3
"""Writes src/cpython/layout.h from structs.txt: header.py > layout.h"""

import textwrap

import spec

HEAD = """\
/*
 * Made by tools/layouts/header.py from tools/layouts/structs.txt; do not edit.
 *
 * Where the members of CPython's structs lie in one build: a nested struct for
 * each struct of CPython, a number for each member: its offset in bytes, or
 * LAYOUT_ABSENT where the build does not have it (n_bytes: sizeof, absent with
 * the struct). Names are CPython's own without the underscores in front of
 * struct names; a member of a nested struct is written with an underscore for
 * the dot. The offset of a bit-field is that of the byte its first bit lies in.
 */
#ifndef WHYMEM_LAYOUT_H
#define WHYMEM_LAYOUT_H

#include <stdint.h>

#define LAYOUT_ABSENT UINT32_MAX

struct layout {"""

TAIL = """\
};

#endif"""


def main():
    print(HEAD)
    for struct in spec.read():
        members = ", ".join(["n_bytes", *struct.alternatives()])
        print("\tstruct {")
        for line in textwrap.wrap(f"uint32_t {members};", 80, break_long_words=False):
            print(f"\t\t{line}")
        print(f"\t}} {struct.c_name};")
    print(TAIL)


main()
