"""The account of RSS: every byte once, and next to nothing without a name."""
import pathlib
import re

import harness
import pytest

PLAIN = """
import asyncio, collections, decimal, email.message, json, logging, re, sqlite3, threading
data = {'key_%d' % i: float(i) for i in range(50000)}
rows = [{'id': i, 'name': 'row %d' % i, 'tags': ('a', i)} for i in range(20000)]
text = [b'%d' % i * 20 for i in range(20000)]
"""
BUSY = PLAIN + """
stop = threading.Event()
def work(n):
    local = [bytearray(n * 1000) for _ in range(50)]
    del local[::2]
    stop.wait()
threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(8)]
for thread in threads:
    thread.start()
ended = [threading.Thread(target=lambda: [bytes(i) for i in range(2000)]) for _ in range(8)]
for thread in ended:
    thread.start()
for thread in ended:
    thread.join()
import mmap, ssl, tempfile
shared = mmap.mmap(-1, 4 << 20)
shared.write(b's' * (4 << 20))
file = tempfile.TemporaryFile()
file.write(b'f' * (4 << 20))
file.flush()
mapped = mmap.mmap(file.fileno(), 4 << 20, access=mmap.ACCESS_READ)
checksum = sum(mapped[::4096])
contexts = [ssl.create_default_context() for _ in range(3)]
"""


def account_of(pid):
    """The document of `whymem PID` and its account as {part: bytes}, checked to add up."""
    document = harness.ask(pid)
    parts = {row["part"]: row["bytes"] for row in document["account"]}
    assert len(parts) == len(document["account"])
    memory = document["memory"]
    assert memory["total_bytes"] == memory["rss_bytes"]
    assert sum(n for part, n in parts.items() if "." not in part) == memory["total_bytes"]
    for part in {name.split(".")[0] for name in parts if "." in name}:
        assert parts[part] == sum(n for name, n in parts.items() if name.startswith(part + "."))
    return document, parts


def test_plain_program(python):
    with harness.Target(python, PLAIN) as target:
        document, parts = account_of(target.pid)
    total = document["memory"]["total_bytes"]
    assert parts["unexplained"] <= total // 1000
    assert parts["native.unowned"] <= total // 100
    assert parts["objects"] > total // 2
    assert parts["native.interpreter"] > 0
    assert parts["stacks"] > 0
    assert parts["native.foreign"] == parts["shared"] == 0
    assert parts["tracer"] < 4096  # newer versions make tracemalloc's empty tables at start


def test_threads_maps_and_tls(python):
    with harness.Target(python, BUSY) as target:
        document, parts = account_of(target.pid)
    total = document["memory"]["total_bytes"]
    assert parts["unexplained"] <= total // 200
    assert parts["shared"] == 4 << 20
    assert parts["files"] >= 4 << 20
    assert parts["stacks"] > 16 * 4096


DEEP = """
import threading
ready_threads, stop = threading.Barrier(5), threading.Event()
def deep(n):
    return max([n], key=lambda _: deep(n - 1)) if n else ready_threads.wait()  # through C code: uses the stack
def work():
    try:
        deep(150)
    except RecursionError:
        ready_threads.abort()
    stop.wait()
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
ready_threads.wait()
"""


def stacks_of(pid):
    """Resident bytes of the mappings in which the stack pointers of all threads lie, as the kernel has them."""
    pointers = [int(task.joinpath("syscall").read_text().split()[-2], 16) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]
    resident = 0
    for block in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", pathlib.Path(f"/proc/{pid}/smaps").read_text())[1:]:
        begin, end = (int(word, 16) for word in block.split()[0].split("-"))
        if any(begin <= pointer < end for pointer in pointers):
            resident += int(re.search(r"^Rss: +(\d+) kB", block, re.M)[1]) << 10
    return resident


def test_stacks(python):
    with harness.Target(python, DEEP) as target:
        _, parts = account_of(target.pid)
        expected = stacks_of(target.pid)
    assert expected > 300 << 10
    frames = 5 * 16 << 10  # of Python code, 3.11 on: mappings of their own
    assert -(16 << 10) <= parts["stacks"] - expected <= frames + (16 << 10)


def test_mappings_add_up(python):
    with harness.Target(python, BUSY) as target:
        document, _ = account_of(target.pid)
        native = harness.ask("native", target.pid, "--top", "0")
    assert sum(row["resident_bytes"] for row in native["mappings"]) == pytest.approx(
        document["memory"]["rss_bytes"], abs=1 << 18)
    for row in native["arenas"]:
        assert row["resident_bytes"] <= row["bytes"]
        assert row["used_bytes"] + row["free_bytes"] <= row["bytes"] + 4096
