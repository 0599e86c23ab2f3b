# RULE: boxed_numbers
# CULPRIT: Index|positions
# MEASURE: saving
import array

from run import run


class Index:
    def __init__(self, fix):
        self.positions = array.array("i") if fix else []


INDEX = []


def work(i, fix):
    index = Index(fix)
    INDEX.append(index)
    index.positions.extend(range(i * 200000 + 1000, (i + 1) * 200000 + 1000))


run(work)
