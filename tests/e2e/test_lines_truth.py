"""whymem lines against the tracer by brute force of reference.py: an allocation or free counts for every line of the
program that is on the stack at that moment, once. A function that has not begun its first line is at none."""
import collections
import os
import subprocess

import pytest
import reference
from harness import version_of as python_version
from test_lines import watched  # noqa: F401 (a fixture)
from test_run_truth import OBJECTS

CALLS = """
def down(n):
    mine = [n, str(n * 1000)]
    return down(n - 1) + [mine] if n else [mine]
def even(n):
    mine = bytes(n * 10)
    return [mine, odd(n - 1) if n else None]
def odd(n):
    mine = bytes(n * 20)
    return [mine, even(n - 1) if n else None]
def fall(n):
    mine = {'n': n * 1000}
    if not n:
        raise ValueError('bottom %d' % len(mine))
    fall(n - 1)
def falls(n):
    try:
        fall(n)
    except ValueError as error:
        return [str(error)] * 100
    finally:
        kept.append(bytes(n))
def numbers(n):
    for i in range(n):
        block = [i * 1000] * i
        yield block
def chained(n):
    yield from numbers(n)
    yield from (x + [1] for x in numbers(n))
def taken(generators):
    made = []
    for _ in range(5):
        for each in generators:
            made.append(next(each))
    return made
class Managed:
    def __enter__(self):
        self.block = bytes(3000)
        return self
    def __exit__(self, *_):
        del self.block
        return True
def managed(n):
    with Managed() as it:
        it.more = [
            bytes(i * 10)
            for i in range(n)
        ]
        raise KeyError(n)
    return [it]
kept = []
for depth in (0, 3, 40, 39, 100):
    kept.append(down(depth))
kept.append(even(30))
for depth in (1, 30, 3):
    falls(depth)
kept.append(taken([chained(n) for n in (4, 5, 6)]))
kept.append(managed(50))
ordered = sorted([[x * 1000 for x in range(y)] for y in range(40)], key=lambda row: [len(row), *row][:3])
del kept[1:4], ordered[10:]
"""


def truth(log, file, begins):
    """{line: [allocated minus freed, allocated]}"""
    live, taken = {}, {}
    lines = collections.defaultdict(lambda: [0, 0])

    def add(stack, size, is_new):
        for line in {line for place, function, line in log.stacks[stack] if place == file} - begins:
            lines[line][0] += size
            lines[line][1] += size * is_new

    for kind, thread, address, size, stack in log.events:
        if kind == reference.PUT_BACK:
            if thread in taken:
                live[address], freed = taken.pop(thread)
                add(freed, live[address], False)
            continue
        gone = live.pop(address, 0)
        add(stack, -gone, False)
        if kind == reference.TAKE:
            taken[thread] = gone, stack
        elif kind in (reference.ALLOCATE, reference.MAP):
            live[address] = size
            add(stack, size, True)
    return lines


@pytest.mark.parametrize("source", [OBJECTS, CALLS], ids=["objects", "calls"])
def test_same_as_the_reference(watched, python, tmp_path, source):
    """In a run of its own: it would see what the events of lines need. No collection comes by chance, no frame object
    is made for a walk. Imports are left out: audit events, which are made when a hook is there, copy what is loaded."""
    if python_version(python) < (3, 12):
        pytest.skip("tracing makes objects of its own")
    source = "import gc; gc.disable()" + source
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "WHYMEM_TRACE_UNMARKED": "1"}
    run = watched(source, env=environment)
    log = tmp_path / "log"
    library = reference.build(python, tmp_path)
    subprocess.run([python, run.script], check=True, capture_output=True, env={
        **environment, "LD_PRELOAD": library, "REFERENCE_LOG": log, "REFERENCE_FREES": "1"})
    found = collections.defaultdict(lambda: [0, 0])
    for function in run.functions.values():
        for row in function["rows"]:
            if row["occurrence_count"]:
                found[row["line"]][0] += row["increment_bytes"]
                found[row["line"]][1] += row["allocated_bytes"]
    lines = enumerate(source.splitlines(), 1)
    left_out = {None, *(number for number, line in lines if "import" in line or "def " in line or "class " in line)}
    expected = truth(reference.Log(log), str(run.script), left_out)
    wrong = {line: (found[line], expected[line]) for line in {*found, *expected} - left_out
             if found[line] != expected[line]}
    assert not wrong
    assert len(found) > 15
