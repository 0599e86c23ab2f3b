"""whymem run: memory that a program maps itself, allocations that fail, and ends for lack of memory."""
import os

import harness
import pytest
from test_run import Run, traced  # noqa: F401: a fixture

MIB = 1 << 20

LIBC = """
import ctypes, mmap, os, threading
M = 1 << 20
libc = ctypes.CDLL(None)
pointer, size, number = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
libc.mmap.argtypes, libc.mmap.restype = (pointer, size, number, number, number, ctypes.c_long), pointer
libc.munmap.argtypes = (pointer, size)
libc.mprotect.argtypes = (pointer, size, number)
libc.mremap.argtypes, libc.mremap.restype = (pointer, size, size, number, pointer), pointer
libc.sbrk.argtypes, libc.sbrk.restype = (ctypes.c_ssize_t,), pointer
READ_WRITE, NONE = 3, 0
PRIVATE, ANONYMOUS, FIXED = 2, 0x20, 0x10
MAY_MOVE, MOVE_TO = 1, 2
def check(result):
    assert result not in (None, -1, 2 ** 64 - 1)
    return result
"""


def near(value, expected):
    """Beside what Python itself needs on that line."""
    assert 0 <= value - expected < 20_000, (value, expected)


def test_mapping_is_what_was_asked_for(traced):  # noqa: F811
    """However much of it is touched."""
    run = traced(LIBC + """
for percent in (0, 50, 100):
    block = libc.mmap(None, 512 * M, READ_WRITE, PRIVATE | ANONYMOUS, -1, 0)  # map
    ctypes.memset(block, 1, 512 * M * percent // 100)
    libc.munmap(block, 512 * M)
block = libc.mmap(None, 512 * M, READ_WRITE, PRIVATE | ANONYMOUS, -1, 0)  # kept
""")
    near(run.sum("map", "allocated_bytes"), 3 * 512 * MIB)
    near(run.sum("map", "live_bytes"), 0)
    near(run.sum("kept", "live_bytes"), 512 * MIB)
    near(run.document["totals"]["peak_bytes"] // MIB, 513)


def test_partial_unmapping(once, traced):  # noqa: F811
    run = traced(LIBC + """
block = libc.mmap(None, 10 * M, READ_WRITE, PRIVATE | ANONYMOUS, -1, 0)  # map
other = libc.mmap(None, 4 * M, READ_WRITE, PRIVATE | ANONYMOUS, -1, 0)  # whole
assert not libc.munmap(block + 2 * M, 3 * M)
assert not libc.munmap(block, M)
assert not libc.munmap(block + 9 * M, M)
assert not libc.munmap(block + 3 * M, M)  # again, there is nothing
assert libc.munmap(block + 1, M) == -1  # no page
assert not libc.munmap(other, 4 * M)
libc.mmap(block + 6 * M, M, READ_WRITE, PRIVATE | ANONYMOUS | FIXED, -1, 0)  # over
over = os.open('/proc/self/exe', os.O_RDONLY)
libc.mmap(block + 7 * M, 4096, 1, PRIVATE | FIXED, over, 0)
""")
    near(run.sum("map", "live_bytes"), 4 * MIB - 4096)
    near(run.sum("map", "allocated_bytes"), 10 * MIB)
    near(run.sum("over", "live_bytes"), MIB)
    near(run.sum("whole", "live_bytes"), 0)
    near(run.sum("whole", "allocated_bytes"), 4 * MIB)


def test_pieces_of_a_mapping_are_blocks(once, traced):  # noqa: F811
    """A hole makes two of one; every second page away makes as many as pages are left."""
    run = traced(LIBC + """
libc.munmap(None, 0)
block = libc.mmap(None, 2000 * 4096, READ_WRITE, PRIVATE | ANONYMOUS, -1, 0)  # map
import itertools
for address in itertools.islice(itertools.count(block, 8192), 1000):
    libc.munmap(address, 4096)
""")
    near(run.sum("map", "live_bytes"), 1000 * 4096)
    assert 1000 <= run.sum("map", "live_count") < 1020


def test_remapping(once, traced):  # noqa: F811
    run = traced(LIBC + """
block = libc.mmap(None, 10 * M, READ_WRITE, PRIVATE | ANONYMOUS, -1, 0)  # map
block = check(libc.mremap(block, 10 * M, 30 * M, MAY_MOVE, None))  # grow
block = check(libc.mremap(block, 30 * M, 5 * M, MAY_MOVE, None))  # shrink
place = libc.mmap(None, 8 * M, READ_WRITE, PRIVATE | ANONYMOUS, -1, 0)  # place
block = check(libc.mremap(block, 5 * M, 6 * M, MAY_MOVE | MOVE_TO, place))  # move
assert not libc.munmap(block, M)
""")
    for name, live, allocated in (("map", 0, 10), ("grow", 0, 30), ("shrink", 0, 5), ("place", 2, 8), ("move", 5, 6)):
        near(run.sum(name, "live_bytes"), live * MIB)
        near(run.sum(name, "allocated_bytes"), allocated * MIB)


def test_what_is_no_memory_of_the_program(once, traced, tmp_path):  # noqa: F811
    """Files and reservations are not counted; what of a reservation becomes accessible is."""
    run = traced(LIBC + """
import tempfile
file = tempfile.TemporaryFile(dir='.')
file.truncate(50 * M)
of_file = mmap.mmap(file.fileno(), 50 * M)  # file
private = mmap.mmap(file.fileno(), 50 * M, mmap.MAP_PRIVATE)  # private
shared = mmap.mmap(-1, 3 * M)  # shared
reserved = libc.mmap(None, 100 * M, NONE, PRIVATE | ANONYMOUS, -1, 0)  # reserve
assert not libc.mprotect(reserved + 10 * M, 7 * M, READ_WRITE)  # use
assert not libc.mprotect(reserved + 10 * M, 7 * M, READ_WRITE)  # again
closed = mmap.mmap(-1, 20 * M)  # closed
closed.close()
before = libc.sbrk(2 * M)  # brk
libc.sbrk(-M)
""", cwd=tmp_path)
    for name, live in (("file", 0), ("private", 0), ("shared", 3), ("reserve", 0), ("use", 7), ("again", 0), ("closed", 0),
                       ("brk", 1)):
        near(run.sum(name, "live_bytes"), live * MIB)


REPORTS = LIBC + """
track, untrack = libc.PyTraceMalloc_Track, libc.PyTraceMalloc_Untrack
track.argtypes = (ctypes.c_uint, pointer, size)
untrack.argtypes = (ctypes.c_uint, pointer)
libc.aligned_alloc.argtypes, libc.aligned_alloc.restype = (size, size), pointer
libc.malloc.argtypes, libc.malloc.restype = (size,), pointer
DEVICE = 1 << 44
"""


def test_memory_that_libraries_report(traced):  # noqa: F811
    """By PyTraceMalloc_Track(): what is at an address was one report of each domain, the last."""
    run = traced(REPORTS + """
import random
choose, known = random.Random(1), {}
for _ in range(20_000):
    key = choose.randrange(3), DEVICE + choose.randrange(3000) * 16
    if choose.random() < 0.6:
        known[key] = choose.randrange(M)
        assert track(*key, known[key]) == -2, 'tracemalloc is off'  # device
    else:
        known.pop(key, None)
        assert untrack(*key) == -2
print(sum(known.values()), len(known))
track(1, 2 * DEVICE, 2 ** 64 - 1)  # absurd
""")
    n_bytes, count = map(int, run.done.stdout.split())
    near(run.sum("device", "live_bytes"), n_bytes)
    assert 0 <= run.sum("device", "live_count") - count < 100
    assert run.sum("absurd", "live_bytes") < 1000


def test_reports_of_what_is_counted_already(once, traced):  # noqa: F811
    """Memory of malloc() and mmap(), also behind a part that was left out to align it, is not counted again."""
    run = traced(REPORTS + """
block = libc.malloc(64 * M)  # malloc
track(1, block, 64 * M)  # again
track(1, block + 64, 63 * M)  # aligned
mapped = check(libc.mmap(None, 64 * M, READ_WRITE, PRIVATE | ANONYMOUS, -1, 0))  # map
track(1, mapped + M, 5 * M)  # part
untrack(1, mapped + M)
untrack(1, block)
track(2, DEVICE, 3 * M)  # device
track(2, DEVICE, 7 * M)  # more
if not os.fork():
    untrack(2, DEVICE)
    track(2, DEVICE + M, M)  # child
    os._exit(0)
os.wait()
""")
    for name, live in (("malloc", 64), ("again", 0), ("aligned", 0), ("map", 64), ("part", 0), ("device", 0), ("more", 7),
                       ("child", 0)):
        near(run.sum(name, "live_bytes"), live * MIB)
    child, = run.document["children"]
    live = {site["line"]: site["live_bytes"] for site in child["sites"] if site["file"] == str(run.script)}
    near(live.get(run.lines["more"], 0), 0)
    near(live[run.lines["child"]], MIB)


def test_tracemalloc_gets_the_reports(traced):  # noqa: F811
    """What it holds its lock for asks for memory as well: under calls that are many, and in threads."""
    run = traced(REPORTS + """
import tracemalloc
tracemalloc.start()
def deep(n):
    return [bytes(n), deep(n - 1)] if n else []
def work(n):
    for i in range(300):
        track(3, DEVICE + n, i)
        kept = deep(60)
        untrack(3, DEVICE + n)
threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert track(7, DEVICE, 5 * M) == 0  # device
of_device, = tracemalloc.take_snapshot().filter_traces([tracemalloc.DomainFilter(True, 7)]).traces
assert (of_device.domain, of_device.size) == (7, 5 * M)
assert untrack(7, DEVICE) == 0
assert not tracemalloc.take_snapshot().filter_traces([tracemalloc.DomainFilter(True, 7)]).traces
""")
    assert run.status == 0, run.done.stderr
    near(run.sum("device", "allocated_bytes"), 5 * MIB)


def test_numpy_reports_its_arrays(tmp_path):
    """They come from malloc() and are reported as well."""
    run = Run(harness.python_with("numpy"), tmp_path, """
import numpy
array = numpy.zeros(64 << 20, dtype=numpy.int8)  # array
""")
    near(run.sum("array", "live_bytes"), 64 * MIB)


def test_arenas_are_counted_by_their_blocks(traced):  # noqa: F811
    """2 million small objects: pymalloc maps arenas for them, and gives them back."""
    run = traced("""
kept = [bytes(31) for _ in range(500_000)]  # kept
""")
    live = run.sum("kept", "live_bytes")
    assert 64 * 500_000 <= live < (64 + 10) * 500_000


def test_peak_at_a_resize(once, traced):  # noqa: F811
    """A block that grows is one block: freed and allocated at the same moment, never twice at the peak."""
    run = traced(LIBC + """
libc.malloc.restype = libc.realloc.restype = pointer
libc.malloc.argtypes, libc.realloc.argtypes = (size,), (pointer, size)
block = libc.malloc(40 * M)  # small
block = check(libc.realloc(block, 50 * M))  # large
""")
    near(run.sum("large", "peak_bytes"), 50 * MIB)
    near(run.sum("small", "peak_bytes"), 0)


def test_threads_that_end(traced):  # noqa: F811
    """Freed by another thread than the one that asked; left behind by one that has ended."""
    run = traced(LIBC + """
left = []
def work():
    left.append(bytes(10 * M))  # block
    left.append(libc.mmap(None, 10 * M, READ_WRITE, PRIVATE | ANONYMOUS, -1, 0))  # map
for _ in range(5):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
for i in (8, 6):
    del left[i]
libc.munmap(left[1], 10 * M)
libc.munmap(left[3], 10 * M)
""")
    near(run.sum("block", "live_bytes"), 3 * 10 * MIB)
    near(run.sum("map", "live_bytes"), 3 * 10 * MIB)
    near(run.sum("map", "allocated_bytes"), 5 * 10 * MIB)


# ---- no memory ----

@pytest.mark.parametrize("expression,asked", [("bytearray(1 << 45)", 1 << 45), ("[0] * (1 << 42)", 8 << 42), ("'x' * (1 << 44)", 1 << 44),
                                              ("mmap.mmap(-1, 1 << 46)", 1 << 46)])
def test_memory_error(traced, expression, asked):  # noqa: F811
    run = traced(f"import mmap\n{expression}  # load\n")
    assert run.status == 1
    failure = run.document["exit"]["memory_error"]
    near(failure.pop("requested_bytes"), asked)
    assert isinstance(failure.pop("holders"), list)
    assert failure == {"file": str(run.script), "line": run.lines["load"], "function": "<module>"}


def test_memory_error_of_a_limit(once, traced):  # noqa: F811
    """The last failure counts, also when the program goes on."""
    run = traced("""
import resource
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
kept = []
def fill():
    while True:
        kept.append(bytes(64 << 20))  # fill
try:
    fill()
except MemoryError:
    print('no more')
""")
    assert (run.status, run.done.stdout) == (0, "no more\n")
    assert run.document["exit"]["memory_error"]["line"] == run.lines["fill"]
    assert run.document["exit"]["memory_error"]["requested_bytes"] == (64 << 20) + 33
    assert run.sum("fill", "live_bytes") >= 20 * (64 << 20)


HOLDER = """
import os, resource
class Cache:
    def __init__(self):
        self.items = {}
CACHE = Cache()
def fill():
    for i in range(40_000_000):
        CACHE.items[i] = b'%100000d' % i  # fill
def fail(n):
    try:
        bytes(n)  # fail
    except MemoryError:
        return True
"""


def held(run):
    return [(row["path"], row["allocated_line"]) for row in run.document["exit"]["memory_error"]["holders"]]


def test_who_held_the_memory_when_it_failed(traced):  # noqa: F811
    """Although the program gave it up afterwards; nothing is missing from the counts."""
    run = traced(HOLDER + """
resource.setrlimit(resource.RLIMIT_AS, (900 << 20, resource.RLIM_INFINITY))
try:
    fill()
except MemoryError:
    n = len(CACHE.items)
    CACHE.items.clear()
    print(n)
""")
    assert run.status == 0
    count = int(run.done.stdout)
    assert held(run) == [("__main__.CACHE.items", run.lines["fill"])]
    holder = run.document["exit"]["memory_error"]["holders"][0]
    assert holder["type"] == "dict" and count * 100_000 <= holder["retained_bytes"] <= count * 101_000 + (1 << 20)
    assert run.document["capture"]["warnings"] == [] and run.document["capture"]["complete"]
    shown = harness.run("run", "--python", run.done.args[run.done.args.index("--python") + 1], run.script).stderr
    assert "__main__.CACHE.items" in shown


def test_the_program_is_not_held_up_by_failures(once, traced):  # noqa: F811
    """Many of them, in threads and in children: each is told, of the first few who held the memory."""
    run = traced(HOLDER + """
import threading
kept = [bytes(100_000) for _ in range(200)]  # kept
for _ in range(5000):
    assert fail(1 << 45)
threads = [threading.Thread(target=lambda: [fail(1 << 45) for _ in range(50)]) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
child = os.fork()
if not child:
    os._exit(7 if fail(1 << 44) else 0)
assert os.waitpid(child, 0)[1] == 7 << 8
""")
    assert run.status == 0, run.done.stderr
    assert run.document["exit"]["memory_error"]["line"] == run.lines["fail"] and held(run) == []
    failure = run.document["children"][0]["memory_error"]
    assert failure["requested_bytes"] == (1 << 44) + 33
    assert failure["holders"][0]["path"] == "__main__.kept[*]" or failure["holders"][0]["path"] == "__main__.kept"


def test_a_program_that_ends_of_it(once, traced):  # noqa: F811
    """It waits while it is looked at, and ends as it would."""
    run = traced(HOLDER + """
kept = [bytes(100_000) for _ in range(300)]  # kept
bytes(1 << 45)
""")
    assert run.status == 1 and "MemoryError" in run.done.stderr
    assert held(run)[0][0].startswith("__main__.kept")


def test_no_memory_error(traced):  # noqa: F811
    run = traced("""
try:
    [0] * 2 ** 62
except MemoryError:
    print('overflow')
""")
    assert run.done.stdout == "overflow\n"
    assert run.document["exit"]["memory_error"] is None


def test_no_room_for_the_table(once, traced, followed_from_shell, python):  # noqa: F811
    """A limit that makes the table impossible is told before anything runs."""
    for limit in ("-f 1000", "-v 100000"):
        done = harness.run("run", "--", "sh", "-c", f"ulimit {limit}; exec \"$@\"", "sh", python, "-c", "print('ran')", check=False)
        assert (done.returncode, done.stdout) == (125, ""), done.stderr
        assert f"ulimit {limit[:2]}" in done.stderr


def confined(traced, limit, source):  # noqa: F811
    """A run, whymem and program, in a memory cgroup with a limit, as in a container."""
    with harness.MemoryGroup(limit) as group:
        return traced(source, preexec_fn=lambda: group.add(os.getpid()))


def fill(block):
    return f"""
import itertools
kept = []
def fill():
    for i in itertools.count():
        kept.append({block})  # fill
fill()
"""


def killed(run):
    """Is it told, and is the report complete? Who looked at it last."""
    ending = run.document["exit"]
    assert (ending["status"], ending["signal"], ending["killed_for_memory"]) == (None, 9, True)
    assert abs(run.document["totals"]["live_bytes"] - sum(site["live_bytes"] for site in run.document["sites"])) < 1000
    return ending["last_look"]


@pytest.mark.parametrize("block", ["b'x' * 1_000_000", "[i]"])
def test_killed_for_lack_of_memory(once, traced, block):  # noqa: F811
    """By line when it ended, by holder half-way to the limit."""
    run = confined(traced, 300_000_000, fill(block))
    look = killed(run)
    assert 100_000_000 < run.sum("fill", "live_bytes") < 305_000_000
    holder = look["holders"][0]
    assert holder["path"].startswith("__main__.kept") and holder["allocated_line"] == run.lines["fill"]
    assert 40_000_000 < holder["retained_bytes"] < 150_000_000 and 0 < look["before_end_ns"] < 30 * 10 ** 9
    assert run.document["capture"]["warnings"] == [] and run.document["capture"]["complete"]


def test_killed_children(once, traced):  # noqa: F811
    """As a server does, the parent starts another one; each is looked at, though a list grows while it waits."""
    run = confined(traced, 300_000_000, """
import os
def work():
    kept = []
    while True:
        kept.append([])
for _ in range(2):
    child = os.fork()
    if not child:
        work()
    assert os.waitpid(child, 0)[1] == 9
""")
    assert run.status == 0 and run.document["capture"]["warnings"] == []
    assert run.document["exit"]["killed_for_memory"] is False and run.document["exit"]["last_look"] is None
    if any(child["exit"] is None for child in run.document["children"]):
        pytest.skip("this kernel does not tell how processes ended")
    for child in run.document["children"]:
        assert child["exit"] == {"status": None, "signal": 9, "killed_for_memory": True}
        holder = child["last_look"]["holders"][0]
        assert holder["path"] == "__main__.work.<locals>.kept" and holder["retained_bytes"] > 30_000_000


def test_killed_where_there_is_no_room_for_a_look(once, traced):  # noqa: F811
    run = confined(traced, 60_000_000, fill("[i]"))
    assert killed(run) is None
    warning, = run.document["capture"]["warnings"]
    assert warning["id"] == "unknown_holders" and "MiB to be read" in warning["text"]


def test_a_look_changes_nothing(once, traced):  # noqa: F811
    """The program that might have been killed ends well: nothing is told of it, nothing is missing."""
    run = confined(traced, 300_000_000, """
kept = [bytes(100_000) for _ in range(1600)]  # kept
print(len(kept))
""")
    assert (run.status, run.done.stdout) == (0, "1600\n")
    assert run.document["exit"]["last_look"] is None and run.document["capture"]["warnings"] == []
    assert run.sum("kept", "live_count") >= 1600
