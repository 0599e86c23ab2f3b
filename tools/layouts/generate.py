#!/usr/bin/env python3
"""Writes one table of offsets for each CPython given: generate.py [options] PYTHON...

PYTHON is an interpreter that runs here and whose DWARF can be had: inside the binary, or
detached below a --debug-dir by build-id. Each becomes OUTPUT/<version>[d]-<machine>.c, and
OUTPUT/meson.build and OUTPUT/builds.h list all tables of that folder.
"""

import argparse
import json
import os
import re
import subprocess
import tempfile
import textwrap

import spec

ASK = """
import importlib.util, json, platform, sys
modules = %r
def origin(name):
    found = importlib.util.find_spec(name)
    return found.origin if found else None
own = [l.split()[-1] for l in open('/proc/self/maps') if 'libpython3.' in l]
print(json.dumps({
    'version': list(sys.version_info[:3]), 'final': sys.version_info[3] == 'final',
    'hex': sys.hexversion, 'debug': hasattr(sys, 'gettotalrefcount'),
    'machine': platform.machine(), 'gil': 't' not in getattr(sys, 'abiflags', ''),
    'binary': own[0] if own else sys.executable,
    'modules': {name: origin(name) for name in modules}}))
"""

HEAD = """\
/*
 * Made by tools/layouts/generate.py from the DWARF of CPython {name} ({machine}); do not edit.
 * AT: an offset. BEHIND: an offset behind so many pthread_mutex_t, which are larger on
 * aarch64 (by rule, not measured). What is not named is absent in this build.
 */
#include "cpython/layouts.h"

const struct layout {symbol} = {{"""


def ask(python, structs):
    modules = sorted({module for struct in structs for module in struct.modules})
    answer = subprocess.run(
        [python, "-IS", "-c", ASK % modules], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


def read_dwarf(binary, structs, debug_dirs):
    """What dwarf.py finds of `structs` in `binary`."""
    with tempfile.TemporaryDirectory() as folder:
        request, output = os.path.join(folder, "request"), os.path.join(folder, "output")
        with open(request, "w") as file:
            json.dump({"binary": binary, "output": output, "structs": [
                {"names": [s.name, *s.others], "source": s.source, "paths": s.paths}
                for s in structs]}, file)
        run = subprocess.run(
            ["gdb", "-batch", "-nx", "-iex", "set auto-load off",
             "-iex", "set debug-file-directory " + ":".join(debug_dirs),
             "-ex", f"python REQUEST={request!r}",
             "-x", os.path.join(spec.HERE, "dwarf.py")], capture_output=True, text=True)
        if not os.path.exists(output):
            raise SystemExit(f"{binary}: gdb failed:\n{run.stdout}{run.stderr}")
        with open(output) as file:
            return json.load(file)


def collect(python, structs, debug_dirs):
    build = ask(python, structs)
    if not build["final"] or not build["gil"]:
        raise SystemExit(f"{python}: tables are made of final, not free-threaded builds")
    found = read_dwarf(build["binary"], structs, debug_dirs)
    if "_PyRuntimeState" not in found:
        raise SystemExit(f"{build['binary']}: no DWARF found; see --debug-dir")
    for module, origin in build["modules"].items():
        missing = [s for s in structs if s.name not in found and module in s.modules]
        if missing and origin and origin.startswith("/"):
            found.update(read_dwarf(origin, missing, debug_dirs))
    return build, found


def number(value):
    offset, n_mutexes = value
    return f"BEHIND({n_mutexes}, {offset})" if n_mutexes else f"AT({offset})"


def render(build, found, structs):
    name = ".".join(map(str, build["version"])) + ("d" if build["debug"] else "")
    symbol = "layout_" + name.replace(".", "_")
    lines = [HEAD.format(name=name, machine=build["machine"], symbol=symbol)]
    for struct in structs:
        if struct.name not in found:
            continue
        cells = [f".n_bytes = {number(found[struct.name]['size'])}"]
        for member, paths in struct.alternatives().items():
            present = [p for p in paths if p in found[struct.name]["members"]]
            if present:
                value = found[struct.name]["members"][present[0]]
                cells.append(f".{member} = {number(value)}")
        text = ", ".join(cell.replace(" ", "\0") for cell in cells)
        wrapped = textwrap.wrap(text, 84, break_long_words=False, break_on_hyphens=False)
        lines += [f"\t.{struct.c_name} = {{"]
        lines += ["\t\t" + line.replace("\0", " ") for line in wrapped]
        lines += ["\t},"]
    lines.append("};")
    return name, "\n".join(lines) + "\n"


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def write_index(folder):
    """meson.build and builds.h for the tables that lie in `folder`."""
    builds = []
    for name in os.listdir(folder):
        match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(d?)-\w+\.c", name)
        if match:
            builds.append((*map(int, match.groups()[:3]), match[4], name))
    builds.sort()
    rows = [f"X({minor}, {micro}, {'true' if d else 'false'}, layout_{major}_{minor}_{micro}{d})"
            for major, minor, micro, d, _ in builds]
    write(os.path.join(folder, "builds.h"),
          "/* Made by tools/layouts/generate.py; do not edit. Minor, micro, Py_DEBUG, table. */\n"
          "#define LAYOUT_BUILDS(X) \\\n\t" + " \\\n\t".join(rows) + "\n")
    write(os.path.join(folder, "meson.build"), "layout_sources = files(\n"
          + "".join(f"  '{build[-1]}',\n" for build in builds) + ")\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", default=os.path.join(
        spec.HERE, "..", "..", "src", "cpython", "layouts"), help="folder of the tables")
    parser.add_argument("--debug-dir", action="append", default=["/usr/lib/debug"],
                        help="folder with .build-id/ of detached DWARF (repeatable)")
    parser.add_argument("python", nargs="*", metavar="PYTHON")
    options = parser.parse_args()
    structs = spec.read()
    os.makedirs(options.output, exist_ok=True)
    for python in options.python:
        build, found = collect(python, structs, options.debug_dir)
        name, text = render(build, found, structs)
        write(os.path.join(options.output, f"{name}-{build['machine']}.c"), text)
        print(f"{name}: {len(found)} structs, "
              f"{sum(len(entry['members']) for entry in found.values())} members")
    write_index(options.output)


main()
