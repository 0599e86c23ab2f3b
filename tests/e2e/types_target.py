"""The target of test_types.py: known instances of as many C types as this Python has.

It prints, for each instance: address, type, what sys.getsizeof() says and which
objects gc.get_referents() finds. Families whose module is missing are left out.
"""
import gc
import os
import sys
import tempfile
import threading

KEEP = {}  # label -> object; labels are unique
NATIVE = {}  # label -> bytes of native memory that the object certainly owns, at least
FACTS = {}  # label -> {fact: value}
HELD = []  # referents, so that none is dropped before it is looked for
PAYLOAD = [object() for _ in range(100)]


def keep(label, thing, native=0, **facts):
    KEEP[label] = thing
    if native:
        NATIVE[label] = native
    if facts:
        FACTS[label] = {name.replace("__", "."): value for name, value in facts.items()}
    return thing


def quiet(*_):
    pass


class Plain:
    def __init__(self):
        self.a, self.b = object(), object()

    def method(self):
        return self.a


class Slotted:
    __slots__ = ("a", "b")


def core():
    thing = Plain()
    slotted = Slotted()
    slotted.a, slotted.b = [1], {2: 3}

    def function(x, y=PAYLOAD[0], *, z=PAYLOAD[1]):
        return lambda: (x, thing)

    def generate():
        mine = [thing]
        yield mine

    generator = generate()
    next(generator)
    keep("instance", thing)
    keep("slots", slotted)
    keep("function", function)
    keep("closure", function(PAYLOAD[2]))
    keep("cell", KEEP["closure"].__closure__[0])
    keep("bound method", thing.method)
    keep("builtin method", [].append)
    keep("code", function.__code__)
    keep("module", os)
    keep("generator", generator)
    keep("frame", generator.gi_frame)
    keep("list", list(range(300, 350)), length=50)
    keep("empty list", [])
    keep("empty tuple", ())
    keep("tuple", (1, "two", 3.5))
    keep("dict", {"a": [], 1: 2, (3,): 4})
    keep("str keys", {f"key {i}": [i] for i in range(30)}, length=30)
    keep("set", {object(), "x", 5})
    keep("large set", {f"member {i}" for i in range(100)}, length=100)
    keep("frozenset", frozenset([1, 2, "abc"]))
    keep("int", 10**40)
    keep("zero", 0)
    keep("negative", -(10**12))
    keep("float", 2.5)
    keep("complex", 1 + 2j)
    keep("bool", True)
    keep("None", None)
    keep("ascii", "plain " * 20)
    keep("latin", "\xe9t\xe9" * 20)
    keep("ucs2", "\u20ac" * 21)
    keep("ucs4", "\U0001f600" * 22)
    keep("bytes", b"x" * 77)
    keep("bytearray", bytearray(b"y" * 1000))
    keep("memoryview", memoryview(bytearray(100)))
    keep("slice", slice(1, object(), 3))
    keep("range", range(0, 10**20, 7))
    keep("range iterator", iter(range(10)))
    keep("long range iterator", iter(range(0, 10**20, 7)))
    keep("ellipsis", ...)
    keep("property", property(function))
    keep("classmethod", classmethod(function))
    keep("staticmethod", staticmethod(function))
    keep("super", super(Plain, thing))
    keep("mappingproxy", Plain.__dict__)
    keep("wrapper descriptor", object.__init__)
    keep("method wrapper", object().__str__)
    keep("method descriptor", str.join)
    keep("classmethod descriptor", dict.__dict__["fromkeys"])
    keep("getset descriptor", type.__dict__["__dict__"])
    keep("member descriptor", Slotted.a)
    keep("type", Plain)
    keep("static type", int)
    for kind, of in [("list", [1]), ("tuple", (1,)), ("str", "a"), ("bytes", b"a"), ("bytearray", bytearray(1)),
                     ("dict", {1: 2}), ("set", {1}), ("unicode", "\u20ac"), ("memoryview", memoryview(b"ab"))]:
        keep(f"iterator of {kind}", iter(of))
    keep("reversed list", reversed([1, 2]))
    keep("reversed tuple", reversed((1, 2)))
    keep("reversed dict", reversed({1: 2}))
    d = {1: PAYLOAD[3]}
    keep("keys", d.keys())
    keep("values", d.values())
    keep("items", d.items())
    keep("item iterator", iter(d.items()))
    keep("value iterator", iter(d.values()))
    keep("enumerate", enumerate(PAYLOAD))
    keep("zip", zip(PAYLOAD, [1]))
    keep("map", map(function, PAYLOAD))
    keep("filter", filter(function, PAYLOAD))
    keep("sequence iterator", iter(SequenceOnly()))
    keep("callable iterator", iter(function, 1))
    keep("generic alias", list[int])
    try:
        raise KeyError(thing) from ValueError(2)
    except KeyError as error:
        keep("exception", error)
        keep("traceback", error.__traceback__)
    for error in [OSError(2, "no", "file"), StopIteration(thing), SystemExit(thing), ImportError("x", name="y", path="z"),
                  UnicodeDecodeError("ascii", b"\xff", 0, 1, "bad"), SyntaxError("x", ("f", 1, 2, "text")),
                  AttributeError("x"), NameError("x"), BaseException(1)]:
        keep(f"error {type(error).__name__}", error)
    import types
    import weakref
    keep("namespace", types.SimpleNamespace(a=thing))
    keep("weakref", weakref.ref(thing, function))
    keep("weak proxy", weakref.proxy(thing))
    keep("struct sequence", os.stat("/"))
    keep("capsule", __import__("datetime").datetime_CAPI)

    async def coroutine():
        await thing

    async def async_generator():
        yield thing

    keep("coroutine", coroutine()).close()
    keep("async generator", async_generator())
    import contextvars
    context = contextvars.Context()
    variable = contextvars.ContextVar("variable", default=thing)
    for i in range(40):
        context.run(contextvars.ContextVar(f"variable {i}").set, [i])
    keep("context", context)
    keep("context variable", variable)
    keep("token", variable.set(4))


