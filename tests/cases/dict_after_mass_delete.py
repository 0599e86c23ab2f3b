# RULE: over_allocated
# CULPRIT: PENDING
# MEASURE: saving
from run import run

PENDING = {}


def work(i, fix):
    global PENDING
    for n in range(300000):
        PENDING[i, n] = None
    for n in range(299700):
        del PENDING[i, n]
    if fix:
        PENDING = dict(PENDING)


run(work, rounds=1)
