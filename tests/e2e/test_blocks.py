"""What whymem knows of the allocators, against what they say of themselves inside the target."""
import ctypes.util
import json
import os
import re
import subprocess
import sys
import time

import harness
import pytest

DUMP = str(harness.BUILD / "tests" / "unit" / "heap" / "blocks_dump")

# Holes in pools and chunks, large blocks, threads that live and threads that have ended; then
# the target's own figures go to the file argv[1], and it sleeps.
SCRIPT = """
import ctypes, os, sys, threading, time
keep = [object() for _ in range(20000)] + [str(i) * 7 for i in range(30000)] + [[i] for i in range(20000)]
for i in range(0, len(keep), 3):
    keep[i] = None
large = [bytearray(300000) for _ in range(5)]
middle = [bytes(3000 + i) for i in range(2000)]
for i in range(0, 2000, 2):
    middle[i] = None
stop = threading.Event()
def work():
    local = [bytes(2000 + i * 3) for i in range(500)]
    del local[::2]
    stop.wait()
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
ended = [threading.Thread(target=lambda: [bytes(i) for i in range(1000)]) for _ in range(4)]
for thread in ended:
    thread.start()
for thread in ended:
    thread.join()
class MallInfo(ctypes.Structure):
    _fields_ = [(name, TYPE) for name in NAMES]
mallinfo.restype = MallInfo
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
for block in [libc.malloc(40) for _ in range(100)]:  # more than the cache of a thread takes
    libc.free(block)
os.dup2(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT), 2)
mallinfo()
time.sleep(0.1)
sys._debugmallocstats()
info = mallinfo()
os.write(2, (" ".join(f"{name}={getattr(info, name)}" for name in NAMES) + "\\nready\\n").encode())
time.sleep(600)
"""
PROLOGUE = """
import ctypes
libc = ctypes.CDLL(None)
mallinfo = getattr(libc, "mallinfo2", None) or libc.mallinfo
TYPE = ctypes.c_size_t if hasattr(libc, "mallinfo2") else ctypes.c_int
NAMES = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
"""


