"""The readers of src/cpython against what a running Python says of itself."""
import json
import os
import pathlib
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
    suspended, created, resumed = numbers(3), numbers(9), numbers(4)
    next(suspended), next(resumed), next(resumed)
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

    class Interpreters:
        if sys.version_info < (3, 13):
            import _xxsubinterpreters as module
        else:
            import _interpreters as module

    second = Interpreters.module.create()
    current = sys._current_frames()
    scope = dict(globals())
    ready = {
        "type": id(type), "none": id(None),
        "threads": {t.ident: frames_of(current[t.ident]) for t in threads},
        "generator": {k: frames_of(scope[k].gi_frame)[0]
                      for k in ("suspended", "created", "resumed")},
        "int": {k: v for k, v in scope.items() if type(v) is int},
        "str": {k: v for k, v in scope.items()
                if type(v) is str and not k.startswith("_") and k != "lone"},
        "dict": {k: [x if type(x) is str else "?" for x in v] for k, v in scope.items()
                 if type(v) is dict and k not in ("scope", "current")},
    }
"""


def frame_of(text):
    name, line, file, *local = text.split(" ")
    return [name, int(line), file, sorted(x for x in local[0].split(",") if x)]


def inspect(pid):
    """What inspect prints: facts by name, frames by thread, values by type and name."""
    run = subprocess.run([INSPECT, str(pid)], capture_output=True, text=True, timeout=60)
    facts, threads, thread = {"interpreters": 0}, {}, None
    values = {"int": {}, "str": {}, "dict": {}, "generator": {}}
    for line in run.stdout.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "thread":
            thread = threads.setdefault(int(rest.split()[1]), [])
        elif kind == "frame":
            thread.append(frame_of(rest))
        elif kind == "generator":
            name, _, value = rest.partition(" ")
            values[kind][name] = frame_of(value)
        elif kind == "interpreter":
            facts["interpreters"] += 1
        elif kind in values:
            name, _, value = rest.partition(" ")
            values[kind][name] = value
        else:
            facts.setdefault(kind, rest)
    assert run.returncode == 0, run.stdout + run.stderr
    return facts, threads, values


def inspect_copy(python, folder, change):
    """Facts about a copy of the executable that `change` was applied to (bytes -> bytes)."""
    copy = pathlib.Path(folder) / "python3"
    copy.write_bytes(change(pathlib.Path(python).resolve().read_bytes()))
    copy.chmod(0o755)
    home = subprocess.run([python, "-c", "import sys; print(sys.prefix)"],
                          capture_output=True, text=True, check=True).stdout.strip()
    with subprocess.Popen(
            [copy, "-Sc", "print(id(type), id(None), flush=True); input()"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONHOME": home}) as process:
        try:
            said = list(map(int, process.stdout.readline().split()))
            if change is deleted:
                copy.unlink()
            return said, inspect(process.pid)[0]
        finally:
            process.kill()


def deleted(image):
    """The file is gone when it is looked for."""
    return image


def without_sections(image):
    """What sstrip does: no section headers."""
    return image[:40] + bytes(8) + image[48:58] + bytes(6) + image[64:]


def without_names(image):
    """No _PyRuntime, no .PyRuntime, and no symbols by which to know types."""
    for name in (b"_PyRuntime", b".PyRuntime", b"PyType_Type", b"_Py_NoneStruct", b"PyCode_Type"):
        image = image.replace(name + b"\0", name[:-1] + b"_\0")
    return image


def in_executable(python):
    return b"xPyRuntime\0" in pathlib.Path(python).resolve().read_bytes().replace(
        b"\0_PyRuntime\0", b"\0xPyRuntime\0")


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


def test_generators(seen):
    _, said, (_, _, values) = seen
    assert values["generator"] == said["generator"]


def test_interpreters(seen):
    assert seen[2][0]["interpreters"] == 2


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


@pytest.mark.parametrize("change", [deleted, without_sections, without_names])
def test_changed_executable(python, change, tmp_path):
    if not in_executable(python):
        pytest.skip("the interpreter is in libpython")
    said, facts = inspect_copy(python, tmp_path, change)
    assert facts["version"] == ".".join(map(str, harness.version_of(python)[:3]))
    assert [int(facts["type"], 16), int(facts["none"], 16)] == said


def test_what_is_no_python():
    with subprocess.Popen(["sleep", "100"]) as sleeper:
        try:
            run = subprocess.run([INSPECT, str(sleeper.pid)], capture_output=True, text=True)
        finally:
            sleeper.kill()
    assert run.returncode == 1
    assert run.stdout.startswith("error not_python ")


def test_second_libpython(python):
    """The one that runs is taken, not one that is only mapped."""
    others = [path for other in harness.pythons() if other != python
              for path in pathlib.Path(other).resolve().parents[1].glob("lib/libpython3.*.so.1.0")]
    if not others:
        pytest.skip("no libpython of another Python")
    program = f"""
        import ctypes
        ready = [id(None), 0]
        for path in {[str(path) for path in others]}:
            try:
                ctypes.CDLL(path)
                ready[1] += 1
            except OSError:
                pass
    """
    with harness.Target(python, program) as target:
        if not target.ready[1]:
            pytest.skip("no other libpython loads")
        facts = inspect(target.pid)[0]
        assert int(facts["none"], 16) == target.ready[0]
        assert facts["version"] == ".".join(map(str, harness.version_of(python)[:3]))


@pytest.mark.skipif(not os.path.exists(os.path.expanduser("~/.pyenv/versions/3.8.18")),
                    reason="no Python 3.8")
def test_what_is_too_old():
    old = os.path.expanduser("~/.pyenv/versions/3.8.18/bin/python3")
    with harness.Target(old, "ready = 1") as target:
        run = subprocess.run([INSPECT, str(target.pid)], capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stdout.startswith("error unsupported_python ") and "3.8" in run.stdout