class SequenceOnly:
    def __getitem__(self, index):
        raise IndexError


def collections_():
    import collections
    for n in (0, 1, 64, 65, 1000):
        keep(f"deque of {n}", collections.deque([[i] for i in range(n)]), **({"length": n} if n >= 16 else {}))
    bounded = keep("bounded deque", collections.deque(maxlen=100), maxlen=100, length=100)
    bounded.extend([i] for i in range(1000))
    rotated = keep("rotated deque", collections.deque(range(500, 700)))
    rotated.rotate(77)
    for _ in range(90):
        rotated.popleft()
    keep("deque iterator", iter(rotated))
    keep("deque reverse iterator", reversed(rotated))
    default = keep("defaultdict", collections.defaultdict(list))
    for i in range(50):
        default[f"key {i}"].append(i)
    ordered = keep("OrderedDict", collections.OrderedDict((f"key {i}", [i]) for i in range(50)))
    keep("odict iterator", iter(ordered))
    keep("odict keys", ordered.keys())
    keep("Counter", collections.Counter("abracadabra"))
    named = collections.namedtuple("Named", "first second")
    keep("named tuple", named(object(), 2))
    keep("tuple getter", named.__dict__["first"])


def functools_():
    import functools

    @functools.lru_cache(maxsize=50)
    def bounded(x):
        return [x]

    @functools.lru_cache(maxsize=None)
    def unbounded(x):
        return [x]

    for i in range(70):
        bounded(i + 1000)
        unbounded(i + 1000)
    bounded(1069)
    keep("lru_cache", bounded, lru__hits=1, lru__misses=70, lru__maxsize=50)
    keep("unbounded lru_cache", unbounded, lru__hits=0, lru__misses=70, lru__maxsize=2**64 - 1)
    keep("lru element", next(x for x in gc.get_referrers(bounded(1069)) if type(x).__name__ == "_lru_list_elem")
         if any(type(x).__name__ == "_lru_list_elem" for x in gc.get_referrers(bounded(1069))) else None)
    FACTS["lru_cache"]["lru.hits"] = bounded.cache_info().hits
    keep("partial", functools.partial(print, object(), sep=object()))
    keep("key wrapper", functools.cmp_to_key(lambda a, b: 0)([1]))


