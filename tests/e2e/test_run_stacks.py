"""whymem run: each allocation is counted by its whole stack, with marks on deep stacks and without."""
import os
import subprocess

import harness
import pytest
import table

FRAME_OBJECT_BYTES = 136  # at least, with the head of the collector
MARKS, NO_MARKS = {}, {"WHYMEM_TRACE_UNMARKED": "1"}

HEAD = """
import gc, os, sys, threading
gc.disable()
sys.setrecursionlimit(10_000)
kept = []
kept.append([([i + 100_000], (i,), (i, i), (i, i, i)) for i in range(3000)])  # what free lists have differs by chance
"""
TAIL = """
print(os.getpid(), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def stacks(python, tmp_path):
    """
    The stacks in functions of a program: {(thread, ((function, instruction), ...)): (bytes, allocations, bytes alive)}.
    Not those of the module alone: the program is still at its last line.
    """
    if not (3, 9) <= harness.version_of(python)[:2] <= (3, 15):
        pytest.skip("only 3.9 to 3.15 are traced")

    def run(source, marks):
        script = tmp_path / "script.py"
        script.write_text(HEAD + source + TAIL)
        process = subprocess.Popen([harness.WHYMEM, "run", "-o", os.devnull, "--python", python, script], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONHASHSEED": "0", **marks})
        pid = int(process.stdout.readline())
        found = {}
        for (thread, frames), counters in table.Table(pid).stacks(str(script)).items():
            names = tuple((name, instruction) for _, name, instruction in frames)
            if frames[-1][1] != "<module>":
                found[thread, names] = (counters[0], counters[1], counters[0] - counters[2])
        process.communicate("\n")
        assert process.returncode == 0
        return found
    return run


PROGRAMS = {
    "recursion": """
def down(n):
    first = [n + 1000]
    if n:
        down(n - 1)
    kept.append((first, str(n)))
down(300); down(20); down(300)
""",
    "tree": """
def tree(n):
    for i in range(2):
        kept.append([n])
        if n:
            tree(n - 1)
tree(8)
""",
    "generators": """
def numbers(n):
    if n:
        yield [n]
        yield from numbers(n - 1)
        yield str(n)
def under(n):
    return under(n - 1) if n else [len(x) for x in numbers(60)]
under(50); under(3)
def zipped(n):
    return [(a, b) for a, b in zip(numbers(n), numbers(n))]
kept.append(zipped(30))
""",
    "callbacks": """
class Key:
    def __init__(self, n):
        self.n = n
    def __lt__(self, other):
        kept.append([other.n])
        return self.n < other.n
def under(n):
    if n:
        return under(n - 1)
    return sorted(map(Key, [3, 1, 2] * 5)), max(range(20), key=lambda x: len(str(x * 1000)))
under(40)
""",
    "coroutines": """
class Later:
    def __await__(self):
        yield [1]
async def wait(n):
    mine = [n]
    if n:
        await wait(n - 1)
    else:
        await Later()
    kept.append((mine, str(n)))
def drive(n):
    tasks = [wait(i) for i in range(n)]
    for task in tasks:
        task.send(None)
    for task in reversed(tasks):
        try:
            task.send(None)
        except StopIteration:
            pass
def under(n):
    under(n - 1) if n else drive(30)
under(30)
""",
    "frames": """
def fail(n):
    mine = [n]
    if n:
        fail(n - 1)
    raise ValueError(mine)
def look(n):
    if n:
        look(n - 1)
    frame = sys._getframe(min(100 - n, 3))
    if n % 7 == 0:
        kept.append(frame)
    kept.append(str(n))
for i in range(20):
    try:
        fail(3 * i)
    except ValueError as error:
        if i % 3 == 0:
            kept.append(error)
look(100)
look(100)
""",
    "threads": """
def down(n):
    kept.append([n])
    if n:
        down(n - 1)
for name in ("one", "two", "one"):
    thread = threading.Thread(target=down, args=(100,), name=name)
    thread.start()
    thread.join()
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_marks_change_nothing(stacks, name):
    """
    But for frame objects: where a mark made one, the program needs not make it again for a traceback or
    sys._getframe(), so that this allocation is missing.
    """
    marked, unmarked = stacks(PROGRAMS[name], MARKS), stacks(PROGRAMS[name], NO_MARKS)
    assert len(marked) > 10
    for stack in marked.keys() | unmarked.keys():
        mine, theirs = marked.get(stack, (0, 0, 0)), unmarked.get(stack, (0, 0, 0))
        n_bytes, n = theirs[0] - mine[0], theirs[1] - mine[1]
        assert mine == theirs or (n > 0 and FRAME_OBJECT_BYTES * n <= n_bytes), stack
        assert mine == theirs or name in ("generators", "coroutines", "frames"), stack


def test_known_stacks(stacks):
    found = stacks("""
def leaf():
    kept.append(bytes(5000))
def a():
    leaf()
def b(n):
    if n:
        b(n - 1)
    else:
        leaf()
a()
b(2)
thread = threading.Thread(target=a, name="worker")
thread.start()
thread.join()
""", MARKS)
    large = {(thread, tuple(name for name, _ in frames)): counters for (thread, frames), counters in found.items()
             if counters[0] > 5000}
    assert large.keys() >= {("MainThread", ("<module>", "a", "leaf")), ("MainThread", ("<module>", "b", "b", "b", "leaf"))}
    others = [(thread, names) for thread, names in large if thread != "MainThread"]
    assert len(others) == 1
    assert others[0][1][-2:] == ("a", "leaf")


def test_names_of_threads(stacks, python):
    if harness.version_of(python) < (3, 10):
        pytest.skip("3.9 cannot be asked without the risk of a collection: its threads have the kernel's names")
    found = stacks(PROGRAMS["threads"], MARKS)
    assert {thread for thread, _ in found} - {"MainThread"} == {"one", "two"}
