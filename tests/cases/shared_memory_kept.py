# RULE: shared_memory
# CULPRIT: FRAMES
# MEASURE: saving
from multiprocessing import shared_memory

from run import run

FRAMES = []


def capture(fix):
    frame = shared_memory.SharedMemory(create=True, size=8 << 20)
    frame.buf[:] = b"f" * len(frame.buf)
    frame.unlink()
    if fix:
        frame.close()
    else:
        FRAMES.append(frame)


def work(i, fix):
    capture(fix)


run(work, rounds=6)