def itertools_():
    import itertools as it
    numbers = [[i] for i in range(30)]

    def key(x):
        return x[0] // 5

    def started(iterator):
        next(iterator)
        return iterator

    keep("chain", started(it.chain(numbers, PAYLOAD)))
    keep("chain.from_iterable", started(it.chain.from_iterable([numbers, PAYLOAD])))
    keep("cycle", started(it.cycle(iter(numbers))))
    keep("repeat", it.repeat([1], 5))
    keep("count", it.count(10**30, 7))
    keep("count of floats", it.count(0.5, 2.5))
    keep("accumulate", started(it.accumulate(numbers, initial=[])))
    keep("tee", it.tee(iter(numbers))[0])
    split = it.tee(iter(numbers))
    for _ in range(20):
        next(split[0])
    keep("tee started", split[0])
    keep("tee behind", split[1])
    keep("tee data", next(x for x in gc.get_referents(split[1]) if type(x).__name__ == "_tee_dataobject"))
    groups = it.groupby(numbers, key)
    keep("grouper", next(groups)[1])
    keep("groupby", groups)
    keep("islice", started(it.islice(numbers, 1, 20, 2)))
    keep("starmap", it.starmap(key, [(x,) for x in numbers]))
    keep("takewhile", started(it.takewhile(bool, numbers)))
    keep("dropwhile", started(it.dropwhile(key, iter(numbers[::-1]))))
    keep("filterfalse", it.filterfalse(key, numbers))
    keep("compress", started(it.compress(numbers, [1, 1, 1])))
    keep("zip_longest", started(it.zip_longest(numbers, PAYLOAD, fillvalue=object())))
    keep("product", started(it.product(numbers, PAYLOAD, "abc")))
    keep("combinations", started(it.combinations(numbers, 4)))
    keep("combinations_with_replacement", started(it.combinations_with_replacement(numbers, 5)))
    keep("permutations", started(it.permutations(numbers, 3)))
    if hasattr(it, "pairwise"):
        keep("pairwise", started(it.pairwise(numbers)))
    if hasattr(it, "batched"):
        keep("batched", started(it.batched(numbers, 4)))


def operator_():
    import operator
    keep("itemgetter", operator.itemgetter(PAYLOAD[5], 2))
    keep("itemgetter of one", operator.itemgetter(2))
    keep("attrgetter", operator.attrgetter("first.second", "third"))
    keep("methodcaller", operator.methodcaller("name", PAYLOAD[6], keyword=PAYLOAD[7]))
    called = keep("methodcaller called", operator.methodcaller("count", "a"))
    called("banana")


def asyncio_():
    import asyncio
    import _asyncio
    loop = keep("event loop", asyncio.new_event_loop())

    async def wait(event):
        local = [event]
        await event
        return local

    pending = loop.create_future()
    pending.add_done_callback(quiet)
    pending.add_done_callback(repr)
    keep("future", pending, task__state=0)
    done = loop.create_future()
    done.set_result([1, 2])
    keep("finished future", done, task__state=2)
    failed = loop.create_future()
    failed.set_exception(ValueError(object()))
    failed.exception()
    keep("failed future", failed, task__state=2)
    waiting = loop.create_task(wait(pending), name="waiting")
    quick = loop.create_task(wait(done))
    cancelled = loop.create_task(wait(loop.create_future()))
    loop.call_soon(cancelled.cancel)
    loop.call_later(0.05, loop.stop)
    loop.run_forever()
    keep("task", waiting, task__state=0)
    keep("finished task", quick, task__state=2)
    keep("cancelled task", cancelled, task__state=1)
    fresh = keep("fresh task", loop.create_task(wait(pending)))
    keep("task step", next((h._callback for h in loop._ready if type(h._callback).__name__ == "TaskStepMethWrapper"), None))
    keep("future iterator", iter(loop.create_future()))
    assert isinstance(fresh, _asyncio.Task)


