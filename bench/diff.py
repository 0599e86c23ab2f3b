#!/usr/bin/env python3
"""How long does a diff take, and how much memory, against the analysis of one capture?

usage: bench/diff.py WHYMEM [--python PYTHON] [--objects N ...] [--runs N]

One target holds N objects (tuples of an int, a float and a str in one list), then
makes 1 % more. Three snapshots of it: whymem explain of the last one, diff of two
and of three, and diff with the last one live. Medians of wall-clock time, and the
largest peak RSS.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

TARGET = r"""
import gc, sys
n = int(sys.argv[1])
gc.disable()
def make(first, count):
    return [(i + 10**6, i * 1.5, "text %d" % i) for i in range(first, first + count)]
DATA = make(0, n // 4)
gc.enable()
gc.collect()
print("ready", flush=True)
for line in sys.stdin:
    DATA += make(len(DATA), n // 400)
    print("grown", flush=True)
"""


class Target:
    def __init__(self, python, n):
        self.process = subprocess.Popen([python, "-c", TARGET, str(n)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def grow(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def stop(self):
        self.process.kill()
        self.process.wait()


def measure(whymem, runs, *words):
    """Median of the seconds, the largest peak, the last document."""
    times, peaks = [], []
    for _ in range(runs):
        started = time.perf_counter()
        out = subprocess.run([whymem, *map(str, words), "--json"], capture_output=True, text=True, check=True).stdout
        times.append(time.perf_counter() - started)
        document = json.loads(out)
        peaks.append(document["capture"]["peak_rss_bytes"])
    return statistics.median(times), max(peaks), document


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("whymem")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--objects", type=int, nargs="+", default=[10_000_000])
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    for n in args.objects:
        with tempfile.TemporaryDirectory() as folder:
            target = Target(args.python, n)
            snaps = []
            try:
                for step in range(3):
                    snaps.append(os.path.join(folder, f"{step}.whymem"))
                    subprocess.run([args.whymem, "snap", str(target.process.pid), "-o", snaps[-1]],
                                   stdout=subprocess.DEVNULL, check=True)
                    if step < 2:
                        target.grow()
                cases = [("explain", [snaps[2]]), ("diff of two", ["diff", *snaps[1:]]),
                         ("diff of three", ["diff", *snaps]), ("diff by type", ["diff", *snaps[1:], "--by", "type"]),
                         ("diff with live", ["diff", snaps[1], target.process.pid])]
                print(f"{n} objects")
                for name, words in cases:
                    seconds, peak, document = measure(args.whymem, args.runs, *words)
                    found = document["verdict"]["text"]
                    print(f"  {name:14} {seconds:6.2f} s  peak {peak / 2**20:7.0f} MiB  {found}")
            finally:
                target.stop()


if __name__ == "__main__":
    main()
