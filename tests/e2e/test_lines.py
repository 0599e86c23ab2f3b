"""whymem lines: counts of lines against programs whose allocations are known, and a program that behaves as under python."""
import json
import os
import struct
import subprocess

import harness
import pytest
from test_cli import check_document

HEADER = 33  # sys.getsizeof(b"")
KEYS = ("increment_bytes", "occurrence_count", "allocated_bytes", "peak_bytes")


@pytest.fixture
def watched(python, tmp_path):
    if not (3, 9) <= harness.version_of(python)[:2] <= (3, 15):
        pytest.skip("only 3.9 to 3.15 are traced")
    return lambda source, **options: Lines(python, tmp_path, source, **options)


class Lines:
    """A finished `whymem lines` of a script whose lines are marked: `...  # name`."""

    def __init__(self, python, folder, source, *, args=(), options=(), status=0, **kwargs):
        self.script, report = folder / "script.py", folder / "report.json"
        # Frames that live on, keys of dicts, names that are made when they are first looked up.
        self.slack = 0 if harness.version_of(python) >= (3, 11) else 1500
        self.script.write_text(source)
        self.done = subprocess.run(
            [harness.WHYMEM, "lines", "--json", "-o", report, "--python", python, *options, self.script, *args],
            capture_output=True, text=True, timeout=60, **kwargs)
        assert self.done.returncode == status, self.done.stderr
        self.document = check_document(report.read_text(), "lines")
        self.marks = {line.rsplit("#", 1)[1].strip(): number
                      for number, line in enumerate(source.splitlines(), 1) if "  # " in line}
        self.functions = {function["function"]: function for function in self.document["functions"]}

    def row(self, mark, function=None):
        [row] = [row for name, each in self.functions.items() if function in (None, name) and name != "<module>"
                 for row in each["rows"] if row["line"] == self.marks[mark]]
        return row

    def check(self, mark, slack=0, **expected):
        row = self.row(mark)
        for key, value in expected.items():
            key = {"count": "occurrence_count"}.get(key, f"{key}_bytes")
            more = slack + self.slack if key != "occurrence_count" else 0
            assert 0 <= row[key] - value <= more, (mark, key, row)

    def increment(self, mark):
        return self.row(mark)["increment_bytes"]


LOOP = """
@profile
def fill(n):
    kept = [None] * n  # list
    for i in range(n):  # loop
        kept[i] = bytes(1000)  # bytes
        x = bytes(5000)  # replaced
    big = bytearray(5_000_000)  # big
    del big  # deleted
    for i in range(n): bytes(70)  # one line

    return sum(len(bytes(400_000)) for _ in [0] * 3)  # temporary
fill(100)
fill(50)
"""


@pytest.mark.parametrize("first", [1, 300], ids=["first", "after line 256"])
def test_loops(watched, first):
    """The event of a line beyond 256 needs an int of the interpreter: it is nobody's."""
    run = watched("\n" * first + LOOP)
    run.check("list", slack=100, increment=150 * 8, count=2, allocated=150 * 8)
    run.check("loop", count=152, increment=0)
    run.check("bytes", increment=150 * (1000 + HEADER), allocated=150 * (1000 + HEADER), count=150, peak=1000 + HEADER)
    run.check("replaced", increment=2 * (5000 + HEADER), allocated=150 * (5000 + HEADER), count=150, peak=5000 + HEADER)
    run.check("big", slack=200, increment=10_000_000, count=2, peak=5_000_000)
    assert -200 <= run.increment("deleted") + 10_000_000 <= 0
    run.check("one line", increment=0, slack=300, allocated=150 * (70 + HEADER))
    run.check("temporary", slack=2000, increment=0, allocated=6 * (400_000 + HEADER), peak=400_000 + HEADER, count=2)
    [function] = run.document["functions"]
    assert (function["call_count"], function["rows"][0]["source"]) == (2, "@profile")
    blank = function["rows"][9]
    assert blank["source"] == "" and blank["increment_bytes"] is None and blank["occurrence_count"] is None


def test_memory_of_the_process(watched):
    run = watched("""
@profile
def grow():
    before = 1  # before
    big = bytearray(50_000_000)  # virtual
    for at in range(0, len(big), 4096):
        big[at] = 1  # touch
    del big  # gone
    after = 1  # after
grow()
""")
    before, virtual, gone = (run.row(mark)["mem_bytes"] for mark in ("before", "virtual", "gone"))
    assert 50_000_000 <= virtual - before < 50_001_000
    assert before - 1000 < gone < before + 1000
    resident = [run.row(mark)["resident_bytes"] for mark in ("before", "touch", "after")]
    assert resident[1] - resident[0] > 45_000_000
    assert resident[1] - resident[2] > 45_000_000