def io_():
    import io
    import _io
    path = os.path.join(FOLDER, "file")
    with open(path, "w") as file:
        file.write("line\n" * 10000)
    raw = keep("file", open(path, "rb", buffering=0))
    FACTS["file"] = {"file.fd": raw.fileno()}
    closed = keep("closed file", open(path, "rb", buffering=0), file__fd=2**64 - 1)
    closed.close()
    reader = keep("buffered reader", open(path, "rb", buffering=50000))
    reader.read(10)
    keep("buffered writer", open(path + ".out", "wb", buffering=30000)).write(b"some")
    keep("buffered random", open(path + ".out", "r+b"))
    keep("buffered pair", _io.BufferedRWPair(open(path, "rb", 0), open(path + ".out", "wb", 0), 3000))
    text = keep("text file", open(path, encoding="utf-8"))
    text.readline()
    keep("text writer", open(path + ".txt", "w")).write("abc")
    memory = keep("BytesIO", io.BytesIO())
    memory.write(b"x" * 5000)
    keep("BytesIO of shared bytes", io.BytesIO(KEEP["bytes"]))
    keep("BytesIO with a view", io.BytesIO(b"abc" * 1000))
    keep("view of BytesIO", KEEP["BytesIO with a view"].getbuffer())
    keep("BytesIO buffer", next((x for x in gc.get_referents(*gc.get_referents(KEEP["view of BytesIO"]))
                                 if type(x).__name__ == "_BytesIOBuffer"), None))
    string = keep("StringIO", io.StringIO())
    for i in range(1000):
        string.write(f"line {i}\n")
    realized = keep("realized StringIO", io.StringIO("some text " * 500, newline=None))
    realized.readline()
    keep("newline decoder", io.IncrementalNewlineDecoder(None, True))


def network_():
    import select
    import socket
    left, right = socket.socketpair()
    keep("socket", left, socket__fd=left.fileno())
    keep("other socket", right)
    keep("C socket", __import__("_socket").socket())
    FACTS["C socket"] = {"socket.fd": KEEP["C socket"].fileno()}
    closed = keep("closed socket", socket.socket(), socket__fd=2**64 - 1)
    closed.close()
    epoll = keep("epoll", select.epoll())
    epoll.register(left)
    poll = keep("poll", select.poll())
    poll.register(left)
    poll.poll(0)
    import selectors
    keep("selector", selectors.DefaultSelector())


def ssl_():
    import ssl
    context = keep("SSL context", ssl.create_default_context(), native=1000)
    serving = keep("serving SSL context", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), native=1000)
    serving.sni_callback = quiet
    incoming, outgoing = keep("BIO", ssl.MemoryBIO()), ssl.MemoryBIO()
    incoming.write(b"x" * 20000)
    NATIVE["BIO"] = 20000
    connection = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="example.org")
    try:
        connection.do_handshake()
    except ssl.SSLWantReadError:
        pass
    keep("SSL object", connection)
    keep("SSL socket", connection._sslobj, native=1000)
    keep("certificates", context.get_ca_certs())


def sqlite_():
    import sqlite3
    # The pages of its cache are known to SQLite by pointers into their middle, which nobody follows.
    connection = keep("sqlite connection", sqlite3.connect(":memory:"), native=30_000)
    connection.row_factory = sqlite3.Row
    connection.execute("create table t (a, b)")
    connection.executemany("insert into t values (?, ?)", [(i, "text" * 100) for i in range(2000)])
    connection.create_function("f", 1, lambda x: x)
    connection.create_collation("c", lambda x, y: 0)
    connection.set_progress_handler(lambda: 0, 1000000)
    connection.set_trace_callback(len)
    connection.set_authorizer(lambda *_: 0)
    cursor = keep("sqlite cursor", connection.execute("select a, b from t"))
    keep("sqlite row", cursor.fetchone())
    keep("sqlite statement", next((x for x in gc.get_referents(cursor) if type(x).__name__ == "Statement"), None))
    if hasattr(connection, "blobopen"):
        connection.execute("create table blobs (b)")
        connection.execute("insert into blobs values (zeroblob(1000))")
        keep("sqlite blob", connection.blobopen("blobs", "b", 1))


