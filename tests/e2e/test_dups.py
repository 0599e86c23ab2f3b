"""`whymem dups` against counting by hand in the target: what is equal there, how often, what the copies take."""
import functools

import harness
import pytest

SOURCE = """
import collections, json, random, sys

KINDS = (str, bytes, int, float, tuple, frozenset)
random.seed(3)


class Item:
    __slots__ = ("text", "raw", "number", "share", "pair", "tags", "record")

    def __init__(self, n):
        self.text = "text %06d" % random.randrange(400)
        self.raw = b"raw %06d" % random.randrange(300)
        self.number = 10**6 + random.randrange(200)
        self.share = random.randrange(100) / 7
        self.pair = (self.text, n % 50 + 0.5)
        self.tags = frozenset((n % 9, "even" if n % 2 else "odd"))
        self.record = json.loads('{"a": true, "b": null}')


ITEMS = [Item(n) for n in range(5000)]


def values(kind):
    for item in ITEMS:
        for name in Item.__slots__:
            value = getattr(item, name)
            if type(value) is kind:
                yield value
        if kind is float:
            yield item.pair[1]
        if kind is str:
            yield from item.record


def block(value):
    head = 16 if type(value) in (tuple, frozenset) else 0
    return (sys.getsizeof(value) + 15) // 16 * 16




def count(kind):
    objects = {id(value): value for value in values(kind)}
    groups = collections.Counter(objects.values())
    repeated = {value: n for value, n in groups.items() if n > 1}
    return {
        "copies": sum(repeated.values()) - len(repeated),
        "distinct": len(repeated),
        "bytes": sum(block(value) * (n - 1) for value, n in repeated.items()),
    }


ready = {kind.__name__: count(kind) for kind in KINDS}
"""


@functools.cache
def look(python):
    with harness.Target(python, SOURCE) as target:
        return target.ready, harness.ask("dups", target.pid, "--top", 0), harness.run("dups", target.pid).stdout


@pytest.fixture(name="looked")
def looked_fixture(python):
    return look(python)


def at_items(document, kind, name):
    rows = [row for row in document["rows"]
            if row["path"] == "__main__.ITEMS" and (row["kind"], row["type"]) == (kind, name)]
    assert len(rows) == 1, rows
    return rows[0]


def test_rows_add_up(looked):
    _, document, screen = looked
    amounts = [row["waste_bytes"] for row in document["rows"]]
    assert amounts == sorted(amounts, reverse=True) and all(amounts)
    assert document["rest"] == {"row_count": 0, "copy_count": 0, "waste_bytes": 0}
    assert "__main__.ITEMS" in screen


@pytest.mark.parametrize("name", ["bytes", "int", "float"])
def test_equal_values_are_counted(looked, name):
    truth, document, _ = looked
    row = at_items(document, "value", name)
    assert abs(row["copy_count"] - truth[name]["copies"]) <= 1  # the count of copies makes tuples itself
    assert row["distinct_count"] == truth[name]["distinct"]
    assert row["waste_bytes"] == truth[name]["bytes"]


def test_equal_texts_are_counted(looked):
    """Keys of the records are equal to names in the interpreter, of which one stays."""
    truth, document, _ = looked
    row = at_items(document, "value", "str")
    assert abs(row["copy_count"] - truth["str"]["copies"]) <= 4
    assert abs(row["waste_bytes"] - truth["str"]["bytes"]) <= 4 * 64


@pytest.mark.parametrize("name", ["tuple", "frozenset"])
def test_equal_structures_are_counted(looked, name):
    truth, document, _ = looked
    row = at_items(document, "structure", name)
    assert row["copy_count"] == truth[name]["copies"]
    assert row["distinct_count"] == truth[name]["distinct"]
    assert row["held_as"] == {"tuple": "Item.pair", "frozenset": "Item.tags"}[name]


def test_dicts_of_one_shape_are_counted(looked):
    _, document, _ = looked
    row = at_items(document, "shape", "dict")
    assert (row["copy_count"], row["distinct_count"], row["held_as"]) == (5000, 1, "Item.record")


def test_contents_are_not_shown(python):
    secret = "hunter2" * 9
    with harness.Target(python, f"PASSWORDS = [''.join(list({secret!r})) for _ in range(3000)]") as target:
        text = harness.run("dups", target.pid, "--json").stdout + harness.run("dups", target.pid).stdout
    assert "__main__.PASSWORDS" in text and secret not in text
