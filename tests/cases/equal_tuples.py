# RULE: equal_structures
# CULPRIT: CELLS
# MEASURE: saving
from run import run

CELLS = []
STYLES = {}


def style(n):
    return ("font-%d" % (n % 7), 10 + n % 3, (n % 2 * 1.5, n % 2 * 2.5), "solid")


def work(i, fix):
    for n in range(20000):
        made = style(n)
        CELLS.append(STYLES.setdefault(made, made) if fix else made)


run(work)
