# RULE: thread_local_data
# CULPRIT: __main__.SCRATCH
# MEASURE: saving
import threading

from run import run

SCRATCH = threading.local()
SHARED = {}
DONE = threading.Event()


def load():
    return {"word %d" % n: [n, n * 1.5] for n in range(9000)}


def lookup(ready, fix):
    if fix:
        table = SHARED.setdefault("table", None) or SHARED.update(table=load()) or SHARED["table"]
    else:
        table = SCRATCH.table = load()
    ready.set()
    DONE.wait()
    return len(table)


def work(i, fix):
    for _ in range(4):
        ready = threading.Event()
        threading.Thread(target=lookup, args=(ready, fix), daemon=True).start()
        ready.wait()


run(work)
