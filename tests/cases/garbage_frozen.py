# RULE: garbage_frozen
# CULPRIT: Node
# MEASURE: saving
import gc

from run import run


class Node:
    def __init__(self):
        self.payload = bytearray(2000)
        self.itself = self


def load():
    for n in range(4000):
        Node()


def work(i, fix):
    gc.disable()
    load()
    if fix:
        gc.collect()
    gc.freeze()
    gc.enable()


run(work)
