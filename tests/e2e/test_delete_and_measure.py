"""retained_bytes is what really comes back: delete the holder and look at the allocators.

For each kind of holder the target makes a few MB of it, whymem says what the
holder retains, the target deletes it, collects, and reads its own allocators:
used pymalloc blocks (sys._debugmallocstats) and malloc (mallinfo2 or mallinfo).
"""
import harness
import pytest

TOLERANCE = 0.02
# With a class goes its weak reference in the registry of object's subclasses, which belongs to object.
TOLERANCES = {"classes": 0.08, "ssl_contexts": 0.03}

MEASURE = r"""
import ctypes, gc, os, re, sys, tempfile
libc = ctypes.CDLL(None)
# Before glibc 2.33 only the figures in 32 bits, which do for these programs.
mallinfo = getattr(libc, 'mallinfo2', None) or getattr(libc, 'mallinfo', None)
NUMBER = ctypes.c_size_t if hasattr(libc, 'mallinfo2') else ctypes.c_int
class MallInfo(ctypes.Structure):
    _fields_ = [(name, NUMBER) for name in
                'arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost'.split()]
if mallinfo:
    mallinfo.restype = MallInfo

def pymalloc_used():
    with tempfile.TemporaryFile() as sink:
        kept = os.dup(2)
        os.dup2(sink.fileno(), 2)
        sys._debugmallocstats()
        os.dup2(kept, 2)
        os.close(kept)
        sink.seek(0)
        text = sink.read().decode()
    return sum(int(size) * int(used) for size, used in
               re.findall(r'^ *\d+ +(\d+) +\d+ +(\d+) +\d+$', text, re.M))

def used():
    gc.collect()
    info = mallinfo()
    return pymalloc_used() + info.uordblks + info.hblkhd
ready = bool(mallinfo) and bool(used())
"""

