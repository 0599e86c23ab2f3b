#!/usr/bin/env python3
"""Processes that come and go under `whymem run`: does whymem, or the process that forks, grow or keep anything?

usage: bench/churn.py WHYMEM [--python PYTHON] [--seconds S]

The program forks, spawns and executes as fast as it can, also while a thread of
it allocates. Once a second the memory, descriptors and mappings of whymem and of
the program are looked at; after a warm-up they must not grow. A summary is
printed, the status is 1 when something grew or a child did not end well.
"""
import argparse
import glob
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAM = r"""
import multiprocessing, os, signal, subprocess, sys, threading, time

def work():
    return [str(k) for k in range(1000)]

def forked():
    pid = os.fork()
    if not pid:
        work()
        os._exit(0)
    assert not os.waitpid(pid, 0)[1]

def spawned():
    pid = os.posix_spawn(sys.executable, [sys.executable, "-S", "-c", "x = [1] * 1000"], os.environ)
    assert not os.waitpid(pid, 0)[1]

def shell():
    subprocess.run(["sh", "-c", "true | true"], check=True)

def pool():
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(abs, range(-100, 0)) == list(range(100, 0, -1))

def killed():
    pid = os.fork()
    if not pid:
        while True:
            work()
    time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)

stop = time.monotonic() + float(sys.argv[1])
n, is_over = 0, False
def churn():
    while not is_over:
        work()
thread = threading.Thread(target=churn)
thread.start()
try:
    while time.monotonic() < stop:
        for each in (*[forked] * 30, *[killed] * 5, spawned, shell, pool):
            each()
            n += 1
finally:
    is_over = True
    thread.join()
print(n)
"""
WARM_UP = 0.3  # of the time: until whymem holds as many tables of children as it keeps; these are shared memory
MAY_GROW = {"private_kb": 4096, "descriptors": 4, "mappings": 20}


def figures(pid):
    with open(f"/proc/{pid}/status") as file:
        private_kb = next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))
    with open(f"/proc/{pid}/maps") as file:
        mappings = sum(1 for _ in file)
    return {"private_kb": private_kb, "descriptors": len(os.listdir(f"/proc/{pid}/fd")), "mappings": mappings}


def watch(process, seconds):
    """Figures of whymem and of its first child, once a second while the program runs."""
    samples = {"whymem": [], "program": []}
    stop = time.monotonic() + seconds - 0.5
    program = None
    while process.poll() is None and time.monotonic() < stop:
        time.sleep(1)
        try:
            with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
                program = program or int(file.read().split()[0])
            samples["whymem"].append(figures(process.pid))
            samples["program"].append(figures(program))
        except (OSError, IndexError, StopIteration):
            continue
    return samples


def growth(samples, key):
    """From the median of the first third after the warm-up to that of the last third."""
    values = [sample[key] for sample in samples[int(len(samples) * WARM_UP):]]
    third = max(1, len(values) // 3)
    return round(statistics.median(values[-third:]) - statistics.median(values[:third]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("whymem", type=os.path.abspath)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TMPDIR": folder, "PYTHONWARNINGS": "ignore"}
        process = subprocess.Popen(
            [options.whymem, "run", "-o", os.devnull, "--python", options.python, "-c", PROGRAM, str(options.seconds)],
            env=environment, stdout=subprocess.PIPE, text=True)
        try:
            samples = watch(process, options.seconds)
            output, _ = process.communicate(timeout=120)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        left = glob.glob(os.path.join(folder, "*"))
    print(f"{output.strip() or 'no'} rounds of children in {options.seconds:.0f} s, status {process.returncode}")
    grew = bool(process.returncode or left)
    for name, found in samples.items():
        for key, limit in MAY_GROW.items():
            if len(found) > 5:
                n = growth(found, key)
                grew |= n > limit
                print(f"  {name} {key}: {found[0][key]} at first, {found[-1][key]} at last, growth {n}")
    for path in left:
        print(f"  left behind: {path}")
    sys.exit(grew)


if __name__ == "__main__":
    main()
