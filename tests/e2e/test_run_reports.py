"""Reports of whymem run: rows of every kind, trees, exports read back, saved traces, growth in time, comparisons."""
import csv
import gzip
import itertools
import json
import shutil
import subprocess
import xml.etree.ElementTree

import harness
import pytest
from test_cli import check_document, check_screen
from test_run import HEADER_BYTES, traced  # noqa: F401: a fixture

COUNTS = ["peak_bytes", "live_bytes", "live_count", "allocated_bytes", "allocation_count", "temporary_count"]
SOURCE = """
import json, threading, itertools
def load(n):
    rows = [None] * n
    for i in itertools.repeat(None, n):
        rows[n - 1] = bytes(2000)  # load
    for i, _ in enumerate(itertools.repeat(None, n)):
        rows[i] = bytes(3000)  # rows
    return rows
def outer(n):
    return load(n)  # outer
class Shop:
    def fill(self):
        self.parsed = json.loads('[' + ','.join('"%0100d"' % i for i in range(1000)) + ']')  # parse
def deep(n):
    return [bytes(1000), deep(n - 1)] if n else None  # deep
kept = outer(100)
other = load(50)
shop = Shop()
shop.fill()
chain = deep(200)
def work():
    global made
    made = [bytes(5000) for _ in range(100)]  # thread
thread = threading.Thread(target=work, name='loader; <&> "quoted"')
thread.start()
thread.join()
"""


@pytest.fixture(scope="module")
def traced_python():
    return next(p for p in harness.pythons() if (3, 11) <= harness.version_of(p)[:2] <= (3, 13))


@pytest.fixture(scope="module")
def saved(traced_python, tmp_path_factory):
    """The script, and its trace."""
    folder = tmp_path_factory.mktemp("saved")
    script, trace = folder / "shop.py", folder / "shop.whymem"
    script.write_text(SOURCE)
    harness.run("run", "--save", trace, "-o", folder / "report.json", "--python", traced_python, script)
    return script, trace


def line_of(source, name):
    return next(i for i, line in enumerate(source.splitlines(), 1) if line.endswith(f"# {name}"))


def ask(trace, *words):
    """The document; that of all rows is large, and like the shorter one as far as its schema goes."""
    text = harness.run("run", "--from", trace, "--json", *words).stdout
    return json.loads(text) if "0" in words else check_document(text, "run")


def test_file_is_the_run(saved):
    """What the run reported, whymem run --from and whymem FILE are one document."""
    script, trace = saved
    ran = check_document((script.parent / "report.json").read_text(), "run")
    read, explained = ask(trace), check_document(harness.run(trace, "--json").stdout, "run")
    assert explained == read
    assert (ran["capture"].pop("method"), read["capture"].pop("method")) == ("traced", "file")
    assert ran == read
    assert read["capture"]["program"] == "shop.py"


def test_a_trace_is_no_heap(saved):
    for words, remedy in ((["types", saved[1]], "whymem run --from"), (["rows", saved[1]], "whymem run --from"),
                          (["diff", "--by", "class", saved[1], saved[1]], "use line or function")):
        done = harness.run(*words, check=False)
        assert done.returncode == 2 and remedy in done.stderr


def test_a_heap_is_no_trace(traced_python, tmp_path):
    with harness.Target(traced_python, "x = 1") as target:
        harness.run("snap", target.pid, "-o", tmp_path / "a")
    done = harness.run("run", "--from", tmp_path / "a", check=False)
    assert done.returncode == 2 and "holds no trace" in done.stderr


def test_arguments_are_not_saved(traced_python, tmp_path):
    (tmp_path / "a.py").write_text("x = 1")
    harness.run("run", "--save", tmp_path / "t", "-o", tmp_path / "o", "--python", traced_python, tmp_path / "a.py", "secret-word")
    raw = harness.run("run", "--from", tmp_path / "t", "--json").stdout
    assert "secret-word" not in raw and json.loads(raw)["capture"]["program"] == "a.py"


