# RULE: duplicate_strings
# CULPRIT: router
# MEASURE: saving
from run import run


class Router:
    def __init__(self):
        self.routes = []
        self.known = {}

    def learn(self, packet, fix):
        prefix, gateway = packet[:8], packet[8:]
        if fix:
            gateway = self.known.setdefault(gateway, gateway)
        self.routes.append((prefix, gateway))


router = Router()


def work(i, fix):
    for n in range(20000):
        packet = (i * 20000 + n).to_bytes(8, "big") + b"gateway %056d" % (n % 90)
        router.learn(packet, fix)


run(work)
