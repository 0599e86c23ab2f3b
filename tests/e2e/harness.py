"""What the end-to-end tests share: the Pythons at hand, target processes, whymem itself.

A target is a script that this file starts and stops. It prints one JSON line
when it is ready and then answers commands: each line on its stdin is executed
as Python, and the value of `answer` afterwards comes back as one JSON line.
"""
import contextlib
import functools
import glob
import json
import os
import pathlib
import shutil
import subprocess
import textwrap

import pytest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("WHYMEM_BUILD", HERE.parents[1] / "build")).resolve()
WHYMEM = str(pathlib.Path(os.environ.get("WHYMEM", BUILD / "whymem")).resolve())

SERVE = """
import json as _json, sys as _sys
def _serve():
    print(_json.dumps(globals().get('ready', None)), flush=True)
    for line in _sys.stdin:
        scope = globals()
        scope['answer'] = None
        exec(compile(_json.loads(line), '<command>', 'exec'), scope)
        reply = _json.dumps(scope.pop('answer'))
        print(reply, flush=True)
if __name__ == '__main__':
    _serve()
"""


@functools.cache
def version_of(python):
    """(major, minor, micro, is_debug) of a CPython with a GIL, else None."""
    probe = (
        "import sys, sysconfig; assert sys.implementation.name == 'cpython';"
        "assert not sysconfig.get_config_var('Py_GIL_DISABLED');"
        "print(*sys.version_info[:3], int(hasattr(sys, 'gettotalrefcount')))"
    )
    try:
        out = subprocess.run([python, "-c", probe], capture_output=True, text=True, timeout=30)
        return tuple(int(word) for word in out.stdout.split()) or None
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None


@functools.cache
def pythons():
    """Every supported CPython of WHYMEM_PYTHONS, PATH and pyenv, each version and build once.

    WHYMEM_ONLY_PYTHON=PATH: that one alone.
    """
    if os.environ.get("WHYMEM_ONLY_PYTHON"):
        return [os.environ["WHYMEM_ONLY_PYTHON"]]
    named = [p for p in os.environ.get("WHYMEM_PYTHONS", "").split(":") if p]
    on_path = [shutil.which(f"python3.{minor}") for minor in range(9, 16)] + ["/usr/bin/python3"]
    pyenv = sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python3")))
    found = {}
    for python in named + pyenv + [p for p in on_path if p]:
        version = version_of(python)
        if version and (3, 9) <= version[:2] <= (3, 15):
            found.setdefault((version, linkage(python)), python)
    return [python for _, python in sorted(found.items())]


@functools.cache
def third_party_pythons():
    """All Pythons, and those of WHYMEM_THIRD_PARTY: virtual environments with numpy, pandas, lxml."""
    named = [p for p in os.environ.get("WHYMEM_THIRD_PARTY", "").split(":") if p]
    return pythons() + [python for python in named if version_of(python)]


@functools.cache
def find_python_with(module):
    for python in reversed(third_party_pythons()):
        if not subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode:
            return python
    return None


def python_with(module):
    """A Python of the tests that has this module; without one the test is skipped."""
    found = find_python_with(module)
    if not found:
        pytest.skip(f"no Python of the tests has {module}: set WHYMEM_THIRD_PARTY")
    return found


def linkage(python):
    """Builds of one version differ by what they link: told apart by their folder."""
    if (pathlib.Path(python).parents[1] / "pyvenv.cfg").exists():
        return "venv"
    return "pyenv" if ".pyenv" in os.path.realpath(python) else "system"


def python_id(python):
    version = version_of(python)
    return ".".join(map(str, version[:3])) + ("d" if version[3] else "") + "-" + linkage(python)


class Target:
    """A running script; use as a context manager."""

    def __init__(self, python, source, *, env=None, args=()):
        code = textwrap.dedent(source) + SERVE
        self.process = subprocess.Popen(
            [python, "-c", code, *args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, **(env or {})},
        )
        self.pid = self.process.pid
        self.ready = self._reply()

    def _reply(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the target ended with {self.process.wait()}")
        return json.loads(line)

    def do(self, command):
        """Runs `command` in the target; what it leaves in `answer` comes back."""
        self.process.stdin.write(json.dumps(textwrap.dedent(command)) + "\n")
        self.process.stdin.flush()
        return self._reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class MemoryGroup:
    """A memory cgroup of ours; the test is skipped where none can be made."""

    def __init__(self, limit=None):
        own = {line.split(":")[1]: line.split(":")[2] for line in open("/proc/self/cgroup").read().splitlines()}
        self.is_v1 = "memory" in own
        root = f"/sys/fs/cgroup/memory{own['memory']}" if self.is_v1 else f"/sys/fs/cgroup{own.get('', '/')}"
        self.path = f"{root.rstrip('/')}/whymem-test-{os.getpid()}"
        self.limit = limit

    def __enter__(self):
        try:
            os.mkdir(self.path)
            if self.limit:
                self._write("memory.limit_in_bytes" if self.is_v1 else "memory.max", self.limit)
        except OSError:
            if os.path.isdir(self.path):
                os.rmdir(self.path)
            pytest.skip("memory cgroups cannot be made here")
        return self

    def __exit__(self, *_):
        os.rmdir(self.path)

    def _write(self, name, value):
        with open(f"{self.path}/{name}", "w") as file:
            file.write(str(value))

    def add(self, pid):
        self._write("cgroup.procs", pid)

    def peak_bytes(self):
        """The most that was charged to the group: what a process had before it came is not."""
        return int(open(f"{self.path}/" + ("memory.max_usage_in_bytes" if self.is_v1 else "memory.peak")).read())


def run(*args, check=True, whymem=WHYMEM, **kwargs):
    """whymem with these arguments: the finished process, its output as text."""
    done = subprocess.run([whymem, *map(str, args)], capture_output=True, text=True, timeout=300, **kwargs)
    if check and done.returncode:
        raise AssertionError(f"whymem {args} ended with {done.returncode}: {done.stderr}{done.stdout[-500:]}")
    return done


def ask(*args):
    """The JSON document of a whymem command."""
    return json.loads(run(*args, "--json").stdout)


def rows(source):
    """All objects and edges of `whymem rows`: (list of rows, list of edges)."""
    objects, edges = [], []
    for line in run("rows", source).stdout.splitlines():
        row = json.loads(line)
        (edges if "from" in row else objects).append(row)
    return objects, edges


@contextlib.contextmanager
def held(program, folder):
    """A function: the running `program` and its snapshot for a Python, each started once."""
    started = {}

    @functools.cache
    def start(python):
        target = started[python] = Target(python, program)
        snapshot = folder / f"{len(started)}.whymem"
        run("snap", target.pid, "-o", snapshot)
        return target, snapshot

    try:
        yield start
    finally:
        for target in started.values():
            target.__exit__()
