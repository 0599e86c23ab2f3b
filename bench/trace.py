#!/usr/bin/env python3
"""What does tracing cost? CPU time and memory of programs: no tool, whymem, and the other tools that are installed.

usage: bench/trace.py WHYMEM [--python PYTHON ...] [--benchmarks FOLDER] [--runs N] [--seconds S]
                      [--only WORD ...] [--tools WORD ...]

FOLDER is pyperformance's `data-files/benchmarks` (pip install pyperformance);
without it only the loops are measured. Each program is sized to run about S
seconds without a tool, then rounds go through all ways one after the other, so
that a change of the machine's speed meets them all. Shown is CPU time as a
ratio to no tool of the same Python: the minimum of all rounds, and the median
where it differs. tracemalloc, memray, Scalene and memory_profiler appear when
that Python can import them. Run it on idle cores.
"""
import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

TARGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "trace_target.py")
PROGRAMS = ("raytrace", "mdp", "fannkuch", "async_tree", "deltablue", "json_loads", "nqueens", "spectral_norm", "go")
LOOPS = ("calls", "shallow", "deep", "up_and_down", "objects", "retained", "buffers")
BY_LINE = "lines"
BASE = "no tool"
SLOW = {"tracemalloc(25)": 20, "memory_profiler": 100}  # these do fewer loops


def can_import(python, module):
    return not subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode


def ways(python, whymem, folder, program):
    """Command in front of the target's arguments, by the name of the tool."""
    found = {BASE: [python, TARGET]}
    if program == BY_LINE:
        found["whymem lines"] = [whymem, "lines", "-o", os.devnull, "--python", python, TARGET]
        if can_import(python, "memory_profiler"):
            found["memory_profiler"] = [python, "-m", "memory_profiler", TARGET]
        return found
    found["whymem run"] = [whymem, "run", "-o", os.devnull, "--python", python, TARGET]
    found["tracemalloc(1)"] = [python, "-X", "tracemalloc=1", TARGET]
    found["tracemalloc(25)"] = [python, "-X", "tracemalloc=25", TARGET]
    if can_import(python, "memray"):
        memray = [python, "-m", "memray", "run", "-q", "-f", "-o", os.path.join(folder, "memray")]
        found["memray"] = [*memray, TARGET]
        found["memray py"] = [*memray, "--trace-python-allocators", TARGET]
    if can_import(python, "scalene"):
        found["Scalene"] = [python, "-m", "scalene", "run", "-o", os.path.join(folder, "scalene"), TARGET]
    return found


class Bench:
    def __init__(self, options, python, folder):
        self.options, self.python, self.folder = options, python, folder

    def measure(self, command, program, loops):
        output = os.path.join(self.folder, "result")
        benchmarks = [self.options.benchmarks] if self.options.benchmarks else []
        done = subprocess.run([*command, output, str(loops), program, *benchmarks], capture_output=True, text=True,
                              cwd=self.folder)
        if done.returncode or not os.path.exists(output):
            print(f"{' '.join(map(str, command))} {program}: {done.stderr.strip()[-500:]}", file=sys.stderr)
            return None
        with open(output) as file:
            result = json.load(file)
        os.unlink(output)
        return result["seconds"] / loops, result["rss_kb"]

    def size(self, command, program):
        """How many loops take the seconds asked for."""
        loops = 1
        while (seconds := self.measure(command, program, loops)[0] * loops) < self.options.seconds / 4:
            loops = math.ceil(loops * min(10, self.options.seconds / max(seconds, 0.001)))
        return max(1, round(loops * self.options.seconds / seconds))

    def rounds(self, program):
        """(CPU seconds of a loop, peak RSS in KiB) of each round, by tool."""
        words = self.options.tools
        found = {name: command for name, command in ways(
            self.python, self.options.whymem, self.folder, program).items()
            if name == BASE or not words or any(word in name for word in words)}
        loops = self.size(found[BASE], program)
        results = {name: [] for name in found}
        for _ in range(self.options.runs):
            for name, command in found.items():
                result = self.measure(command, program, max(1, loops // SLOW.get(name, 1)))
                if result:
                    results[name].append(result)
        return loops, {name: times for name, times in results.items() if times}


def ratio_text(times, base):
    low, middle = (f(t for t, _ in times) / f(t for t, _ in base) for f in (min, statistics.median))
    return f"{low:.2f}" if abs(middle / low - 1) < 0.02 else f"{low:.2f} ({middle:.2f})"


def show(table):
    widths = [max(map(len, column)) for column in zip(*table)]
    for row in table:
        print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))))


def summary(label, names, results, programs):
    """Geometric mean and worst of the minima of all programs that a tool ran."""
    cells, done = [], [p for p in programs if p in results]
    for name in names:
        ratios = [min(t for t, _ in results[p][name]) / min(t for t, _ in results[p][BASE])
                  for p in done if name in results[p]]
        cells.append(f"{math.exp(statistics.fmean(map(math.log, ratios))):.2f} <{max(ratios):.2f}" if ratios else "")
    return [label, "", *cells]


def bench(options, python):
    results, sizes = {}, {}
    programs = [p for p in (*(PROGRAMS if options.benchmarks else ()), *LOOPS, BY_LINE)
                if not options.only or any(word in p for word in options.only)]
    with tempfile.TemporaryDirectory() as folder:
        for program in programs:
            print(program, file=sys.stderr)
            sizes[program], results[program] = Bench(options, python, folder).rounds(program)
    names = list(dict.fromkeys(name for found in results.values() for name in found if name != BASE))
    version = subprocess.run([python, "-V"], capture_output=True, text=True).stdout.strip()
    print(f"{version} ({python}): CPU time, ratio to no tool; minimum of {options.runs} (median)")
    table = [["", "loops x s", *names]]
    for program, found in results.items():
        base = found[BASE]
        table.append([program, f"{sizes[program]} x {min(t for t, _ in base):.4f}",
                      *(ratio_text(found[name], base) if name in found else "" for name in names)])
    if options.benchmarks:
        table.append(summary("geomean <worst", names, results, PROGRAMS))
    show(table)
    print("peak RSS, MB")
    show([["", BASE, *names], *([program, *(f"{min(kb for _, kb in found[name]) / 1024:.0f}" if name in found else ""
                                            for name in (BASE, *names))] for program, found in results.items())])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("whymem", type=os.path.abspath)
    parser.add_argument("--python", action="append")
    parser.add_argument("--benchmarks", type=os.path.abspath, help="pyperformance's data-files/benchmarks")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="programs whose names contain a word")
    parser.add_argument("--tools", nargs="*", help="tools whose names contain a word")
    parser.add_argument("--seconds", type=float, default=1)
    options = parser.parse_args()
    for python in options.python or [sys.executable]:
        bench(options, python)


if __name__ == "__main__":
    main()
