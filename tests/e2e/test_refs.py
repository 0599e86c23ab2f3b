"""Pictures of references against what Python knows, and against brute force over `whymem rows`."""
import json
import os
import re
import xml.etree.ElementTree as ElementTree

import harness
import pytest

PROGRAM = """
import collections, gc
class Item:
    def __init__(self, i):
        self.name, self.parts = f'item {i}', [i, (i,)]
class Page:
    __slots__ = ('items', 'up')
    def __init__(self, items, up):
        self.items, self.up = items, up
class Link:
    __slots__ = ('next',)
ITEMS = {('key', i): Item(i) for i in range(1200)}
PAGES = [Page(list(ITEMS.values())[i:i + 40], None) for i in range(0, 1200, 40)]
for _page in PAGES:
    _page.up = PAGES
CHAIN = None
for _i in range(100_000):
    _link = Link(); _link.next = CHAIN; CHAIN = _link
MANY = {f'attribute_{i}': type(f'Kind{i}', (), {})() for i in range(300)}
def close_over(value):
    def inner():
        return value
    return inner
CLOSURE = close_over({'a': [3.5], 'b': (4.5, [])})
del _page, _link, _i
"""


@pytest.fixture(scope="module")
def targets(tmp_path_factory):
    """A started target and its snapshot for each Python."""
    with harness.held(PROGRAM, tmp_path_factory.mktemp("refs")) as start:
        yield start


@pytest.fixture(scope="module")
def snapshot(targets):
    return targets(harness.pythons()[-1])[1]


def check(graph, top=20):
    """What holds for every picture."""
    nodes, edges = graph["nodes"], graph["edges"]
    assert not top or len(nodes) <= top
    assert [node["id"] for node in nodes] == list(range(len(nodes)))
    for node in nodes:
        parent = node["parent"]
        assert parent is None or nodes[parent]["depth"] == node["depth"] - 1 and parent < node["id"]
        assert (node["kind"] == "target") == (parent is None) or graph["direction"] == "chain"
        tree = [e for e in edges if e["is_tree"] and e["from" if graph["direction"] == "back" else "to"] == node["id"]]
        assert len(tree) == (parent is not None), node
    assert all(0 <= e["from"] < len(nodes) and 0 <= e["to"] < len(nodes) for e in edges)
    assert len({(e["from"], e["to"], e["label"]) for e in edges}) == len(edges)


def shown(graph):
    """{(path of labels and types): (objects, references)} of the tree."""
    nodes, found = graph["nodes"], {}
    back = graph["direction"] == "back"
    for edge in graph["edges"]:
        if not edge["is_tree"]:
            continue
        at, words = nodes[edge["from" if back else "to"]], []
        count = at["object_count"], edge["ref_count"]
        while at["parent"] is not None:
            tree = next(e for e in graph["edges"] if e["is_tree"] and e["from" if back else "to"] == at["id"])
            words.append(f"{tree['label']} {at['type']}")
            at = nodes[at["parent"]]
        found["/".join(reversed(words))] = count
    return found


def test_onwards(python, targets):
    _, snapshot = targets(python)
    graph = harness.ask("refs", snapshot, "__main__.ITEMS")
    check(graph)
    tree = shown(graph)
    assert tree["[*] __main__.Item"] == (1200, 1200)
    assert tree["[*] __main__.Item/.name str"] == (1200, 1200)
    assert tree["[*] __main__.Item/.parts list"] == (1200, 1200)
    assert tree["[*] __main__.Item/.parts list/[*] tuple"] == (1200, 1200)
    assert tree[".keys()[*] tuple"] == (1200, 1200)


def test_cycles_and_sharing(python, targets):
    _, snapshot = targets(python)
    graph = harness.ask("refs", snapshot, "__main__.PAGES", "--depth", "4")
    check(graph)
    assert shown(graph)["[*] __main__.Page/.items list/[*] __main__.Item"] == (1200, 1200)
    page = next(node for node in graph["nodes"] if node["type"] == "__main__.Page")
    up = [e for e in graph["edges"] if (e["from"], e["to"]) == (page["id"], 0)]
    assert [(e["label"], e["ref_count"], e["is_tree"]) for e in up] == [(".up", 30, False)]


def test_back(python, targets):
    _, snapshot = targets(python)
    graph = harness.ask("refs", snapshot, "Item", "--back")
    check(graph)
    tree = shown(graph)
    assert tree["[*] dict"] == (1, 1200) and tree["[*] list"] == (30, 1200)
    assert tree["[*] list/.items __main__.Page"] == (30, 30)
    module = next(node for node in graph["nodes"] if node["name"] == "__main__")
    assert module["kind"] == "root"
    labels = {e["label"] for e in graph["edges"] if e["from"] == module["id"]}
    assert ".ITEMS" in labels


