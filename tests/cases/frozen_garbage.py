# RULE: garbage_frozen
# CULPRIT: Config
# MEASURE: saving
import gc

from run import run


class Config:
    def __init__(self, number):
        self.parent = self
        self.options = {"option %d" % n: number for n in range(20)}


gc.disable()


def work(i, fix):
    for batch in range(20):
        for n in range(25):
            Config(n)
        if fix:
            gc.collect()
        gc.freeze()


run(work)
