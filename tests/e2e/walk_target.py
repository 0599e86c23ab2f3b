"""The target of test_walk.py: a program with many kinds of objects.

Writes what it knows of itself to the file argv[1], a JSON line for each object
it can find: [address, module and name of its type, sys.getsizeof(), addresses
of gc.get_referents(), is it listed by gc.get_objects()]. Then it waits.
"""
import array
import asyncio
import collections
import contextvars
import enum
import functools
import gc
import json
import os
import re
import sys
import threading
import time
import types
import typing
import weakref


class Plain:
    def __init__(self, n):
        self.number, self.text, self.items = n, "text %d" % n, [n]

    def method(self):
        return self.number


class Many:
    """More attributes than a class shares keys for."""

    def __init__(self, n):
        for i in range(n):
            setattr(self, "attribute_%d" % i, i * 1000)


class Slots:
    __slots__ = ("a", "b", "__weakref__")

    def __init__(self):
        self.a, self.b = [1], {2: 3}


class SlotsBelow(Slots):
    __slots__ = ("c", "__dict__")

    def __init__(self):
        super().__init__()
        self.c, self.d = object(), object()


class Meta(type):
    made = []

    def __new__(cls, *args, **kwargs):
        made = super().__new__(cls, *args, **kwargs)
        cls.made.append(made)
        return made


class WithMeta(metaclass=Meta):
    attribute = [1, 2, 3]


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


class List(list):
    pass


class Dict(dict):
    pass


class Tuple(tuple):
    pass


class Set(set):
    pass


class Str(str):
    pass


class Bytes(bytes):
    pass


class Int(int):
    pass


class Float(float):
    pass


class Error(OSError):
    pass


Point = collections.namedtuple("Point", "x y")
VARIABLE = contextvars.ContextVar("VARIABLE", default=[0])


def generate(n):
    mine = [object(), n]
    try:
        for i in range(n):
            yield mine, i
    finally:
        del mine


async def coroutine(event):
    mine = {"event": event}
    await event.wait()
    return mine


async def asynchronous_generator():
    mine = [object()]
    yield mine


def closure(a):
    b = [a]

    def inner(c, d=(1, 2), *, e=None):
        return a, b, c, d, e

    return inner


def raise_and_keep():
    local = [object()]
    try:
        try:
            raise Error(2, "no such thing", "/nowhere")
        except OSError as cause:
            raise ValueError("chained", local) from cause
    except ValueError as error:
        return error


def scalars(keep):
    keep += [10 ** n for n in range(0, 80, 3)] + [-(7 ** n) for n in range(0, 60, 7)]
    keep += [n / 7 for n in range(100)] + [complex(1, 2), True, None, ..., NotImplemented]
    keep += ["x" * n for n in range(0, 70, 3)] + ["\xe9" * n for n in range(1, 40, 5)]
    keep += ["\u0416" * n for n in range(1, 40, 5)] + ["\U0001f600" * n for n in range(1, 40, 5)]
    keep += [b"y" * n for n in range(0, 70, 3)] + [bytearray(n) for n in (0, 1, 100, 5000)]
    keep += [Str("sub" * n) for n in range(5)] + [Bytes(b"sub"), Int(5), Int(10 ** 30), Float(2.5)]
    text = "caf\xe9 %d" % len(keep)
    text.encode()
    keep += [text, "big" * 100000, b"big" * 100000, memoryview(b"data")[1:3], slice(1, [2], 3)]
    keep += [range(5), range(10 ** 20), sys.float_info, sys.flags, os.stat("."), time.localtime()]


def containers(keep):
    keep += [list(range(n)) for n in (0, 1, 5, 100, 5000)] + [tuple(range(n)) for n in range(12)]
    keep += [set(range(n)) for n in (0, 3, 5, 6, 100)] + [frozenset("abcdefgh"), Set("xyz")]
    keep += [{i: str(i) for i in range(n)} for n in (0, 1, 5, 6, 50, 1000)]
    keep += [{"key%d" % i: [i] for i in range(n)} for n in (1, 5, 6, 50, 1000)]
    shrunk = {i: [i] for i in range(100)}
    for i in range(90):
        del shrunk[i]
    popped = list(range(1000))
    del popped[500:]
    emptied = set(range(1000))
    for i in range(995):
        emptied.discard(i)
    ordered = collections.OrderedDict((str(i), [i]) for i in range(30))
    ordered.move_to_end("3")
    ordered.attribute = [1]
    keep += [shrunk, popped, emptied, ordered, collections.OrderedDict()]
    keep += [List([1, [2]]), Dict(a=[1]), Tuple(([1], [2])), Point([1], [2])]
    keep += [collections.defaultdict(list, a=[1]), collections.Counter("hello")]
    keep += [collections.deque(range(n)) for n in (0, 1, 64, 65, 1000)]
    keep += [collections.ChainMap({}, {}), types.MappingProxyType({"a": [1]})]
    keep += [array.array("d", range(100)), types.SimpleNamespace(a=[1], b=2)]
    mapping = {"a": [1]}
    keep += [mapping.keys(), mapping.values(), mapping.items()]


