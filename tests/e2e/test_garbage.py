"""What nobody holds: the same objects that the collector finds a moment later."""
import harness

PROGRAM = """
import gc, json, os
gc.disable()
class Node:
    def __init__(self, other):
        self.other, self.text = other, 'text %d' % id(self)
for i in range(100):
    first = Node(None)
    first.other = Node(first)
cycle = []
cycle.append((cycle, {'deep': [object()]}))
def stale(depth):
    values = [depth, [depth], (depth, cycle)]
    return stale(depth - 1) if depth else len(values)
stale(20)
del first, cycle
class Mapping(dict): pass
held = [Mapping(a=Mapping()) for i in range(10)]
for mapping in held:
    mapping['a']['back'] = mapping
"""

COLLECT = """
gc.set_debug(gc.DEBUG_SAVEALL)
gc.collect()
answer = [id(thing) for thing in gc.garbage]
"""


def test_the_same_garbage_as_the_collector(python, tmp_path):
    path = tmp_path / "garbage.whymem"
    with harness.Target(python, PROGRAM) as target:
        harness.run("snap", target.pid, "-o", path)
        collected = set(target.do(COLLECT))
    objects, _ = harness.rows(path)
    dead = {row["address"]: row for row in objects if not row["live"]}
    assert len(collected) >= 201
    assert collected <= dead.keys(), "the collector frees what is said to be held"
    others = [row for row in dead.values() if row["generation"] is not None and row["address"] not in collected]
    # Tuples of strings and the like go with what holds them: the collector untracks them instead.
    assert {row["type"] for row in others} <= {"tuple"}, others
