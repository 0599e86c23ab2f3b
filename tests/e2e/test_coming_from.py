"""docs/coming-from.md: every command of its tables runs on a process and on a snapshot of it, and tells what the other
tool tells where that is installed beside the target (objgraph, pympler, guppy3, psutil)."""
import functools
import json
import os
import pathlib
import re
import shlex
import subprocess

import harness
import pytest

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "coming-from.md"
APP = """
class Base:
    pass
class Client(Base):
    def __init__(self, i):
        self.number, self.buffer = i, bytearray(200)
CACHE = {('client', i): Client(i) for i in range(400)}
TEXTS = {f'text {i}' * 3: [f'value {i}' * 5, float(i)] for i in range(500)}
LISTED = list(CACHE.values())[:100]
BIG = [bytes(200_000)]
"""
JOB = """
import time
def load(n):
    return [bytes(1000) for _ in range(n)]
def main():
    kept = load(2000)
    time.sleep(0.1)
    return len(kept)
if __name__ == '__main__':
    main()
"""
PROGRAM = """
import gc, sys
import app
from app import Base, Client
client = app.LISTED[0]
gc.collect()
gc.disable()
for _i in range(40):
    _cycle = [_i]
    _cycle.append(_cycle)
del _cycle, _i
"""


def table_rows():
    section = None
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            section = line[3:]
        cells = re.split(r"(?<!\\) \| |^\| | \|$", line.strip()) if line.startswith("| ") else []
        if len(cells) == 4 and cells[1] != "there":
            [command] = re.findall(r"`(.*?)`", cells[2].replace("\\|", "|"))
            yield section, cells[1].replace("\\|", "|"), command


ROWS = list(table_rows())


def test_the_tables_are_read():
    assert {section for section, _, _ in ROWS} >= {
        "gc", "sys", "tracemalloc", "memory_profiler", "mprof", "psutil", "objgraph", "guppy3 (heapy)", "pympler", "memray",
        "Scalene", "fil"}
    assert len(ROWS) > 180


def runs_program(command):
    words = shlex.split(command)
    return words[1] in ("run", "lines", "plot") and not {"PID", "--from"} & set(words) and not words[-1].endswith(".dat")


class Place:
    """A target with the files that the page mentions."""

    def __init__(self, python, folder):
        self.folder = folder
        self.python = python
        (folder / "app.py").write_text(APP)
        (folder / "job.py").write_text(JOB)
        self.target = harness.Target(python, PROGRAM, env={"PYTHONPATH": str(folder)})
        harness.run("snap", self.target.pid, "-o", folder / "OLD.whymem")
        self.target.do("MORE = [Client(i) for i in range(25)]")
        harness.run("snap", self.target.pid, "-o", folder / "NEW.whymem")
        self.address = self.target.do("answer = id(app.CACHE)")
        for name in ("old.dat", "run.dat"):
            self.run(f"whymem plot -o {name} job.py", None)
        self.run("whymem run --save trace.whymem job.py", None)

    def words(self, command, source):
        command = command.replace("0x7f12a4c01040", hex(self.address))
        words = [str(source) if word == "PID" else word for word in shlex.split(command)]
        if runs_program(command) and "--" not in words:
            words[2:2] = ["--python", self.python]
        return [harness.WHYMEM, *words[1:]]

    def run(self, command, source, *more):
        env = {**os.environ, "LC_ALL": "C.UTF-8"}
        return subprocess.run([*self.words(command, source), *more], cwd=self.folder, env=env, capture_output=True,
                              text=True, timeout=300)

    def ask(self, command, source):
        command = command.replace(" --json", "")
        done = self.run(command, source, "--json")
        assert done.returncode == 0, (command, done.stderr)
        if shlex.split(command)[1] != "rows":
            return json.loads(done.stdout)
        return [row for row in map(json.loads, done.stdout.splitlines()) if "from" not in row]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    started = []

    @functools.cache
    def start(python):
        started.append(Place(python, tmp_path_factory.mktemp("coming")))
        return started[-1]

    yield start
    for each in started:
        each.target.__exit__()


def needs_agent(command):
    words = shlex.split(command)
    return words[1] in ("run", "lines") or bool({"--calls", "--func"} & set(words))


