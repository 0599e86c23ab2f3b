# RULE: unbounded_container
# CULPRIT: __warningregistry__|warnings remembers
# MEASURE: saving
import warnings

from run import run

warnings.showwarning = lambda *_: None


def check(value):
    warnings.warn("value out of range" if FIX else "value %d is out of range, it was clipped" % value)


FIX = False


def work(i, fix):
    global FIX
    FIX = fix
    for n in range(6000):
        check(i * 6000 + n)


run(work)
