# RULE: tracer_tables
# CULPRIT: tracemalloc|tracer
# MEASURE: saving
import tracemalloc

from run import run

ROWS = []


def work(i, fix):
    if not fix and not i:
        tracemalloc.start(5)
    ROWS.extend([float(n), str(n)] for n in range(30000))


run(work)
