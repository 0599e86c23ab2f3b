# RULE: sparse_containers
# CULPRIT: TREE
# MEASURE: saving
from run import run


class Node:
    __slots__ = ("key", "children", "listeners")

    def __init__(self, key, fix):
        self.key = key
        self.children = None if fix else set()
        self.listeners = None if fix else []


TREE = []


def work(i, fix):
    TREE.extend(Node(i * 20000 + n, fix) for n in range(20000))


run(work)
