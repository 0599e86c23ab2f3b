# RULE: native_behind_objects
# CULPRIT: Pool.used
# MEASURE: saving
# NEEDS: sqlite3
import sqlite3

from run import run


class Pool:
    used = []

    @classmethod
    def query(cls, number, fix):
        base = sqlite3.connect(":memory:")
        base.execute("create table rows (id integer, body text)")
        base.executemany("insert into rows values (?, ?)", ((n, "x" * 100) for n in range(2000)))
        found = base.execute("select count(*) from rows").fetchone()
        if fix:
            base.close()
        cls.used.append(base)
        return found


def work(i, fix):
    for n in range(20):
        Pool.query(n, fix)


run(work)