@pytest.mark.parametrize("options", [["--by", by] for by in ("line", "function", "module", "file", "thread")]
                         + [["--threads"], ["--fold"], ["--fold", "--threads", "--by", "module"]], ids=" ".join)
def test_rows_add_up(saved, options):
    document = ask(saved[1], "--top", "0", *options)
    for key in COUNTS:
        assert sum(site[key] for site in document["sites"]) + document["rest"][key] == document["totals"][key]
    cut = ask(saved[1], "--top", "3", *options)
    assert len(cut["sites"]) <= 3 and cut["totals"] == document["totals"]
    for key in COUNTS:
        assert sum(site[key] for site in cut["sites"]) + cut["rest"][key] == document["totals"][key]


@pytest.mark.parametrize("sort,key", [("peak", "peak_bytes"), ("live", "live_bytes"), ("allocated", "allocated_bytes"),
                                      ("count", "allocation_count"), ("temporary", "temporary_count")])
def test_order(saved, sort, key):
    values = [site[key] for site in ask(saved[1], "--top", "0", "--sort", sort)["sites"]]
    assert values == sorted(values, reverse=True) and values[0] > 0


def test_a_function_with_what_it_called(saved):
    script, trace = saved
    rows = {site["function"]: site for site in ask(trace, "--by", "function", "--top", "0")["sites"]
            if site["file"] == str(script)}
    block = 3000 + HEADER_BYTES
    assert 0 <= rows["load"]["live_bytes"] - 150 * block < 5000
    # Recursion counts each block once.
    deep = 200 * (1000 + HEADER_BYTES)
    assert rows["deep"]["inclusive_live_bytes"] == rows["deep"]["live_bytes"]
    assert 0 <= rows["deep"]["live_bytes"] - deep < 200 * 200
    shop = next(s for s in ask(trace, "--by", "file", "--top", "0")["sites"] if s["file"] == str(script))
    assert shop["inclusive_live_bytes"] >= shop["live_bytes"] + 1000 * 149


def test_folded_libraries(saved):
    """What json allocates counts for the line that called it."""
    script, trace = saved
    line = line_of(SOURCE, "parse")
    plain = [s for s in ask(trace, "--top", "0")["sites"] if s["file"] == str(script) and s["line"] == line]
    folded = [s for s in ask(trace, "--top", "0", "--fold")["sites"] if s["file"] == str(script) and s["line"] == line]
    assert sum(s["live_bytes"] for s in plain) < 1000 * 149 <= sum(s["live_bytes"] for s in folded)
    assert not any(s["module"] == "json.decoder" for s in ask(trace, "--top", "0", "--fold")["sites"])


def test_code_and_callers(saved):
    script, trace = saved
    site = next(s for s in ask(trace)["sites"] if s["file"] == str(script) and s["line"] == line_of(SOURCE, "rows"))
    assert site["source"] == "rows[i] = bytes(3000)  # rows"
    assert [step["function"] for step in site["steps"]] == ["outer", "<module>"]
    assert site["steps"][0]["line"] == line_of(SOURCE, "outer")


def test_code_that_changed_is_not_shown(traced_python, tmp_path):
    script = tmp_path / "a.py"
    script.write_text("kept = [bytes(10_000) for _ in range(500)]  # one\n")
    harness.run("run", "--save", tmp_path / "t", "-o", tmp_path / "o", "--python", traced_python, script)
    assert ask(tmp_path / "t")["sites"][0]["source"].endswith("# one")
    script.write_text("# another\n")
    assert ask(tmp_path / "t")["sites"][0]["source"] is None


def test_threads(saved):
    document = ask(saved[1], "--top", "0")
    threads = {row["thread"]: row for row in document["threads"]}
    name = 'loader; <&> "quoted"'
    assert threads[name]["live_bytes"] >= 100 * (5000 + HEADER_BYTES)
    for key in COUNTS:
        assert sum(row[key] for row in document["threads"]) == document["totals"][key]
    by_thread = {row["thread"]: row for row in ask(saved[1], "--by", "thread")["sites"]}
    assert by_thread[name]["live_bytes"] == threads[name]["live_bytes"]
    made = [s for s in document["sites"] if s["line"] == line_of(SOURCE, "thread") and s["live_bytes"] > 100_000]
    assert [s["thread"] for s in made] == [name]


