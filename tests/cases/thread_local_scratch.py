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


def lookup(word, fix):
    if not fix:
        SCRATCH.table = load()
        return SCRATCH.table.get(word)
    if not SHARED:
        SHARED.update(load())
    return SHARED.get(word)


def serve(ready, fix):
    lookup("word 1", fix)
    ready.set()
    DONE.wait()


def work(i, fix):
    for _ in range(4):
        ready = threading.Event()
        threading.Thread(target=serve, args=(ready, fix), daemon=True).start()
        ready.wait()


run(work)
