"""The truth about a program's allocations: reference.c logs each event, this file replays them by brute force.

Nothing clever: the log is read twice, first for the moment of the peak, then for what was alive at it.
"""
import array
import collections
import functools
import os
import pathlib
import subprocess

import harness
import pytest

HERE = pathlib.Path(__file__).parent
ALLOCATE, FREE, TAKE, PUT_BACK, CODE, MAP, UNMAP = 1, 2, 3, 4, 5, 6, 7
COUNTS = ("allocated_bytes", "allocation_count", "live_bytes", "live_count", "peak_bytes", "temporary_count")


def compile_c(source, to, *options):
    subprocess.run([*os.environ.get("CC", "cc").split(), "-O2", "-w", "-D_GNU_SOURCE", *options, source, "-o", to],
                   check=True)


@functools.cache
def build(python, folder):
    """The tracer for one Python, by that Python's own headers; skips where they are not installed."""
    include = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('include'))"],
                             capture_output=True, text=True, check=True).stdout.strip()
    if not os.path.exists(f"{include}/internal/pycore_interp.h"):
        pytest.skip(f"needs the headers of {python}")
    library = folder / f"reference-{harness.python_id(python)}.so"
    compile_c(HERE / "reference.c", library, "-shared", "-fPIC", "-fvisibility=hidden", "-fno-builtin-malloc",
              f"-I{include}", f"-I{include}/internal")
    return library


def wrapper(python, library, log, folder):
    """A program for `whymem run --python`: the Python with the reference tracer outside of the agent."""
    path = folder / "python-with-reference"
    compile_c(HERE / "reference_start.c", path, "-static", f'-DLIBRARY="{library}"', f'-DLOG="{log}"',
              f'-DPYTHON="{python}"')
    return path


class Log:
    """Events of a log: (kind, thread, address, size, stack); equal stacks are one number."""

    def __init__(self, path):
        words = array.array("Q")
        with open(path, "rb") as file:
            while chunk := file.read(1 << 22):
                if not any(chunk[-8:]) and not any(chunk):
                    break
                words.frombytes(chunk)
        self.codes = {}  # number: (file, function)
        self.lines = {}  # (code, line) of a record: (file, function, line)
        self.stacks = [()]  # each a tuple of (file, function, line), the innermost first
        self.events = []
        self._read(words)

    def _read(self, words):
        known, at, end = {b"": 0}, 0, len(words)
        while at + 2 < end and words[at]:  # the record that a killed process was in is not whole
            head, address, size = words[at:at + 3]
            kind, n, number = head & 255, head >> 8 & 0xffffff, head >> 32
            body = words[at + 3:at + 3 + n]
            at += 3 + n
            if kind == CODE:
                self.codes[number] = text(body[:size]), text(body[size:])
                continue
            key = body.tobytes()
            stack = known.get(key)
            if stack is None:
                stack = known[key] = len(self.stacks)
                self.stacks.append(tuple(self.codes[word >> 32] + ((word & 0xffffffff) or None,) for word in body))
            self.events.append((kind, number, address, size, stack))


def text(words):
    return b"".join(word.to_bytes(8, "little") for word in words).decode("utf-32-le", "surrogatepass").rstrip("\0")


class Replay:
    """What a log comes to: `by_stack` and `by_line` have COUNTS, as `totals`."""

    def __init__(self, log):
        self.log = log
        n_live, self.peak, self.n_at_peak = 0, 0, 0
        for n, (sign, size, _) in enumerate(self._steps(lambda *_: None), 1):
            n_live += sign * size
            if n_live > self.peak:
                self.peak, self.n_at_peak = n_live, n
        self.by_stack = collections.defaultdict(lambda: dict.fromkeys(COUNTS, 0))
        self._count()
        self.by_line = self._grouped(lambda stack: stack[0] if stack else (None, None, None))
        self.totals = {key: sum(counts[key] for counts in self.by_stack.values()) for key in COUNTS}

    def _steps(self, on_event):
        """(+1 or -1, bytes, stack) for each change of what is alive."""
        live, last, taken = {}, {}, {}
        for kind, thread, address, size, stack in self.log.events:
            if kind == PUT_BACK:
                if thread in taken:
                    live[address] = taken.pop(thread)
                    yield 1, *live[address]
                continue
            gone = live.pop(address, None)
            if gone:
                yield -1, *gone
            if kind == TAKE:
                taken.pop(thread, None)
                if gone:
                    taken[thread] = gone
            elif kind == FREE:
                if last.get(thread) == address:
                    last[thread] = None
                    on_event("temporary_count", gone[1] if gone else None)
            elif kind != UNMAP:
                if kind == ALLOCATE:  # mappings are never temporary
                    last[thread] = address
                live[address] = size, stack
                on_event("allocation_count", stack)
                yield 1, size, stack

    def _count(self):
        def on_event(key, stack):
            if stack is not None:
                self.by_stack[self.log.stacks[stack]][key] += 1

        for n, (sign, size, stack) in enumerate(self._steps(on_event), 1):
            counts = self.by_stack[self.log.stacks[stack]]
            counts["live_bytes"] += sign * size
            counts["live_count"] += sign
            if n <= self.n_at_peak:
                counts["peak_bytes"] += sign * size
        for kind, _, _, size, stack in self.log.events:
            if kind in (ALLOCATE, MAP):
                self.by_stack[self.log.stacks[stack]]["allocated_bytes"] += size

    def _grouped(self, key_of):
        groups = collections.defaultdict(lambda: dict.fromkeys(COUNTS, 0))
        for stack, counts in self.by_stack.items():
            group = groups[key_of(stack)]
            for key in COUNTS:
                group[key] += counts[key]
        return dict(groups)


def replay(path):
    return Replay(Log(path))
