# RULE: unbounded_lru_cache
# CULPRIT: __main__.parse
# MEASURE: saving
import functools

from run import run


def parse_line(line):
    name, _, value = line.partition("=")
    return {"name": name, "value": value, "words": value.split()}


parse = functools.lru_cache(maxsize=None)(parse_line)


def work(i, fix):
    for n in range(8000):
        (parse_line if fix else parse)("key%d=the quick brown fox %d" % (n, i))


run(work)
