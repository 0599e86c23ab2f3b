# RULE: thread_stacks
# CULPRIT: stacks
# MEASURE: saving
# PYTHON: 3.9-3.11
import json
import sys
import threading

from run import run

sys.setrecursionlimit(60000)
threading.stack_size(64 << 20)
DEPTH = 9000
TEXT = "[" * DEPTH + "]" * DEPTH
stop = threading.Event()


def flat(text):
    return text.count("[")


def work(i, fix):
    ready = threading.Barrier(9)

    def serve():
        flat(TEXT) if fix else json.loads(TEXT)
        ready.wait()
        stop.wait()

    for _ in range(8):
        threading.Thread(target=serve, daemon=True).start()
    ready.wait()


run(work, rounds=3)
