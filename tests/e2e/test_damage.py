"""Memory that is damaged: refused or explained, never a crash, a hang or a snapshot that contradicts itself."""
import json
import subprocess
import zlib

import harness

PROGRAM = """
import asyncio, collections, functools, io, threading
class Plain:
    def __init__(self, i):
        self.number, self.text, self.next = i, f'text {i}', None
class Slotted:
    __slots__ = ('a', 'b')
PLAIN = [Plain(i) for i in range(300)]
for one, other in zip(PLAIN, PLAIN[1:]):
    one.next = other
QUEUE = collections.deque(range(1000, 1300))
ORDERED = collections.OrderedDict((f'key {i}', [i]) for i in range(100))
NESTED = {i: {j: (i, j, {i, j}) for j in range(10)} for i in range(50)}
@functools.lru_cache(maxsize=None)
def cached(i):
    return [i]
LARGE = [cached(i) and i ** 40 for i in range(300)]
BUFFERS = [bytearray(i) for i in range(0, 100000, 1000)]
FILE = io.BytesIO(bytes(5000))
def generate():
    local = list(range(100))
    yield local
GENERATORS = [generate() for _ in range(20)]
for generator in GENERATORS:
    next(generator)
threading.Thread(target=threading.Event().wait, daemon=True).start()
LOOP = asyncio.new_event_loop()
TASKS = [LOOP.create_task(asyncio.sleep(1000)) for _ in range(10)]
"""

# All sorts of damage once; which exactly differs from Python to Python.
N_DAMAGES = 9


def test_damaged_memory(python):
    first = zlib.crc32(harness.python_id(python).encode()) % 100000
    program = harness.BUILD / "tests" / "unit" / "heap" / "damage"
    with harness.Target(python, PROGRAM) as target:
        done = subprocess.run([program, str(target.pid), str(first), str(N_DAMAGES)],
                              capture_output=True, text=True, timeout=600)
    assert not done.returncode, (first, done.stderr)
    counts = json.loads(done.stdout)
    assert counts["answered"] + counts["refused"] == N_DAMAGES
