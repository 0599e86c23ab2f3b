"""Rows and edges of known instances of some 250 types against what CPython says of itself.

types_target.py makes the instances; it runs inside of every Python at hand.
"""
import json
import pathlib
import re
import subprocess

import harness
import pytest

SOURCE = pathlib.Path(__file__).with_name("types_target.py").read_text()

# Types whose __sizeof__ cannot be computed from outside, or should not be, and why.
OTHER_SIZES = {
    "numpy.bytes_": "counts its characters twice",
    "numpy.flatiter": "counts buffers that it does not have",
}

# Types that report as referents what others hold for them, and why. It must still be reachable from them.
INDIRECT = {
    "_lru_cache_wrapper": "keys and results are held by the elements of its list",
    **dict.fromkeys(("PyCStructType", "PyCArrayType", "PyCPointerType"), "up to 3.12 report what the StgDict holds"),
}


HEADER = pathlib.Path(__file__).parents[2] / "src" / "snap" / "snapshot.h"
FACT_NAMES = re.findall(r'X\(\w+, "([\w.]+)"\)', HEADER.read_text().partition("#define FACTS(X)")[2].partition("enum fact_id")[0])


class Rows:
    """What walk_dump says of a process: objects by address, with their facts."""

    def __init__(self, pid):
        program = harness.BUILD / "tests" / "unit" / "heap" / "walk_dump"
        done = subprocess.run([program, str(pid)], capture_output=True, text=True, timeout=300)
        assert not done.returncode, done.stderr
        self.by_address = {}
        for row in map(json.loads, filter(None, done.stdout.split("\n"))):
            if "address" in row:
                self.by_address[row["address"]] = {**row, "facts": {}}
            elif "fact" in row:
                self.by_address[row["object"]]["facts"][FACT_NAMES[row["fact"]]] = row["value"]

    def referents(self, address):
        return {edge[0] for edge in self.by_address[address]["edges"]}

    def reached(self, address, steps):
        found, frontier = set(), {address}
        for _ in range(steps):
            frontier = {to for at in frontier if at in self.by_address for to in self.referents(at)} - found
            found |= frontier
        return found


@pytest.fixture(scope="module", params=harness.pythons(), ids=harness.python_id)
def stdlib(request):
    """What the target says of the instances of standard types, and what whymem says."""
    with harness.Target(request.param, SOURCE) as target:
        assert not target.ready["missing"], target.ready["missing"]
        return target.ready["objects"], Rows(target.pid)


@pytest.fixture(scope="module", params=harness.third_party_pythons(), ids=harness.python_id)
def third_party(request):
    with harness.Target(request.param, SOURCE, args=["third-party"]) as target:
        if not target.ready["objects"]:
            pytest.skip(f"none of them can be imported: {', '.join(target.ready['missing'])}")
        return target.ready["objects"], Rows(target.pid)


def kind(known):
    return known["type"] if known["module"] == "builtins" else f"{known['module']}.{known['type']}"


def present(known, rows):
    """check_presence() tells of the others."""
    return known["address"] in rows.by_address


def check_presence(objects, rows):
    missing = {known["label"] for known in objects if not present(known, rows)}
    assert not missing
    wrong = {known["label"]: rows.by_address[known["address"]]["type"] for known in objects
             if rows.by_address[known["address"]]["type"].rpartition(".")[2] != known["type"].rpartition(".")[2]}
    assert not wrong


def check_sizes(objects, rows):
    wrong = {known["label"]: (kind(known), rows.by_address[known["address"]]["size"], known["size"]) for known in objects
             if present(known, rows) and not known["python_sized"] and kind(known) not in OTHER_SIZES
             and rows.by_address[known["address"]]["size"] != known["size"]}
    assert not wrong, "label: (type, whymem, sys.getsizeof)"


def check_referents(objects, rows):
    wrong = {}
    for known in (known for known in objects if present(known, rows)):
        steps = 3 if known["type"] in INDIRECT else 1
        missing = set(known["referents"]) - rows.reached(known["address"], steps)
        missing.discard(known["type_address"])  # static types are held by nobody
        if missing:
            types = [rows.by_address.get(address, {"type": "no row"})["type"] for address in missing]
            wrong[known["label"]] = (kind(known), types)
    assert not wrong, "label: (type, types of referents that whymem lacks)"


def check_native(objects, rows):
    wrong = {known["label"]: (rows.by_address[known["address"]]["facts"].get("native_bytes", 0), known["native"]) for known in objects
             if present(known, rows) and rows.by_address[known["address"]]["facts"].get("native_bytes", 0) < known["native"]}
    assert not wrong, "label: (whymem, at least)"


def check_facts(objects, rows):
    wrong = {}
    for known in (known for known in objects if present(known, rows)):
        facts = rows.by_address[known["address"]]["facts"]
        differing = {name: (facts.get(name), value) for name, value in known["facts"].items() if facts.get(name) != value}
        if differing:
            wrong[known["label"]] = differing
    assert not wrong, "label: fact: (whymem, target)"


