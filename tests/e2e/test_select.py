"""Selections against what Python knows about its own objects, and against brute force over `whymem rows`."""
import json
import random

import harness
import pytest

PROGRAM = """
import collections, gc, sys
class Client:
    def __init__(self, i):
        self.number, self.items, self.next = i, [str(i) * 9, (i,)], None
class Special(Client):
    pass
class Leaf:
    __slots__ = ('value', '__weakref__')
    def __init__(self, value):
        self.value = value
class Box:
    __slots__ = ('leaf',)
    def __init__(self, leaf):
        self.leaf = leaf
CLIENTS = [Client(i) for i in range(200)]
SPECIALS = {f'special_{i}': Special(i) for i in range(50)}
for _one, _two in zip(CLIENTS, CLIENTS[1:]):
    _one.next = _two
LEAVES = [Leaf([i]) for i in range(90)]
BOXES = [Box(leaf) for leaf in LEAVES[:60]]
BY_NUMBER = {(i,): leaf for i, leaf in enumerate(LEAVES[:30])}
DICTS = [vars(client) for client in CLIENTS[:20]]
QUEUE = collections.deque(range(1000, 1400))
gc.collect()
gc.disable()
for i in range(25):
    cycle = Leaf(None)
    cycle.value = [cycle]
del cycle, _one, _two, i
"""


@pytest.fixture(scope="module")
def targets(tmp_path_factory):
    """A started target and its snapshot for each Python."""
    with harness.held(PROGRAM, tmp_path_factory.mktemp("select")) as start:
        yield start


def selected(source, expression):
    """Addresses of the objects of a selection."""
    lines = harness.run("rows", source, "--only", expression).stdout.splitlines()
    rows = [json.loads(line) for line in lines]
    return {row["address"] for row in rows if "from" not in row}


def ids(target, expression):
    return set(target.do(f"answer = [id(o) for o in {expression}]"))


BY_PYTHON = {
    "type:Client": "CLIENTS",
    "Client": "CLIENTS",
    "type:__main__.Special": "SPECIALS.values()",
    "isinstance:Client": "CLIENTS + list(SPECIALS.values())",
    "type:__main__.*eaf & live": "LEAVES",
    "__main__.CLIENTS": "[CLIENTS]",
    "path:__main__.CLIENTS[3]": "[CLIENTS[3]]",
    "__main__.CLIENTS[*].items": "[c.items for c in CLIENTS]",
    "(type:Client).items[0]": "[c.items[0] for c in CLIENTS]",
    "(isinstance:Client - Client).items": "[c.items for c in SPECIALS.values()]",
    "owner:dict of __main__.Client": "DICTS",
    "dict-of:Client": "DICTS",
    "owner-of(__main__.DICTS[*])": "CLIENTS[:20]",
    "__main__.LEAVES[*] & refers-to(~all)": "[]",
    "Leaf & referred-by:Box": "[b.leaf for b in BOXES]",
    "Leaf & refers-to(type:list) & live": "LEAVES",
    "Box & refers-to:__main__.LEAVES[5]": "[BOXES[5]]",
    "dominator-of(type:Box)": "[BOXES]",
    "type:deque & length:400": "[QUEUE]",
    "tracked & module:__main__ & live": "CLIENTS + list(SPECIALS.values()) + LEAVES + BOXES",
}


@pytest.mark.parametrize("expression", BY_PYTHON)
def test_against_python(python, targets, expression):
    target, snapshot = targets(python)
    expected = ids(target, BY_PYTHON[expression])
    if expression in ("owner:dict of __main__.Client", "dict-of:Client"):
        assert expected <= selected(snapshot, expression)
    else:
        assert selected(snapshot, expression) == expected


def test_addresses(python, targets):
    target, snapshot = targets(python)
    wanted = sorted(ids(target, "CLIENTS[:5]"))
    assert selected(snapshot, " | ".join(map(hex, wanted))) == set(wanted)
    assert selected(snapshot, " ^ ".join(f"address:{a}" for a in wanted)) == set(wanted)
    assert selected(snapshot, "0x10") == set()