def test_back_is_gc_get_referrers(python, targets):
    target, snapshot = targets(python)
    for name in ("ITEMS['key', 7]", "PAGES[3].items", "PAGES", "CLOSURE"):
        address, there = target.do(f"""
            answer = [id({name}), sorted(type(r).__name__ for r in gc.get_referrers({name}))]""")
        graph = harness.ask("refs", snapshot, hex(address), "--back", "--depth", "1", "--top", "0")
        check(graph, 0)
        kinds = set()
        for node in graph["nodes"][1:]:
            is_module = node["type"] == "module" or node["name"] == "__main__"
            kinds.add("dict" if is_module else node["type"].rpartition(".")[2])
        assert kinds == set(there), name


def test_retained_sizes(snapshot):
    objects = {row["address"]: row for row in harness.rows(snapshot)[0]}
    graph = harness.ask("refs", snapshot, "__main__.ITEMS")
    for node in graph["nodes"]:
        expression = f"address:{node['address']}" if node["address"] else None
        if expression and node["address"] in objects:
            matched = harness.ask("types", snapshot, "--only", expression, "--retained")["matched"]
            assert node["retained_bytes"] == matched["retained_bytes"], node
            assert node["self_bytes"] == matched["self_bytes"]
    item = next(node for node in graph["nodes"] if node["type"] == "__main__.Item")
    matched = harness.ask("types", snapshot, "--only", "Item", "--retained")["matched"]
    assert (item["self_bytes"], item["retained_bytes"]) == (matched["self_bytes"], matched["retained_bytes"])


@pytest.mark.parametrize("words", [("__main__.MANY",), ("__main__.MANY", "--top", "5"), ("dict", "--back"), ("type:type",),
                                   ("all", "--depth", "2"), ("function", "--back", "--top", "3"), ("__main__", "--depth", "5"),
                                   ("Link", "--depth", "0"), ("Link", "--back", "--depth", "0"), ("type:str", "--top", "1")])
def test_nodes_never_explode(words, snapshot):
    graph = harness.ask("refs", snapshot, *words)
    top = max(int(words[words.index("--top") + 1]) if "--top" in words else 20, 2)
    check(graph, top)
    if words[0] == "__main__.MANY":
        assert graph["rest"]["row_count"] >= 300 - top and graph["nodes"][0]["hidden_ref_count"] >= 300 - top
        assert len(harness.ask("refs", snapshot, "__main__.MANY", "--top", "0", "--depth", "1")["nodes"]) >= 301


def test_avoid(snapshot):
    graph = harness.ask("refs", snapshot, "Item", "--back", "--avoid", "type:list", "--depth", "4")
    assert {node["type"] for node in graph["nodes"] if node["depth"] == 1} == {"dict"}
    paths = harness.ask("why", snapshot, "Item")["paths"]
    assert {p["path"].partition("[")[0] for p in paths} == {"__main__.ITEMS", "__main__.PAGES"}
    paths = harness.ask("why", snapshot, "Item", "--avoid", "__main__.ITEMS")["paths"]
    assert [p["path"] for p in paths] == ["__main__.PAGES[*].items[*]"] and paths[0]["object_count"] == 1200
    assert harness.ask("why", snapshot, "Item", "--avoid", "__main__.ITEMS | Page")["paths"] == []
    shown = harness.run("why", snapshot, "Item", "--avoid", "__main__.ITEMS | Page").stdout
    assert "nothing else" in shown.lower()


# ---- chains ----


def bfs(edges, start, goal, avoid=()):
    """Length of the shortest chain."""
    out = {}
    for edge in edges:
        if edge["kind"] != "type":
            out.setdefault(edge["from"], []).append(edge["to"])
    reached, level, length = set(start), list(start), 0
    while level:
        if goal & set(level):
            return length
        level = [to for at in level for to in out.get(at, ()) if to not in reached and not reached.add(to)]
        length += 1
    return None


def test_chains(python, targets):
    target, snapshot = targets(python)
    graph = harness.ask("refs", snapshot, "__main__.CLOSURE", "--to", "type:float")
    check(graph)
    assert [node["type"] for node in graph["nodes"]][-3:] == ["dict", "tuple", "float"] or \
        [node["type"] for node in graph["nodes"]][-3:] == ["dict", "list", "float"]
    back = harness.ask("refs", snapshot, "__main__.ITEMS[*].parts", "--back", "--to", "type:module")
    assert [(e["label"]) for e in back["edges"]][0] == ".ITEMS" and back["nodes"][0]["name"] == "__main__"
    root = harness.ask("refs", snapshot, "__main__.ITEMS[*].parts", "--chain")
    assert [n["type"] for n in root["nodes"]] == ["module", "dict", "__main__.Item", "list"]
    none = harness.ask("refs", snapshot, "__main__.MANY", "--to", "Link", "--avoid", "type:type")
    assert none["nodes"] == [] and "no such way" in harness.run(
        "refs", snapshot, "__main__.MANY", "--to", "Link", "--avoid", "type:type").stdout
    same = harness.ask("refs", snapshot, "__main__.ITEMS", "--to", "type:dict")
    assert len(same["nodes"]) == 1 and same["edges"] == []


