# RULE: closed_files
# CULPRIT: __main__.IMPORTS
# MEASURE: saving
import os

from run import run

IMPORTS = []


class Import:
    def __init__(self, number):
        with open(os.devnull, "rb") as self.source:
            self.rows = [(number, n, str(n)) for n in range(100)]


def work(i, fix):
    for n in range(400):
        done = Import(n)
        if not fix:
            IMPORTS.append(done)


run(work)
