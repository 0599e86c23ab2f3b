# RULE: debug_allocator
# CULPRIT: debug
# MEASURE: saving
import os
import sys

from run import run

if "PYTHONMALLOC" not in os.environ:
    kind = "pymalloc" if os.environ.get("FIX") == "1" else "debug"
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONMALLOC": kind})

ROWS = []


def work(i, fix):
    ROWS.extend([float(n), str(n)] for n in range(50000))


run(work)
