# RULE: closed_objects
# CULPRIT: __main__.clients
# MEASURE: saving
import enum

from run import run


class State(enum.Enum):
    OPEN = 1
    CLOSED = 2


class Client:
    def __init__(self, number):
        self._state = State.OPEN
        self.headers = [("header-%d" % n, "value %d" % (number + n)) for n in range(60)]

    def close(self):
        self._state = State.CLOSED


clients = {}


def work(i, fix):
    for n in range(600):
        client = clients[i, n] = Client(n)
        client.close()
        if fix:
            del clients[i, n]


run(work)
