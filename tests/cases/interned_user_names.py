# RULE: immortal_interned_strings
# CULPRIT: interned
# MEASURE: saving
# PYTHON: 3.12-3.12
import sys

from run import run


def work(i, fix):
    for n in range(50000):
        name = "user %d of the forum" % (i * 50000 + n)
        if not fix:
            sys.intern(name)


run(work)
