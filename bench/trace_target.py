"""One program of bench/trace.py: runs it LOOPS times and writes {"seconds", "rss_kb"} to a file.

usage: trace_target.py OUTPUT LOOPS PROGRAM [FOLDER-OF-BENCHMARKS]

PROGRAM is a function of this file or a program of pyperformance. These are run
as they are, with a stand-in for pyperf whose runner measures in this process.
CPU time is that of the loops alone: the start of the interpreter, of a tool and
its report do not count.
"""
import argparse
import asyncio
import itertools
import json
import os
import runpy
import sys
import time
import types

try:
    profile
except NameError:
    def profile(function):
        return function


def call(x):
    return x


def calls():
    for _ in itertools.repeat(None, 100_000):
        call(None)


def shallow():
    for i in range(30_000):
        [i, i + 1000]


def deep(depth=200):
    return deep(depth - 1) if depth else shallow()


def up_and_down(depth=300):
    x = [depth], str(depth), depth + 1000.5
    return up_and_down(depth - 1) and x if depth else x


class Point:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


kept = None


def objects():
    global kept
    kept = [Point(i * 1000, str(i)) for i in range(100_000)]


class Instance:
    def __init__(self, i):
        self.number = i * 1000


def retained():
    """The memory of a tracer shows here: half a million dicts and instances."""
    global kept
    kept = [({"n": i * 1000}, Instance(i)) for i in range(250_000)]


def buffers():
    for i in range(2000):
        bytearray(200_000)


@profile
def lines():
    for i in range(10_000):
        first = [i, i]
        second = {i: first}
        del first, second


def measured(function, loops, *args):
    started = time.process_time()
    for _ in itertools.repeat(None, loops):
        function(*args)
    return time.process_time() - started


class Runner:
    """What programs of pyperformance ask of pyperf.Runner."""

    def __init__(self, add_cmdline_args=None, **_):
        self.metadata = {}
        self.argparser = argparse.ArgumentParser()

    def parse_args(self):
        self.args = self.argparser.parse_args(arguments)
        return self.args

    def bench_func(self, _, function, *args, inner_loops=None):
        self.seconds = measured(function, n_loops, *args)

    def bench_time_func(self, _, function, *args, inner_loops=None):
        started = time.process_time()
        function(n_loops, *args)
        self.seconds = time.process_time() - started

    def bench_async_func(self, _, function, *args, loop_factory=None, **__):
        async def loops():
            for _ in itertools.repeat(None, n_loops):
                await function(*args)

        started = time.process_time()
        asyncio.run(loops())
        self.seconds = time.process_time() - started

    def __setattr__(self, name, value):
        if name == "seconds":
            results.append(value)
        super().__setattr__(name, value)


def run_pyperformance(program, folder):
    module = types.ModuleType("pyperf")
    module.Runner, module.perf_counter = Runner, time.perf_counter
    sys.modules["pyperf"] = module
    path = os.path.join(folder, f"bm_{program}", "run_benchmark.py")
    sys.argv = [path]
    sys.path.insert(0, os.path.dirname(path))
    runpy.run_path(path, run_name="__main__")


def peak_rss_kb():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))


output, n_loops, program = sys.argv[1], int(sys.argv[2]), sys.argv[3]
arguments = ["none"] if program == "async_tree" else []
results = []
if program in globals():
    results.append(measured(globals()[program], n_loops))
else:
    run_pyperformance(program, sys.argv[4])
with open(output, "w") as file:
    json.dump({"seconds": sum(results), "rss_kb": peak_rss_kb()}, file)
