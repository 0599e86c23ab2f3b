"""Add 64 MB of one part of the account: that part moves by it, the others hardly.

Two captures of one process, before and after the program made 64 MB of
something whose part is known.
"""
import harness
import pytest

MB = 1_000_000
ADDED = 64 * MB

SETUP = """
import ctypes, mmap, os, tempfile, threading
import sys
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
FLOAT_BYTES = 48 if hasattr(sys, 'gettotalrefcount') else 32
# What is added must not find room in what is free already.
FILL = [bytes(10_000) for _ in range(500)]
"""

# name -> (part that grows, statements)
ADDITIONS = {
    "objects": ("objects.live", "KEEP = [bytes(10_000) for _ in range(6_380)]"),
    "small_objects": ("objects.live", "KEEP = [float(i) for i in range(64_000_000 // (FLOAT_BYTES + 8))]"),
    "garbage": ("objects.garbage", """
        import gc
        gc.disable()
        for _ in range(64):
            cycle = [bytearray(1_000_000)]
            cycle.append(cycle)
            del cycle
        """),
    "native_owned": ("objects.live", "KEEP = bytearray(64_000_000)"),
    "native_array": ("native.owned", "KEEP = (ctypes.c_char * 64_000_000)()\nctypes.memset(KEEP, 1, 64_000_000)"),
    "native_unowned": ("native.unowned", """
        for _ in range(64):
            block = libc.malloc(ctypes.c_size_t(1_000_000))
            libc.memset(ctypes.c_void_p(block), 1, ctypes.c_size_t(1_000_000))
            del block
        """),
    "free_malloc": ("free.malloc", """
        libc.mallopt(-1, 2**31 - 1)
        libc.mallopt(-3, 2**25)
        blocks = [libc.malloc(ctypes.c_size_t(100_000)) for _ in range(640)]
        for block in blocks:
            libc.memset(ctypes.c_void_p(block), 1, ctypes.c_size_t(100_000))
        for block in blocks:
            libc.free(ctypes.c_void_p(block))
        del blocks
        """),
    "free_pymalloc": ("free.pymalloc", """
        blocks = [float(i) for i in range(64_000_000 // FLOAT_BYTES)]
        KEEP = blocks[::400]
        del blocks
        """),
    "shared": ("shared", "KEEP = mmap.mmap(-1, 64_000_000)\nfor i in range(0, 64_000_000, 4096): KEEP[i] = 1"),
    "files": ("files", """
        sink = tempfile.TemporaryFile()
        sink.write(b'x' * 64_000_000)
        sink.flush()
        KEEP = mmap.mmap(sink.fileno(), 64_000_000, access=mmap.ACCESS_READ)
        total = sum(KEEP[i] for i in range(0, 64_000_000, 4096))
        """),
}


def account(pid):
    return {row["part"]: row["bytes"] for row in harness.ask(pid)["account"]}


@pytest.mark.parametrize("name", ADDITIONS)
def test_the_part_moves_and_only_it(python, name):
    part, statements = ADDITIONS[name]
    with harness.Target(python, SETUP) as target:
        before = account(target.pid)
        target.do(statements)
        after = account(target.pid)
    moved = {key: after[key] - before[key] for key in after}
    assert abs(moved[part] - ADDED) <= 0.03 * ADDED, moved
    leaves = [key for key in moved if not any(other.startswith(key + ".") for other in moved)]
    others = {key: moved[key] for key in leaves if key != part and abs(moved[key]) > 0.01 * ADDED}
    if part == "objects.live" or part == "free.pymalloc":
        # Headers and ends of pools come with what is in them.
        assert others.pop("overhead.pymalloc", 0) <= 0.02 * ADDED
    assert not others, others
