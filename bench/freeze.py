#!/usr/bin/env python3
"""How long does a freeze stop its target, beside a bare fork() of the same process?

usage: bench/freeze.py FREEZE [--python PYTHON] [--megabytes N ...] [--runs N] [--threads N]

FREEZE is tests/unit/target/freeze of a build folder. By turns, in one run: os.fork() timed inside of the
target, a freeze by a clone, and one that copies while the target stands still. Before each the target
writes to all of its pages, so that none is shared any more. Medians, and best of all runs.
"""
import argparse
import json
import statistics
import subprocess
import sys

TARGET = r"""
import os, sys, threading, time
size, threads = int(sys.argv[1]) << 20, int(sys.argv[2])
blocks = [bytearray(1 << 18) for _ in range(size >> 18)]
stop = threading.Event()
for _ in range(threads):
    threading.Thread(target=stop.wait, daemon=True).start()
def touch():
    for block in blocks:
        for at in range(0, len(block), 4096):
            block[at] = (block[at] + 1) & 255
touch()
print("ready", flush=True)
for line in sys.stdin:
    touch()
    if line == "fork\n":
        started = time.perf_counter_ns()
        child = os.fork()
        if not child:
            os._exit(0)
        took = time.perf_counter_ns() - started
        os.waitpid(child, 0)
        print(took / 1e6, flush=True)
    else:
        print(0, flush=True)
"""


def measure(options, megabytes):
    target = subprocess.Popen(
        [options.python, "-W", "ignore", "-c", TARGET, str(megabytes), str(options.threads)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert target.stdout.readline() == "ready\n"

    def ask(word):
        target.stdin.write(word + "\n")
        target.stdin.flush()
        return float(target.stdout.readline())

    def freeze(*flags):
        ask("touch")
        return json.loads(subprocess.run([options.freeze, *flags, str(target.pid)], capture_output=True, text=True).stdout)

    rows = {"fork": [], "clone": [], "stop": []}
    elapsed, peak = [], []
    try:
        for _ in range(options.runs):
            rows["fork"].append(ask("fork"))
            answer = freeze()
            rows["clone"].append(answer["pause_ms"])
            elapsed.append(answer["elapsed_ms"])
            peak.append(answer["own_peak"] / answer["rss"])
            rows["stop"].append(freeze("--no-clone")["pause_ms"])
    finally:
        target.kill()
        target.wait()
    median = {name: statistics.median(values) for name, values in rows.items()}
    best = {name: min(values) for name, values in rows.items()}
    print(f"{megabytes:6} MB, {options.threads + 1} threads: fork {median['fork']:.2f} ms (best {best['fork']:.2f}), "
          f"pause {median['clone']:.2f} ms (best {best['clone']:.2f}), "
          f"{median['clone'] / median['fork']:.2f}x (best {best['clone'] / best['fork']:.2f}x); "
          f"stop + copy {median['stop']:.1f} ms; whole capture {statistics.median(elapsed):.0f} ms, "
          f"own peak {statistics.median(peak):.2f}x the RSS", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("freeze")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[50, 200, 1000])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--threads", type=int, default=0, help="beside the main thread")
    options = parser.parse_args()
    for megabytes in options.megabytes:
        measure(options, megabytes)


if __name__ == "__main__":
    main()
