# RULE: tracemalloc_tables
# CULPRIT: tracer
# MEASURE: saving
import os
import tracemalloc

from run import run

DATA = []


def work(i, fix):
    DATA.extend((n, n + 0.5) for n in range(30000))


if os.environ.get("FIX") != "1":
    tracemalloc.start(10)
run(work)
