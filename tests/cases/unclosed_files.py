# RULE: unclosed_files
# CULPRIT: __main__.LOGS
# MEASURE: saving
import os
import tempfile

from run import run

LOGS = {}
BUFFER = 1 << 16
folder = tempfile.mkdtemp()


def write(name, text, fix):
    path = os.path.join(folder, "log")
    if fix:
        with open(path, "w", BUFFER) as file:
            file.write(text)
        return
    file = LOGS.setdefault(name, None) or LOGS.update({name: open(path, "w", BUFFER)}) or LOGS[name]
    file.write(text)


def work(i, fix):
    for n in range(100):
        write("%d-%d" % (i, n), "started\n" * 5000, fix)


try:
    run(work)
finally:
    os.remove(os.path.join(folder, "log"))
    os.rmdir(folder)
