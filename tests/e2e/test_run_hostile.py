"""Programs that a tracer could break, or that could break a tracer: they do what they do under python, and the counts
still hold."""
import os
import signal
import subprocess

import pytest
import reference
from test_run import Run, traced  # noqa: F401 (a fixture)

GUESTS = """
import ctypes, faulthandler, signal, sys, threading, time, tracemalloc

# functions that trace and profile
events = []
def tracer(frame, event, arg):
    events.append(event)
    return tracer
def down(n):
    return [down(n - 1)] if n else [1000.5]
sys.settrace(tracer)
down(30)
sys.settrace(None)
sys.setprofile(tracer)
down(30)
sys.setprofile(None)

# C calls Python, also in threads that Python did not start
libc = ctypes.CDLL(None)
compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
values = (ctypes.c_int * 200)(*((i * 7919) % 200 for i in range(200)))
libc.qsort(values, 200, 4, compare(lambda a, b: len([bytes(50), str(a[0])]) - 2 + a[0] - b[0]))
kept = []
@ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
def body(_):
    kept.extend([bytes(50), i * 1000] for i in range(300))
threads = [ctypes.c_ulong() for _ in range(4)]
for thread in threads:
    libc.pthread_create(ctypes.byref(thread), None, body, None)
for thread in threads:
    libc.pthread_join(thread, None)

# signal handlers that allocate
def handler(*_):
    kept.append([bytes(100) for _ in range(20)])
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
until = time.time() + 0.1
while time.time() < until:
    {str(i): [i] for i in range(100)}
signal.setitimer(signal.ITIMER_REAL, 0)

# tracemalloc on top of the agent's hooks, with blocks that a library reports itself
tracemalloc.start()
ctypes.pythonapi.PyTraceMalloc_Track(7, ctypes.c_size_t(0x1000), ctypes.c_size_t(12345))
ctypes.pythonapi.PyTraceMalloc_Untrack(7, ctypes.c_size_t(0x1000))
more = [bytes(100) for _ in range(500)]
assert tracemalloc.get_traced_memory()[0] > 500 * 100
tracemalloc.stop()
del more

# stacks that are deep, and chains of destructors
def deep(n):
    mine = [n]
    return deep(n - 1) if n else 0
sys.setrecursionlimit(20_000)
deep(3000)
def chain(n):
    if n:
        yield from chain(n - 1)
    yield [n]
assert len(list(chain(300))) == 301
def endless():
    return endless()
sys.setrecursionlimit(1000)
try:
    endless()
except RecursionError:
    pass
top = None
for _ in range(100_000):
    top = [top]
del top

print(list(values) == sorted(values), len(events) > 100, len(kept) > 1200)
"""

SUBINTERPRETERS = """
import sys, threading
try:
    import _interpreters as module
    start = module.exec
except ImportError:
    import _xxsubinterpreters as module
    start = module.run_string
SOURCE = "import json; x = [bytes(100) for _ in range(500)]; y = json.loads(json.dumps(list(range(500)))); del x"
def work():
    for _ in range(3):
        interpreter = module.create()
        start(interpreter, SOURCE)
        module.destroy(interpreter)
work()
threads = [threading.Thread(target=work) for _ in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""

ENDS = {
    "exit in a thread's midst": ("""
import os, threading, time
def work():
    while True:
        [bytes(100) for _ in range(100)]
[threading.Thread(target=work, daemon=True).start() for _ in range(3)]
time.sleep(0.1)
os._exit(5)
""", 5),
    "daemon threads": ("""
import threading, time
def work():
    while True:
        [str(i) for i in range(100)]
[threading.Thread(target=work, daemon=True).start() for _ in range(3)]
time.sleep(0.1)
""", 0),
    "crash": ("""
import faulthandler
faulthandler.enable()
kept = [bytes(100) for _ in range(100)]
faulthandler._sigsegv()
""", 128 + signal.SIGSEGV),
    "destructors at exit": ("""
import atexit
class Late:
    def __del__(self):
        kept.append(bytes(1000))
kept = []
me = Late()
me.me = me
atexit.register(lambda: [bytes(i) for i in range(1000)])
""", 0),
    "no memory": ("""
import resource
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
kept = []
try:
    while True:
        kept.append(bytearray(16 << 20))
except MemoryError:
    kept.append([bytes(100) for _ in range(100)])
small = []
try:
    while True:
        small.append([bytes(200_000), len(small)])
except MemoryError:
    del small
assert len(kept) > 10
""", 0),
}


def check_sums(document):
    for key, value in document["totals"].items():
        assert value == sum(site[key] for site in document["sites"]) + document["rest"][key], key
        assert value >= 0 and all(site[key] >= 0 for site in document["sites"]), key


def test_guests(traced, python):  # noqa: F811
    run = traced(GUESTS)
    assert (run.status, run.done.stdout) == (0, "True True True\n"), run.done.stderr
    check_sums(run.document)


def test_subinterpreters(traced, python):  # noqa: F811
    run = traced(SUBINTERPRETERS)
    plain = subprocess.run([python, run.script], capture_output=True, text=True)
    assert run.status == plain.returncode, run.done.stderr
    check_sums(run.document)


@pytest.mark.parametrize("name", ENDS)
def test_ends(traced, name):  # noqa: F811
    source, status = ENDS[name]
    run = traced(source)
    assert run.status == status, run.done.stderr
    check_sums(run.document)


KILLED = """
import os, subprocess
def churn(n):
    return {str(i): [bytes(i % 300)] for i in range(n)}
subprocess.Popen(["sh", "-c", "sleep 0.$(($$ % 3 + 1)); kill -9 $0", str(os.getpid())])
while True:
    kept = [churn(n % 50) for n in range(100)]
"""


def test_killed_at_any_moment(traced, python, tmp_path):  # noqa: F811
    """The log of the reference tracer survives, too: both know as many events, but for the one that they were in."""
    log = tmp_path / "log"
    program = reference.wrapper(python, reference.build(python, tmp_path), log, tmp_path)
    run = Run(program, tmp_path, KILLED)
    assert run.status == 128 + signal.SIGKILL
    check_sums(run.document)
    truth, ours = reference.replay(log).totals, run.document["totals"]
    assert abs(ours["allocation_count"] - truth["allocation_count"]) <= 1
    assert abs(ours["live_count"] - truth["live_count"]) <= 1
    assert abs(ours["live_bytes"] - truth["live_bytes"]) < 20_000


@pytest.mark.parametrize("library", ["libjemalloc.so.2", "libtcmalloc_minimal.so.4"])
def test_other_allocators(traced, python, tmp_path, library):  # noqa: F811
    """Of the user's own LD_PRELOAD. What Python asks of them is counted as ever."""
    found = subprocess.run(["sh", "-c", f"LD_PRELOAD={library} true"], capture_output=True, text=True)
    if found.stderr:
        pytest.skip(f"needs {library}")
    run = Run(python, tmp_path, """
import ctypes
kept = [bytes(10_000) for _ in range(300)]  # bytes
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
block = libc.malloc(1_000_000)  # malloc
print(sum(map(len, kept)))
""", env={**os.environ, "LD_PRELOAD": library})
    assert (run.status, run.done.stdout) == (0, "3000000\n"), run.done.stderr
    assert 0 <= run.sum("bytes", "live_bytes") - 300 * 10_033 < 5000
    assert 0 <= run.sum("malloc", "live_bytes") - 1_000_000 < 5000
