# RULE: malloc_arenas
# CULPRIT: arena
# MEASURE: saving
import ctypes
import threading

from run import run

LOG = []


def render(number, barrier):
    pages = []
    for n in range(600):
        pages.append(b"p" * (1000 + 37 * n % 30000))
        if n % 100 == 99:
            LOG.append(bytes(5000))
    barrier.wait()
    del pages
    barrier.wait()


def work(i, fix):
    barrier = threading.Barrier(24)
    threads = [threading.Thread(target=render, args=(n, barrier)) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if fix:
        ctypes.CDLL(None).malloc_trim(0)


run(work, rounds=3)
