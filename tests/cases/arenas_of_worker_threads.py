# RULE: malloc_arenas
# CULPRIT: arena
# MEASURE: saving
import os
import sys
import threading

from run import run

if os.environ.get("FIX") == "1" and "MALLOC_ARENA_MAX" not in os.environ:
    os.environ.update(MALLOC_ARENA_MAX="1", MALLOC_TRIM_THRESHOLD_="65536")
    os.execv(sys.executable, [sys.executable, *sys.argv])

LOG = []
turn = threading.Lock()


def render(number, barrier):
    with turn:
        pages = [bytearray(b"p") * (1000 + 37 * n % 30000) for n in range(600)]
        LOG.append(bytes(600))
        del pages
    barrier.wait()


def work(i, fix):
    barrier = threading.Barrier(12)
    threads = [threading.Thread(target=render, args=(n, barrier)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


run(work, rounds=3)
