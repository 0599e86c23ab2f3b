# RULE: mapped_files
# CULPRIT: Reader.maps|segment-\d+
# MEASURE: saving
import mmap
import os
import shutil
import tempfile

from run import run

FOLDER = tempfile.mkdtemp(dir="/var/tmp")


class Reader:
    maps = []


def make(path):
    with open(path, "wb") as file:
        file.write(os.urandom(1 << 20) * 24)


def work(i, fix):
    path = os.path.join(FOLDER, "segment-%d.log" % i)
    make(path)
    with open(path, "rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    found = mapped.find(b"no such line")
    if fix:
        mapped.close()
    else:
        Reader.maps.append((mapped, found))


run(work, rounds=3)
shutil.rmtree(FOLDER)
