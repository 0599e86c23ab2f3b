# RULE: suspended_generators
# CULPRIT: feed.cursors
# MEASURE: saving
from run import run


class Feed:
    def __init__(self):
        self.cursors = {}

    def read(self, text):
        page = [text + str(n) for n in range(200)]
        yield page[0]
        for line in page[1:]:
            yield line

    def first(self, key, fix):
        cursor = self.read(key)
        self.cursors[key] = cursor
        line = next(cursor)
        if fix:
            cursor.close()
        return line


feed = Feed()


def work(i, fix):
    for n in range(300):
        feed.first("line %d " % (i * 300 + n), fix)


run(work)