def test_recursion(watched):
    """Inclusive, and nothing twice: what the inner calls keep is in the line that calls, once."""
    run = watched("""
@profile
def down(n):
    mine = bytes(100_000)  # mine
    inner = down(n - 1) if n else None  # inner
    return mine, inner  # return
kept = down(5)
""")
    block = 100_000 + HEADER
    run.check("mine", increment=6 * block, count=6, peak=block)
    run.check("inner", slack=1000, increment=5 * block, allocated=5 * block, peak=5 * block, count=6)
    run.check("return", slack=500, increment=0, count=6)


def test_generators(watched):
    """Between its yields nothing is charged to a generator; to who runs it, what it does."""
    run = watched("""
def make(n):
    for i in range(n):
        block = bytes(10_000)  # block
        yield block  # yield
def use(n):
    kept = []
    for block in make(n):  # for
        kept.append(block)
        other = bytes(50_000)  # other
    return kept
def throw():
    running = make(3)
    next(running)  # next
    try:
        running.throw(KeyError)  # throw
    except KeyError:
        mine = bytes(77_000)  # caught
use(10)
throw()
""")
    block, other = 10_000 + HEADER, 50_000 + HEADER
    run.check("block", increment=11 * block, count=11, peak=block)
    run.check("yield", increment=0, count=11, slack=500)
    run.check("for", increment=10 * block, count=11, slack=1000)
    run.check("other", increment=other, allocated=10 * other, count=10)
    run.check("next", slack=500, increment=block)
    run.check("caught", slack=0, allocated=77_000 + HEADER, count=1)
    assert run.row("throw")["peak_bytes"] < 2000


def test_comprehensions_and_lambdas(watched):
    run = watched("""
def lists(n):
    return [bytes(1000) for _ in range(n)]  # list
def rows(n):
    return {
        i: bytes(1000)  # value
        for i in range(n)
    }
def keyed(n):
    make = lambda: bytes(3000)  # lambda
    kept = [make() for _ in range(n)]  # calls
    return kept
kept = lists(100), rows(100), keyed(10)
""", options=["--func", "lists,rows,keyed"])
    block = 1000 + HEADER
    run.check("list", slack=6000, increment=100 * block, allocated=100 * block, count=1)
    run.check("value", slack=6000, increment=100 * block, count=100)
    run.check("calls", slack=500, increment=10 * (3000 + HEADER), count=1)
    assert run.row("lambda")["occurrence_count"] == 11
    assert 30_000 < run.increment("lambda") < 31_000


def test_exceptions(watched):
    """A frame that an exception leaves is closed at once, also when code that is not watched catches it."""
    run = watched("""
import contextlib
def fails():
    mine = bytes(30_000)  # mine
    raise ValueError  # raise
def caught():
    try:
        fails()  # call
    except ValueError:
        later = bytes(20_000)  # later
    return later
def suppressed():
    with contextlib.suppress(ValueError):  # with
        fails()
    return bytes(70_000)  # behind
def caught_elsewhere(call):
    try:
        call()
    except ValueError:
        return [bytes(500_000) for _ in range(10)]  # elsewhere
def outer():
    kept = caught_elsewhere(fails)  # outer
    return kept
kept = caught(), suppressed(), outer()
""", options=["--func", "fails,caught,suppressed,outer"])
    run.check("mine", increment=3 * (30_000 + HEADER), count=3)
    run.check("raise", slack=2000, increment=0, count=3)
    run.check("call", slack=1500, increment=30_000 + HEADER)
    run.check("later", allocated=20_000 + HEADER)
    run.check("behind", increment=70_000 + HEADER)
    run.check("outer", slack=3000, increment=10 * (500_000 + HEADER))
    assert "caught_elsewhere" not in run.functions


def test_threads(watched):
    """A line has what its own thread did."""
    run = watched("""
import threading
started, done = threading.Barrier(5), threading.Barrier(5)
kept = []
def work():
    started.wait()  # wait
    mine = [bytes(3000) for _ in range(1000)]  # mine
    done.wait()
    kept.append(mine)
def both():
    started.wait()  # others start
    done.wait()  # others work
threads = [threading.Thread(target=work) for _ in range(4)]
[thread.start() for thread in threads]
both()
[thread.join() for thread in threads]
""")
    run.check("mine", slack=4 * 9000, increment=4000 * (3000 + HEADER), count=4)
    for mark in ("wait", "others start", "others work"):
        assert abs(run.increment(mark)) < 10_000
        assert run.row(mark)["peak_bytes"] < 10_000


