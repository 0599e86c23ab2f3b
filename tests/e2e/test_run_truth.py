"""whymem run against a tracer by brute force that is preloaded beside the agent and sees the same run: every line of
the program, of its libraries and of the interpreter's start has the same counts, bytes and part of the peak."""
import collections
import subprocess

import harness
import pytest
import reference
from test_run import Run, traced  # noqa: F401 (a fixture)

OBJECTS = """
class Node:
    def __init__(self, value, below):
        self.value, self.below = value, below
        self.name = 'node ' + str(value)

class Slots:
    __slots__ = ('left', 'right')

def build(n):
    top = None
    for i in range(n):
        top = Node(i * 1000, top)
    return top

def unbuild(node):
    while node:
        node.below, node = None, node.below

kept = [build(400), build(40)]
unbuild(kept.pop(0))
slots = [Slots() for _ in range(300)]
for i, each in enumerate(slots):
    each.left, each.right = {i: str(i)}, {str(i)}
del slots[100:250]
class Cycle:
    def __init__(self):
        self.me = self
        self.load = bytearray(500)
for _ in range(3000):
    Cycle()

text = ','.join(str(i * 7) for i in range(900))
parts = [part.upper() + '!' for part in text.split(',')]
table = {part: part * 3 for part in parts if not part.startswith('7')}
buffer = bytearray()
for part in parts:
    buffer += part.encode() * 5
del buffer[:2000]
number = 3 ** 4000
for size in range(0, 3000, 37):
    bytes(size), 'x' * size, [None] * size
"""

CALLS = """
import asyncio, contextlib, sys, time

def down(n):
    mine = [n, str(n * 1000)]
    return down(n - 1) + [mine] if n else [mine]

def fall(n):
    mine = {'n': n * 1000}
    if not n:
        raise ValueError('bottom %d' % len(mine))
    fall(n - 1)

def numbers(n):
    for i in range(n):
        yield [i * 1000]

def chained(n):
    yield from numbers(n)
    yield from (x + [1] for x in numbers(n))

def suspended(n):
    generators = [chained(3) for _ in range(n)]
    next(generators[0])
    return [next(each) for each in generators], generators

class Traced:
    def __enter__(self):
        return [str(time.time())]
    def __exit__(self, *_):
        self.frame = sys._getframe(1)

async def leaf(n):
    text = 'leaf %d' % n
    await asyncio.sleep(0)
    return text * 3

async def branch(n):
    if not n:
        return [await leaf(i) for i in range(3)]
    return [await branch(n - 1), *await asyncio.gather(leaf(n), leaf(n + 1))]

async def produced():
    for i in range(20):
        await asyncio.sleep(0)
        yield bytes(i * 10)

async def main():
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(list)
        return await branch(4), [x async for x in produced()]

for depth in (0, 3, 40, 39, 41, 200, 5, 200):
    kept = down(depth)
errors = []
for depth in (1, 30, 3, 30):
    try:
        fall(depth)
    except ValueError as error:
        errors.append(error)
first, waiting = suspended(30)
with Traced() as block:
    block.append(bytes(100))
results = [asyncio.run(main()) for _ in range(2)]
rows = [[x * 1000 for x in range(y)] for y in range(40)]
table = {y: {str(x) for x in range(y)} for y in range(30)}
ordered = sorted(rows, key=lambda row: [len(row), *row][:3])
exec(compile("\\n\\nmade = [bytes(n) for n in range(50)]", 'made up', 'exec'))
del errors[0], waiting[5:20]
for frame in list(sys._current_frames().values()):
    local = dict(frame.f_locals)
"""

LIBRARIES = """
import dataclasses, json, re, decimal, collections, functools, pickle, csv, io, logging, argparse, zlib, hashlib

@dataclasses.dataclass
class Row:
    name: str
    size: int = 0
    tags: list = dataclasses.field(default_factory=list)

rows = [Row('row %d' % i, i * 1000, ['a', str(i)]) for i in range(150)]
document = json.dumps([dataclasses.asdict(row) for row in rows], indent=1)
again = json.loads(document)
words = re.findall(r'"(\\w+ \\d+)"', document)
changed = re.sub(r'\\d+', lambda match: match[0] * 2, document)
counted = collections.Counter(word[:5] for word in words)
copies = pickle.loads(pickle.dumps(rows))
writer = csv.writer(out := io.StringIO())
writer.writerows([row.name, row.size] for row in rows)
total = sum(decimal.Decimal(row.size) / 7 for row in rows)

@functools.lru_cache(maxsize=50)
def cached(n):
    return [str(n)] * n
for n in range(120):
    cached(n % 70)
parser = argparse.ArgumentParser()
parser.add_argument('--level', type=int, default=3)
logging.getLogger('x').warning('%s', parser.parse_args([]))
packed = zlib.compress(document.encode() * 3)
plain = zlib.decompress(packed)
digest = hashlib.sha256(plain).hexdigest()
"""

