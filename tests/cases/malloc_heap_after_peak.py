# RULE: malloc_free
# CULPRIT: malloc
# MEASURE: saving
import ctypes

from run import run

SUMMARY = []


def summarise(number):
    pages = [b"%d" % n * 500 for n in range(20000)]
    SUMMARY.append(b"summary %d" % number * 300)
    return len(pages)


def work(i, fix):
    summarise(i)
    if fix:
        ctypes.CDLL(None).malloc_trim(0)


run(work)
