# RULE: finished_tasks
# CULPRIT: downloads.started
# MEASURE: saving
import gc
from concurrent.futures import ThreadPoolExecutor

from run import run


def fetch(number):
    return ["%d-%d" % (number, part) for part in range(100)]


class Downloads:
    def __init__(self):
        self.pool = ThreadPoolExecutor(2)
        self.started = []

    def fetch(self, number):
        future = self.pool.submit(fetch, number)
        self.started.append(future)
        return len(future.result())


downloads = Downloads()


def work(i, fix):
    for number in range(1200):
        downloads.fetch(i * 1200 + number)
        if fix:
            downloads.started = [future for future in downloads.started if not future.done()]
        if number % 50 == 0:
            gc.collect()


run(work)