THREADS = """
import concurrent.futures, queue, threading, time

def work(n):
    local = [bytes(n % 500) for n in range(n)]
    return {str(i): x for i, x in enumerate(local)}

box = queue.Queue()
def give():
    for i in range(300):
        box.put([str(i) * 10])
    box.put(None)
def take():
    while (item := box.get()) is not None:
        kept.append(item)
kept = []
threads = [threading.Thread(target=each, name=each.__name__) for each in (give, take)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    tables = list(pool.map(work, range(0, 400, 13)))
timers = [threading.Timer(0.001, kept.append, ([n],)) for n in range(5)]
[timer.start() for timer in timers]
[timer.join() for timer in timers]
time.sleep(0.1)  # a joined thread still frees its state: not while the interpreter ends
"""


IMPORT_FILES = ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")
SORTS = {"peak_bytes": "peak", "live_bytes": "live", "allocated_bytes": "allocated", "allocation_count": "count",
         "temporary_count": "temporary"}


def label(place):
    file, function, line = place
    if not file:
        return "(no Python frame)"
    return f"{function} ({file}:{line})" if line else f"{function} ({file})"


def shown(stack):
    """As an export writes it: what `import` does itself is at the line that imports."""
    path = []
    for place in reversed(stack):
        if not path or place[0] not in IMPORT_FILES:
            path.append(label(place).replace(";", ","))
    return ";".join(path) or label((None, None, None))


def export(trace, key):
    done = harness.run("run", "--from", trace, "--format", "collapsed", "--sort", key)
    return {stack: int(value) for stack, value in (line.rsplit(" ", 1) for line in done.stdout.splitlines())}


def check_stacks(trace, truth):
    for key, name in SORTS.items():
        expected = collections.Counter()
        for stack, counts in truth.by_stack.items():
            expected[shown(stack)] += counts[key]
        ours, expected = export(trace, name), {stack: value for stack, value in expected.items() if value}
        assert [stack for stack in {*ours, *expected} if ours.get(stack) != expected.get(stack)] == [], key


def lines_of(document):
    found = collections.defaultdict(lambda: dict.fromkeys(reference.COUNTS, 0))
    for site in document["sites"]:
        for key in reference.COUNTS:
            found[site["file"], site["function"], site["line"]][key] += site[key]
    return found


def differences(ours, truth):
    """Counts that are not the same: (key, ours, truth) by place."""
    nothing = dict.fromkeys(reference.COUNTS, 0)
    return {place: [(key, ours.get(place, nothing)[key], truth.get(place, nothing)[key])
                    for key in reference.COUNTS if ours.get(place, nothing)[key] != truth.get(place, nothing)[key]]
            for place in {*ours, *truth} if ours.get(place, nothing) != truth.get(place, nothing)}


def check(python, folder, source):
    log, trace = folder / "log", folder / "trace.whymem"
    library = reference.build(python, folder)
    run = Run(reference.wrapper(python, library, log, folder), folder, source, options=["--save", trace])
    assert run.status == 0, run.done.stderr
    truth = reference.replay(log)
    assert not differences(lines_of(run.document), truth.by_line)
    check_stacks(trace, truth)
    assert {key: run.document["totals"][key] for key in reference.COUNTS} == truth.totals
    assert len({line for file, _, line in truth.by_line if file == str(run.script)}) > 10
    return truth


def test_one_thread(traced, python, tmp_path):  # noqa: F811
    truth = check(python, tmp_path, OBJECTS + CALLS + LIBRARIES)
    assert max(map(len, truth.by_stack)) > 200


def test_threads(traced, python, tmp_path):  # noqa: F811
    check(python, tmp_path, THREADS)


# ---- tracemalloc's own view ----

