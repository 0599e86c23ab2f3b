# RULE: suspended_generators
# CULPRIT: __main__.outbox
# MEASURE: saving
import warnings

from run import run

warnings.simplefilter("ignore")
outbox = []


async def send(message):
    return len(message)


def work(i, fix):
    for n in range(4000):
        letter = send(["to %d" % n, "subject", bytes(600)])
        if fix:
            letter.close()
        else:
            outbox.append(letter)


run(work)
