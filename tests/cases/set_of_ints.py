# RULE: boxed_numbers
# CULPRIT: SEEN
# MEASURE: saving
import array
import os

from run import run

SEEN = array.array("i") if os.environ.get("FIX") == "1" else set()


def work(i, fix):
    ids = range(i * 50000000 + 1000, i * 50000000 + 120000 * 31, 31)
    if fix:
        SEEN.extend(ids)
    else:
        SEEN.update(ids)


run(work)
