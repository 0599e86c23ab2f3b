# RULE: pymalloc_pinned
# CULPRIT: INDEX
# MEASURE: saving
import json

from run import run

INDEX = {}


def parse(start):
    rows = ('{"id": %d, "size": %d.5}' % (n, n) for n in range(start, start + 150000))
    return json.loads("[%s]" % ",".join(rows))


def work(i, fix):
    rows = parse(i * 1000000)
    chosen = json.dumps(rows[::200]) if fix else rows[::200]
    del rows
    for row in json.loads(chosen) if fix else chosen:
        INDEX[row["id"]] = row


run(work, rounds=2)
