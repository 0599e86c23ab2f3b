# RULE: object_columns
# CULPRIT: READINGS
# MEASURE: saving
# NEEDS: numpy
import numpy as np

from run import run

READINGS = []


def work(i, fix):
    values = (n * 0.1 for n in range(100000))
    if fix:
        READINGS.append(np.fromiter(values, dtype=float))
    else:
        READINGS.append(np.fromiter(values, dtype=object))


run(work, rounds=3)