# ---- lifetimes ----


def test_lifetimes(once, traced):  # noqa: F811
    """Blocks that stay, ones that are replaced now and then, and ones that nobody sees; the program tells its time."""
    run = traced("""
import itertools, time
kept, changed = [None] * 100, [None] * 100
begin = time.perf_counter()
for i in range(100):
    kept[i] = bytes(5000)  # kept
for n in range(5):
    for i in range(100):
        changed[i] = bytes(5000)  # changed
    for _ in itertools.repeat(None, 100_000):
        bytes(5000)  # gone
    time.sleep(0.5)
changed.clear()
print(time.perf_counter() - begin)
""")
    elapsed = float(run.done.stdout)
    ns = {name: [site["lifetime_ns"] for site in run.sites(name)] for name in run.lines}
    assert ns["kept"] == [pytest.approx(elapsed * 1e9, rel=0.2)]
    assert ns["changed"] == [pytest.approx(elapsed / 5 * 1e9, rel=0.2)]
    assert ns["gone"][0] is None or ns["gone"][0] < 100_000


def test_lifetime_of_what_was_inherited(once, traced):  # noqa: F811
    """A process does not know how long what it was born with is alive."""
    run = traced("""
import os, time
kept = [None] * 2
for i in range(2):
    child = os.fork() if i else None
    kept[i] = bytes(50_000)  # make
other = bytes(70_000)  # other
time.sleep(2)
if not child:
    os._exit(0)
os.wait()
""")
    child, = run.document["children"]
    theirs = {site["line"]: site["lifetime_ns"] for site in child["sites"] if site["file"] == str(run.script)}
    assert run.sites("make")[0]["lifetime_ns"] > 500_000_000
    assert theirs[run.lines["other"]] > 500_000_000
    assert theirs[run.lines["make"]] is None


# ---- trees ----


@pytest.mark.parametrize("options", [[], ["--threads"], ["--fold"], ["--by", "function"], ["--by", "module"]], ids=" ".join)
def test_tree(saved, options):
    ask(saved[1], "--tree", *options)
    document = ask(saved[1], "--tree", "--top", "0", *options)
    rows = {row["id"]: row for row in document["tree"]}
    children = {}
    for row in document["tree"]:
        assert row["parent"] is None or row["parent"] < row["id"]
        children.setdefault(row["parent"], []).append(row)
    assert sum(row["inclusive_peak_bytes"] for row in children[None]) == document["totals"]["peak_bytes"]
    for parent, below in children.items():
        sizes = [row["inclusive_peak_bytes"] for row in below]
        assert sizes == sorted(sizes, reverse=True)
        if parent is not None:
            assert sum(sizes) <= rows[parent]["inclusive_peak_bytes"]
    assert [row["id"] for row in document["tree"]] == list(range(len(rows)))


def test_inverted_tree(saved):
    document = ask(saved[1], "--inverted", "--top", "0", "--sort", "live")
    top = [row for row in document["tree"] if row["parent"] is None]
    assert sum(row["live_bytes"] for row in top) == document["totals"]["live_bytes"]
    load = next(row for row in top if row["file"] == str(saved[0]) and row["line"] == line_of(SOURCE, "rows"))
    callers = [row for row in document["tree"] if row["parent"] == load["id"]]
    assert {row["function"] for row in callers} == {"outer", "<module>"}
    assert sum(row["inclusive_live_bytes"] for row in callers) == load["live_bytes"]


# ---- exports ----


def export(saved, tmp_path, name, *options):
    path = tmp_path / name
    harness.run("run", "--from", saved[1], "-o", path, *options)
    return path


