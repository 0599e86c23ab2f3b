# RULE: deleted_file_mapped
# CULPRIT: CACHE
# MEASURE: saving
import mmap
import os
import tempfile

from run import run

CACHE = {}


def load(name, fix):
    handle, path = tempfile.mkstemp(dir="/var/tmp", prefix=name)
    with os.fdopen(handle, "r+b") as file:
        file.write(bytes(range(256)) * (16 << 12))
        file.flush()
        CACHE[name] = mmap.mmap(file.fileno(), 0)
    checksum = sum(CACHE[name][::4096])
    if fix:
        CACHE.pop(name).close()
    os.unlink(path)
    return checksum


def work(i, fix):
    load("table-%d" % i, fix)


run(work, rounds=3)