def test_chains_are_shortest(snapshot):
    rows, edges = harness.rows(snapshot)
    by_type = {}
    for row in rows:
        by_type.setdefault(row["type"], set()).add(row["id"])
    for start, goal in (("Page", "Item"), ("Item", "tuple"), ("Page", "str"), ("Link", "NoneType")):
        graph = harness.ask("refs", snapshot, start, "--to", f"type:{goal}", "--top", "0")
        # an instance and its __dict__ are one node
        edges_of_dicts = [e for e in edges if e["kind"] == "dict"]
        length = bfs(edges, by_type[start], by_type[goal])
        assert len(graph["edges"]) <= length <= len(graph["edges"]) + len(edges_of_dicts[:1]), (start, goal)


def test_a_chain_of_a_hundred_thousand(snapshot):
    graph = harness.ask("refs", snapshot, "__main__.CHAIN", "--to", "Link & refers-to(type:NoneType)")
    check(graph)
    assert len(graph["nodes"]) == 20 and graph["rest"]["row_count"] == 100_000 - 20
    [cut] = [e for e in graph["edges"] if e["label"] is None]
    assert cut["ref_count"] == 100_000 - 19
    assert "99 981 references" in harness.run("refs", snapshot, "__main__.CHAIN", "--to",
                                              "Link & refers-to(type:NoneType)").stdout


# ---- pictures ----

NAMESPACE = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("words", [("__main__.ITEMS",), ("Item", "--back"), ("__main__.PAGES", "--depth", "5"),
                                   ("__main__.CLOSURE", "--to", "type:float"), ("__main__", "--top", "40"), ("nothing.there",)])
def test_pictures(words, snapshot, tmp_path):
    graph = json.loads(harness.run("refs", snapshot, *words, "--json", "--svg", tmp_path / "a.svg",
                                   "--dot", tmp_path / "a.dot").stdout)
    tree = ElementTree.parse(tmp_path / "a.svg").getroot()
    width, height = float(tree.get("width")), float(tree.get("height"))
    boxes = [r for r in tree.iter(NAMESPACE + "rect") if r.get("class")]
    assert len(boxes) == len(graph["nodes"])
    assert len([p for p in tree.iter(NAMESPACE + "path") if p.get("class")]) == len(graph["edges"])
    places = []
    for box in boxes:
        x, y, w, h = (float(box.get(k)) for k in ("x", "y", "width", "height"))
        assert 0 <= x and x + w <= width and 0 <= y and y + h <= height
        assert all(x >= a + c or a >= x + w or y >= b + d or b >= y + h for a, b, c, d in places), "boxes overlap"
        places.append((x, y, w, h))
    texts = {t.text for t in tree.iter(NAMESPACE + "text")}
    for edge in graph["edges"]:
        assert any(edge["label"][:15] in text for text in texts if text), edge
    bold = [t.text for t in tree.iter(NAMESPACE + "text") if t.get("class") == "bold"]
    assert len(bold) == sum(node["kind"] != "object" for node in graph["nodes"])
    dot = (tmp_path / "a.dot").read_text()
    assert dot.startswith("digraph references {\n") and dot.endswith("}\n")
    assert len(re.findall(r"^  n\d+ \[label=<.*>.*\];$", dot, re.M)) == len(graph["nodes"])
    assert len(re.findall(r"^  n\d+ -> n\d+ \[label=<.*>.*\];$", dot, re.M)) == len(graph["edges"])
    assert os.stat(tmp_path / "a.svg").st_mode & 0o777 == 0o600


def test_a_picture_on_standard_output(snapshot):
    assert harness.run("refs", snapshot, "Item", "--svg", "-").stdout.startswith("<svg ")
    assert harness.run("refs", snapshot, "Item", "--dot", "-", "--json").stdout.startswith("digraph ")
    done = harness.run("refs", snapshot, "Item", "--svg", "/nowhere/a.svg", check=False)
    assert done.returncode == 3 and done.stdout == ""


def test_process_and_snapshot_agree(python, targets, tmp_path):
    target, _ = targets(python)
    harness.run("snap", target.pid, "-o", tmp_path / "now.whymem")
    for words in (["__main__.ITEMS"], ["Item", "--back"], ["__main__.CLOSURE", "--to", "type:float"], ["Item", "--chain"]):
        live, saved = (harness.ask("refs", source, *words) for source in (target.pid, tmp_path / "now.whymem"))
        assert (live["nodes"], live["edges"], live["rest"]) == (saved["nodes"], saved["edges"], saved["rest"])