def test_generations_are_those_of_gc(python, targets):
    target, _ = targets(python)
    for generation in range(3):
        there = set(target.do(f"""
            answer = [id(o) for o in gc.get_objects(generation={generation}) if type(o) in (Client, Box, Special)]"""))
        assert selected(target.pid, f"generation:{generation} & (isinstance:Client | Box)") == there, generation


def test_referrers_and_referents_are_those_of_gc(python, targets):
    target, snapshot = targets(python)
    for name in ("CLIENTS[70]", "LEAVES[3]", "LEAVES[70]", "CLIENTS", "SPECIALS['special_3']", "CLIENTS[90].items"):
        there = target.do(f"""
            _it = [id({name})]
            answer = [[id(o) for o in gc.get_referrers({name})], [id(o) for o in gc.get_referents({name})], _it[0]]""")
        referrers, referents, address = set(there[0]), set(there[1]), there[2]
        assert selected(snapshot, f"refers-to:{address} & tracked") == referrers, name
        known = selected(snapshot, f"referred-by:{address}")
        assert known == referents or known - referents <= selected(snapshot, f"dict-of:{address}"), name


def test_by_referrers_is_brute_force(python, targets):
    target, snapshot = targets(python)
    there = target.do("""
        answer = {}
        for leaf in LEAVES:
            kinds = sorted({'__main__.Box' if type(r) is Box else type(r).__name__
                            for r in gc.get_referrers(leaf) if r is LEAVES or r is BY_NUMBER or type(r) is Box})
            answer[', '.join(kinds)] = answer.get(', '.join(kinds), 0) + 1
        del leaf""")
    table = harness.ask("types", snapshot, "--by", "referrers", "--only", "Leaf & live", "--top", "0")
    assert {", ".join(sorted(row["name"].split(", "))): row["count"] for row in table["rows"]} == there
    for row in table["rows"]:
        assert len(selected(snapshot, f"referrers:{row['name']} & Leaf & live")) == row["count"]


def test_by_via(targets):
    _, snapshot = targets(harness.pythons()[0])
    table = harness.ask("types", snapshot, "--by", "via", "--only", "Leaf & live", "--top", "0")
    counts = {frozenset(row["name"].split(", ")): row["count"] for row in table["rows"]}
    assert counts == {frozenset({"[*]"}): 30, frozenset({"[*]", ".leaf"}): 30, frozenset({"[*]", ".leaf", "[...]"}): 30}


# ---- brute force over rows ----


@pytest.fixture(scope="module")
def heap(targets):
    """(snapshot, objects by id, edges, ids of all objects) of one target."""
    _, snapshot = targets(harness.pythons()[-1])
    rows, edges = harness.rows(snapshot)
    objects = {row["id"]: row for row in rows if row["address"] is not None}
    return snapshot, objects, edges


def addresses(objects, found):
    return {objects[i]["address"] for i in found if i in objects}


def test_words(heap):
    snapshot, objects, edges = heap
    referred = {e["to"] for e in edges if e["from"] in objects and e["from"] != e["to"]}
    expected = {
        "all": objects,
        "garbage": [i for i, o in objects.items() if not o["live"]],
        "live": [i for i, o in objects.items() if o["live"]],
        "tracked": [i for i, o in objects.items() if o["generation"] is not None],
        "generation:untracked": [i for i, o in objects.items() if o["generation"] is None],
        "unreferred": objects.keys() - referred,
        "size:>1k": [i for i, o in objects.items() if o["self_bytes"] > 1024],
        "size:<=48": [i for i, o in objects.items() if o["self_bytes"] <= 48],
        "size:64": [i for i, o in objects.items() if o["self_bytes"] == 64],
    }
    for expression, found in expected.items():
        assert selected(snapshot, expression) == addresses(objects, found), expression