def memory_():
    import array
    import mmap
    numbers = keep("array", array.array("d", range(1000)), length=1000, array__itemsize=8, array__kind=ord("d"))
    numbers.append(1.5)
    FACTS["array"]["length"] = 1001
    keep("empty array", array.array("i"))
    keep("array of characters", array.array("u", "abc"))
    keep("array iterator", iter(numbers))
    keep("mmap", mmap.mmap(-1, 1 << 20), native=0)[0:3] = b"abc"
    import pickle
    keep("PickleBuffer", pickle.PickleBuffer(bytearray(100)))


def numbers_():
    import datetime
    import decimal
    import zoneinfo
    keep("decimal", decimal.Decimal("1.5"))
    keep("large decimal", decimal.Decimal("1" * 500))
    keep("decimal context", decimal.Context())
    keep("decimal flags", KEEP["decimal context"].flags)
    with decimal.localcontext() as context:
        keep("local decimal context", context)
    keep("decimal context manager", decimal.localcontext())
    keep("date", datetime.date(2020, 1, 2))
    keep("time", datetime.time(1, 2, 3))
    keep("time of a zone", datetime.time(1, 2, 3, tzinfo=datetime.timezone.utc))
    keep("datetime", datetime.datetime(2020, 1, 2))
    zone = keep("timezone", datetime.timezone(datetime.timedelta(hours=3), "somewhere"))
    keep("datetime of a zone", datetime.datetime(2020, 1, 2, tzinfo=zone))
    keep("timedelta", datetime.timedelta(5))
    keep("tzinfo", datetime.tzinfo())
    keep("isocalendar", datetime.date(2020, 1, 2).isocalendar())
    try:
        keep("ZoneInfo", zoneinfo.ZoneInfo("Europe/Berlin"), native=1000)
    except Exception:
        pass
    import random
    keep("random", random.Random(1))
    import unicodedata
    keep("unicode database", unicodedata.ucd_3_2_0)


def re_():
    import re
    pattern = keep("pattern", re.compile(r"(?P<word>\w+)(\d)?(?P<rest>.*)"))
    keep("match", pattern.match("abc 12 def" + str(len(KEEP))))
    keep("scanner", pattern.scanner("a long text to scan" + str(len(KEEP))))
    keep("finditer", pattern.finditer("another text" + str(len(KEEP))))
    if sys.version_info >= (3, 12):
        keep("re template", re._compile_template(pattern, r"<\g<word>>-\2-"))


def struct_():
    import struct
    keep("Struct", struct.Struct("<10si3Q2xhhh5f"))
    keep("unpack iterator", struct.iter_unpack("<i", b"\0" * 40))


def ctypes_():
    import ctypes

    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double), ("name", ctypes.c_char_p)]

    class Either(ctypes.Union):
        _fields_ = [("i", ctypes.c_int), ("d", ctypes.c_double)]

    point = keep("structure", Point(1, 2.5, b"bytes that it keeps"))
    keep("union", Either(3))
    keep("C array", (Point * 100)(), native=2400)
    keep("element of a C array", KEEP["C array"][7])
    keep("C int", ctypes.c_int(5))
    keep("py_object", ctypes.py_object(PAYLOAD[8]))
    keep("C string", ctypes.c_char_p(b"kept alive"))
    keep("pointer", ctypes.pointer(point))
    keep("string buffer", ctypes.create_string_buffer(100_000), native=100_000)
    keep("byref", ctypes.byref(point))
    function = ctypes.CDLL(None).strlen
    function.argtypes, function.restype = [ctypes.c_char_p], ctypes.c_size_t
    keep("C function", function)
    callback = keep("callback", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x))
    keep("thunk", next((x for x in gc.get_referents(callback) if type(x).__name__ == "CThunkObject"), None))
    keep("C field", Point.x)
    keep("C structure type", Point)
    keep("C structure dict", next((x for x in gc.get_referents(Point.__dict__) if type(x).__name__ == "StgDict"), None))
    keep("C array type", Point * 100)
    keep("C pointer type", ctypes.POINTER(Point))
    keep("library", ctypes.CDLL(None))