def test_coroutines(watched):
    run = watched("""
import asyncio
async def child(n):
    await asyncio.sleep(0.001)  # sleep
    block = bytes(n)  # block
    await asyncio.sleep(0.001)  # again
    return block
async def other():
    for _ in range(20):
        await asyncio.sleep(0)
        big = bytes(900_000)  # big
async def main():
    return await asyncio.gather(child(11_000), child(12_000), child(13_000), other())
def start():
    kept = asyncio.run(main())  # run
    return kept
start()
""")
    run.check("block", increment=36_000 + 3 * HEADER, count=3, peak=13_000 + HEADER)
    for mark in ("sleep", "again"):
        assert abs(run.increment(mark)) < 10_000 and run.row(mark)["occurrence_count"] == 3
        assert run.row(mark)["peak_bytes"] < 10_000
    run.check("big", allocated=20 * (900_000 + HEADER), count=20)
    assert run.increment("run") > 36_000


def test_decorated_methods_and_calls(watched):
    run = watched("""
import functools, sys
from memory_profiler import profile as imported
def plain(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper
class C:
    @profile
    def method(self):
        self.block = bytes(9000)  # method
    @classmethod
    @profile(stream=sys.stderr, precision=4)
    def cls(cls):
        return bytes(8000)  # class
    @profile
    @staticmethod
    def static():
        return bytes(7000)  # static
    @property
    @imported
    def value(self):
        return bytes(6000)  # property
@imported
@plain
def wrapped():
    return bytes(5000)  # not wrapped
@plain
@profile()
def inner():
    def nested():
        return bytes(4000)  # nested
    return nested()
def other():
    return 1  # other
c = C()
c.method(), c.cls(), c.static(), c.value, wrapped(), inner(), other()
assert profile(other) is other and profile(3) == 3
""")
    for mark, size in (("method", 9000), ("class", 8000), ("static", 7000), ("property", 6000), ("nested", 4000)):
        run.check(mark, allocated=size + HEADER, count=1)
    assert {"C.method", "C.cls", "C.static", "C.value", "inner"} <= set(run.functions)
    assert run.functions["C.method"]["call_count"] == 1
    assert run.row("other")["occurrence_count"] is None or run.row("other")["occurrence_count"] == 0


def test_installed_memory_profiler_stays(watched, tmp_path):
    (tmp_path / "memory_profiler.py").write_text("profile = lambda function: print('real') or function\n")
    run = watched("""
from memory_profiler import profile
@profile
def f():
    return 1
f()
""")
    assert run.done.stdout == "real\n"


def test_names_and_modules(watched, tmp_path):
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "work.py").write_text("class A:\n    def make(self):\n        return bytes(2000)\ndef other():\n    return 1\n")
    source = """
import pkg.work
class B:
    def f(self):
        return 1
    class C:
        def g(self):
            def h():
                return 2
            return h()
B().f(), B.C().g(), pkg.work.A().make(), pkg.work.other()
"""
    names = lambda *options: set(watched(source, options=options).functions)
    assert names() == {"<module>", "B.f", "B.C.g", "B.C.g.<locals>.h"}
    assert names("--func", "B.f,pkg.work:A.make") == {"B.f", "A.make"}
    assert names("--func", "B.C.g.h") == {"B.C.g.<locals>.h"}
    assert names("--module", "pkg.work") == names("--module", "pkg.*") - {"<module>"} | {"<module>"} == {
        "<module>", "A.make", "other"}
    assert names("--func", "absent") == set()
    assert "nothing_chosen" in str(watched(source, options=["--func", "absent"]).document["capture"]["warnings"])


def test_code_that_runs_again(watched, tmp_path):
    (tmp_path / "again.py").write_text("def f():\n    return bytes(1000)\nf()\n")
    run = watched("""
import importlib
import again
importlib.reload(again)
importlib.reload(again)
""", options=["--func", "again:f"])
    [function] = run.document["functions"]
    row, size = function["rows"][1], 3 * (1000 + HEADER)
    assert row["occurrence_count"] == 3 and row["increment_bytes"] == size
    assert size <= row["allocated_bytes"] < size + 100


def test_only_chosen_lines(watched):
    """Of a program that decorates, nothing else is shown; a program that runs no chosen function says so."""
    run = watched("def f():\n    return 1\nf()\n@profile\ndef g():\n    return 2\ng()\n")
    assert set(run.functions) == {"g"}


# ---- a program under whymem lines is the same program ----