def held_by(objects, ids_of_set):
    """By the chains of dominators: exact for one object."""
    inside = {}
    def is_inside(i):
        chain = []
        while i is not None and i not in inside and i not in ids_of_set:
            chain.append(i)
            i = objects[i]["dominator"] if i in objects else None
        answer = i is not None and (i in ids_of_set or inside[i])
        inside.update(dict.fromkeys(chain, answer))
        return answer
    return [i for i in objects if is_inside(i)]


def test_relations(heap):
    snapshot, objects, edges = heap
    out = {}
    for edge in edges:
        out.setdefault(edge["from"], []).append(edge["to"])
    for path in ("__main__.CLIENTS", "__main__.SPECIALS", "__main__.QUEUE"):
        address = min(selected(snapshot, path))
        start = next(i for i, o in objects.items() if o["address"] == address)
        assert selected(snapshot, f"held-by:{path}") == addresses(objects, held_by(objects, {start}))
        reached, todo = {start}, [start]
        while todo:
            for to in out.get(todo.pop(), ()):
                if to not in reached:
                    reached.add(to)
                    todo.append(to)
        assert selected(snapshot, f"reachable-from:{path}") == addresses(objects, reached)


def test_held_by_a_set_weighs_what_it_retains(heap):
    snapshot, _, _ = heap
    for expression in ("Leaf", "Client | Special", "type:list & size:<100", "garbage"):
        retained = harness.ask("types", snapshot, "--only", expression, "--retained")["matched"]["retained_bytes"]
        held = harness.ask("types", snapshot, "--only", f"held-by({expression})")["matched"]
        rows = [json.loads(line) for line in
                harness.run("rows", snapshot, "--only", f"held-by({expression})").stdout.splitlines()]
        native = sum(row["native_bytes"] for row in rows if "from" not in row)
        assert retained == held["self_bytes"] + native, expression


class Set(frozenset):
    universe = frozenset()

    def __invert__(self):
        return Set(Set.universe - self)

    __and__, __or__ = (lambda a, b: Set(frozenset.__and__(a, b))), (lambda a, b: Set(frozenset.__or__(a, b)))
    __sub__, __xor__ = (lambda a, b: Set(frozenset.__sub__(a, b))), (lambda a, b: Set(frozenset.__xor__(a, b)))


def random_expression(chance, names, depth):
    if depth == 0 or chance.random() < 0.2:
        return ("~" if chance.random() < 0.2 else "") + chance.choice(names)
    left, right = (random_expression(chance, names, depth - 1) for _ in range(2))
    text = f"{left} {chance.choice('-&^|')} {right}"
    return f"{chance.choice(['', '', '~'])}({text})" if chance.random() < 0.4 else text


def test_operators_bind_as_in_python(heap):
    snapshot, objects, _ = heap
    terms = {"A": "type:Client", "B": "tracked", "C": "size:>64", "D": "held-by:__main__.SPECIALS", "E": "garbage"}
    Set.universe = frozenset(o["address"] for o in objects.values())
    sets = {name: Set(selected(snapshot, term)) for name, term in terms.items()}
    assert all(sets.values())
    chance = random.Random(7)
    for _ in range(30):
        expression = random_expression(chance, "ABCDE", 4)
        written = "".join(terms.get(c, c) for c in expression)
        expected = eval(expression, dict(sets))
        assert selected(snapshot, written) == expected, (expression, written)


def test_names_of_rows_can_be_given_back(heap):
    snapshot, _, _ = heap
    for by in ("type", "class", "module", "size", "referrers", "via", "owner", "generation"):
        names = [row["name"] for row in harness.ask("types", snapshot, "--by", by, "--top", "0")["rows"]]
        rows = harness.ask("types", snapshot, "--by", by, "--top", "30", "--retained")["rows"]
        for row in random.Random(3).sample(rows, min(len(rows), 12)):
            if names.count(row["name"]) > 1 or by == "class":
                continue
            table = harness.ask("types", snapshot, "--by", by, "--only", f'{by}:"{row["name"]}"', "--retained")
            for key in ("count", "self_bytes", "size_bytes", "retained_bytes"):
                assert table["matched"][key] == table["rows"][0][key] == row[key], (by, row)
            assert [r["name"] for r in table["rows"]] == [row["name"]]


