# RULE: ended_threads
# CULPRIT: __main__.WORKERS
# MEASURE: saving
import threading

from run import run

WORKERS = []


class Worker(threading.Thread):
    def __init__(self, number):
        super().__init__()
        self.number = number
        self.result = None

    def run(self):
        self.result = [self.number + n for n in range(1000, 1400)]


def work(i, fix):
    for n in range(150):
        worker = Worker(n)
        WORKERS.append(worker)
        worker.start()
        worker.join()
        if fix:
            WORKERS.remove(worker)


run(work)
