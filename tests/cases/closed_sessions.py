# RULE: closed_objects
# CULPRIT: __main__.store.sessions
# MEASURE: saving
from run import run


class Session:
    def __init__(self, number):
        self.number = number
        self.closed = False
        self.identity = {key: [key, number] for key in range(50)}

    def close(self):
        self.closed = True


class Store:
    def __init__(self):
        self.sessions = []

    def open(self, number):
        self.sessions.append(Session(number))
        return self.sessions[-1]


store = Store()


def work(i, fix):
    for n in range(700):
        session = store.open(n)
        session.close()
        if fix:
            store.sessions.pop()


run(work)
