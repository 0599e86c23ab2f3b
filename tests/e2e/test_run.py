"""whymem run: counts against programs whose allocations are known, and a program that behaves as under python."""
import json
import os
import signal
import subprocess

import harness
import pytest
from test_cli import check_document

HEADER_BYTES = 33  # sys.getsizeof(b"")


@pytest.fixture
def traced(python, tmp_path):
    if not (3, 9) <= harness.version_of(python)[:2] <= (3, 15):
        pytest.skip("only 3.9 to 3.15 are traced")
    return lambda source, **options: Run(python, tmp_path, source, **options)


class Run:
    """A finished `whymem run` of a script whose lines are marked: `...  # name`."""

    def __init__(self, python, folder, source, *, args=(), options=(), **kwargs):
        self.script, report = folder / "script.py", folder / "report.json"
        self.script.write_text(source)
        self.done = subprocess.run(
            [harness.WHYMEM, "run", "--json", "-o", report, "--top", "0", "--python", python, *options, self.script, *args],
            capture_output=True, text=True, timeout=60, **kwargs)
        self.status = self.done.returncode
        self.document = check_document(report.read_text(), "run") if report.exists() else None
        self.lines = {line.rsplit("#", 1)[1].strip(): number
                      for number, line in enumerate(source.splitlines(), 1) if "  # " in line}

    def sites(self, name):
        return [site for site in self.document["sites"]
                if site["file"] == str(self.script) and site["line"] == self.lines[name]]

    def sum(self, name, key):
        return sum(site[key] for site in self.sites(name))


def test_calls_allocate_nothing(traced):
    run = traced("""
import itertools
def empty(x):
    return x  # body
def calls(n):
    for _ in itertools.repeat(None, n):  # loop
        empty(None)  # call
calls(10)
calls(1_500_000)
""")
    assert run.status == 0, run.done.stderr
    assert sum(run.sum(name, "allocation_count") for name in ("body", "loop", "call")) <= 4


def test_known_sizes(traced):
    run = traced("""
import itertools
bytes(1)
def fill(n, size):
    blocks = [None] * n
    for i, _ in enumerate(itertools.repeat(None, n)):
        blocks[i] = bytes(size)  # bytes
    return blocks
kept = fill(200, 10_000)
gone = fill(250, 40_000)
del gone
def churn():
    for _ in itertools.repeat(None, 1000):
        bytes(5000)  # temporary
churn()
big = bytearray(1 << 20)  # grown
big.extend(bytes(3 << 20))  # grow
""")
    assert run.status == 0, run.done.stderr
    kept, gone = 200 * (10_000 + HEADER_BYTES), 250 * (40_000 + HEADER_BYTES)
    assert run.sum("bytes", "allocation_count") == 450
    assert run.sum("bytes", "allocated_bytes") == kept + gone
    assert (run.sum("bytes", "live_bytes"), run.sum("bytes", "live_count")) == (kept, 200)
    assert run.sum("bytes", "peak_bytes") == kept + gone
    assert run.sum("temporary", "allocation_count") == run.sum("temporary", "temporary_count") == 1000
    assert run.sum("temporary", "live_bytes") == run.sum("temporary", "peak_bytes") == 0
    totals = run.document["totals"]
    assert 4 << 20 <= run.sum("grown", "live_bytes") + run.sum("grow", "live_bytes") < 6 << 20
    for key, value in totals.items():
        assert value == sum(site[key] for site in run.document["sites"]) + run.document["rest"][key], key
    assert totals["peak_bytes"] >= kept + gone


def test_peak_keeps_its_contents(traced):
    """At the peak `first` has shrunk, `second` is whole and `third` is not born; all of it is known afterwards."""
    run = traced("""
first = [bytes(100_000) for _ in [0] * 100]  # first
del first[40:]
second = [bytes(100_000) for _ in [0] * 200]  # second
del second[5:]
third = [bytes(100_000) for _ in [0] * 50]  # third
del first, second, third
""")
    block = 100_000 + HEADER_BYTES
    for name, peak, total in (("first", 40, 100), ("second", 200, 200), ("third", 0, 50)):
        small = run.sum(name, "peak_bytes") - peak * block
        assert 0 <= small < 10_000, name
        assert run.sum(name, "allocated_bytes") - total * block < 20_000
        assert run.sum(name, "live_bytes") < 1000  # the dict of globals may have grown there


