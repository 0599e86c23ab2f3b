"""Every command gives the same answer from a snapshot as from the process it was taken of."""
import os
import stat
import sys

import harness

PROGRAM = """
import collections, functools, gc, json, sys
gc.collect()  # what starting left behind
class Client:
    def __init__(self, i):
        self.number, self.buffer = i, bytearray(100)
CLIENTS = {i: Client(i) for i in range(5000)}
@functools.lru_cache(maxsize=None)
def square(i):
    return [i * i]
for i in range(1000):
    square(i)
gc.disable()
for i in range(100):
    cycle = [i]
    cycle.append(cycle)
del cycle
"""

COMMANDS = [("explain",), ("types",), ("types", "--by", "module"), ("types", "--by", "class", "--retained"),
            ("retained",), ("why", "Client"), ("why", "__main__.CLIENTS"), ("native",), ("garbage",), ("caches",), ("advice",)]


def answers(source):
    found = {}
    for command, *rest in COMMANDS:
        document = harness.ask(command, source, *rest)
        del document["capture"], document["target"]["kind"]
        found[command, *rest] = document
    return found


def test_same_answer(python, tmp_path):
    path = tmp_path / "held.whymem"
    with harness.Target(python, PROGRAM) as target:
        harness.run("snap", target.pid, "-o", path)
        live = harness.ask(target.pid)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    first, second = answers(path), answers(path)
    assert first == second
    saved = first["explain",]
    assert [h["path"] for h in saved["holders"][:3]] == [h["path"] for h in live["holders"][:3]]
    assert saved["objects"]["garbage_count"] == live["objects"]["garbage_count"] == 100
    assert abs(saved["memory"]["rss_bytes"] - live["memory"]["rss_bytes"]) < 1 << 20


def test_reading_takes_none_of_the_memory_of_the_process(once, tmp_path):
    """Its limit is for itself: the copy that is read shares its pages, and reading them leaves that so."""
    program = "KEPT = [b'%1000d' % i for i in range(200_000)]"
    with harness.MemoryGroup() as group, harness.Target(sys.executable, program) as target:
        group.add(target.pid)
        harness.run("snap", target.pid, "-o", tmp_path / "held.whymem")
        assert harness.ask(target.pid)["capture"]["method"] == "clone"
        assert group.peak_bytes() < 20_000_000


def test_nothing_but_names_is_stored(tmp_path):
    path = tmp_path / "secret.whymem"
    program = """
        token = ''.join(['sk', '_live_', '4242424242'])
        DATA = {token: token * 2, 'plain': bytes(token, 'ascii')}
        import sys
        OTHERS = {sys.intern(text): 1 for text in ('card ' + token, token + '-x', token[8:])}
        """
    with harness.Target(sys.executable, program) as target:
        harness.run("snap", target.pid, "-o", path)
        shown = harness.run("rows", path).stdout + harness.run(path).stdout + harness.run("why", path, "__main__.DATA").stdout
    assert "4242424242" not in shown
    assert b"4242424242" not in path.read_bytes()


def test_rows_are_the_graph(tmp_path):
    with harness.Target(sys.executable, PROGRAM) as target:
        path = tmp_path / "rows.whymem"
        harness.run("snap", target.pid, "-o", path)
    objects, edges = harness.rows(path)
    document = harness.ask(path)
    nodes, objects = objects, [row for row in objects if row["address"] is not None]
    assert len(objects) == document["objects"]["count"]
    assert sum(row["self_bytes"] for row in objects) == document["objects"]["bytes"]
    ids = {row["id"] for row in nodes}
    assert all(edge["to"] in ids for edge in edges)