def xml_():
    import pyexpat
    import xml.etree.ElementTree as et
    root = keep("element", et.Element("root", first="1", second="2"))
    for i in range(20):
        et.SubElement(root, f"child{i}", number=str(i)).text = f"text {i}"
    keep("childless element", et.Element("alone"))
    few = keep("element with few children", et.Element("few"))
    et.SubElement(few, "one").tail = "tail"
    parsed = et.fromstring("<a>text<b x='1'/>tail<c>more</c></a>")
    keep("parsed element", parsed)
    keep("element iterator", root.iter("child3"))
    builder = keep("tree builder", et.TreeBuilder())
    builder.start("a", {"b": "c"})
    builder.data("data")
    parser = keep("XML parser", et.XMLParser())
    parser.feed("<a><b>some text</b>")
    # Debug hooks and newer versions of Expat both put something in front of each block.
    expat = keep("expat parser", pyexpat.ParserCreate(), native=0 if hasattr(sys, "gettotalrefcount") else 1000)
    expat.StartElementHandler = lambda *_: None
    expat.CharacterDataHandler = quiet
    expat.Parse("<a><b>some text</b>")


def pickle_():
    import io
    import pickle
    pickler = keep("pickler", pickle.Pickler(io.BytesIO()))
    pickler.dump([[i] for i in range(200)])
    keep("pickler memo", pickler.memo)
    keep("fresh pickler", pickle.Pickler(io.BytesIO()))
    unpickler = keep("unpickler", pickle.Unpickler(io.BytesIO(pickle.dumps([[i] for i in range(200)], 4)), encoding="latin-1"))
    unpickler.load()
    keep("unpickler memo", unpickler.memo)


def compression_():
    import bz2
    import hashlib
    import hmac
    import lzma
    import zlib
    data = os.urandom(50_000)
    compressor = keep("zlib compressor", zlib.compressobj(), native=200_000)
    compressor.compress(data)
    decompressor = keep("zlib decompressor", zlib.decompressobj(), native=7000)
    decompressor.decompress(zlib.compress(data)[:20000], 10)
    keep("bz2 compressor", bz2.BZ2Compressor(), native=3_000_000).compress(data)
    keep("bz2 decompressor", bz2.BZ2Decompressor(), native=50_000).decompress(bz2.compress(data)[:10000], 100)
    keep("lzma compressor", lzma.LZMACompressor(preset=0), native=1_000_000).compress(data)
    keep("lzma decompressor", lzma.LZMADecompressor(), native=10_000).decompress(lzma.compress(data)[:10000], 100)
    for name in ("md5", "sha1", "sha256", "sha3_256", "blake2b"):
        keep(f"hash {name}", hashlib.new(name, b"data"))
    for module, name in [("_md5", "md5"), ("_sha1", "sha1"), ("_sha256", "sha256"), ("_sha2", "sha256"), ("_sha512", "sha512"),
                         ("_sha3", "sha3_256"), ("_sha3", "shake_128"), ("_blake2", "blake2b"), ("_blake2", "blake2s")]:
        try:
            keep(f"{module} {name}", getattr(__import__(module), name)(b"data"))
        except (ImportError, AttributeError):
            pass
    keep("hmac", hmac.new(b"key", b"data", "sha256"))
    try:
        keep("C hmac", __import__("_hashlib").hmac_new(b"key", b"data", "sha256"))
        keep("shake", __import__("_hashlib").openssl_shake_128(b"data"))
    except (ImportError, AttributeError):
        pass
    if sys.version_info >= (3, 14):
        from compression import zstd
        keep("zstd compressor", zstd.ZstdCompressor(), native=1000).compress(data)
        keep("zstd decompressor", zstd.ZstdDecompressor(), native=1000)
        keep("zstd dictionary", zstd.train_dict([os.urandom(100) + b"common" * 20 for _ in range(100)], 1000))


