# RULE: unbounded_queue
# CULPRIT: Telemetry.outbox
# MEASURE: saving
import queue

from run import run


class Event:
    def __init__(self, number):
        self.number = number
        self.payload = {"name": "click %d" % number, "at": [number, number + 1]}


class Telemetry:
    outbox = None

    def record(self, event):
        try:
            self.outbox.put_nowait(event)
        except queue.Full:
            self.outbox.get_nowait()
            self.outbox.put_nowait(event)


def work(i, fix):
    if Telemetry.outbox is None:
        Telemetry.outbox = queue.Queue(maxsize=100 if fix else 0)
    telemetry = Telemetry()
    for number in range(12000):
        telemetry.record(Event(i * 12000 + number))


run(work)
