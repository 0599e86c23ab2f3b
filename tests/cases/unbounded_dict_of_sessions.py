# RULE: unbounded_container
# CULPRIT: Gateway.sessions
# MEASURE: saving
from run import run


class Session:
    def __init__(self, user):
        self.user = user
        self.token = b"%032d" % user
        self.history = [user]


class Gateway:
    sessions = {}

    @classmethod
    def login(cls, user):
        cls.sessions["user-%d" % user] = Session(user)

    @classmethod
    def logout(cls, user):
        del cls.sessions["user-%d" % user]


def work(i, fix):
    for user in range(i * 20000, (i + 1) * 20000):
        Gateway.login(user)
        if fix:
            Gateway.logout(user)


run(work)
