# RULE: dict_records
# CULPRIT: report.*rows
# MEASURE: saving
import collections

from run import run

Row = collections.namedtuple("Row", "name amount tax paid")


class Report:
    def __init__(self):
        self.rows = []


report = Report()


def work(i, fix):
    for n in range(i * 20000, (i + 1) * 20000):
        values = {"name": "customer %d" % n, "amount": n / 3, "tax": n / 10, "paid": n % 2 == 0}
        report.rows.append(Row(**values) if fix else values)


run(work)