def test_line_of_library_memory(traced):
    run = traced("""
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.calloc.restype = libc.realloc.restype = ctypes.c_void_p
libc.realloc.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
libc.free.argtypes = (ctypes.c_void_p,)
a = libc.malloc(1_000_000)  # malloc
b = libc.calloc(1000, 3000)  # calloc
c = libc.realloc(libc.malloc(500_000), 700_000)  # realloc
d = libc.aligned_alloc(4096, 409_600)  # aligned
libc.free(libc.malloc(2_000_000))  # freed
""")
    for name, size in (("malloc", 1_000_000), ("calloc", 3_000_000), ("realloc", 700_000), ("aligned", 409_600), ("freed", 0)):
        assert 0 <= run.sum(name, "live_bytes") - size < 5000, name
    assert run.sum("freed", "allocated_bytes") >= 2_000_000


def test_code_that_dies(traced):
    """Each text gets the address of the one before it: none is taken for another."""
    run = traced("""
kept = []
for i in range(300):
    name = 'made %d' % (i % 3)
    exec(compile('\\n' * (i % 3) + 'kept.append(bytes(10_000 + %d))' % (i % 3), name, 'exec'))
""")
    for i in range(3):
        sites = [site for site in run.document["sites"] if site["file"] == f"made {i}"]
        assert {site["line"] for site in sites} == {i + 1}
        exact = 100 * (10_000 + i + HEADER_BYTES)
        assert 0 <= sum(site["live_bytes"] for site in sites) - exact < 10_000


def test_threads(traced):
    run = traced("""
import threading
kept = [[] for _ in range(4)]
def work(mine):
    for _ in range(2000):
        mine.append(bytes(3000))  # bytes
        bytearray(100_000)
threads = [threading.Thread(target=work, args=(mine,)) for mine in kept]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
""")
    size = 8000 * (3000 + HEADER_BYTES)
    lists = run.sum("bytes", "live_bytes") - size
    assert 0 <= lists < 200_000


def test_fork_counts_the_parent_only(traced):
    run = traced("""
import os
def make():
    return [bytes(10_000) for _ in range(100)]  # bytes
kept = make()
if not os.fork():
    more = [make() for _ in range(20)]
    kept.clear()
    os._exit(7)
print(os.wait()[1] >> 8)
""")
    assert run.done.stdout == "7\n"
    assert 0 <= run.sum("bytes", "live_bytes") - 100 * (10_000 + HEADER_BYTES) < 5000
    assert run.sum("bytes", "allocated_bytes") < 2_000_000


# ---- a program under whymem run is the same program ----

LOOK = """
import json, os, sys
print(json.dumps([sys.argv[1:], sys.flags.optimize, __name__, sys.path[0], sys.stdin.read(), sorted(os.environ),
                  sorted(os.listdir('/proc/self/fd')), 'tracemalloc' in sys.modules]))
"""


def test_same_surroundings(traced, python):
    args = ["a b", "--json", "-m", "--", "-o"]
    run = traced(LOOK, args=args, input="words")
    plain = subprocess.run([python, run.script, *args], capture_output=True, text=True, input="words")
    assert (run.done.stdout, run.done.stderr) == (plain.stdout, "")


@pytest.mark.parametrize("words", [["-c", LOOK], ["-m", "looking"], ["-OX", "utf8", "-W", "error", "looking.py"], ["-"]],
                         ids=["command", "module", "options", "input"])
