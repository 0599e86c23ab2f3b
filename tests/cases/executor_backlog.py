# RULE: executor_backlog
# CULPRIT: __main__.POOL._work_queue
# MEASURE: saving
import threading
from concurrent.futures import ThreadPoolExecutor

from run import run

POOL = ThreadPoolExecutor(2)
GATE = threading.Semaphore(4)
SLOW = threading.Event()


def render(page):
    SLOW.wait()
    return len(page)


def work(i, fix):
    for n in range(600):
        if not fix or GATE.acquire(blocking=False):
            POOL.submit(render, bytearray(8192))


run(work)
SLOW.set()