def is_written(words, folder):
    return "-o" in words and (folder / words[words.index("-o") + 1]).stat().st_size > 0


@pytest.mark.parametrize("section,there,command", ROWS, ids=[f"{s}: {t}" for s, t, _ in ROWS])
def test_every_row_runs(section, there, command, place):
    here = place(harness.pythons()[-1])
    if needs_agent(command) and harness.version_of(here.python) < (3, 11):
        pytest.skip("the agent needs 3.11")
    words = shlex.split(command)
    sources = [here.target.pid, here.folder / "NEW.whymem"]
    if words[1] in ("ps", "watch", "snap", "plot") or "PID" not in words:
        sources = sources[:1]
    for source in sources:
        done = here.run(command, source)
        assert done.returncode == 0, (command, done.stderr)
        assert not done.stderr or words[1] == "watch" or runs_program(command), (command, done.stderr)
        assert done.stdout or done.stderr or words[1] == "rows" or is_written(words, here.folder), command
        assert "nothing matches" not in done.stdout


# ---- truths ----


def row_called(document, name):
    [row] = [row for row in document["rows"] if name in (row["name"], f"{row['module']}.{row['name']}")]
    return row


def types_of(rows):
    return sorted({row["type"] for row in rows})


def labels(graph):
    """Of a chain: the types along it."""
    return [node["type"].rpartition(".")[2] for node in graph["nodes"]]


HEAPY = "from guppy import hpy; hp = hpy(); "
SETS = HEAPY + "h = hp.heap(); clients = h & hp.Type(Client); cache = hp.iso(app.CACHE); "