def dump(pid, *args):
    done = subprocess.run([DUMP, str(pid), *map(str, args)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check_sound(answer):
    """What holds of every target."""
    assert answer["total_bytes"] == answer["rss_bytes"] == sum(answer["account"].values())
    assert answer["wrong_count"] == 0
    assert answer["figures"]["pymalloc.corrupt_count"] == 0
    assert answer["figures"]["malloc.corrupt_count"] == 0
    used = answer["figures"]["pymalloc.used_count"] + answer["figures"]["malloc.used_count"]
    assert used == answer["block_count"]


def ask(python, path, env=None, prologue=""):
    """(answer of blocks_dump, {block size: (pools, used, free)}, mallinfo) of one run of SCRIPT.

    `path` has what sys._debugmallocstats() printed afterwards.
    """
    path.touch()
    target = subprocess.Popen([python, "-c", PROLOGUE + prologue + SCRIPT, str(path)], env={**os.environ, **(env or {})})
    try:
        deadline = time.monotonic() + 60
        while "ready" not in path.read_text(errors="replace"):
            assert target.poll() is None and time.monotonic() < deadline, path.read_text(errors="replace")
            time.sleep(0.05)
        time.sleep(0.2)
        answer = dump(target.pid)
    finally:
        target.kill()
        target.wait()
    text = path.read_text(errors="replace")
    rows = re.findall(r"^ *\d+ +(\d+) +(\d+) +(\d+) +(\d+) *$", text, re.M)
    classes = {int(row[0]): tuple(map(int, row[1:])) for row in rows}
    info = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", text.splitlines()[-2])}
    check_sound(answer)
    return answer, classes, info


def check_classes(answer, classes):
    """Equal, but for the few blocks that the target makes between the print and its sleep."""
    mine = {row[0]: tuple(row[1:]) for row in answer["size_classes"]}
    off = 0
    for size in classes.keys() | mine.keys():
        theirs, own = classes.get(size, (0, 0, 0)), mine.get(size, (0, 0, 0))
        assert abs(theirs[0] - own[0]) <= 1, (size, theirs, own)
        off += abs(theirs[1] - own[1])
    assert off <= 8, (classes, mine)


def check_malloc(answer, info, slack=0):
    figures = answer["figures"]
    assert figures["malloc.arena"] == info["arena"]
    assert abs(figures["malloc.uordblks"] - info["uordblks"]) <= slack
    assert abs(figures["malloc.fordblks"] - info["fordblks"]) <= slack
    assert figures["malloc.hblks"] == info["hblks"]
    assert abs(figures["malloc.fastbin_bytes"] - info["fsmblks"]) <= slack
    # From 2.43 on glibc forgets the header of a mapping that it gives back.
    drift = info["hblkhd"] - figures["malloc.hblkhd"]
    assert drift == 0 or (0 < drift < 4096 and drift % 16 == 0)


def test_figures_of_the_allocators(python, tmp_path):
    answer, classes, info = ask(python, tmp_path / "figures")
    debug = harness.version_of(python)[3]
    assert answer["figures"]["debug.header_bytes"] == (16 if debug else 0)
    check_classes(answer, classes)
    check_malloc(answer, info, 2048)
    assert answer["account"]["unexplained"] <= max(8192, answer["rss_bytes"] // 1000)
    assert answer["account"]["stacks"] > 7 * 4096


def test_overhead_of_pools(python, tmp_path):
    answer, _, _ = ask(python, tmp_path / "figures")
    text = (tmp_path / "figures").read_text(errors="replace")
    lost = {name: int(n.replace(",", "")) for name, n in
            re.findall(r"^# bytes lost to (pool headers|quantization) += +([\d,]+) *$", text, re.M)}
    assert len(lost) == 2
    assert lost["pool headers"] > 16_000
    assert abs(answer["account"]["overhead.pymalloc"] - sum(lost.values())) <= 4096


CACHED = """
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
def give_back(sizes, n):
    for block in [libc.malloc(size) for size in sizes for _ in range(n)]:
        libc.free(block)
give_back([16], 1)
"""


def test_cache_of_a_thread(python):
    """A bin of the thread's cache takes 7 blocks (16 from glibc 2.42 on); few large ones are there before."""
    sizes = range(600, 1032, 16)
    with harness.Target(python, CACHED) as target:
        before = dump(target.pid)["figures"]
        target.do(f"give_back({list(sizes)}, 7)")
        after = dump(target.pid)["figures"]
    for figure, full in (("malloc.tcache_count", 7 * len(sizes)), ("malloc.tcache_bytes", 7 * sum(size + 8 for size in sizes))):
        assert 0.6 * full <= after[figure] - before[figure] <= 1.2 * full


def test_debug_hooks(python, tmp_path):
    answer, classes, info = ask(python, tmp_path / "figures", {"PYTHONMALLOC": "debug"})
    assert answer["figures"]["debug.header_bytes"] == 16
    check_classes(answer, classes)
    check_malloc(answer, info, 2048)


@pytest.mark.parametrize("allocator", ["malloc", "malloc_debug"])
def test_malloc_alone(python, tmp_path, allocator):
    answer, _, info = ask(python, tmp_path / "figures", {"PYTHONMALLOC": allocator})
    assert answer["figures"]["pymalloc.arena_count"] == 0
    assert answer["figures"]["debug.header_bytes"] == (16 if allocator == "malloc_debug" else 0)
    check_malloc(answer, info, 8192)


def test_mimalloc_of_python(python, tmp_path):
    if harness.version_of(python) < (3, 13):
        pytest.skip("has no mimalloc")
    answer, _, _ = ask(python, tmp_path / "figures", {"PYTHONMALLOC": "mimalloc"})
    assert answer["account"]["native.foreign"] > 5_000_000
    assert answer["account"]["unexplained"] == 0


@pytest.mark.parametrize("library", ["jemalloc", "tcmalloc_minimal", "mimalloc"])
def test_foreign_allocators(tmp_path, library):
    found = os.environ.get("WHYMEM_" + library.upper()) or ctypes.util.find_library(library)
    if not found:
        pytest.skip(f"lib{library} is not installed")
    answer, _, _ = ask(sys.executable, tmp_path / "figures", {"LD_PRELOAD": found})
    assert answer["account"]["native.foreign"] > 5_000_000
    assert answer["figures"]["pymalloc.used_count"] > 50_000
    assert answer["account"]["unexplained"] == 0


SUBINTERPRETERS = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
run = getattr(interpreters, 'run_string', None) or interpreters.exec
kept, ended = interpreters.create(), interpreters.create()
for interpreter in (kept, ended):
    run(interpreter, 'kept = [object() for _ in range(100000)]')
interpreters.destroy(ended)
"""


def test_every_interpreter(python):
    if harness.version_of(python) < (3, 10):
        pytest.skip("its subinterpreters are not run here")
    with harness.Target(python, SUBINTERPRETERS) as target:
        answer = dump(target.pid)
    check_sound(answer)
    objects = {row[0]: row[2] for row in answer["size_classes"]}
    size = 48 if answer["figures"]["debug.header_bytes"] else 16
    assert 100_000 <= objects[size] < 170_000
    assert answer["account"]["unexplained"] <= max(16384, answer["rss_bytes"] // 1000)


TRIMMED = """
import ctypes
libc = ctypes.CDLL(None)
def resident():
    for line in open('/proc/self/smaps_rollup'):
        if line.startswith('Rss:'):
            return int(line.split()[1]) * 1024
blocks = [b'%d' % i * 30_000 for i in range(300)]
del blocks[::2]
"""


def test_trim_returns_what_is_said(python):
    with harness.Target(python, TRIMMED) as target:
        target.do("answer = resident()")
        said = dump(target.pid)["trim_bytes"]
        freed = target.do("before = resident()\nlibc.malloc_trim(0)\nanswer = before - resident()")
    assert said > 10_000_000
    assert abs(said - freed) <= 0.02 * said


MAPPED = """
import mmap
if hasattr(mmap, 'MAP_ANONYMOUS'):
    mapped = mmap.mmap(-1, 8 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
mapped.write(b'x' * (8 << 20))
import ctypes
ready = ctypes.addressof(ctypes.c_char.from_buffer(mapped))
"""


def test_claimed_mapping(python):
    with harness.Target(python, MAPPED) as target:
        begin = target.ready
        without = dump(target.pid)
        claimed = dump(target.pid, "--claim", begin, begin + (8 << 20))
    check_sound(without)
    check_sound(claimed)
    assert claimed["claimed"]
    moved = claimed["account"]["native.owned"] - without["account"]["native.owned"]
    assert moved == 8 << 20
    assert without["account"]["unexplained"] - claimed["account"]["unexplained"] == 8 << 20


# The page behind [heap] is taken: from now on the main arena grows by mappings.
BRK_REFUSED = """
import sys
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
for _ in range(10):  # reading the maps may move the end
    end = [int(line.split()[0].split('-')[1], 16) for line in open('/proc/self/maps') if '[heap]' in line][-1]
    if libc.mmap(end, 4096, 3, 0x100022, -1, 0) == end:
        break
else:
    sys.exit('the end of [heap] moves')
"""


def test_main_arena_without_brk(python, tmp_path):
    answer, classes, info = ask(python, tmp_path / "figures", prologue=BRK_REFUSED)
    check_classes(answer, classes)
    check_malloc(answer, info, 2048)
    assert answer["account"]["unexplained"] <= 16384
