"""Where objects were allocated: a program under `whymem run` whose lines hold known memory."""
import collections
import contextlib
import json
import os
import re
import struct
import subprocess
import time

import harness
import pytest

PROGRAM = """
import gc, os
gc.disable()
class Row:
    __slots__ = ('name', 'values')
    def __init__(self, i):
        self.name = bytes(399) + b'%6d' % i  # name
        self.values = [None] * 30  # values
def load(n):
    return [Row(i) for i in range(n)]  # load
CACHE = {}
def fill(n):
    for i in range(1000, 1000 + n):
        CACHE[i] = bytes(431)  # cache
def scatter(n):
    for i in range(n):
        a = bytearray(351)  # cycle
        pair = [a]
        pair.append(pair)  # link
def keep(items, n):
    for i in range(n):
        items.append(bytes(207))  # keep
    return items
class Client:
    pool = keep([], 8000)
rows = load(10000)
fill(20000)
scatter(3000)
import collections
parsed = collections.deque()
parsed.extend(bytes(447) for _ in range(5000))  # parsed
ready = os.getpid()
"""


class Traced(harness.Target):
    """A target under `whymem run`; `report` is there when it has ended."""

    def __init__(self, python, folder, source, *, before=()):
        self.script, self.report = folder / "program.py", folder / "report.json"
        self.script.write_text(source + harness.SERVE)
        self.process = subprocess.Popen(
            [*before, harness.WHYMEM, "run", "--json", "--top", "0", "-o", self.report, "--python", python, self.script],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.ready = self._reply()
        self.line = {line.rsplit("#", 1)[1].strip(): number
                     for number, line in enumerate(source.splitlines(), 1) if "  # " in line}

    def end(self):
        """The report of a process that keeps all it has to its end."""
        with contextlib.suppress(RuntimeError):
            self.do("os._exit(0)")
        self.process.wait()
        return json.loads(self.report.read_text())

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end()
        super().__exit__()


def is_traceable(python):
    return harness.version_of(python)[:2] >= (3, 11)


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    """A function: the program under `whymem run`, and its snapshot; started once for each Python."""
    with contextlib.ExitStack() as stack:
        started = {}

        def start(python):
            if not is_traceable(python):
                pytest.skip("not traced yet")
            if python not in started:
                folder = tmp_path_factory.mktemp("traced")
                target = stack.enter_context(Traced(python, folder, PROGRAM))
                harness.run("snap", target.pid, "-o", folder / "s.whymem")
                started[python] = target, folder / "s.whymem"
            return started[python]

        yield start


def origin(row):
    return os.path.basename(row["allocated_file"] or ""), row["allocated_line"]


def test_holders_name_their_line(traced, python):
    target, snapshot = traced(python)
    expected = {"CACHE": "cache", "rows": "name", "Client.pool": "keep", "parsed": "parsed"}
    for source in (target.pid, snapshot):
        holders = {row["path"]: row for row in harness.ask(source)["holders"]}
        for path, name in expected.items():
            row = holders["__main__." + path]
            assert origin(row) == ("program.py", target.line[name]), path
            assert row["retained_bytes"] * 0.4 < row["allocated_bytes"] <= row["retained_bytes"]
        assert holders["__main__.CACHE"]["allocated_function"] == "fill"
        assert holders["__main__.rows"]["allocated_bytes"] >= 10000 * 448


def test_retained_and_caches_name_their_line(traced, python):
    target, snapshot = traced(python)
    expected = {"__main__.CACHE": "cache", "__main__.rows": "name", "__main__.Client.pool": "keep", "__main__.parsed": "parsed"}
    for command, paths in (("retained", expected), ("caches", expected)):
        rows = {row["path"]: row for row in harness.ask(command, snapshot, "--top", 200)["rows"]}
        for path in paths:
            row = rows[path]
            assert origin(row) == ("program.py", target.line[expected[path]]), (command, path)
            assert row["retained_bytes"] * 0.4 < row["allocated_bytes"] <= row["retained_bytes"]
        shown = harness.run(command, snapshot, env={**os.environ, "COLUMNS": "200"}).stdout
        assert f"program.py:{target.line['cache']} fill" in shown, command


def test_retained_of_nested_objects(once, python, tmp_path):
    """Each list of a chain holds all behind it: the inner third came from one line, the rest of another."""
    source = """
import os
chain = []
node = None
def make(n, size):
    return bytes(size)  # inner
def wrap(n, size):
    return bytes(size)  # outer
for i in range(3000):
    node = [node, make(i, 5000) if i < 1000 else wrap(i, 4000)]
    chain.append(id(node))
ready = os.getpid()
"""
    with Traced(python, tmp_path, source) as target:
        chain = target.do("answer = chain")
        rows = {row["address"]: row for row in harness.ask("retained", target.pid, "--top", 0)["rows"]}
    inner = outer = 0
    for i, address in enumerate(chain):
        row = rows[address]
        inner, outer = (inner + 5000, outer) if i < 1000 else (inner, outer + 4000)
        if abs(inner - outer) < 50_000:
            continue
        assert origin(row) == ("program.py", target.line["inner" if inner > outer else "outer"]), i
        assert max(inner, outer) <= row["allocated_bytes"] <= max(inner, outer) * 1.03
        assert row["allocated_bytes"] <= row["retained_bytes"]


def test_growth_names_its_line(once, python, tmp_path):
    """Of what a holder has now, and of what was made between two captures and is still there."""
    files = [tmp_path / f"{i}.whymem" for i in range(3)]
    source = """
import os
LOG = {}
def note(n):
    for i in range(n):
        LOG[len(LOG)] = bytes(431)  # note
def other(n):
    for i in range(n):
        LOG[len(LOG)] = bytes(463)  # other
note(20000)
ready = os.getpid()
"""
    with Traced(python, tmp_path, source) as target:
        for file, command in zip(files, ("other(5000)", "note(1)", "pass")):
            harness.run("snap", target.pid, "-o", file)
            target.do(command)
        watched = harness.ask("watch", target.pid, "--count", 2, "--every", "0.2s")
    made = harness.ask("diff", *files)
    for rows, name in ((harness.ask("diff", *files[:2])["rows"], "note"), (made["growth"], "note"), (made["rows"], "other")):
        row = next(row for row in rows if row["path"] == "__main__.LOG")
        assert origin(row) == ("program.py", target.line[name])
        assert 0 < row["allocated_bytes"] <= row["after_bytes"]
    assert all(row["allocated_file"] for row in watched["rows"] if row["path"] == "__main__.LOG")
    shown = harness.run("diff", *files, env={**os.environ, "COLUMNS": "200"}).stdout
    assert f"program.py:{target.line['other']} other" in shown and f"program.py:{target.line['note']} note" in shown


def test_lines_weigh_what_run_reports(python, tmp_path):
    """Bytes of a line over all objects are what is alive of it, but for rounding and debug hooks."""
    if not is_traceable(python):
        pytest.skip("not traced yet")
    with Traced(python, tmp_path, PROGRAM) as target:
        document = harness.ask("types", target.pid, "--by", "line", "--top", 0)
        report = target.end()
    objects = document["rows"]
    weights = collections.Counter()
    for row in objects:
        if row["file"] == str(target.script):
            weights[row["line"]] += row["self_bytes"]
    alive, counts = collections.Counter(), collections.Counter()
    for site in report["sites"]:
        if site["file"] == str(target.script):
            alive[site["line"]] += site["live_bytes"]
            counts[site["line"]] += site["live_count"]
    for name in ("name", "values", "load", "cache", "cycle", "link", "keep", "parsed"):
        line = target.line[name]
        extra = 80 if harness.version_of(python)[3] else 16
        assert alive[line] <= weights[line] <= alive[line] + extra * counts[line], name


def without_time(document):
    """Without what tells when it was asked."""
    if isinstance(document, list):
        return [without_time(item) for item in document]
    if not isinstance(document, dict):
        return document
    return {name: without_time(value) for name, value in document.items()
            if name not in ("capture", "target", "mean_age_ns", "oldest_age_ns")}


def test_same_answers_from_a_file(traced, python, tmp_path):
    """Of a process that stands still."""
    target, _ = traced(python)
    snapshot = tmp_path / "still.whymem"
    os.kill(target.pid, 19)
    try:
        harness.run("snap", target.pid, "-o", snapshot)
        for args in (["types", "--by", "line"], ["why", "__main__.CACHE"], ["types", "--only", "line:program.py:%d" % target.line["cache"]]):
            live, file = (harness.ask(args[0], source, *args[1:]) for source in (target.pid, snapshot))
            assert without_time(live) == without_time(file)
    finally:
        os.kill(target.pid, 18)


def test_why_shows_the_stack(traced, python):
    target, snapshot = traced(python)
    population = harness.ask("types", snapshot, "--by", "line", "--top", 0)["rows"]
    assert sum(row["self_bytes"] for row in population) == harness.ask(snapshot)["objects"]["bytes"]
    document = harness.ask("why", snapshot, "__main__.CACHE")
    places = [(os.path.basename(frame["file"]), frame["function"]) for frame in document["allocated_stack"]]
    assert places[:2] == [("program.py", "fill"), ("program.py", "<module>")]
    document = harness.ask("why", snapshot, "__main__.parsed[*]")
    assert document["allocated"][0]["line"] == target.line["parsed"]
    assert document["allocated"][0]["object_count"] == 5000
    assert 5000 * 480 <= document["allocated"][0]["bytes"] <= 5000 * 560
    assert "program.py:%d" % target.line["parsed"] in harness.run("why", snapshot, "__main__.parsed[*]").stdout


def test_selection_by_line(traced, python):
    target, snapshot = traced(python)
    for name, count, type_ in (("cache", 20000, "bytes"), ("keep", 8000, "bytes"), ("cycle", 3000, "bytearray")):
        selection = f"line:program.py:{target.line[name]} & type:{type_}"
        assert harness.ask("types", snapshot, "--only", selection)["matched"]["count"] == count
    selection = f"line:{target.script}:{target.line['cache']}"
    lines = [json.loads(line) for line in harness.run("rows", snapshot, "--only", selection).stdout.splitlines()]
    made = [row for row in lines if "id" in row]
    assert len(made) == harness.ask("types", snapshot, "--only", selection)["matched"]["count"] >= 20000
    assert {(row["allocated_file"], row["allocated_line"]) for row in made} == {(str(target.script), target.line["cache"])}
    assert harness.ask("types", snapshot, "--only", "line:program.py:1")["matched"]["count"] == 0
    row = harness.ask("types", snapshot, "--by", "line", "--sort", "count")["rows"][0]
    matched = harness.ask("types", snapshot, "--only", f'line:"{row["name"]}"')["matched"]
    assert matched["count"] >= row["count"]


def test_findings_name_the_line(traced, python):
    target, snapshot = traced(python)
    findings = harness.ask("advice", snapshot, "--top", 0)["findings"]
    by_rule = {(row["rule"], row["path"]): row for row in findings}
    unbounded = by_rule["unbounded_container", "__main__.CACHE"]
    assert origin(unbounded) == ("program.py", target.line["cache"])
    assert unbounded["evidence"]["grown_line"] == target.line["cache"]
    garbage = [row for row in findings if row["rule"].startswith("garbage")]
    assert [origin(row)[0] for row in garbage] == ["program.py"]
    assert origin(garbage[0])[1] in (target.line["cycle"], target.line["link"])


def test_native_memory_that_c_code_lost(python, tmp_path):
    if not is_traceable(python):
        pytest.skip("not traced yet")
    source = """
import ctypes, os
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
def lose(n):
    for _ in range(n):
        libc.memset(libc.malloc(1000), 1, 1000)  # lost
lose(20000)
ready = os.getpid()
"""
    with Traced(python, tmp_path, source) as target:
        snapshot = tmp_path / "s.whymem"
        harness.run("snap", target.pid, "-o", snapshot)
        row = harness.ask("native", snapshot)["unowned"][0]
        finding = next(row for row in harness.ask("advice", snapshot)["findings"] if row["rule"] == "native_unowned")
    assert origin(row) == origin(finding) == ("program.py", target.line["lost"])
    assert not row["reachable"] and 19900 <= row["block_count"] <= 20000
    assert row["block_count"] * 1000 <= row["resident_bytes"] <= 20000 * 1008


# ---- the memory of the tracer ----

def map_lines(pid):
    with open(f"/proc/{pid}/maps") as file:
        for line in file:
            begin, end, mode, offset, path = re.match(
                r"(\w+)-(\w+) (\S+) (\w+) \S+ \d+ *(.*)", line).groups()
            yield int(begin, 16), int(end, 16), mode, int(offset, 16), path


def resident(pid, begin, end):
    """Resident bytes of pages that were written to: zeros that were only read are nobody's."""
    with open(f"/proc/{pid}/pagemap", "rb") as file:
        file.seek(begin // 4096 * 8)
        entries = struct.unpack(f"<{(end - begin) // 4096}Q", file.read((end - begin) // 4096 * 8))
    with open(f"/proc/{pid}/mem", "rb") as memory:
        n = 0
        for i, entry in enumerate(entries):
            if entry >> 63:
                memory.seek(begin + i * 4096)
                n += 4096 * (memory.read(4096).strip(b"\0") != b"")
    return n


def agent_bytes(pid):
    """From the anchor on, as trace/tags.h says; and the maps that bear its name."""
    maps = list(map_lines(pid))
    own = [entry for entry in maps if entry[4].endswith("/whymem-agent.so")]
    end_of_module = max(end for _, end, *_ in own)
    own += [entry for entry in maps if entry[0] == end_of_module and not entry[4]]
    table = [entry for entry in maps if entry[4].startswith("/memfd:whymem trace")]
    symbols = subprocess.run(["nm", "-D", own[0][4]], capture_output=True, text=True, check=True).stdout
    anchor = int(re.search(r"(\w+) \w whymem_agent_anchor", symbols).group(1), 16) + own[0][0]
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        def words(address, n):
            memory.seek(address)
            return struct.unpack(f"<{n}Q", memory.read(n * 8))
        leaves = [leaf for leaf in words(words(anchor, 4)[2], 1 << 21) if leaf]
    private = sum(resident(pid, begin, begin + (1 << 24) + 4096) for begin in leaves)
    return private, own, table


def rss_of(pid, wanted):
    n, is_wanted = 0, False
    with open(f"/proc/{pid}/smaps") as file:
        for line in file:
            if re.match(r"\w+-\w+ ", line):
                is_wanted = int(line.split("-")[0], 16) in wanted
            elif is_wanted and line.startswith("Rss:"):
                n += int(line.split()[1]) * 1024
    return n


def test_account_of_a_traced_process(traced, python):
    target, _ = traced(python)
    document = harness.ask(target.pid)
    parts = {row["part"]: row["bytes"] for row in document["account"]}
    assert sum(n for part, n in parts.items() if "." not in part) == document["memory"]["rss_bytes"]
    assert parts["unexplained"] <= document["memory"]["rss_bytes"] // 1000
    assert parts["shared"] == 0
    tags, own, table = agent_bytes(target.pid)
    expected = tags + rss_of(target.pid, {begin for begin, *_ in own + table})
    assert expected * 0.99 <= parts["tracer"] <= expected * 1.02 + (1 << 20)
    assert not [row for row in document["findings"] if row["rule"] == "tracer_tables"]
    assert not [row for row in harness.ask("retained", target.pid)["rows"] if "whymem" in (row["path"] or "")]


def test_nothing_is_known_of_others(python, tmp_path):
    with harness.Target(python, "data = {i: str(i) for i in range(200000)}") as target:
        document = harness.ask(target.pid)
        rows = harness.ask("types", target.pid, "--by", "line")["rows"]
        done = harness.run("types", target.pid, "--only", "line:a.py:1", check=False)
        why = harness.ask("why", target.pid, "__main__.data")
    assert all(row["allocated_file"] is None and row["allocated_bytes"] is None for row in document["holders"])
    assert [row["name"] for row in rows] == ["not traced"]
    assert done.returncode == 2 and "whymem run" in done.stderr
    assert why["allocated"] is None and why["allocated_stack"] is None


def innermost_child(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        children = file.read().split()
    return innermost_child(int(children[0])) if children else pid


def test_in_a_pid_namespace(python, tmp_path):
    """The tracer knows the process by another number than whymem does."""
    if not is_traceable(python) or os.geteuid():
        pytest.skip("needs root, and a Python that is traced")
    source = "import os\ndata = [bytes(431) for _ in range(5000)]  # data\nready = os.getpid()\n"
    if subprocess.run(["unshare", "-p", "-f", "--mount-proc", "true"], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("no namespaces can be made here")
    with Traced(python, tmp_path, source, before=["unshare", "-p", "-f", "--mount-proc"]) as target:
        pid = innermost_child(target.process.pid)
        assert pid != target.ready
        row = next(row for row in harness.ask(pid)["holders"] if row["path"] == "__main__.data")
        assert origin(row) == ("program.py", target.line["data"])


def test_child_has_sites_of_its_own(python, tmp_path):
    """What a forked child allocates is told of the child; what it inherited is told as in the parent."""
    if not is_traceable(python):
        pytest.skip("not traced yet")
    source = """
import os, sys, time
inherited = [bytes(431) for _ in range(5000)]  # inherited
down, up = os.pipe()
child = os.fork()
if not child:
    own = [bytes(463) for _ in range(7000)]  # own
    os.write(up, b'x')
    time.sleep(300)
    os._exit(0)
os.read(down, 1)
ready = os.getpid()
"""
    with Traced(python, tmp_path, source) as target:
        child = target.do("answer = child")
        try:
            holders = {row["path"]: row for row in harness.ask(child)["holders"]}
            for name in ("inherited", "own"):
                assert origin(holders["__main__." + name]) == ("program.py", target.line[name]), name
        finally:
            os.kill(child, 9)


# ---- ages ----

AGES = """
import os, time
class Batch:
    __slots__ = ('data', 'i')
    def __init__(self, i):
        self.i = i
        self.data = bytes(2000)
def make(n):
    born.append(time.time())
    return [Batch(n) for _ in range(n)]
born = []
batches = [make(3000)]
time.sleep(1.6)
batches.append(make(1000))
time.sleep(0.7)
batches.append(make(500))
def fork():
    child = os.fork()
    if child:
        return child
    born.append(time.time())
    late = [Batch(70) for _ in range(70)]
    time.sleep(600)
ready = os.getpid()
"""


def ages_of(pid):
    """Of the batches."""
    rows = [json.loads(line) for line in harness.run("rows", pid, "--only", "type:Batch").stdout.splitlines()]
    return [row["age_ns"] for row in rows if row.get("type") == "Batch"]


@pytest.fixture
def aged(python, tmp_path):
    if not is_traceable(python):
        pytest.skip("not traced yet")
    with Traced(python, tmp_path, AGES) as target:
        yield target


def test_ages(aged):
    """Those that the program's own clock tells."""
    begin = time.time()
    ages = sorted(ages_of(aged.pid), reverse=True)
    end = time.time()
    born = aged.do("answer = born")
    assert len(ages) == 4500
    for (first, last), then in zip(((0, 3000), (3000, 4000), (4000, 4500)), born):
        for age in (ages[first], ages[last - 1]):
            assert begin - then - 0.5 <= age / 1e9 <= end - then + 0.25
    document = harness.ask("types", aged.pid, "--only", "type:Batch & age:>%dms" % ((time.time() - born[1]) * 1000 + 400))
    assert document["matched"]["count"] == 3000
    row = harness.ask("types", aged.pid, "--only", "type:Batch")["rows"][0]
    now, weights = time.time(), (3000, 1000, 500)
    mean = sum(weight * (now - then) for weight, then in zip(weights, born)) / 4500
    assert mean - 3 <= row["mean_age_ns"] / 1e9 <= mean + 0.5
    assert row["oldest_age_ns"] > row["mean_age_ns"]
    line = harness.ask("why", aged.pid, "type:Batch")["allocated"][0]
    assert line["object_count"] == 4500 and line["oldest_age_ns"] >= row["oldest_age_ns"]


def test_classes_of_ages(aged, tmp_path):
    """What --by age prints can be selected, and holds what it says."""
    harness.run("snap", aged.pid, "-o", tmp_path / "s.whymem")
    bounds = {"<1s": (0, 1), "1s-10s": (1, 10), "10s-1min": (10, 60), "1min-10min": (60, 600)}
    rows = [json.loads(line) for line in harness.run("rows", tmp_path / "s.whymem").stdout.splitlines()]
    ages = [row["age_ns"] for row in rows if row.get("address")]
    for row in harness.ask("types", tmp_path / "s.whymem", "--by", "age", "--top", 0)["rows"]:
        low, high = bounds.get(row["name"], (None, None))
        count = sum(low <= age / 1e9 < high if low is not None and age is not None else low is age for age in ages)
        assert row["count"] == count
        selected = harness.ask("types", tmp_path / "s.whymem", "--only", "age:" + row["name"])
        assert selected["matched"]["count"] == count


def test_ages_in_a_forked_child(aged):
    """What it was born with is as old as in its parent."""
    child = aged.do("answer = fork()")
    time.sleep(1)
    ages = sorted(ages_of(child))
    now, born = time.time(), aged.do("answer = born")
    os.kill(child, 9)
    assert len(ages) == 4570
    assert ages[69] / 1e9 < 3 and now - born[2] - 2 < ages[70] / 1e9 and now - born[0] - 2 < ages[-1] / 1e9 < now - born[0] + 0.25


def test_no_ages_when_nobody_sets_the_clock(aged):
    """The process outlives the run of whymem that traced it."""
    aged.process.kill()
    time.sleep(5.5)
    assert set(ages_of(aged.pid)) == {None}
    rows = harness.ask("types", aged.pid, "--by", "age")["rows"]
    assert [row["name"] for row in rows] == ["not known"] and rows[0]["mean_age_ns"] is None


@pytest.mark.parametrize("text", ["1h", ">", ">=", "<0s", "10", "1h-1min", "1s-1s", "5weeks", ">1h2", "-1s", "1e99d-2e99d", ""])
def test_bad_ages(traced, python, text):
    _, snapshot = traced(python)
    done = harness.run("types", snapshot, "--only", "age:" + text, check=False)
    assert done.returncode == 2 and "age" in done.stderr