def instances(keep):
    keep += [Plain(n) for n in range(50)] + [Many(n) for n in (1, 29, 30, 31, 40)]
    keep += [Slots(), SlotsBelow(), WithMeta(), Colour.RED, object()]
    with_dict = [Plain(n) for n in range(20)]
    for plain in with_dict:
        vars(plain)
    odd = Plain(1)
    del odd.text
    odd.later = [odd]
    keep += with_dict + [odd, type("Made", (Plain,), {"made": [1]})(3)]
    for thing in keep[:]:
        if type(thing).__dictoffset__ and isinstance(thing, (list, dict, tuple, set, str, int)):
            thing.attribute = [type(thing).__name__]


def callables(keep):
    keep += [closure(object()), closure([1])(2), Plain(1).method, [].append, len, str.join]
    keep += [functools.partial(print, 1, sep=""), functools.lru_cache(maxsize=5)(closure)]
    keep += [property(len, doc="text"), classmethod(len), staticmethod(len), super(Slots, Slots())]
    keep += [re.compile(r"(a)(?P<name>b)"), re.match("a(b)", "ab"), "".__len__, int.__add__]
    keep += [weakref.ref(Plain), weakref.ref(Meta, print), weakref.proxy(Plain)]
    keep += [list[int], typing.List[int], typing.Optional[str], typing.TypeVar("T")]
    keep += [iter([1]), iter((1,)), iter({1}), iter({1: 2}), iter({1: 2}.items()), iter("a")]
    keep += [iter(b"a"), iter(bytearray(1)), iter(range(3)), iter(range(10 ** 30)), reversed([1])]
    keep += [reversed((1, 2)), reversed({1: 2}), enumerate([1]), zip([1], [2]), map(len, [])]
    keep += [filter(None, []), iter(len, 3), iter(collections.OrderedDict(a=1))]


def running(keep):
    generator = generate(5)
    next(generator)
    finished = generate(1)
    list(finished)
    keep += [generator, finished, generate(3), raise_and_keep(), asynchronous_generator()]
    keep += [sys._getframe(), coroutine_of()]
    context = contextvars.copy_context()
    for i in range(40):
        variable = contextvars.ContextVar("VARIABLE%d" % i)
        context.run(variable.set, [i])
        keep.append(variable)
    keep += [context, context.run(VARIABLE.set, [1])]


def coroutine_of():
    waiting = coroutine(asyncio.Event() if sys.version_info >= (3, 10) else threading.Event())
    waiting.__qualname__ = "renamed"
    return waiting


def close_quietly(keep):
    """Coroutines that never ran complain when they are dropped."""
    for thing in keep:
        if asyncio.iscoroutine(thing):
            thing.close()


def find_all(keep):
    """Every object that can be found from inside, and those that the collector lists."""
    gc.collect()
    listed = gc.get_objects()
    seen = {id(thing): thing for thing in listed}
    queue = list(listed) + [keep]
    while queue:
        thing = queue.pop()
        more = gc.get_referents(thing)
        if type(thing) is dict:
            more += list(thing)
        elif isinstance(thing, types.CodeType):
            more += [thing.co_consts, thing.co_names, thing.co_name, thing.co_filename]
        for found in more:
            if id(found) not in seen:
                seen[id(found)] = found
                queue.append(found)
    return seen, listed


def size_of(thing):
    try:
        return sys.getsizeof(thing)
    except Exception:
        return None


def main(path):
    keep = []
    for make in (scalars, containers, callables, running, instances):
        make(keep)
    gc.disable()
    seen, listed = find_all(keep)
    known = {id(thing) for thing in listed}
    with open(path, "w") as out:
        for address, thing in seen.items():
            if thing is seen or thing is listed or thing is known or thing is out:
                continue
            kind = type(thing)
            row = [
                address, str(kind.__module__), kind.__qualname__, size_of(thing),
                [id(referent) for referent in gc.get_referents(thing)], address in known,
            ]
            out.write(json.dumps(row) + "\n")
    print("ready", flush=True)
    sys.stdin.read()
    close_quietly(keep)


if __name__ == "__main__":
    main(sys.argv[1])
