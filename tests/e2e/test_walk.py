"""Every object, its size and its references, against what the process says of itself."""
import collections
import json
import os
import pathlib
import subprocess

import harness
import pytest

WALK_DUMP = os.environ.get(
    "WALK_DUMP", str(harness.BUILD / "tests" / "unit" / "heap" / "walk_dump"))
TARGET = pathlib.Path(__file__).with_name("walk_target.py")

MODULE, FRAME, THREAD, INTERPRETER, STATIC, C_HELD = 0, 1, 2, 4, 5, 6
FACT_LINE, FACT_GENERATOR_STATE = 15, 14

Walk = collections.namedtuple("Walk", "objects nodes facts")


def dump(pid):
    done = subprocess.run(
        [WALK_DUMP, str(pid)], capture_output=True, text=True, errors="replace", timeout=300)
    assert done.returncode == 0, done.stderr
    objects, nodes, facts = {}, [], collections.defaultdict(dict)
    for line in done.stdout.split("\n")[:-1]:
        row = json.loads(line)
        if "address" in row:
            objects[row["address"]] = row
        elif "node" in row:
            nodes.append(row)
        else:
            facts[row["object"]][row["fact"]] = row["value"]
    return Walk(objects, nodes, facts)


def targets(row, *kinds):
    return [edge[0] for edge in row["edges"] if not kinds or edge[1] in kinds]


