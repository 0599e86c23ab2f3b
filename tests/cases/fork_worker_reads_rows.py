# RULE: copy_on_write_loss
# CULPRIT: Catalogue.rows
# MEASURE: saving
import gc
import os
import time

import run as case


class Catalogue:
    rows = []


def fill():
    for n in range(300000):
        Catalogue.rows.append(("article %d" % n, n * 1.5))


def private(pid):
    with open("/proc/%d/smaps_rollup" % pid) as file:
        return sum(int(line.split()[1]) << 10 for line in file if line.startswith("Private_Dirty"))


def serve(fix):
    if not fix:
        for name, price in Catalogue.rows:
            name, price
    time.sleep(300)


def work(i, fix):
    global worker
    gc.disable()
    fill()
    gc.freeze()
    parent = os.getpid()
    worker = os.fork()
    if not worker:
        import ctypes
        ctypes.CDLL(None).prctl(1, 9)
        if os.getppid() == parent:
            serve(fix)
        os._exit(0)
    time.sleep(2)


case.rss = lambda: private(worker) if "worker" in globals() else 0
case.run(work, rounds=1, pid=lambda: worker)
