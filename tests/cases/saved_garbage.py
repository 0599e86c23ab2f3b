# RULE: garbage_uncollectable
# CULPRIT: gc.garbage
# MEASURE: saving
import gc

from run import run


class Node:
    def __init__(self, number):
        self.me = self
        self.text = "node %d" % number * 20


def work(i, fix):
    if not fix:
        gc.set_debug(gc.DEBUG_SAVEALL)
    for n in range(4000):
        Node(n)
        if not n % 500:
            gc.collect()


run(work)
