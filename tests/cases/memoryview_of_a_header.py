# RULE: views_pin_bases
# CULPRIT: HEADERS
# MEASURE: saving
import os

from run import run

HEADERS = []


def receive(n):
    return os.urandom(16) + b"." * 64000


def work(i, fix):
    for n in range(100):
        header = memoryview(receive(n))[:16]
        HEADERS.append(bytes(header) if fix else header)


run(work)
