#!/usr/bin/env python3
"""Breaks whymem in one small way at a time: the tests that are meant to notice must fail.

usage: mutants.py [-k WORD] [--python PATH] [--list]

Works on a copy of the tree, with one Python. Prints a table; ends with 1 when a mutant survives.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
CORE, MODULES = "src/heap/types/core.h", "src/heap/types/modules.h"
TYPES = ["test_types.py"]
WALK = ["test_walk.py"]
SUMS = ["test_account.py"]
BLOCKS = ["unit:heap/", "test_blocks.py"]
GRAPH = ["unit:graph/"]


def no_walker(name, walker, size=None, header=CORE, tests=TYPES, instead=None):
    """A type that keeps its size but holds nothing."""
    old = f'X2("{name}", {walker}, {size})' if size else f'X1("{name}", {walker})'
    new = instead or (f'XS("{name}", {size})' if size else f'X0("{name}")')
    return (f"no walker of {name}", header, old, new, tests)


# name, file, what stands there, what takes its place, tests (files of tests/e2e with -k words, or unit:NAME)
MUTANTS = [
    no_walker("list", "walk_list", "size_list"),
    no_walker("tuple", "walk_tuple"),
    no_walker("set", "walk_set", "size_set"),
    no_walker("dict", "walk_dict", "size_dict"),
    no_walker("collections.OrderedDict", "walk_ordered_dict", "size_ordered_dict"),
    no_walker("list_iterator", "walk_sequence_iterator"),
    no_walker("function", "walk_function"),
    no_walker("cell", "walk_cell"),
    no_walker("generator", "walk_generator", "size_generator"),
    no_walker("weakref.ReferenceType", "walk_weakref"),
    no_walker("collections.deque", "walk_deque", "size_deque", MODULES),
    no_walker("functools._lru_cache_wrapper", "walk_lru_cache", None, MODULES),
    no_walker("_asyncio.Task", "walk_task", None, MODULES),
    ("deques one item short", "src/heap/types/collections.c", "deque->n - done);", "deque->n - done - (deque->n > 70));", TYPES),
    ("no items behind the first 100 of a list", "src/heap/types/containers.c", "walk_items(walk, items, n);",
     "walk_items(walk, items, MIN(n, 10));", TYPES),
    ("items of a list are not its memory", "src/heap/types/containers.c", "\twalk_part(walk, items);\n\twalk_items(walk, items, n);",
     "\twalk_items(walk, items, n);", ["test_delete_and_measure.py -k list"]),
    ("no values of instances", "src/heap/object.c", "\t\twalk_managed_dict(walk, object);", "\t\t(void)0;", TYPES),
    ("no slots", "src/heap/object.c", "\tfor (uint32_t i = 0; i < info->n_slots; i++)\n\t\twalk_edge(", "\tfor (uint32_t i = 0; i < 0; i++)\n\t\twalk_edge(", TYPES),
    ("no scan of unknown types", "src/heap/object.c", "\t\twalk_opaque(walk, object);", "\t\t(void)0;", TYPES + WALK),
    ("no locals of running frames", "src/heap/frames.c", "\twalk_member(walk, \"frame\", frame->frame_object);\n\tframes_walk_slots(walk, frame);",
     "\twalk_member(walk, \"frame\", frame->frame_object);", ["test_holders.py -k local"]),
    ("no free lists", "src/heap/heap.c", "\tfreelists_claim(heap->cpython, heap->blocks);\n", "", SUMS + BLOCKS + WALK),
    ("no shared parts", "src/heap/heap.c", "\tjoin_shared_parts(heap, walks, heap->n_workers);\n", "", SUMS + BLOCKS + ["test_delete_and_measure.py"]),
    ("references of C code are not held", "src/heap/heap.c", "\t\terror = join_held(heap, start, &held, &to, &kind, &operand);",
     "\t\theld.objects.n = 0;", ["test_garbage.py"] + WALK + ["test_delete_and_measure.py"]),
    ("scanned words are always believed", "src/heap/believe.c", "\t\treturn false;\n\tdoubts->counts[object]++;", "\t\treturn true;\n\tdoubts->counts[object]++;", WALK + ["test_garbage.py", "test_delete_and_measure.py"]),
    ("no trees of native memory", "src/heap/native.c", "if (addresses[i] & bit)\n\t\t\tclaim_block(", "if (0)\n\t\t\tclaim_block(", SUMS + TYPES),
    ("native memory that objects name is unowned", "src/heap/native.c", "\t\tclaim_direct(&ownership, &walks[i].harvest);", "\t\t(void)walks;", TYPES),
    ("the interpreter owns no memory", "src/heap/native.c", "\tclaim_variables(&ownership);\n", "", SUMS),
    ("stacks of threads are not stacks", "src/heap/account.c", "\t\treturn PART_STACKS;\n\treturn part_of_unknown(blocks);", "\t\treturn PART_FILES;\n\treturn part_of_unknown(blocks);", SUMS + ["test_add_known.py"]),
    ("one mapping is missing", "src/heap/account.c", "\tfor (size_t i = 0; i < blocks->capture->maps.n; i++)\n\t\taccount->maps[i].part_bytes[part_of_map(",
     "\tfor (size_t i = 1; i < blocks->capture->maps.n; i++)\n\t\taccount->maps[i].part_bytes[part_of_map(", SUMS),
    ("one region is missing", "src/heap/account.c", "\tfor (size_t i = 0; i < blocks->n_sorted; i++)\n\t\tcount_region(", "\tfor (size_t i = 1; i < blocks->n_sorted; i++)\n\t\tcount_region(", SUMS + BLOCKS),
    ("shared memory is a file", "src/heap/account.c", "return is_shared_memory(map) ? PART_SHARED : PART_FILES;", "return PART_FILES;", SUMS),
    ("headers of pools are free memory", "src/heap/account.c", "\tbook(counter, PART_OVERHEAD_PYMALLOC, pool, first);", "\tbook(counter, PART_FREE_PYMALLOC, pool, first);", BLOCKS + SUMS + ["test_add_known.py"]),
    ("caches of threads are in use", "src/heap/glibc_lists.c", "\t\tread_tcache(blocks, form_of(blocks, *tcache), *tcache);\n", "", BLOCKS),
    ("fastbins are in use", "src/heap/glibc_lists.c", "\t\tread_fastbins(blocks, arena);", "\t\t(void)arena;", BLOCKS),
    ("freed blocks of pools are in use", "src/heap/pymalloc.c", "\t\tshard_set_mark(shard, at, 0);\n", "", BLOCKS),
    ("half of a pool", "src/heap/pymalloc.c", "for (uint32_t i = 0; i < pool->n_carved; i++)", "for (uint32_t i = 1; i < pool->n_carved; i++)", BLOCKS),
    ("large chunks of malloc are unknown", "src/heap/blocks.c", "\t\tglibc_find_mmapped,\n", "", BLOCKS + SUMS),
    ("generations of the collector are unknown", "src/heap/heap.c", "\tgclists_read(heap);\n", "", WALK + ["test_cli.py", "test_garbage.py"]),
    ("garbage counts as live", "src/analysis/analysis.h", "return bits_get(analysis->second, node);", "return (void)node, !analysis->second;", ["test_garbage.py", "test_snapshot.py"]),
    ("sums lack the last part", "src/graph/sums.c", "fold->sum[own] = fold->weight(fold->arg, (uint32_t)i);", "fold->sum[own] = 0;", GRAPH),
    ("an edge is lost when the graph is turned", "src/graph/inverse.c", "\tfor (uint32_t node = 0; node < graph->n; node++)\n\t\tfor (uint64_t edge = graph->start[node];", "\tfor (uint32_t node = 1; node < graph->n; node++)\n\t\tfor (uint64_t edge = graph->start[node];", GRAPH),
    ("strings lack their end", "src/heap/types/scalars.c", "n_bytes += size_of_items(state.length + 1, state.kind);", "n_bytes += size_of_items(state.length, state.kind);", TYPES + WALK),
    ("any text is kept", "src/heap/types/scalars.c", "\t\tis_identifier(text))", "\t\t*text)", ["test_snapshot.py"]),
    ("a dead thread is any that cannot be looked at", "src/target/tracee.c", "return !code || code == ENOENT || code == ESRCH ? 'X' : '?';", "return 'X';", ["test_faults.py -k process-and-files"]),
]


def run(command, folder, env=None):
    return subprocess.run(command, cwd=folder, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)


def copy_tree(folder):
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=HERE, stdout=subprocess.PIPE, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(HERE / name, folder / name)
    done = run(["meson", "setup", "build", "-Dbuildtype=debugoptimized", "-Db_ndebug=false"], folder)
    if done.returncode:
        sys.exit(done.stdout)


def build(folder):
    done = run(["ninja", "-C", "build"], folder)
    return None if done.returncode == 0 else done.stdout


def suite(folder, python, spec):
    """Whether these tests pass."""
    if spec.startswith("unit:"):
        names = [line.split(" / ")[-1] for line in run(["meson", "test", "-C", "build", "--list"], folder).stdout.splitlines()]
        wanted = [name for name in names if name.startswith(spec[5:])]
        return run(["meson", "test", "-C", "build", *wanted], folder).returncode == 0
    file, _, word = spec.partition(" -k ")
    select = ["-k", word.replace("-and-", " and ")] if word else []
    env = {"WHYMEM_ONLY_PYTHON": python, "WHYMEM": str(folder / "build" / "whymem"), "WHYMEM_BUILD": str(folder / "build")}
    done = run([sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", f"tests/e2e/{file}", *select], folder, env)
    if done.returncode not in (0, 1):
        sys.exit(f"{spec} cannot run:\n{done.stdout[-3000:]}")
    return done.returncode == 0


def try_mutant(folder, python, mutant):
    name, file, old, new, tests = mutant
    path = folder / file
    text = path.read_text()
    if text.count(old) != 1:
        return "does not fit the source", ""
    path.write_text(text.replace(old, new))
    try:
        if build(folder):
            return "does not build", ""
        for spec in tests:
            if not suite(folder, python, spec):
                return "killed", spec
        return "SURVIVED", ""
    finally:
        path.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-k", default="", help="only mutants with this word in their name or file")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS if options.k in mutant[0] + mutant[1]]
    if options.list:
        print(*(mutant[0] for mutant in chosen), sep="\n")
        return
    with tempfile.TemporaryDirectory(prefix="whymem-mutants-") as name:
        folder = pathlib.Path(name)
        copy_tree(folder)
        problem = build(folder)
        if problem:
            sys.exit(problem)
        for spec in dict.fromkeys(spec for mutant in chosen for spec in mutant[4]):
            if not suite(folder, options.python, spec):
                sys.exit(f"{spec} fails without any mutant")
        lost = 0
        for mutant in chosen:
            began = time.monotonic()
            verdict, by = try_mutant(folder, options.python, mutant)
            lost += verdict != "killed"
            print(f"{mutant[0]:48} {verdict:12} {by:34} {time.monotonic() - began:5.0f} s", flush=True)
        print(f"{len(chosen) - lost} of {len(chosen)} killed")
        sys.exit(lost != 0)


if __name__ == "__main__":
    main()