def test_rows_of_a_class_are_its_objects_with_their_dicts(heap):
    snapshot, _, _ = heap
    row = next(r for r in harness.ask("types", snapshot, "--by", "class", "--top", "0")["rows"] if r["name"] == "Client")
    matched = harness.ask("types", snapshot, "--only", "class:Client")["matched"]
    assert row["count"] == 200 and matched["self_bytes"] == row["self_bytes"]


# ---- captures ----


def test_process_and_snapshot_agree(python, targets, tmp_path):
    target, snapshot = targets(python)[0], tmp_path / "now.whymem"
    harness.run("snap", target.pid, "-o", snapshot)
    for expression in ("held-by:__main__.CLIENTS", "~tracked & size:>500", "referrers:list & type:Leaf"):
        live = harness.ask("types", target.pid, "--only", f"({expression}) & reachable-from:__main__.CLIENTS", "--retained")
        saved = harness.ask("types", snapshot, "--only", f"({expression}) & reachable-from:__main__.CLIENTS", "--retained")
        assert live["matched"] == saved["matched"] and live["rows"] == saved["rows"], expression


def test_new_since(python, tmp_path):
    with harness.Target(python, PROGRAM) as target:
        harness.run("snap", target.pid, "-o", tmp_path / "old.whymem")
        made = set(target.do("NEW = [Client(i) for i in range(30)]; answer = [id(o) for o in NEW]"))
        assert selected(target.pid, f"new-since:{tmp_path}/old.whymem & Client") == made
        assert made <= selected(target.pid, f"held-by:__main__.NEW & new-since:{tmp_path}/old.whymem")
        harness.run("snap", target.pid, "-o", tmp_path / "new.whymem")
        assert selected(tmp_path / "new.whymem", f"new-since:{tmp_path}/old.whymem & Client") == made
    with harness.Target(python, "") as other:
        done = harness.run("types", other.pid, "--only", f"new-since:{tmp_path}/old.whymem", check=False)
        assert done.returncode == 2 and "another process" in done.stderr


# ---- what cannot be read ----

WRONG = [" ", "type:", "a &", "& a", "a | | b", "(a", "a)", "()", "held-by()", "held-by(a", "colour:red", "live:1",
         "size:many", "size:>", "size:1T", "size:99999999999999999999", "size:99999999999G", "generation:7",
         'type:"a', "address:x", "(a)(b)", "(a) b", "~", "(Client)frob", "(Client).[", "a - ", "new-since:/nowhere"]


@pytest.mark.parametrize("expression", WRONG)
def test_errors(expression, heap):
    snapshot, _, _ = heap
    for words in (["types", snapshot, "--only", expression], ["rows", snapshot, "--only", expression],
                  ["refs", snapshot, "Client", "--to", expression]):
        done = harness.run(*words, check=False)
        expected = 3 if expression.startswith("new-since") else 2
        assert done.returncode == expected and done.stdout == "", (words, done)
        assert done.stderr.startswith("whymem: ") and "remedy: " in done.stderr


def test_a_long_expression_is_no_recursion(heap):
    snapshot, _, _ = heap
    deep = 30000
    assert selected(snapshot, "(" * deep + "Box" + ")" * deep) == selected(snapshot, "Box")
    assert selected(snapshot, "~" * 5000 + "Box") == selected(snapshot, "Box")
    assert selected(snapshot, " | ".join(["Box"] * 1000)) == selected(snapshot, "Box")
    done = harness.run("types", snapshot, "--only", "|".join(["all"] * 20000), check=False)
    assert done.returncode == 2 and "too long" in done.stderr