# name -> statements that bind HOLDER; what else they make must be gone afterwards
KINDS = {
    "list_of_ints": "HOLDER = [i + 10**6 for i in range(100_000)]",
    "list_of_floats": "HOLDER = [i * 1.5 for i in range(100_000)]",
    "list_of_lists": "HOLDER = [[i] for i in range(37_500)]",
    "tuple_tree": "HOLDER = tuple((i, (i, i)) for i in range(25_000, 55_000))",
    "dict_str_float": "HOLDER = {'key_%d' % i: float(i) for i in range(30_000)}",
    "dict_int_str": "HOLDER = {i: 'value %d' % i for i in range(1000, 37_500)}",
    "dict_of_dicts": "HOLDER = {i: {'a': i, 'b': None} for i in range(1000, 15_000)}",
    "set_of_strs": "HOLDER = {'element %d' % i for i in range(30_000)}",
    "frozenset_of_tuples": "HOLDER = frozenset((i, i + 1) for i in range(1000, 22_500))",
    "bytes_large": "HOLDER = bytes(4_000_000)",
    "bytearray_grown": "HOLDER = bytearray()\nfor i in range(4_000): HOLDER += b'x' * 1000",
    "str_ascii": "HOLDER = 'a' * 4_000_000",
    "str_ucs2": "HOLDER = '\\u0416' * 2_000_000",
    "str_ucs4": "HOLDER = '\\U0001f40d' * 1_000_000",
    "str_utf8_cached": "import ctypes as c\nHOLDER = '\\u0416' * 1_000_000\n"
        "c.pythonapi.PyUnicode_AsUTF8.restype = c.c_void_p\nc.pythonapi.PyUnicode_AsUTF8(c.py_object(HOLDER))",
    "instances": "class C:\n  def __init__(self, i): self.a = i; self.b = [i]\nHOLDER = [C(i) for i in range(20_000)]\ndel C",
    "instances_slots": "class C:\n  __slots__ = ('a', 'b')\n  def __init__(self, i): self.a = i + 10**6; self.b = 'x%d' % i\n"
        "HOLDER = [C(i) for i in range(25_000)]\ndel C",
    "instances_dict_made": "class C: pass\nHOLDER = []\nfor i in range(7_500):\n  c = C(); c.__dict__['k%d' % (i % 5)] = i; c.z = (i,); HOLDER.append(c)\ndel C, c",
    "instances_many_attributes": "class C: pass\nHOLDER = []\nfor i in range(6000):\n  c = C()\n  for j in range(40): setattr(c, 'a%d' % j, i)\n  HOLDER.append(c)\ndel C, c",
    "list_subclass": "class L(list): pass\nHOLDER = L(L([i]) for i in range(15_000))\ndel L",
    "dict_subclass": "class D(dict): pass\nHOLDER = [D(a=i) for i in range(10_000)]\ndel D",
    "str_subclass": "class S(str): pass\nHOLDER = [S('text %d' % i) for i in range(20_000)]\ndel S",
    "ordered_dict": "import collections\nHOLDER = collections.OrderedDict((i, str(i)) for i in range(1000, 22_500))",
    "defaultdict": "import collections\nHOLDER = collections.defaultdict(list)\nfor i in range(15_000): HOLDER[i].append(i)",
    "deque": "import collections\nHOLDER = collections.deque(i + 10**6 for i in range(100_000))",
    "array": "import array\nHOLDER = array.array('d', [0.5]) * 500_000",
    "namedtuples": "import collections\nP = collections.namedtuple('P', 'x y')\nHOLDER = [P(i, i * 2.5) for i in range(30_000)]\ndel P",
    "generators": "def g(n):\n  buffer = bytearray(n)\n  yield len(buffer)\nHOLDER = [g(8000) for _ in range(2000)]\nfor x in HOLDER: next(x)\ndel g, x",
    "coroutines": "async def co(n):\n  data = [n] * 200\nHOLDER = [co(i) for i in range(3_000)]\nimport warnings\nwarnings.simplefilter('ignore')",
    "closures": "def make(i):\n  data = [i] * 100\n  return lambda: data\nHOLDER = [make(i) for i in range(3_750)]\ndel make",
    "lru_cache": "import functools\n@functools.lru_cache(maxsize=None)\ndef HOLDER(i): return [i, str(i)]\nfor i in range(12_500): HOLDER(i)",
    "partials": "import functools\nHOLDER = [functools.partial(print, [i], sep=str(i)) for i in range(10_000)]",
    "exceptions": "def fail(i):\n  table = bytearray(2_500)\n  raise ValueError(i)\nHOLDER = []\nfor i in range(1500):\n  try: fail(i)\n  except ValueError as e: HOLDER.append(e)\ndel fail",
    "linked_list": "HOLDER = None\nfor i in range(50_000): HOLDER = (i, HOLDER)",
    "cycles": "class N: pass\nHOLDER = []\nfor i in range(10_000):\n  a = N(); b = N(); a.b = b; b.a = a; HOLDER.append(a)\ndel N, a, b",
    "bytesio": "import io\nHOLDER = [io.BytesIO(bytes(5_000)) for _ in range(800)]\nfor x in HOLDER: x.seek(0, 2); x.write(b'x' * 1000)\ndel x",
    "stringio": "import io\nHOLDER = [io.StringIO() for _ in range(400)]\nfor x in HOLDER:\n  x.write('a' * 5000); x.read(0); x.seek(0); x.write('b')\ndel x",
    "weak_value_dictionary": "import weakref\nclass V: pass\nkeep = [V() for _ in range(10_000)]\nHOLDER = (weakref.WeakValueDictionary(enumerate(keep)), keep)\ndel keep, V",
    "ctypes_buffers": "import ctypes as c\nHOLDER = [c.create_string_buffer(2_500) for _ in range(1600)]",
    "sqlite": "import sqlite3\nHOLDER = sqlite3.connect(':memory:')\nHOLDER.execute('create table t(a)')\nHOLDER.executemany('insert into t values(?)', (('x' * 1000,) for _ in range(3_000)))\nHOLDER.commit()",
    "elementtree": "import xml.etree.ElementTree as E\nHOLDER = E.Element('root')\nfor i in range(10_000): E.SubElement(HOLDER, 'item', id=str(i)).text = 'text %d' % i",
    "ssl_contexts": "import ssl\nHOLDER = [ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) for _ in range(40)]\nfor x in HOLDER: x.load_default_certs()\ndel x",
    "patterns": "import re, sre_compile\nHOLDER = [sre_compile.compile('(a|b)+%d' % i) for i in range(2000)]",
    "decimals": "import decimal\nHOLDER = [decimal.Decimal(i) / 7 for i in range(30_000)]",
    "queue": "import queue\nHOLDER = queue.Queue()\nfor i in range(50_000): HOLDER.put((i,))",
    "classes": "HOLDER = [type('K%d' % i, (), {'a': i}) for i in range(2000)]",
}


@pytest.fixture(scope="module")
def targets():
    started = {}
    yield started
    for target in started.values():
        target.__exit__()


@pytest.mark.parametrize("kind", KINDS)
def test_retained_is_what_comes_back(python, kind, targets):
    if python not in targets:
        targets[python] = harness.Target(python, MEASURE)
    target = targets[python]
    if not target.ready:
        pytest.skip("this libc has no mallinfo")
    if kind in ("patterns",) and harness.version_of(python)[:2] >= (3, 13):
        target.do("import re._compiler as sre_compile, sys; sys.modules['sre_compile'] = sre_compile")
    target.do(KINDS[kind])
    target.do("used()")
    said = harness.ask("why", target.pid, "__main__.HOLDER")["matched"]["retained_bytes"]
    fell = target.do("before = used(); del HOLDER; x = c = a = b = e = i = None; answer = before - used()")
    assert abs(said - fell) <= TOLERANCES.get(kind, TOLERANCE) * fell, f"{kind}: whymem says {said}, {fell} came back"