LOOK = """
import json, os, sys
def look():
    seen = [sys.argv[1:], __name__, sys.path[0], sys.stdin.read(), sorted(os.environ), sys.gettrace() is None]
    seen += [sorted(os.listdir('/proc/self/fd')), 'memory_profiler' in sys.modules]
    print(json.dumps(seen))
look()
"""


def test_same_surroundings(watched, python):
    args = ["a b", "--json", "-m", "--"]
    run = watched(LOOK, args=args, input="words")
    plain = subprocess.run([python, run.script, *args], capture_output=True, text=True, input="words")
    assert (run.done.stdout, run.done.stderr) == (plain.stdout, "")


@pytest.mark.parametrize("words", [["-c", LOOK], ["-m", "looking"], ["folder"], ["-"]],
                         ids=["command", "module", "folder", "stdin"])
def test_ways_to_run(watched, python, tmp_path, words):
    watched("")
    (tmp_path / "looking.py").write_text(LOOK)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "__main__.py").write_text(LOOK)
    text = LOOK if words == ["-"] else ""
    ours = subprocess.run([harness.WHYMEM, "lines", "--json", "-o", "out", "--python", python, *words],
                          capture_output=True, text=True, input=text, cwd=tmp_path)
    plain = subprocess.run([python, *words], capture_output=True, text=True, input=text, cwd=tmp_path)
    assert (ours.stdout, ours.stderr, ours.returncode) == (plain.stdout, "", 0)
    functions = {each["function"]: each for each in json.loads((tmp_path / "out").read_text())["functions"]}
    assert functions["look"]["rows"][1]["occurrence_count"] == 1
    if words != ["-"]:
        assert functions["look"]["rows"][0]["source"] == "def look():"


@pytest.mark.parametrize("source,status", [
    ("raise SystemExit(3)", 3), ("1 / 0", 1), ("import os; os._exit(9)", 9), ("import os; os.kill(os.getpid(), 9)", 137)])
def test_statuses(watched, source, status):
    # What a collection frees meanwhile, the line has freed.
    run = watched(f"import gc; gc.disable()\nkept = []\ndef f():\n    kept.append(bytes(50_000))  # bytes\n    {source}\nf()\n", status=status)
    run.check("bytes", slack=200, increment=50_000 + HEADER, count=1)


def test_trace_functions(watched, python):
    """Up to 3.11 there is one trace function: the program's own goes before, and the report says so."""
    run = watched("""
import sys
seen = []
def f():
    return 1  # f
def g():
    return 2  # g
f()
sys.settrace(lambda frame, event, argument: seen.append(event))
g()
sys.settrace(None)
f()
print(sorted(set(seen)))
""", options=["--func", "f,g"])
    assert run.done.stdout == "['call']\n"
    assert run.row("f")["occurrence_count"] == 2
    is_lost = "trace_function" in str(run.document["capture"]["warnings"])
    assert is_lost == (run.row("g")["occurrence_count"] == 0) == (harness.version_of(python) < (3, 12))


def test_other_tools_of_monitoring(watched, python):
    if harness.version_of(python) < (3, 12):
        pytest.skip("has no sys.monitoring")
    run = watched("""
import sys
m = sys.monitoring
m.use_tool_id(m.COVERAGE_ID, 'other')
lines = []
m.register_callback(m.COVERAGE_ID, m.events.LINE, lambda code, line: lines.append(line))
m.set_events(m.COVERAGE_ID, m.events.LINE)
def f():
    a = bytes(1000)  # bytes
    return a
f()
m.set_events(m.COVERAGE_ID, 0)
print(len([line for line in lines if 9 <= line <= 10]))
""", options=["--func", "f"])
    assert run.done.stdout == "2\n"
    run.check("bytes", slack=200, allocated=1000 + HEADER, count=1)


def test_profilers_and_forks(watched):
    run = watched("""
import cProfile, os
def f(n):
    return [bytes(1000) for _ in range(n)]  # bytes
profiler = cProfile.Profile()
profiler.enable()
f(10)
profiler.disable()
if not os.fork():
    f(1000)
    os._exit(0)
print(os.wait()[1])
f(10)
print(sum(each.callcount for each in profiler.getstats() if getattr(each.code, 'co_name', '') == 'f'))
""", options=["--func", "f"])
    assert run.done.stdout == "0\n1\n"
    assert run.row("bytes")["occurrence_count"] == 2
    assert 20 * (1000 + HEADER) <= run.row("bytes")["allocated_bytes"] < 23 * (1000 + HEADER)