def test_command_and_module(traced, python, tmp_path, words):
    (tmp_path / "looking.py").write_text(LOOK)
    traced("")
    command, options = [*words, "--top", "3"], {"capture_output": True, "text": True, "input": LOOK, "cwd": tmp_path}
    ours = subprocess.run([harness.WHYMEM, "run", "-o", "out", "--python", python, *command], **options)
    plain = subprocess.run([python, *command], **options)
    assert (ours.stdout, ours.stderr, ours.returncode) == (plain.stdout, "", 0)
    assert "at peak MiB" in (tmp_path / "out").read_text()


def test_report_goes_to_stderr(traced, python):
    run = traced("")
    done = harness.run("run", "--python", python, "-c", "print(1)")
    assert done.stdout == "1\n"
    assert "\npeak " in done.stderr
    assert run.document["exit"] == {"status": 0, "signal": None, "killed_for_memory": False,
                                    "memory_error": None, "last_look": None}


@pytest.mark.parametrize("source,status,number", [
    ("raise SystemExit(3)", 3, None), ("1 / 0", 1, None), ("import os; os._exit(9)", 9, None),
    ("import os; os.kill(os.getpid(), 9)", 137, 9), ("import os; os.abort()", 134, 6)])
def test_statuses(traced, source, status, number):
    run = traced("kept = [bytes(50_000) for _ in range(100)]  # bytes\n" + source)
    assert run.status == status
    assert run.document["exit"] == {"status": None if number else status, "signal": number, "killed_for_memory": False,
                                    "memory_error": None, "last_look": None}
    assert 0 <= run.sum("bytes", "live_bytes") - 100 * (50_000 + HEADER_BYTES) < 5000


def test_own_statuses(tmp_path):
    folder, nothing = tmp_path, tmp_path / "nothing"
    for words, status in ((["--python", nothing, "-c", "1"], 127), (["--python", folder, "-c", "1"], 126),
                          (["--nonsense", "x.py"], 125), ([], 125), (["--python", "/bin/true", "x.py"], 125)):
        done = harness.run("run", *words, check=False)
        assert done.returncode == status, words
        assert done.stderr.startswith("whymem: ")


@pytest.mark.parametrize("words", [["run", "-o"], ["run", "--save"], ["lines", "-o"], ["plot", "-o"]], ids=" ".join)
def test_a_file_that_cannot_be_written_is_told_before(tmp_path, words):
    done = harness.run(*words, tmp_path / "absent" / "file", "-c", "print('ran')", check=False)
    assert (done.returncode, done.stdout) == (125, "")
    assert "remedy: name a file in a folder" in done.stderr


@pytest.mark.parametrize("variable", ["PYTHONMALLOC=malloc", "PYTHONMALLOC=debug", "PYTHONDEVMODE=1"])
def test_other_allocators(traced, variable):
    """Python puts its allocators over the tracer's when it starts; sizes are those that were asked for."""
    run = traced("""
bytes(1)
kept = [None] * 100
for i in range(100):
    kept[i] = bytes(10_000)  # bytes
del kept[:50]
import sys
print(sys.flags.dev_mode)
""", env={**os.environ, **dict([variable.split("=")])})
    assert run.done.stdout == f"{variable == 'PYTHONDEVMODE=1'}\n"
    assert run.sum("bytes", "allocated_bytes") == 100 * (10_000 + HEADER_BYTES)
    assert run.sum("bytes", "live_bytes") == 50 * (10_000 + HEADER_BYTES)


def test_signals_are_forwarded(traced, python, tmp_path):
    traced("")
    script, report = tmp_path / "wait.py", tmp_path / "out.json"
    script.write_text("import signal, sys, time\n"
                      "signal.signal(signal.SIGTERM, lambda *_: sys.exit(42))\nprint('ready', flush=True)\n"
                      "for _ in range(3000):\n    time.sleep(0.01)\n")
    process = subprocess.Popen([harness.WHYMEM, "run", "--json", "-o", report, "--python", python, script],
                               stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 42
    process.stdout.close()
    assert json.loads(report.read_text())["exit"]["status"] == 42
