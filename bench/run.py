#!/usr/bin/env python3
"""What does whymem run cost? CPU time of small loops: no tool, whymem run, tracemalloc with one frame.

usage: bench/run.py WHYMEM [--python PYTHON ...] [--runs N]

The loops measure themselves (process_time), so that neither the start of the
interpreter nor the report counts. Rounds go through all ways one after the
other; the minimum of each is shown, and its ratio to no tool.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

LOOPS = r"""
import itertools, json, sys, time

def call(x):
    return x

def calls():
    for _ in itertools.repeat(None, 3_000_000):
        call(None)

def shallow():
    kept = None
    for i in range(600_000):
        kept = [i, i + 1000]

class Point:
    __slots__ = ("x", "y")
    def __init__(self, x, y):
        self.x = x
        self.y = y

def objects():
    return [Point(i * 1000, str(i)) for i in range(150_000)]

def parsing():
    text = json.dumps({"numbers": [1000, 2000, 3000] * 10, "words": {"c": "d" * 10}})
    for _ in itertools.repeat(None, 15_000):
        json.loads(text)

def deep(depth=200):
    return deep(depth - 1) if depth else shallow()

def down(depth):
    first = [depth + 1000]
    pair = depth, first
    if depth:
        down(depth - 1)
    last = [depth + 2000]

def updown():
    for _ in range(400):
        down(300)

times = {}
for loop in (calls, shallow, objects, parsing, deep, updown):
    started = time.process_time()
    loop()
    times[loop.__name__] = time.process_time() - started
json.dump(times, open(sys.argv[1], "w"))
"""


def measure(command):
    with tempfile.TemporaryDirectory() as folder:
        times = os.path.join(folder, "times")
        subprocess.run([*command, "-c", LOOPS, times], check=True)
        with open(times) as file:
            return json.load(file)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("whymem")
    parser.add_argument("--python", action="append")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    for python in options.python or [sys.executable]:
        ways = {"no tool": [python], "whymem run": [options.whymem, "run", "-o", os.devnull, "--python", python],
                "tracemalloc(1)": [python, "-X", "tracemalloc=1"]}
        rounds = [{way: measure(command) for way, command in ways.items()} for _ in range(options.runs)]
        print(python)
        for loop in rounds[0]["no tool"]:
            best = {way: min(times[way][loop] for times in rounds) for way in ways}
            base = best["no tool"]
            print(f"  {loop:8} {base:6.3f} s  " + "  ".join(
                f"{way} {seconds / base:5.2f}x" for way, seconds in best.items() if way != "no tool"))


if __name__ == "__main__":
    main()
