# RULE: over_allocated
# CULPRIT: PENDING
# MEASURE: saving
from run import run

NUMBERS = tuple(range(300000))
PENDING = {}


def work(i, fix):
    global PENDING
    for n in NUMBERS:
        PENDING[n] = None
    for n in NUMBERS:
        if n % 1000:
            del PENDING[n]
    if fix:
        PENDING = dict(PENDING)


run(work, rounds=1)
