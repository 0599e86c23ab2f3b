#!/usr/bin/env python3
"""How fast is the first screen, how long is the pause, how much memory does whymem take itself?

usage: bench/explain.py WHYMEM [--python PYTHON] [--objects N ...] [--runs N] [--guppy]

For each size, ordered and shuffled, one target holds N objects (tuples of an
int, a float and a str in one list; shuffled: in random order of addresses).
In one run, beside each other: a bare fork() in the target, whymem PID, and with
--guppy guppy3's heap() + byrcs + domisize of the top kinds in a second process
with the same heap. Medians; ratios are of one run.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

TARGET = r"""
import gc, os, random, sys, time
n, shuffled = int(sys.argv[1]), sys.argv[2] == "shuffled"
gc.disable()
DATA = [(i + 10**6, i * 1.5, "text %d" % i) for i in range(n // 4)]
if shuffled:
    random.Random(1).shuffle(DATA)
    DATA = [(a + 1, b + 0.5, c + ".") for a, b, c in DATA]
    random.Random(2).shuffle(DATA)
gc.enable()
gc.collect()
print("ready", flush=True)

def fork_ns():
    started = time.perf_counter_ns()
    child = os.fork()
    if not child:
        os._exit(0)
    took = time.perf_counter_ns() - started
    os.waitpid(child, 0)
    return took

def guppy():
    from guppy import hpy
    h = hpy()
    started = time.perf_counter()
    heap = h.heap()
    blocked = time.perf_counter() - started
    heap.byrcs
    [row.domisize for row in list(heap.parts)[:3]]
    return [blocked, time.perf_counter() - started]

for line in sys.stdin:
    print(eval(line), flush=True)
"""


class Target:
    def __init__(self, python, n, order):
        self.process = subprocess.Popen([python, "-c", TARGET, str(n), order], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def ask(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def rss(self):
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * 4096

    def stop(self):
        self.process.kill()
        self.process.wait()


def explain(whymem, pid):
    started = time.perf_counter()
    out = subprocess.run([whymem, str(pid), "--json"], capture_output=True, text=True, check=True).stdout
    took = time.perf_counter() - started
    document = json.loads(out)
    return took, document


def measure(arguments, n, order):
    target = Target(arguments.python, n, order)
    try:
        forks, pauses, walls, peaks = [], [], [], []
        for _ in range(arguments.runs):
            forks.append(int(target.ask("fork_ns()")))
            took, document = explain(arguments.whymem, target.process.pid)
            walls.append(took)
            pauses.append(document["capture"]["pause_ns"])
            peaks.append(document["capture"]["peak_rss_bytes"])
        found = document["objects"]["count"]
        median = statistics.median
        ratio = median(p / f for p, f in zip(pauses, forks))
        rss = target.rss()
        print(f"{n / 1e6:6.0f} M {order:9} found {found / 1e6:6.2f} M  RSS {rss / 2**20:6.0f} MiB  "
              f"fork {median(forks) / 1e6:7.1f} ms  pause {median(pauses) / 1e6:7.1f} ms = {ratio:4.2f} x  "
              f"screen {median(walls):6.2f} s  peak {max(peaks) / 2**20:6.0f} MiB = {max(peaks) / rss:4.2f} x RSS, "
              f"{max(peaks) / found:5.1f} B/object", flush=True)
        if arguments.guppy:
            blocked, whole = eval(target.ask("guppy()"))
            print(f"{'':18}guppy3: blocked {blocked:7.2f} s = {blocked / (median(pauses) / 1e9):6.0f} x the pause; "
                  f"heap + byrcs + domisize {whole:7.2f} s = {whole / median(walls):5.1f} x the screen", flush=True)
    finally:
        target.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("whymem")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--objects", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--order", nargs="+", default=["ordered", "shuffled"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--guppy", action="store_true")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, {subprocess.getoutput(arguments.python + ' -V')}")
    for n in arguments.objects:
        for order in arguments.order:
            measure(arguments, n, order)


if __name__ == "__main__":
    main()