def test_deep_recursion(watched):
    run = watched("""
import sys
sys.setrecursionlimit(30_000)
def down(n):
    return down(n - 1) if n else 0  # down
def walk():
    return down(12_000)  # walk
print(walk())
""", options=["--func", "walk"])
    assert run.done.stdout == "0\n"
    assert run.row("walk")["occurrence_count"] == 1


SPAN = struct.Struct("<2I6Q8x")
SPANS_AT = (1 << 16) + 64 * (1 << 14) + 64 * (1 << 19)  # src/trace/lines_table.h


def test_spans(watched, python, tmp_path):
    """Each outermost call of a watched function, with what the process had before and after; while it runs."""
    watched("")
    (tmp_path / "calls.py").write_text("""
import sys, time
kept = []
@profile
def work(n):
    kept.append(bytes(n))
    time.sleep(0.05)
    if n > 5_000_000:
        work(n // 2)
for n in (1_000_000, 20_000_000):
    work(n)
    print(time.monotonic_ns(), flush=True)
sys.stdin.read()
""")
    process = subprocess.Popen([harness.WHYMEM, "lines", "-o", tmp_path / "out", "--python", python, tmp_path / "calls.py"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    ends = [int(process.stdout.readline()) for _ in range(2)]
    folder = f"/proc/{process.pid}/fd"
    [table] = [fd for fd in os.listdir(folder) if "whymem lines" in os.readlink(f"{folder}/{fd}")]
    with open(f"{folder}/{table}", "rb") as file:
        file.seek(SPANS_AT)
        spans = [SPAN.unpack(file.read(SPAN.size)) for _ in range(3)]
    process.communicate("")
    assert process.returncode == 0
    assert spans[2][0] == 0 and spans[0][0] == spans[1][0]
    for span, end, size, sleep in zip(spans, ends, (1_000_000, 35_000_000), (50, 150)):
        _, thread, begin_ns, end_ns, begin, after, resident, resident_after = span
        assert abs(end - end_ns) < 40_000_000 and end_ns - begin_ns > (sleep - 10) * 1_000_000
        assert size <= after - begin < size + 2000
        assert resident > 1_000_000 and resident_after >= resident
    assert "Function: work" in (tmp_path / "out").read_text()


def test_other_interpreters(watched, python):
    if harness.version_of(python) < (3, 12):
        pytest.skip("interpreters share everything")
    run = watched("""
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
def f():
    return bytes(1000)  # bytes
made = interpreters.create()
interpreters.run_string(made, "def f(): return 1\\nimport textwrap\\n[f() for _ in range(10)]\\nprint('profile' in dir(__builtins__))")
interpreters.destroy(made)
f()
""")
    assert run.done.stdout == "False\n"
    assert run.row("bytes")["occurrence_count"] == 1


def rows_of(done):
    """The lines of a screen; a long path has one of its own."""
    return done.stderr.replace("Filename:\n  ", "Filename: ").splitlines()


def test_screen(watched, python, tmp_path):
    """The table of memory_profiler."""
    run = watched("@profile\ndef f():\n    a = bytearray(3 << 20)\n\n    return a\nf()\n")
    done = harness.run("lines", "--python", python, run.script)
    lines = rows_of(done)
    assert lines[0] == f"Filename: {run.script}"
    assert lines[3] == "Line #    Mem usage    Increment  Occurrences   Line Contents"
    assert lines[4] == "=" * len(lines[3])
    assert lines[5].split() == ["1", "@profile"] and lines[5].index("@") == lines[3].index("Line Contents") - 1
    assert float(lines[7].split()[3]) == 3 and lines[7].split()[4:] == ["MiB", "1", "a", "=", "bytearray(3", "<<", "20)"]
    gross = rows_of(harness.run("lines", "--gross", "--unit", "B", "--python", python, run.script))
    assert gross[3].split() == ["Line", "#", "Mem", "usage", "Increment", "Occurrences", "Allocated", "Peak", "Resident",
                                "Line", "Contents"]
    assert str(3 << 20)[:4] in gross[7]


def test_bad_words(watched, python):
    watched("")
    for words in (["--func", ""], ["--func", ":"], ["--module", ","], ["--func", "x" * 300], ["--unit", "x"], []):
        done = harness.run("lines", *words, *(["x.py"] if words else []), check=False)
        assert done.returncode == 125, words
        assert done.stderr.startswith("whymem: ")
    assert harness.run("lines", "--python", python, "absent.py", check=False).returncode == 2
    environment = {**os.environ, "WHYMEM_LINES": "3"}
    assert harness.run("run", "--python", python, "-c", "print(1)", env=environment).stdout == "1\n"