SAME = """
import array, collections, decimal, functools, json, threading, asyncio

# Free lists are emptied first: an object of theirs is at the line of its birth for whymem,
# at the line that used it last for tracemalloc.
drained = [[[], {}, i + 0.5, *[tuple([i] * n) for n in range(1, 21)]] for i in range(2000)]

# strings
data = {}
for i in range(3000):  # same
    key = 'key %d' % i  # same
    data[key] = key * 3  # same

# objects
class Node:
    def __init__(self, value, below):
        self.value = value
        self.name = 'node ' + str(value)
        self.below = below
def build(n):
    top = None
    for i in range(n):
        top = Node(i * 1000, top)
    return top
top = build(2000)  # same

# parsing
text = ','.join(map(str, range(1000, 6000)))
parts = text.split(',')
table = bytearray()  # same
for part in parts:
    table += part.encode() * 10  # same
numbers = list(map(int, parts))  # same

# slots, closures, bound methods
class Slots:
    __slots__ = ('a', 'b')
    def method(self):
        pass
slots = [Slots() for _ in range(500)]
methods = [each.method for each in slots]
def closure(n):
    def inner():
        return n
    return inner
closures = [closure(n * 1000) for n in range(500)]  # same

# containers
ring = collections.deque(range(5000), maxlen=2000)
chars = array.array('d', range(3000))
unique = {str(n) for n in range(4000)}  # same
frozen = frozenset(unique)  # same
ordered = collections.OrderedDict.fromkeys(range(1000))  # same
counts = collections.Counter(text)  # same
grown = []
for n in range(3000):
    grown.append(None)  # same
del grown[100:]  # same

# C accelerators that make what Python asks for
document = json.loads('{"names": [%s]}' % ','.join('"n%d"' % n for n in range(1000)))  # same
digits = [decimal.Decimal(n) / 7 for n in range(500)]
big = [1 << n for n in range(2000)]  # same

# caches
@functools.lru_cache(maxsize=300)
def cached(n):
    return bytes(n + 300)  # same
for n in range(700):
    cached(n)  # same

# generators alive between two yields
def generate(n):
    mine = 'x' * n  # same
    yield mine
    yield mine * 2  # same
generators = [generate(n + 100) for n in range(200)]  # same
yielded = [next(each) for each in generators]  # same

# exceptions with their tracebacks
def fail(n):
    mine = bytes(n)
    if n < 500:
        raise ValueError(n)
    fail(n - 100)  # frames
errors = []
for n in range(1000, 1100):
    try:
        fail(n)  # frames
    except ValueError as error:
        errors.append(error)  # same

# threads, one after the other
def work(n):
    results.append([bytes(k + 200) for k in range(n)])
results = []
for n in range(20, 40):
    thread = threading.Thread(target=work, args=(n,))
    thread.start()
    thread.join()

# tasks
async def task(n):
    await asyncio.sleep(0)
    return bytes(n + 1000)
async def main():
    return await asyncio.gather(*[task(n) for n in range(100)])
gathered = asyncio.run(main())

# recursion
def tree(depth):
    return {str(depth): tree(depth - 1), 'other': tree(depth - 1)} if depth else None
branches = tree(9)  # same
"""

SHOW = """
import sys as _sys
if 'tracemalloc' in _sys._xoptions:
    import tracemalloc as _module
    for _line in _module.take_snapshot().filter_traces([_module.Filter(True, __file__)]).statistics('lineno'):
        print(_line.traceback[0].lineno, _line.size, _line.count)
"""


def is_from_free_lists(n_bytes, count):
    """Tuples, lists, dicts, floats: tracemalloc moves a reused one to the line that used it last."""
    return n_bytes * count > 0 and 24 <= n_bytes / count <= 104


def is_without_frames(n_bytes, count):
    """A traceback keeps the frame objects that the agent marked frames with: nobody asked for these."""
    return not n_bytes and not count or n_bytes * count > 0 and n_bytes % count == 0 and n_bytes // count < 500


def test_same_as_tracemalloc(traced, python):  # noqa: F811
    if harness.version_of(python)[:2] < (3, 11):
        pytest.skip("frames are objects of free lists there: tracemalloc moves them to every line that calls")
    run = traced(SAME + SHOW)
    theirs = subprocess.run([python, "-X", "tracemalloc", run.script], capture_output=True, text=True, check=True)
    expected = collections.defaultdict(lambda: (0, 0))
    for words in map(str.split, theirs.stdout.splitlines()):
        expected[int(words[0])] = int(words[1]), int(words[2])
    ours = collections.Counter(), collections.Counter()
    for site in run.document["sites"]:
        if site["file"] == str(run.script):
            ours[0][site["line"]] += site["live_bytes"]
            ours[1][site["line"]] += site["live_count"]
    for number, line in enumerate(SAME.splitlines(), 1):
        found = ours[0][number], ours[1][number]
        if line.endswith("# same"):
            assert found == expected[number], line
        elif line.endswith("# frames"):
            assert is_without_frames(*(b - a for a, b in zip(found, expected[number]))), (found, expected[number])
        elif found != expected[number]:
            difference = [a - b for a, b in zip(found, expected[number])]
            assert is_from_free_lists(*difference), (line, found, expected[number])