def text_():
    import csv
    import json.encoder
    import json.scanner
    reader = keep("csv reader", csv.reader(["a,b,c", '"x y",2']))
    next(reader)
    keep("csv writer", csv.writer(KEEP["StringIO"])).writerow(["a", "b"])
    keep("csv dialect", reader.dialect)
    keep("json scanner", json.scanner.c_make_scanner(json.JSONDecoder(object_hook=dict)))
    keep("json encoder", json.encoder.c_make_encoder({}, str, repr, None, ": ", ", ", False, False, True))


def threads_():
    import _thread
    import _queue
    keep("lock", _thread.allocate_lock())
    keep("RLock", _thread.RLock())
    local = keep("thread local", threading.local())
    local.mine = [1, 2, 3]
    event = keep("event", threading.Event())

    def run():
        local.mine = {"of": "the thread"}
        started.set()
        event.wait()

    started = threading.Event()
    thread = keep("thread", threading.Thread(target=run, daemon=True))
    thread.start()
    started.wait()
    if hasattr(_thread, "_ThreadHandle"):
        keep("thread handle", getattr(thread, "_handle", None) or thread._os_thread_handle)
    queue = keep("SimpleQueue", _queue.SimpleQueue())
    for i in range(50):
        queue.put([i])
    for _ in range(20):
        queue.get()
    for i in range(10):
        queue.put([i])
    import _multiprocessing
    keep("SemLock", _multiprocessing.SemLock(1, 0, 1, f"/whymem-test-{os.getpid()}", True))


def system_():
    import _abc
    import abc
    import cProfile
    with os.scandir("/") as entries:
        entry = keep("DirEntry", next(entries))
        entry.stat(follow_symlinks=False)
    keep("scandir iterator", os.scandir(FOLDER))

    class Abstract(abc.ABC):
        pass

    class Other:
        pass

    Abstract.register(Other)
    isinstance(Other(), Abstract), isinstance(1, Abstract)
    keep("abstract class", Abstract)
    keep("abc data", Abstract.__dict__["_abc_impl"])
    keep("profiler", cProfile.Profile())
    assert _abc


def typing_():
    import typing
    keep("TypeVar", typing.TypeVar("T", bound=int))
    keep("constrained TypeVar", typing.TypeVar("U", int, str))
    keep("generic", typing.List[KEEP["TypeVar"]])
    if sys.version_info >= (3, 10):
        keep("ParamSpec", typing.ParamSpec("P"))
        keep("ParamSpecArgs", KEEP["ParamSpec"].args)
        keep("ParamSpecKwargs", KEEP["ParamSpec"].kwargs)
        keep("union type", int | str)
    if sys.version_info >= (3, 11):
        keep("TypeVarTuple", typing.TypeVarTuple("Ts"))
        keep("exception group", ExceptionGroup("many", [ValueError(1), KeyError(2)]))
    if sys.version_info >= (3, 12):
        scope = {}
        exec("type Alias[T: (int, str), *Ts, **P] = dict[T, str]\ndef f[T: int](x: T): return x\nAlias.__value__", scope)
        keep("type alias", scope["Alias"])
        for parameter in scope["Alias"].__type_params__:
            keep(f"parameter {type(parameter).__name__}", parameter)
        keep("lazy TypeVar", scope["f"].__type_params__[0])
    if sys.version_info >= (3, 13):
        exec("class G[T = int]: pass", scope)
        keep("TypeVar with default", scope["G"].__type_params__[0])
        keep("const evaluator", typing.TypeVar("D", default=[int]).evaluate_default if sys.version_info >= (3, 14) else None)
    if sys.version_info >= (3, 14):
        exec("name = [1]\ntemplate = t'hello {name!r:>10} and {name}'", scope)
        keep("template", scope["template"])
        keep("interpolation", scope["template"].interpolations[0])
        keep("template iterator", iter(scope["template"]))
    if sys.version_info >= (3, 15):
        exec("s = sentinel('MISSING')\nf = frozendict(a=[1], b=[2])", scope)
        keep("sentinel", scope["s"])
        keep("frozendict", scope["f"])


