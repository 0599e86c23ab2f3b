"""The readers of src/cpython against what a running Python says of itself."""
import json
import os
import subprocess

import harness
import pytest

INSPECT = harness.BUILD / "tests" / "unit" / "cpython" / "inspect"

PROGRAM = """
    import sys, threading, time

    class Plain:
        def __init__(self, **members):
            self.__dict__.update(members)

    class Split:
        def __init__(self):
            self.first = 1
            self.second = 2
            self.third = 3

    def numbers(limit):
        step = 3
        for i in range(limit):
            yield i * step

    def waiting(name, started):
        outer = [name]
        def inner(depth, *rest, key=None):
            captured = (outer, depth)
            if depth:
                return inner(
                    depth - 1,
                    key=name)
            try:
                values = [n for n in numbers(5)]
            finally:
                started.set()
                while True:
                    time.sleep(1000)
        inner(3, 1, 2)

    def in_generator(started):
        def produce():
            total = 0
            while True:
                total += 1
                started.set()
                time.sleep(1000)
                yield total
        for value in produce():
            pass

    def with_class(started):
        class Worker:
            def __init__(self, event):
                self.event = event
                self.run()
            def run(self):
                self.event.set()
                (lambda seconds: time.sleep(
                    seconds))(1000)
        Worker(started)

    events = [threading.Event() for _ in range(3)]
    jobs = [(waiting, ("a", events[0])), (in_generator, (events[1],)),
            (with_class, (events[2],))]
    threads = [threading.Thread(target=f, args=a, daemon=True) for f, a in jobs]
    for thread, event in zip(threads, events):
        thread.start()
        event.wait()
    time.sleep(0.3)

    split = Split()
    split_dict = split.__dict__
    reordered = Split()
    del reordered.first
    reordered.first = 4
    reordered_dict = reordered.__dict__
    suspended = numbers(3)
    next(suspended)
    plain_dict = Plain(x=1, y=2).__dict__
    small, negative, zero = 5, -(2 ** 40), 0
    digits_two, int64_max, int64_min = 2 ** 59 + 7, 2 ** 63 - 1, -2 ** 63
    ascii_text, latin, wide, widest = "plain", "caf\\xe9", "\\u0416\\u20ac", "\\U0001f40d!"
    lone = "a\\ud800b"
    empty_dict = {}
    text_keys = {name: 1 for name in ("one", "two", "three")}
    del text_keys["two"]
    mixed_keys = {"one": 1, 2: 2, "three": 3}
    many_keys = {"key%d" % i: i for i in range(1000)}

    def frames_of(frame):
        rows = []
        while frame:
            code = frame.f_code
            known = code.co_varnames + code.co_cellvars + code.co_freevars
            local = [n for n in frame.f_locals if n in known] if code.co_flags & 1 else []
            rows.append([code.co_name, frame.f_lineno, code.co_filename, sorted(local)])
            frame = frame.f_back
        return rows

    current = sys._current_frames()
    scope = dict(globals())
    ready = {
        "type": id(type), "none": id(None),
        "threads": {t.ident: frames_of(current[t.ident]) for t in threads},
        "int": {k: v for k, v in scope.items() if type(v) is int},
        "str": {k: v for k, v in scope.items()
                if type(v) is str and not k.startswith("_") and k != "lone"},
        "dict": {k: [x if type(x) is str else "?" for x in v] for k, v in scope.items()
                 if type(v) is dict and k not in ("scope", "current")},
    }
"""


def inspect(pid):
    """What inspect prints: facts by name, frames by thread, values by type and name."""
    run = subprocess.run([INSPECT, str(pid)], capture_output=True, text=True, timeout=60)
    facts, threads, values, thread = {}, {}, {"int": {}, "str": {}, "dict": {}}, None
    for line in run.stdout.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "thread":
            thread = threads.setdefault(int(rest.split()[1]), [])
        elif kind == "frame":
            name, number, file, *local = rest.split(" ")
            thread.append([name, int(number), file, sorted(x for x in local[0].split(",") if x)])
        elif kind in values:
            name, _, value = rest.partition(" ")
            values[kind][name] = value
        else:
            facts.setdefault(kind, rest)
    assert run.returncode == 0, run.stdout + run.stderr
    return facts, threads, values


@pytest.fixture(scope="module")
def seen(request):
    python = request.param
    with harness.Target(python, PROGRAM) as target:
        return python, json.loads(json.dumps(target.ready)), inspect(target.pid)


def pytest_generate_tests(metafunc):
    if "seen" in metafunc.fixturenames:
        found = harness.pythons()
        metafunc.parametrize("seen", found, ids=map(harness.python_id, found), indirect=True,
                             scope="module")


def test_runtime(seen):
    python, said, (facts, _, _) = seen
    version = harness.version_of(python)
    assert facts["version"] == ".".join(map(str, version[:3]))
    assert facts["debug"] == str(version[3])
    assert int(facts["type"], 16) == said["type"]
    assert int(facts["none"], 16) == said["none"]


def test_frames(seen):
    _, said, (_, threads, _) = seen
    for ident, frames in said["threads"].items():
        assert threads[int(ident)] == frames
    assert len(threads) == len(said["threads"]) + 1


def test_integers(seen):
    _, said, (_, _, values) = seen
    assert {name: int(value) for name, value in values["int"].items()} == said["int"]


def test_text(seen):
    _, said, (_, _, values) = seen
    for name, text in said["str"].items():
        assert values["str"][name] == text
    assert values["str"]["lone"] == "a\ufffdb"


def test_dicts(seen):
    _, said, (_, _, values) = seen
    for name, keys in said["dict"].items():
        assert values["dict"][name].split(",")[:-1] == keys, name


def test_what_is_no_python():
    with subprocess.Popen(["sleep", "100"]) as sleeper:
        try:
            run = subprocess.run([INSPECT, str(sleeper.pid)], capture_output=True, text=True)
        finally:
            sleeper.kill()
    assert run.returncode == 1
    assert run.stdout.startswith("error not_python ")


@pytest.mark.skipif(not os.path.exists(os.path.expanduser("~/.pyenv/versions/3.8.18")),
                    reason="no Python 3.8")
def test_what_is_too_old():
    old = os.path.expanduser("~/.pyenv/versions/3.8.18/bin/python3")
    with harness.Target(old, "ready = 1") as target:
        run = subprocess.run([INSPECT, str(target.pid)], capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stdout.startswith("error unsupported_python ") and "3.8" in run.stdout