# (section, beginning of the first cell): what to import, what to run in the target, what of our answer equals it
TRUTHS = {
    ("gc", "`gc.get_objects(generation=0)`"): (
        "gc", "answer = sum(type(o) is Client for o in gc.get_objects(generation=0))",
        lambda rows: sum(row["type"] == "Client" for row in rows)),
    ("gc", "`gc.get_objects()`"): (
        "gc", "answer = sum(type(o) is Client for o in gc.get_objects())",
        lambda rows: sum(row["type"] == "Client" for row in rows)),
    ("gc", "`gc.get_referents(app.CACHE)`, as a list"): (
        "gc", "answer = sorted(map(id, gc.get_referents(app.CACHE)))", lambda rows: sorted(r["address"] for r in rows)),
    ("gc", "`gc.is_tracked(app.CACHE)`"): ("gc", "answer = gc.is_tracked(app.CACHE)", bool),
    ("gc", "`gc.is_finalized(app.CACHE)`"): ("gc", "answer = gc.is_finalized(app.CACHE)", bool),
    ("gc", "`gc.isenabled()`"): ("gc", "answer = gc.isenabled()", lambda d: d["gc"]["enabled"]),
    ("gc", "`gc.get_threshold()`"): ("gc", "answer = gc.get_threshold()[0]", lambda d: d["gc"]["thresholds"][0]),
    ("gc", "`gc.get_freeze_count()`"): ("gc", "answer = gc.get_freeze_count()", lambda d: d["matched"]["count"]),
    ("sys", "`sys.getsizeof(app.CACHE)`"): (
        "sys", "answer = sys.getsizeof(app.CACHE)", lambda d: d["matched"]["size_bytes"]),
    ("sys", "`sum(map(sys.getsizeof"): (
        "sys", "answer = sum(map(sys.getsizeof, app.CACHE.values()))", lambda d: d["matched"]["size_bytes"]),
    ("psutil", "`psutil.Process(pid).num_threads()`"): (
        "psutil", "import psutil; answer = psutil.Process().num_threads()", lambda d: d["target"]["thread_count"]),
    ("objgraph", "`objgraph.count('Client')`"): (
        "objgraph", "import objgraph; answer = objgraph.count('Client')", lambda d: d["matched"]["count"]),
    ("objgraph", "`objgraph.by_type('Client')`"): (
        "objgraph", "import objgraph; answer = sorted(id(o) for o in objgraph.by_type('Client'))",
        lambda rows: sorted(row["address"] for row in rows)),
    ("objgraph", "`objgraph.at("): (
        "objgraph", "import objgraph; answer = type(objgraph.at(id(app.CACHE))).__name__",
        lambda d: d["paths"][0]["steps"][-1]["type"]),
    ("objgraph", "`objgraph.typestats()`"): (
        "objgraph", "import objgraph; s = objgraph.typestats(); answer = [s['Client'], s['Base'] if 'Base' in s else 0]",
        lambda d: [row_called(d, "Client")["count"], 0]),
    ("objgraph", "`objgraph.find_ref_chain("): (
        "objgraph", "import objgraph; answer = [type(o).__name__ for o in objgraph.find_ref_chain("
        "app.CACHE, lambda x: isinstance(x, Client))]", labels),
    ("objgraph", "`objgraph.find_backref_chain(client, lambda x: type(x) is list)`"): (
        "objgraph", "import objgraph; answer = [type(o).__name__ for o in objgraph.find_backref_chain("
        "app.LISTED[1], lambda x: type(x) is list and len(x) == 100)]", labels),
    ("objgraph", "`objgraph.is_proper_module(app)`"): (
        "objgraph", "import objgraph; answer = objgraph.is_proper_module(app)", bool),
    ("guppy3 (heapy)", "`clients.count`"): ("guppy", SETS + "answer = clients.count", lambda d: d["matched"]["count"]),
    ("guppy3 (heapy)", "`hp.heap() & hp.Type(Client)`"): (
        "guppy", SETS + "answer = clients.count", lambda d: d["matched"]["count"]),
    ("guppy3 (heapy)", "`hp.heap() & hp.Type.sokind(Base)"): (
        "guppy", SETS + "answer = (h & hp.Type(Base).alt('<=')).count", lambda d: d["matched"]["count"]),
    ("guppy3 (heapy)", "`clients.maprox.buffer`"): (
        "guppy", SETS + "answer = clients.maprox.buffer.count", lambda d: d["matched"]["count"]),
    ("guppy3 (heapy)", "`cache.domisize`"): (
        "guppy", SETS + "answer = hp.iso(app.CACHE).domisize", lambda d: d["matched"]["retained_size_bytes"]),
    ("guppy3 (heapy)", "`cache.dominos`"): (
        "guppy", SETS + "answer = (hp.iso(app.CACHE).dominos & hp.Type(tuple)).count",
        lambda d: row_called(d, "tuple")["count"]),
    ("guppy3 (heapy)", "`clients.referrers`"): (
        "guppy", SETS + "answer = sorted(k for k in ('list', 'dict') if (clients.referrers & hp.Type(eval(k))).count)",
        lambda d: sorted(k for k in ("list", "dict") if any(r["name"] == k for r in d["rows"]))),
    ("pympler", "`asizeof.asizeof(app.TEXTS)`"): (
        "pympler", "from pympler import asizeof; answer = asizeof.asizeof(app.TEXTS)",
        lambda d: d["matched"]["size_bytes"]),
    ("pympler", "`asizeof.flatsize(app.CACHE)`"): (
        "pympler", "from pympler import asizeof; answer = asizeof.flatsize(app.CACHE)",
        lambda d: d["matched"]["size_bytes"]),
    ("pympler", "`muppy.filter(objects, Type=Client)`"): (
        "pympler", "from pympler import muppy; answer = len(muppy.filter(muppy.get_objects(), Type=Client))",
        lambda d: d["matched"]["count"]),
}

# Sizes that differ by what their tool counts: its own bytes of GC heads, alignment.
NEARLY = {"`asizeof.asizeof(app.TEXTS)`": 0.1, "`asizeof.flatsize(app.CACHE)`": 0.01, "`cache.domisize`": 0.02}


@pytest.mark.parametrize("section,beginning", TRUTHS, ids=lambda v: v)
def test_the_other_tool_says_so_too(section, beginning, place):
    module, question, read = TRUTHS[section, beginning]
    [(there, command)] = [(t, c) for s, t, c in ROWS if s == section and t.startswith(beginning)]
    here = place(harness.python_with(module))
    said = here.target.do(question + "\nh = clients = cache = None")
    found = read(here.ask(command, here.target.pid))
    if there in NEARLY:
        assert found == pytest.approx(said, rel=NEARLY[there]), command
    else:
        assert found == said, command