def test_collapsed(saved, tmp_path):
    totals = ask(saved[1])["totals"]
    for sort, key in (("peak", "peak_bytes"), ("live", "live_bytes"), ("allocated", "allocated_bytes")):
        lines = export(saved, tmp_path, f"{sort}.folded", "--sort", sort, "--threads").read_text().splitlines()
        assert sum(int(line.rsplit(" ", 1)[1]) for line in lines) == totals[key]
    assert any(line.startswith('loader, <&> "quoted";') for line in lines)


def test_speedscope(saved, tmp_path):
    document = json.loads(export(saved, tmp_path, "a.speedscope.json", "--sort", "live").read_text())
    totals = ask(saved[1])["totals"]
    names = ["alive at the end", "alive at the peak", "allocated", "allocations", "temporary allocations"]
    keys = ["live_bytes", "peak_bytes", "allocated_bytes", "allocation_count", "temporary_count"]
    assert [profile["name"] for profile in document["profiles"]] == names
    for profile, key in zip(document["profiles"], keys):
        assert len(profile["samples"]) == len(profile["weights"])
        assert sum(profile["weights"]) == profile["endValue"] == totals[key]
        assert {i for stack in profile["samples"] for i in stack} <= set(range(len(document["shared"]["frames"])))


def test_csv(saved, tmp_path):
    totals = ask(saved[1])["totals"]
    for options in ([], ["--by", "module"], ["--by", "thread"]):
        with open(export(saved, tmp_path, "a.csv", *options), newline="") as file:
            rows = list(csv.DictReader(file))
        for key in COUNTS:
            assert sum(int(row[key]) for row in rows) == totals[key]


def fields(data):
    """(number, value) of each field of a protobuf message; bytes of those that have a length."""
    at = 0

    def varint():
        nonlocal at
        value = 0
        for shift in itertools.count(0, 7):
            byte, at = data[at], at + 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        value = varint()
        if key & 7 == 2:
            at, value = at + value, data[at:at + value]
        else:
            assert key & 7 == 0
        yield key >> 3, value


def varints(data):
    values, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            values.append(value)
            value = shift = 0
    return values


def test_pprof(saved, tmp_path):
    path = export(saved, tmp_path, "a.pb.gz", "--sort", "live")
    profile = list(fields(gzip.decompress(path.read_bytes())))
    strings = [value.decode() for number, value in profile if number == 6]
    kinds = [strings[dict(fields(value))[1]] for number, value in profile if number == 1]
    totals = ask(saved[1])["totals"]
    keys = {"peak_space": "peak_bytes", "inuse_space": "live_bytes", "alloc_space": "allocated_bytes",
            "alloc_objects": "allocation_count", "temporary_objects": "temporary_count"}
    samples = [dict(fields(value)) for number, value in profile if number == 2]
    assert strings[0] == "" and sorted(kinds) == sorted(keys)
    for i, kind in enumerate(kinds):
        assert sum(varints(sample[2])[i] for sample in samples) == totals[keys[kind]]
    functions = {dict(fields(value))[1]: dict(fields(value)) for number, value in profile if number == 5}
    locations = {dict(fields(value))[1]: dict(fields(dict(fields(value))[4])) for number, value in profile if number == 4}
    for sample in samples:
        assert all(locations[i][1] in functions for i in varints(sample[1]))
    assert strings[next(value for number, value in profile if number == 14)] == "inuse_space"
    if shutil.which("go"):
        done = subprocess.run(["go", "tool", "pprof", "-raw", path], capture_output=True, text=True)
        assert done.returncode == 0 and "load" in done.stdout, done.stderr


