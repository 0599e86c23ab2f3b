"""How much of RSS has no owner, in programs of a few hundred MB: next to nothing."""
import harness
import pytest

PLAIN = """
import asyncio, collections, dataclasses, decimal, json, logging, re, sqlite3
@dataclasses.dataclass
class Order:
    number: int
    lines: list
    note: str
ORDERS = {i: Order(i, [(i, 'part %d' % i, i * 1.5)], 'note of %d' % i) for i in range(150_000)}
TABLE = {'key_%d' % i: float(i) for i in range(600_000)}
DOCUMENTS = [json.loads('{"id": %d, "tags": ["a", "b%d"], "body": {"text": "%s"}}' % (i, i, 'x' * (i % 300)))
             for i in range(60_000)]
BLOBS = [bytes(i % 5000) for i in range(10_000)]
QUEUE = collections.deque(decimal.Decimal(i) / 3 for i in range(50_000))
"""

BUSY = """
import importlib, mmap, os, ssl, tempfile, threading
stop = threading.Event()
def work(n):
    local = [bytearray(n * 1000) for _ in range(200)]
    del local[::2]
    stop.wait()
THREADS = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(12)]
for thread in THREADS:
    thread.start()
ENDED = [threading.Thread(target=lambda: [bytes(i) for i in range(3000)]) for _ in range(8)]
for thread in ENDED:
    thread.start()
for thread in ENDED:
    thread.join()
ANONYMOUS = mmap.mmap(-1, 32 << 20)
ANONYMOUS.write(b's' * (32 << 20))
PRIVATE = mmap.mmap(-1, 16 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
PRIVATE.write(b'p' * (16 << 20))
FILE = tempfile.TemporaryFile()
FILE.write(b'f' * (16 << 20))
FILE.flush()
MAPPED = mmap.mmap(FILE.fileno(), 16 << 20, access=mmap.ACCESS_READ)
checksum = sum(MAPPED[::4096])
CONTEXTS = [ssl.create_default_context() for _ in range(5)]
from multiprocessing import shared_memory
MEMORY = shared_memory.SharedMemory(create=True, size=16 << 20)
MEMORY.buf[:] = b'm' * (16 << 20)
MEMORY.unlink()
TABLE = {'key_%d' % i: float(i) for i in range(300_000)}
ready = []
try:
    import numpy
    MATRIX = numpy.random.rand(2000, 2000)
    VIEWS = [MATRIX[i:] for i in range(100)]
    SMALL = [numpy.arange(i % 50) for i in range(20_000)]
    PRODUCT = MATRIX[:500] @ MATRIX[:, :500]
    ready.append('numpy')
    import pandas
    FRAME = pandas.DataFrame({'a': range(300_000), 'b': ['text %d' % (i % 1000) for i in range(300_000)], 'c': 0.5})
    GROUPED = FRAME.groupby('b').sum()
    DATES = pandas.Series(pandas.date_range('2020-01-01', periods=100_000, freq='min'))
    ready.append('pandas')
except ImportError:
    pass
"""


def shares(python, source):
    """({part: share of RSS}, what the target says)."""
    with harness.Target(python, source) as target:
        document = harness.ask(target.pid)
        ready = target.ready
    total = document["memory"]["total_bytes"]
    assert total == document["memory"]["rss_bytes"]
    parts = {row["part"]: row["bytes"] / total for row in document["account"]}
    print(harness.python_id(python), ready or "plain", f"{total >> 20} MiB",
          *(f"{part} {parts[part]:.4%}" for part in ("unexplained", "native.unowned", "native.interpreter")))
    return parts, ready


def test_plain_program(python):
    parts, _ = shares(python, PLAIN)
    assert parts["unexplained"] <= 0.001
    assert parts["native.unowned"] <= 0.01


@pytest.mark.parametrize("busy_python", harness.third_party_pythons(), ids=harness.python_id)
def test_threads_maps_shared_memory_and_numpy(busy_python):
    parts, _ = shares(busy_python, BUSY)
    assert parts["unexplained"] <= 0.005
    assert parts["native.unowned"] <= 0.02  # work space of OpenBLAS, 1 MiB a thread