CHECKS = [check_presence, check_sizes, check_referents, check_native, check_facts]
CHECK_IDS = [check.__name__.removeprefix("check_") for check in CHECKS]


def test_there_are_many_types(stdlib):
    objects, _ = stdlib
    assert len({kind(known) for known in objects}) >= 150


@pytest.mark.parametrize("check", CHECKS, ids=CHECK_IDS)
def test_standard_types(stdlib, check):
    check(*stdlib)


@pytest.mark.parametrize("check", CHECKS, ids=CHECK_IDS)
def test_third_party_types(third_party, check):
    check(*third_party)


LIBC = """
import ctypes, hashlib, hmac, sqlite3, zlib
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
"""
DATABASE = """
connection = sqlite3.connect(":memory:")
connection.execute("create table t (a)")
connection.executemany("insert into t values (?)", [("text" * 100,) for i in range(2000)])
database = ctypes.c_uint64.from_address(id(connection) + object.__basicsize__).value
"""
STALE = LIBC + DATABASE + """
for size in (5936, 5952, 7152, 7160):  # of the states of zlib
    for block in [libc.malloc(size) for _ in range(10)]:
        ctypes.memmove(block, (ctypes.c_uint64 * (size // 8))(*[database] * (size // 8)), size)
        libc.free(block)
others = [zlib.compressobj() for _ in range(5)] + [zlib.decompressobj() for _ in range(5)]
ready = [id(connection)] + [id(other) for other in others]
"""


def test_what_stood_in_a_block_before(python):
    """zlib leaves parts of its state unwritten: a pointer that is left there holds nothing."""
    with harness.Target(python, STALE) as target:
        rows = Rows(target.pid)
    connection, *others = (rows.by_address[address]["facts"]["native_bytes"] for address in target.ready)
    assert connection > 800_000
    assert max(others[:5]) - min(others[:5]) < 500 and max(others[5:]) - min(others[5:]) < 500


BEHIND = LIBC + DATABASE + """
for size in (40, 56, 72):  # of the contexts of OpenSSL
    blocks = [libc.malloc(size) for _ in range(400)]
    for block in blocks:
        ctypes.memmove(block, (ctypes.c_uint64 * (size // 8))(*[database] * (size // 8)), size)
    for block in blocks[::20]:
        libc.free(block)
others = [hmac.new(b"key", digestmod="sha256") for _ in range(30)] + [hashlib.sha256() for _ in range(30)]
ready = id(connection)
"""


def test_what_stands_behind_a_block(python):
    """The contexts of OpenSSL have different sizes: what follows is not theirs."""
    with harness.Target(python, BEHIND) as target:
        rows = Rows(target.pid)
    assert rows.by_address[target.ready]["facts"]["native_bytes"] > 800_000


LEFT = LIBC + """
others = libc.malloc(1_000_000)
for size in range(24, 56, 16):
    blocks = [libc.malloc(size) for _ in range(1000)]
    for block in blocks:
        ctypes.memmove(block, (ctypes.c_uint64 * (size // 8))(*[others] * (size // 8)), size)
    for block in blocks:
        libc.free(block)
""" + DATABASE + """
ready = id(connection)
"""


def test_memory_that_sqlite_did_not_ask_for(python):
    """What is left in its blocks from before may look like pointers to memory of others."""
    with harness.Target(python, LEFT) as target:
        rows = Rows(target.pid)
    assert 800_000 < rows.by_address[target.ready]["facts"]["native_bytes"] < 1_200_000


PARSERS = LIBC + """
import _ssl, pyexpat, ssl
buffer = ssl.MemoryBIO()
buffer.write(b"x" * 20000)
handle = ctypes.c_void_p.from_address(id(buffer) + object.__basicsize__)
data = ctypes.c_uint64()
openssl = ctypes.CDLL(_ssl.__file__)
assert openssl.BIO_ctrl(handle, 3, ctypes.c_long(0), ctypes.byref(data)) == 20000  # BIO_CTRL_INFO
for size in range(520, 4096, 16):
    blocks = [libc.malloc(size) for _ in range(4)]
    for block in blocks:
        ctypes.memmove(block, (ctypes.c_uint64 * (size // 8))(*[data.value] * (size // 8)), size)
    for block in blocks:
        libc.free(block)
parsers = [pyexpat.ParserCreate() for _ in range(20)]
ready = id(buffer)
"""


def test_what_a_structure_leads_to(python):
    """Expat leaves parts of its buffers unwritten: what is left there takes nothing from who leads to it."""
    with harness.Target(python, PARSERS) as target:
        rows = Rows(target.pid)
    assert rows.by_address[target.ready]["facts"]["native_bytes"] > 20000
