# RULE: lru_cache_on_method
# CULPRIT: Order.total
# MEASURE: saving
from functools import lru_cache

from run import run


class Order:
    def __init__(self, lines):
        self.lines = lines

    @lru_cache(maxsize=100000)
    def total(self, tax):
        return sum(self.lines) * tax

    @property
    def gross(self):
        return self.total(1.19)


class PlainOrder(Order):
    def total(self, tax):
        return sum(self.lines) * tax


def work(i, fix):
    for n in range(2500):
        order = (PlainOrder if fix else Order)([float(n + k) for k in range(60)])
        order.gross


run(work)
