"""Rows and edges of known instances of some 250 types against what CPython says of itself.

types_target.py makes the instances; it runs inside of every Python at hand.
"""
import pathlib

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
    "async_generator": "reports what its frame holds",
}


class Rows:
    """`whymem rows` of a process: objects by address, edges by number."""

    def __init__(self, pid):
        objects, edges = harness.rows(pid)
        self.by_address = {row["address"]: row for row in objects if row["address"] is not None}
        self.address = {row["id"]: row["address"] for row in objects}
        self.targets = {}
        for edge in edges:
            self.targets.setdefault(edge["from"], set()).add(edge["to"])

    def referents(self, address):
        return {self.address[to] for to in self.targets.get(self.by_address[address]["id"], ())}

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


def third_party_pythons():
    for python in harness.pythons():
        yield pytest.param(python, id=harness.python_id(python))


@pytest.fixture(scope="module", params=third_party_pythons())
def third_party(request):
    with harness.Target(request.param, SOURCE, args=["third-party"]) as target:
        if not target.ready["objects"]:
            pytest.skip(f"none of them can be imported: {', '.join(target.ready['missing'])}")
        return target.ready["objects"], Rows(target.pid)


def kind(known):
    return known["type"] if known["module"] == "builtins" else f"{known['module']}.{known['type']}"


def check_presence(objects, rows):
    missing = {known["label"] for known in objects if known["address"] not in rows.by_address}
    assert not missing
    wrong = {known["label"]: rows.by_address[known["address"]]["type"] for known in objects
             if not rows.by_address[known["address"]]["type"].endswith(known["type"].rpartition(".")[2])}
    assert not wrong


def check_sizes(objects, rows):
    wrong = {known["label"]: (kind(known), rows.by_address[known["address"]]["size_bytes"], known["size"]) for known in objects
             if not known["python_sized"] and kind(known) not in OTHER_SIZES
             and rows.by_address[known["address"]]["size_bytes"] != known["size"]}
    assert not wrong, "label: (type, whymem, sys.getsizeof)"


def check_referents(objects, rows):
    wrong = {}
    for known in objects:
        steps = 3 if known["type"] in INDIRECT else 1
        missing = set(known["referents"]) - rows.reached(known["address"], steps)
        missing.discard(known["type_address"])  # static types are held by nobody
        if missing:
            types = [rows.by_address.get(address, {"type": "no row"})["type"] for address in missing]
            wrong[known["label"]] = (kind(known), types)
    assert not wrong, "label: (type, types of referents that whymem lacks)"


def check_native(objects, rows):
    wrong = {known["label"]: (rows.by_address[known["address"]]["native_bytes"], known["native"]) for known in objects
             if rows.by_address[known["address"]]["native_bytes"] < known["native"]}
    assert not wrong, "label: (whymem, at least)"


def check_facts(objects, rows):
    wrong = {}
    for known in objects:
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