def test_flame_graph(saved, tmp_path):
    totals = ask(saved[1])["totals"]
    for sort, key in (("peak", "peak_bytes"), ("count", "allocation_count")):
        text = export(saved, tmp_path, "a.svg", "--sort", sort, "--threads").read_text()
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
        root = xml.etree.ElementTree.fromstring(text)
        boxes = [box for box in root.iter("{http://www.w3.org/2000/svg}svg") if box.get("data-value")]
        assert int(boxes[0].get("data-value")) == totals[key]
        levels = {}
        for box in boxes:
            levels.setdefault(int(box.get("data-y")), []).append(
                (float(box.get("data-x")), float(box.get("data-w")), int(box.get("data-value"))))
        for level, row in levels.items():
            for (x, w, value), (next_x, _, _) in zip(sorted(row), sorted(row)[1:]):
                assert x + w <= next_x + 2  # boxes of a level do not overlap
            assert sum(value for _, _, value in row) <= totals[key]
        if sort == "peak":
            assert any('loader; <&> "quoted"' in title.text for title in root.iter("{http://www.w3.org/2000/svg}title"))


def test_format_by_name(saved):
    by_suffix = harness.run("run", "--from", saved[1], "--format", "csv").stdout
    assert by_suffix.startswith("file,line,function")
    assert json.loads(harness.run("run", "--from", saved[1], "--format", "json").stdout)["command"] == "run"
    assert harness.run("run", "--from", saved[1], "--format", "csv", "--json", check=False).returncode == 2


def test_export_of_a_run(traced_python, tmp_path):
    done = harness.run("run", "--python", traced_python, "-o", tmp_path / "a.svg", "-c", "print('out')")
    assert (done.stdout, done.stderr) == ("out\n", "")
    assert xml.etree.ElementTree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")


@pytest.mark.parametrize("options", [[], ["--tree"], ["--inverted"], ["--by", "function"], ["--threads", "--sort", "count"],
                                     ["--window", "0,1"], ["--at", "0.1s"]], ids=" ".join)
def test_screens(saved, options):
    for width in ("40", "80", "120"):
        shown = harness.run("run", "--from", saved[1], *options, env={"COLUMNS": width, "LC_ALL": "C.UTF-8", "PATH": "/bin"})
        assert shown.stderr == ""
        check_screen(shown.stdout, int(width))


# ---- time ----

GROWING = """
import sys, time
kept, cache = [], {}
print('ready', flush=True)
start = time.monotonic()
for i in range(130):
    kept.append(bytes(20_000))  # grows
    cache[i % 10] = bytes(30_000)  # bounded
    if 40 <= i < 60:
        phase = bytes(3_000_000)  # phase
    else:
        phase = None
    time.sleep(max(0, start + (i + 1) * 0.02 - time.monotonic()))
"""


def test_growth(traced_python, tmp_path):
    script, trace = tmp_path / "a.py", tmp_path / "t"
    script.write_text(GROWING)
    harness.run("run", "--save", trace, "-o", tmp_path / "o", "--python", traced_python, script)
    document = ask(trace)
    growth = {row["line"]: row for row in document["growth"] if row["file"] == str(script)}
    grows, bounded = growth[line_of(GROWING, "grows")], growth[line_of(GROWING, "bounded")]
    assert grows["is_steady"] and not bounded["is_steady"]
    assert grows["rate_bytes_per_second"] > 100_000 and grows["end_bytes"] >= 130 * (20_000 + HEADER_BYTES)
    assert sum(row["delta_bytes"] for row in document["growth"]) + document["growth_rest"]["delta_bytes"] \
        == document["window"]["delta_bytes"]
    assert "grew all the time" in harness.run(trace).stdout
    middle = document["peak_time_ns"] / 1e9
    then = {row["line"]: row["live_bytes"] for row in ask(trace, "--at", f"{middle}s")["at"]["rows"]
            if row["file"] == str(script)}
    assert then[line_of(GROWING, "phase")] == 3_000_000 + HEADER_BYTES
    window = ask(trace, "--window", f"{middle},100")
    lost = next(row for row in window["growth"] if row["line"] == line_of(GROWING, "phase"))
    assert lost["delta_bytes"] == -(3_000_000 + HEADER_BYTES) and window["window"]["end_ns"] > window["window"]["begin_ns"]


# ---- comparisons ----