@pytest.fixture(scope="module")
def seen(request, tmp_path_factory):
    """(what the process says, what the walk found) for one Python, made once."""
    python = request.param
    path = tmp_path_factory.mktemp("walk") / "truth.json"
    process = subprocess.Popen(
        [python, str(TARGET), str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        walk = dump(process.pid)
    finally:
        process.kill()
        process.wait()
    truth = [json.loads(line) for line in path.read_text().splitlines()]
    return truth, walk


def pytest_generate_tests(metafunc):
    if "seen" in metafunc.fixturenames:
        found = harness.pythons()
        metafunc.parametrize(
            "seen", found, ids=[harness.python_id(p) for p in found], indirect=True)


def test_no_object_is_missing(seen):
    truth, walk = seen
    missing = [row[:3] for row in truth if row[0] not in walk.objects]
    assert not missing
    assert len({(row[1], row[2]) for row in truth}) >= 150


def test_types(seen):
    truth, walk = seen
    wrong = [
        (module, name, found["module"], found["type"])
        for address, module, name, *_ in truth
        for found in [walk.objects.get(address)]
        if found and (found["module"], found["type"]) != (module, name)
    ]
    assert not wrong


def test_sizes_are_those_of_getsizeof(seen):
    truth, walk = seen
    wrong = [
        (name, size, walk.objects[address]["size"])
        for address, _, name, size, *_ in truth
        if size is not None and address in walk.objects and walk.objects[address]["size"] != size
    ]
    assert not wrong


class Excuses:
    """References that are told by another object than the one that gc asks."""

    def __init__(self, walk):
        self.rooted = {a for node in walk.nodes for a in targets(node)}
        self.inside = collections.defaultdict(set)  # __dict__ -> values of its instance
        for row in walk.objects.values():
            for inner in targets(row, "dict"):
                self.inside[inner].update(targets(row, "attr"))

    def __call__(self, row, referent):
        address, module, name = row[:3]
        if name == "dict":
            # Values inside an instance are told by the instance; interned strings are not counted.
            return referent in self.inside[address] or address in self.rooted
        # A frame runs on. Keys and results of a cache belong to the elements of its list.
        return name in ("frame", "PyCapsule", "_lru_cache_wrapper")


def test_referents_are_a_superset(seen):
    truth, walk = seen
    missing, excused = [], Excuses(walk)
    for row in truth:
        found = walk.objects.get(row[0])
        known = set(targets(found)) if found else set()
        for referent in row[4]:
            if found and referent not in known and not excused(row, referent):
                missing.append((row[1], row[2], hex(row[0]), hex(referent)))
    assert not missing


def test_tracked_is_what_the_collector_lists(seen):
    truth, walk = seen
    wrong = [
        row[2] for row in truth
        if row[5] and row[0] in walk.objects and not walk.objects[row[0]]["flags"] & 4
    ]
    assert not wrong


def reach(walk):
    reached, stack = set(), [a for node in walk.nodes for a in targets(node)]
    while stack:
        address = stack.pop()
        if address not in reached:
            reached.add(address)
            stack += targets(walk.objects[address])
    return reached


def test_all_is_reached_and_little_is_held_by_c(seen):
    truth, walk = seen
    unreached = {row[0] for row in truth if row[0] in walk.objects} - reach(walk)
    assert not unreached
    held = [a for node in walk.nodes if node["node"] == C_HELD for a in targets(node)]
    assert len(held) < 20


def test_frames_and_modules_are_named(seen):
    _, walk = seen
    frames = [node for node in walk.nodes if node["node"] == FRAME]
    assert [frame["name"] for frame in frames] == ["__main__.main", "__main__.<module>"]
    source = TARGET.read_text().splitlines()
    assert "sys.stdin.read()" in source[frames[0]["line"] - 1]
    assert frames[0]["file"].endswith("walk_target.py")
    locals_of_main = {
        walk.objects[edge[0]]["type"] for edge in frames[0]["edges"] if edge[1] == "local"}
    assert {"list", "dict", "str"} <= locals_of_main
    modules = {node["name"]: node for node in walk.nodes if node["node"] == MODULE}
    assert {"__main__", "sys", "asyncio", "collections"} <= set(modules)
    assert modules["asyncio"]["file"].endswith("asyncio/__init__.py")


LOCAL_ONLY = """
    import threading, sys
    def hold(go):
        secret = {'key_%d' % i: float(i) for i in range(20000)}
        globals()['ready'] = [id(secret), sys.getsizeof(secret)
            + sum(map(sys.getsizeof, secret)) + sum(map(sys.getsizeof, secret.values()))]
        go.set()
        threading.Event().wait()
    go = threading.Event()
    threading.Thread(target=hold, args=(go,), daemon=True).start()
    go.wait()
"""


def test_a_local_of_a_thread(python):
    with harness.Target(python, LOCAL_ONLY) as target:
        address, size = target.ready
        walk = dump(target.pid)
    holder = [node for node in walk.nodes if node["name"] == "__main__.hold"]
    assert len(holder) == 1 and holder[0]["thread"] not in (0, target.pid)
    assert address in targets(holder[0], "local")
    held = {address, *targets(walk.objects[address])}
    assert len(held) == 40001
    assert sum(walk.objects[a]["size"] for a in held) == size


GARBAGE = """
    import gc
    gc.disable()
    gc.collect()
    class Node: pass
    def cycle():
        a, b = Node(), Node()
        a.other, b.other, a.items = b, a, [1000, 2000]
        return id(a), id(b)
    ready = cycle()
    frozen = [[] for _ in range(100)]
    gc.freeze()
"""


def test_garbage_and_generations(python):
    with harness.Target(python, GARBAGE) as target:
        made = target.ready
        young = target.do("fresh = [[] for _ in range(10)]; answer = [id(x) for x in fresh]")
        frozen = target.do("answer = [id(x) for x in frozen]")
        walk = dump(target.pid)
    reached = reach(walk)
    assert not reached & set(made)
    assert set(made) <= set(walk.objects)
    assert {walk.objects[a]["flags"] & 3 for a in frozen} == {3}
    assert {walk.objects[a]["flags"] & 3 for a in young} == {0}


GENERATORS = """
    def generate():
        mine = [object()]
        yield 1
        yield mine
    async def wait():
        mine = [object()]
        return mine
    started, fresh, done = generate(), generate(), generate()
    next(started), list(done)
    waiting = wait()
    ready = [id(x) for x in (started, fresh, done, waiting)]
"""


def test_generators_tell_state_line_and_locals(python):
    with harness.Target(python, GENERATORS) as target:
        started, fresh, done, waiting = target.ready
        walk = dump(target.pid)
    states = [walk.facts[a][FACT_GENERATOR_STATE] for a in (started, fresh, done, waiting)]
    assert states == [1, 0, 3, 0]
    assert walk.facts[started][FACT_LINE] == 4
    rows = [walk.objects[started]]
    rows += [walk.objects[a] for a in targets(rows[0]) if walk.objects[a]["type"] == "frame"]
    mine = [a for row in rows for a in targets(row, "local")]
    assert [walk.objects[a]["type"] for a in mine] == ["list"]


def test_only_interned_identifiers_are_kept(python):
    source = """
        import sys
        key = 'sk_live_%d' % 12345
        table = {key: 'a secret text', 'plain_name': 1}
        ready = [id(key), id(sys.intern('plain_name')), id(sys.intern('no identifier'))]
    """
    with harness.Target(python, source) as target:
        secret, name, text = target.ready
        walk = dump(target.pid)
    assert "text" not in walk.objects[secret]
    assert walk.objects[name]["text"] == "plain_name"
    assert "text" not in walk.objects[text]
    assert all(row["text"].isidentifier() for row in walk.objects.values() if "text" in row)


@pytest.mark.parametrize("allocator", ["malloc", "debug", "malloc_debug"])
def test_other_allocators(python, allocator):
    source = """
        class Plain:
            def __init__(self, n):
                self.number, self.items = n, [n] * 3
        keep = [Plain(n) for n in range(1000)] + [{n: str(n)} for n in range(1000)]
        import gc
        ready = [id(x) for x in keep] + [id(x) for x in gc.get_objects()]
    """
    with harness.Target(python, source, env={"PYTHONMALLOC": allocator}) as target:
        walk = dump(target.pid)
    missing = [a for a in target.ready if a not in walk.objects]
    assert len(missing) <= 2  # the list of objects itself and its like
