# RULE: unbounded_container
# CULPRIT: BUS.listeners
# MEASURE: saving
from run import run


class Bus:
    def __init__(self):
        self.listeners = []

    def subscribe(self, listener):
        self.listeners.append(listener)

    def unsubscribe(self, listener):
        self.listeners.remove(listener)


BUS = Bus()


class Session:
    def __init__(self, number):
        self.number = number
        self.inbox = [None] * 200
        BUS.subscribe(self.on_message)

    def on_message(self, text):
        self.inbox[0] = text

    def close(self):
        BUS.unsubscribe(self.on_message)


def work(i, fix):
    for number in range(3000):
        session = Session(number)
        if fix:
            session.close()


run(work)