BEFORE = """
def load(n):
    rows = []
    for i in range(n):
        rows.append('row %d' % i)  # row
    return rows
def index(rows):
    return {row: [row] for row in rows}  # index
rows = load(5000)
found = index(rows)
other = [bytes(1000) for _ in range(100)]  # other
"""
AFTER = """
# A comment

def load(n):
    rows, more = [], []
    for i in range(n):
        rows.append('row %d' % i)  # row
        more.append(bytes(200))  # more
    return rows, more
def index(rows):
    table = {row: [row] for row in rows}  # index
    return table
rows, more = load(5000)
found = index(rows)
other = [bytes(1000) for _ in range(100)]  # other
"""


@pytest.fixture(scope="module")
def versions(traced_python, tmp_path_factory):
    """Traces of two versions of a program, in two folders."""
    traces = []
    for source in (BEFORE, AFTER):
        folder = tmp_path_factory.mktemp("version")
        (folder / "app.py").write_text(source)
        harness.run("run", "--save", folder / "t", "-o", folder / "o", "--python", traced_python, folder / "app.py")
        traces.append(folder / "t")
    return traces


def compare(versions, *words, check=True):
    done = harness.run("diff", *versions, "--json", *words, check=check)
    return json.loads(done.stdout) if "0" in words else check_document(done.stdout, "diff"), done.returncode


def test_moved_lines_are_the_same(versions):
    document, _ = compare(versions, "--top", "0")
    assert document["by"] == "line" and document["account"] is None
    rows = {row["line"]: row for row in document["rows"] if (row["file"] or "").endswith("app.py") and not row["is_gone"]}
    for name in ("row", "other"):
        row = rows[line_of(AFTER, name)]
        assert row["before_line"] == line_of(BEFORE, name) and not row["is_new"]
        assert abs(row["delta_peak_bytes"]) < 1000, name
    more = rows[line_of(AFTER, "more")]
    assert more["is_new"] and more["before_line"] is None and more["before_bytes"] == 0
    assert more["delta_bytes"] >= 5000 * (200 + HEADER_BYTES)
    index = rows[line_of(AFTER, "index")]  # its text changed
    assert index["before_line"] == line_of(BEFORE, "index") and not index["is_new"]
    assert document["rows"][0]["line"] == line_of(AFTER, "more")


@pytest.mark.parametrize("by", ["line", "function"])
@pytest.mark.parametrize("sort", ["peak", "live", "allocated"])
def test_changes_add_up(versions, by, sort):
    for top in ("0", "2"):
        document, _ = compare(versions, "--by", by, "--sort", sort, "--top", top)
        before, after = (capture[f"{sort}_bytes"] for capture in document["captures"])
        assert sum(row["delta_bytes"] for row in document["rows"]) + document["rest"]["delta_bytes"] == after - before


def test_nothing_changed(versions):
    document, _ = compare([versions[0], versions[0]], "--top", "0")
    assert not any(row["delta_bytes"] or row["is_new"] or row["is_gone"] for row in document["rows"])
    assert document["verdict"]["kind"] == "small"


def test_expectations_of_traces(versions):
    line = line_of(AFTER, "more")
    document, status = compare(versions, "--expect", "peak < 500%", "--expect", f"app.py:{line} < 10MiB",
                               "--expect", "load < +10MiB", "--expect", "app.load > +1MB", "--expect", "live > 1MiB")
    assert status == 0 and [row["ok"] for row in document["expect"]] == [True] * 5
    document, status = compare(versions, "--expect", "load < +1MiB", "--expect", "nothing < 1", check=False)
    assert status == 1
    assert [(row["ok"], row["value"] is None) for row in document["expect"]] == [(False, False), (False, True)]


def test_screens_of_changes(versions):
    for width in ("40", "80", "120"):
        for by in ("line", "function"):
            shown = harness.run("diff", *versions, "--by", by, env={"COLUMNS": width, "LC_ALL": "C.UTF-8", "PATH": "/bin"})
            check_screen(shown.stdout, int(width))
