# RULE: wide_dtype
# CULPRIT: AGES
# MEASURE: saving
# NEEDS: numpy
import numpy as np

from run import run

AGES = None


def work(i, fix):
    global AGES
    AGES = np.resize(np.arange(100, dtype=np.int8 if fix else np.int64), 3000000)


work(0, True)
AGES = None
run(work, rounds=1)
