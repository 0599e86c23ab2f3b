# RULE: instances_without_slots
# CULPRIT: \.Point
# MEASURE: saving
from run import run


class Shape:
    __slots__ = ()


class Point(Shape):
    def __init__(self, x, y):
        self.x = x
        self.y = y
        self.tag = None


class SlottedPoint(Shape):
    __slots__ = ("x", "y", "tag")

    def __init__(self, x, y):
        self.x = x
        self.y = y
        self.tag = None


POINTS = {}


def work(i, fix):
    make = SlottedPoint if fix else Point
    for n in range(i * 30000, (i + 1) * 30000):
        POINTS[n] = make(n % 200, n % 100)


run(work)