def numpy_():
    import numpy as np
    big = keep("ndarray", np.arange(100_000, dtype=np.float64), native=800_000,
               length=100_000, array__itemsize=8, array__kind=ord("f"))
    keep("view", big[10:20])
    keep("matrix", np.ones((30, 40), dtype=np.int32))
    keep("object array", np.array([[1, 2], {3: 4}, "text", None], dtype=object))
    keep("records", np.zeros(10, dtype=[("a", np.int32), ("b", object)]))
    keep("dtype", np.dtype(np.float32))
    keep("record dtype", KEEP["records"].dtype)
    for kind in ("float64", "float32", "int64", "int8", "uint16", "complex128", "longdouble", "bool_"):
        keep(f"numpy {kind}", getattr(np, kind)(1))
    keep("numpy datetime64", np.datetime64("2020-01-01"))
    keep("numpy void", KEEP["records"][0])
    keep("ufunc", np.add)
    keep("flat iterator", big.flat)
    keep("0-d array", np.array(5))


def pandas_():
    import pandas as pd
    frame = keep("DataFrame", pd.DataFrame({"a": range(10_000), "b": [float(i) for i in range(10_000)],
                                            "c": [f"text {i}" for i in range(10_000)]}))
    frame.index = pd.Index([f"row {i}" for i in range(10_000)])
    frame.loc["row 77"]
    keep("block manager", frame._mgr)
    keep("index", frame.index)
    keep("index engine", frame.index._engine)
    keep("timestamp", pd.Timestamp("2020-01-01"))


def lxml_():
    from lxml import etree
    root = keep("lxml element", etree.fromstring("<a>" + "<b x='1'>text</b>" * 2000 + "</a>"))
    keep("lxml tree", root.getroottree())
    keep("lxml child", root[5])
    keep("lxml document", next(x for x in gc.get_referents(root) if type(x).__name__ == "_Document"))
    NATIVE["lxml document"] = 200_000


def pyarrow_():
    import pyarrow as pa
    keep("arrow array", pa.array(range(100_000)))
    keep("arrow table", pa.table({"a": range(1000)}))


FAMILIES = [core, collections_, functools_, itertools_, operator_, asyncio_, io_, network_, ssl_, sqlite_, memory_, numbers_,
            re_, struct_, ctypes_, xml_, pickle_, compression_, text_, threads_, system_, typing_]
THIRD_PARTY = [numpy_, pandas_, lxml_, pyarrow_]


def make(families):
    missing = {}
    for family in families:
        try:
            family()
        except ImportError as error:
            missing[family.__name__.strip("_")] = str(error)
    return missing


def python_sized(kind):
    return any("__sizeof__" in base.__dict__ and hasattr(base.__dict__["__sizeof__"], "__code__") for base in kind.__mro__)


def describe(label, thing):
    kind = type(thing)
    referents = gc.get_referents(thing)
    HELD.append(referents)
    return {
        "label": label, "address": id(thing), "type": kind.__qualname__, "module": kind.__module__, "type_address": id(kind),
        "size": sys.getsizeof(thing), "python_sized": python_sized(kind),
        "referents": sorted({id(x) for x in referents}),
        "native": NATIVE.get(label, 0), "facts": FACTS.get(label, {}),
    }


FOLDER = tempfile.mkdtemp(prefix="whymem-types-")
missing = make(THIRD_PARTY if "third-party" in sys.argv else FAMILIES)
gc.collect()
gc.disable()
ready = {"missing": missing, "objects": [describe(label, thing) for label, thing in KEEP.items() if thing is not None or label == "None"]}
import shutil
shutil.rmtree(FOLDER, ignore_errors=True)
