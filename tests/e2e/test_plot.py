"""whymem plot: samples against what processes say of themselves, files of mprof against their own lines, pictures."""
import json
import os
import pathlib
import re
import signal
import statistics
import struct
import subprocess
import time
import xml.etree.ElementTree
import zlib

import harness
import pytest
from test_cli import check_document, check_screen, on_terminal

RECORDINGS = pathlib.Path(__file__).with_name("mprof")
MIB = 1 << 20
PAGES = 400 * 1024  # what a kernel may hold back in counters of its processors
STEPS = """
import json, time
def resident():
    return int(open('/proc/self/statm').read().split()[1]) * 4096
kept, told = [], []
for n in (0, 40, 20, 60):
    del kept[n:]
    kept += [bytearray(b'x' * 1_000_000) for _ in range(n - len(kept))]
    told.append((time.time(), resident()))
    time.sleep(0.25)
    told.append((time.time(), resident()))
print(json.dumps(told))
"""


@pytest.fixture
def any_python():
    """Sampling knows nothing of Python: one is enough."""
    return harness.pythons()[-1]


def plot(*words):
    return check_document(harness.run("plot", *words, "--json").stdout, "plot")


def run_plot(python, source, *options, status=0, folder):
    """Document and standard output of a program under whymem plot."""
    report = folder / "report.json"
    done = harness.run("plot", "--json", "-o", report, "--python", python, *options, "-c", source, check=False)
    assert done.returncode == status, done.stderr
    return check_document(report.read_text(), "plot"), done.stdout


def samples(document, series=0):
    return [(row["unix_ns"], row["bytes"]) for row in document["samples"] if row["series"] == series]


def check_sums(document):
    """What rows say about samples is what the samples say."""
    for row in document["series"]:
        points = samples(document, row["series"])
        times, sizes = [t for t, _ in points], [b for _, b in points]
        assert times == sorted(times) and row["sample_count"] == len(points)
        assert (row["begin_unix_ns"], row["end_unix_ns"]) == (times[0], times[-1])
        assert (row["first_bytes"], row["last_bytes"], row["peak_bytes"]) == (sizes[0], sizes[-1], max(sizes))
        assert row["peak_unix_ns"] == times[sizes.index(max(sizes))]


# ---- what is sampled ----


@pytest.mark.parametrize("figure", ["rss", "uss"])
def test_a_program_as_it_sees_itself(any_python, figure, tmp_path):
    document, out = run_plot(any_python, STEPS, "--interval", "10ms", "--of", figure, folder=tmp_path)
    told = [(round(seconds * 1e9), size) for seconds, size in json.loads(out)]
    check_sums(document)
    assert document["figure"] == figure and document["exit"] == {"status": 0, "signal": None}
    levels = []
    for (begin, size), (end, _) in zip(told[::2], told[1::2]):
        inside = statistics.median_low([b for t, b in samples(document) if begin + 20_000_000 < t < end])
        assert figure != "rss" or abs(inside - size) < PAGES
        levels.append((inside, size))
    slack = 2 * PAGES if figure == "rss" else 8 << 20  # pages of libraries are its own only while nobody else maps them
    for (ours, theirs), (ours_before, theirs_before) in zip(levels[1:], levels):
        assert abs((ours - ours_before) - (theirs - theirs_before)) < slack
    if figure == "rss":
        assert document["runs"][0]["kernel_peak_bytes"] >= max(size for _, size in told) - PAGES


def test_samples_come_at_even_times(any_python, tmp_path):
    document, _ = run_plot(any_python, "import time; time.sleep(1)", "--interval", "20ms", folder=tmp_path)
    [run] = document["runs"]
    times = [t for t, _ in samples(document)]
    steps = round((times[-1] - times[0]) / 20_000_000)
    assert abs(steps - (run["sample_count"] - 1 + run["late_count"])) <= 1
    assert run["interval_ns"] == 20_000_000


def test_psutil_says_so_too(tmp_path):
    python = harness.python_with("psutil")
    with harness.Target(python, "import psutil; KEPT = bytearray(b'x' * 20_000_000)") as target:
        for figure in ("rss", "pss", "uss"):
            said = target.do(f"answer = getattr(psutil.Process().memory_full_info(), '{figure}')")
            document = plot(target.pid, "--for", "0.1", "--of", figure)
            others = 4 * MIB if figure == "pss" else 0  # who else maps the same libraries
            assert abs(document["runs"][0]["peak_bytes"] - said) < PAGES + others, figure


FAMILY = """
import os, subprocess, sys, time
inner = "import time; kept = bytearray(50_000_000); time.sleep(0.9)"
outer = f'''
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {inner!r}])
kept = bytearray(20_000_000)
time.sleep(0.5)
'''
children = [subprocess.Popen([sys.executable, "-c", outer]) for _ in range(2)]
kept = bytearray(10_000_000)
time.sleep(1)
"""


def test_children_and_theirs(any_python, tmp_path):
    """The inner ones outlive their parents and are seen to their end."""
    document, _ = run_plot(any_python, FAMILY, "--interval", "20ms", "--children", folder=tmp_path)
    check_sums(document)
    kinds = [row["kind"] for row in document["series"]]
    assert kinds == ["process", "total"] + ["child"] * 4
    peaks = [row["peak_bytes"] for row in document["series"]]
    assert all(peak > 50_000_000 for peak in peaks[2:4]) and all(20_000_000 < peak < 45_000_000 for peak in peaks[4:])
    assert 150_000_000 < peaks[1] <= peaks[0] + sum(peaks[2:])
    assert len(samples(document, 1)) == len(samples(document, 0))
    ends = {row["peak_bytes"] > 50_000_000: row["end_unix_ns"] for row in document["series"][2:]}
    assert ends[True] > ends[False]
    alone, _ = run_plot(any_python, FAMILY, folder=tmp_path)
    assert [row["kind"] for row in alone["series"]] == ["process"]


def test_a_running_process(python):
    with harness.Target(python, "KEPT = bytearray(b'x' * 5_000_000)") as target:
        document = plot(target.pid, "--for", "0.3", "--interval", "50ms")
        resident = target.do("answer = int(open('/proc/self/statm').read().split()[1]) * 4096")
        status = pathlib.Path(f"/proc/{target.pid}/status").read_text()
        assert abs(document["runs"][0]["peak_bytes"] - resident) < PAGES
        assert 5 <= document["runs"][0]["sample_count"] <= 8
        assert document["series"][0]["pid"] == target.pid and document["exit"] is None
        assert "TracerPid:\t0" in status


def start_plot(*words):
    process = subprocess.Popen([harness.WHYMEM, "plot", *map(str, words), "--json"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    time.sleep(0.4)
    return process


@pytest.mark.parametrize("end", ["SIGINT", "SIGTERM", "the end of the process"])
def test_what_ends_it(any_python, end):
    with harness.Target(any_python, "") as target:
        process = start_plot(target.pid, "--interval", "20ms")
        if end.startswith("SIG"):
            process.send_signal(getattr(signal, end))
        else:
            target.process.kill()
            target.process.wait()
        out, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, "")
        document = check_document(out, "plot")
        assert document["runs"][0]["sample_count"] >= 5
        assert min(b for _, b in samples(document)) > 1_000_000


@pytest.mark.parametrize("source,status,ending", [
    ("raise SystemExit(3)", 3, {"status": 3, "signal": None}),
    ("import os; os.kill(os.getpid(), 9)", 137, {"status": None, "signal": 9})])
def test_statuses(any_python, source, status, ending, tmp_path):
    document, _ = run_plot(any_python, "import time; time.sleep(0.1)\n" + source, status=status, folder=tmp_path)
    assert document["exit"] == ending


def test_a_program_behaves_as_without(any_python, tmp_path):
    source = "import json, os, sys; print(json.dumps([sys.argv, sys.stdin.read(), sorted(os.environ), " \
             "sorted(os.listdir('/proc/self/fd'))]))"
    words = [any_python, "-c", source, "a b", "--children", "-w"]
    plain = subprocess.run(words, input="words", capture_output=True, text=True)
    ours = subprocess.run([harness.WHYMEM, "plot", "-o", tmp_path / "out.svg", "--", *words], input="words",
                          capture_output=True, text=True)
    assert (ours.stdout, ours.stderr, ours.returncode) == (plain.stdout, "", 0)
    shown = subprocess.run([harness.WHYMEM, "plot", any_python, "-c", "print(1)"], capture_output=True, text=True)
    assert shown.stdout == "1\n" and "peak " in shown.stderr


CALLS = """
import json, time
told = []
def outer():
    begin = time.time()
    kept = [inner(20), inner(40)]
    told.append(['outer', begin, time.time()])
def inner(n):
    begin = time.time()
    kept = bytearray(n * 1_000_000)
    time.sleep(0.1)
    told.append(['inner', begin, time.time()])
    return kept
def other():
    time.sleep(0.01)
other()
outer()
print(json.dumps(told))
"""


@pytest.mark.parametrize("words,names", [(["--calls"], {"outer", "inner", "other"}), (["--func", "inner"], {"inner"})],
                         ids=["calls", "func"])
def test_calls(python, words, names, tmp_path):
    if harness.version_of(python) < (3, 11):
        pytest.skip("lines are watched from 3.11 on")
    script, report = tmp_path / "script.py", tmp_path / "report.json"
    script.write_text(CALLS)
    done = harness.run("plot", *words, "--json", "-o", report, "--interval", "10ms", "--python", python, script)
    document = check_document(report.read_text(), "plot")
    found = {name: [row for row in document["spans"] if row["function"] == name] for name in ("outer", "inner", "other")}
    assert {name for name, rows in found.items() if rows} == names
    for name, begin, end in json.loads(done.stdout):
        if name not in names:
            continue
        row = min(found[name], key=lambda row: abs(row["begin_unix_ns"] - begin * 1e9))
        assert abs(row["begin_unix_ns"] - begin * 1e9) < 20_000_000 and abs(row["end_unix_ns"] - end * 1e9) < 20_000_000
        if name == "inner" and "outer" in names:
            assert row["level"] == found["outer"][0]["level"] + 1
    first, second = found["inner"]
    assert second["peak_bytes"] - first["peak_bytes"] > 35_000_000


def test_calls_of_nothing_that_runs():
    for words in (["1", "--calls"], [RECORDINGS / "children.dat", "--func", "f"], [RECORDINGS / "children.dat", "--for", "1"]):
        done = harness.run("plot", *words, "--json", check=False)
        assert done.returncode == 2 and check_document(done.stdout, "error")


# ---- files of mprof ----


def lines_of(path):
    """MEM, CHLD by pid and FUNC of a file, by another reader than ours."""
    memory, children, calls = [], {}, []
    for line in path.read_text().splitlines():
        word, *rest = line.split()
        if word == "MEM":
            memory.append((float(rest[1]), float(rest[0])))
        elif word == "CHLD" and rest[0] != "0":
            children.setdefault(int(rest[0]), []).append((float(rest[2]), float(rest[1])))
        elif word == "FUNC":
            calls.append((rest[0], *map(float, rest[1:5]), int(rest[5])))
    return memory, children, calls


def near(document, series, expected):
    found = samples(document, series)
    assert len(found) == len(expected)
    for (unix_ns, size), (seconds, mib) in zip(found, sorted(expected)):
        assert abs(unix_ns - seconds * 1e9) < 1000 and abs(size - mib * MIB) < 64


@pytest.mark.parametrize("name", ["functions", "together", "children", "attached"])
def test_a_recording(name):
    path = RECORDINGS / f"{name}.dat"
    document = plot(path)
    memory, children, calls = lines_of(path)
    for _, begin_mib, begin, end_mib, end, _ in calls:
        memory += [(begin, begin_mib), (end, end_mib)]
    check_sums(document)
    near(document, 0, memory)
    for row in document["series"]:
        if row["kind"] == "child":
            near(document, row["series"], children.pop(row["pid"]))
    assert not children
    found = [(row["function"], row["begin_unix_ns"] // 100_000, row["level"]) for row in document["spans"]]
    assert sorted(found) == sorted((name, round(begin * 1e4), level) for name, _, begin, _, _, level in calls)


def test_children_of_a_recording_are_added():
    document = plot(RECORDINGS / "children.dat")
    memory, children, _ = lines_of(RECORDINGS / "children.dat")
    starts = [seconds for seconds, _ in memory] + [float("inf")]
    for (_, total), (seconds, mib), following in zip(samples(document, 1), memory, starts[1:]):
        same_time = [m for points in children.values() for t, m in points if seconds <= t < following]
        assert abs(total - (mib + sum(same_time)) * MIB) < 256


def test_several_recordings():
    document = plot(RECORDINGS / "appended.dat", RECORDINGS / "functions.dat")
    assert [pathlib.Path(row["file"]).name for row in document["runs"]] == ["appended.dat"] * 2 + ["functions.dat"]
    shown = harness.run("plot", RECORDINGS / "appended.dat", RECORDINGS / "functions.dat").stdout
    assert all(name in shown for name in ("appended.dat, run 1", "appended.dat, run 2", "functions.dat"))
    assert "error" in harness.run("plot", RECORDINGS / "appended.dat", "-o", "x.dat", "--json", check=False).stdout


def test_the_file_that_is_written(tmp_path):
    for name in ("functions", "children", "together"):
        path = tmp_path / "copy.dat"
        harness.run("plot", RECORDINGS / f"{name}.dat", "-o", path)
        assert sorted(path.read_text().splitlines()) == sorted((RECORDINGS / f"{name}.dat").read_text().splitlines())


def test_mprof_reads_what_is_written(tmp_path, any_python):
    there = harness.python_with("memory_profiler")
    path = tmp_path / "ours.dat"
    harness.run("plot", "--children", "--python", any_python, "-o", path, "-c", FAMILY)
    said = subprocess.run([pathlib.Path(there).with_name("mprof"), "peak", path], capture_output=True, text=True,
                          check=True).stdout
    document = plot(path)
    theirs = sorted(float(mib) for mib in re.findall(r"([\d.]+) MiB", said))
    ours = sorted(row["peak_bytes"] / MIB for row in document["series"] if row["kind"] != "total")
    assert theirs == pytest.approx(ours, abs=0.01)


def test_a_window():
    path = RECORDINGS / "functions.dat"
    whole = plot(path)
    start = whole["runs"][0]["started_unix_ns"]
    part = plot(path, "--window", "0.2,0.5")
    inside = [(t, b) for t, b in samples(whole) if start + 200_000_000 <= t <= start + 500_000_000]
    assert samples(part) == inside
    assert part["runs"][0]["peak_bytes"] == max(b for _, b in inside)
    nothing = harness.run("plot", path, "--window", "500,600", "--json", check=False)
    assert nothing.returncode == 2 and check_document(nothing.stdout, "error")


DAMAGE = ["", "CMDLINE x\n", "MEM 1.0\nMEM 2.0 3.0\n", "MEM 1.0 1.0\nnonsense\n", "MEM nan 1\n", "\0" * 100, "x" * 100_000]


@pytest.mark.parametrize("text", DAMAGE, ids=range(len(DAMAGE)))
def test_damaged_files(text, tmp_path):
    path = tmp_path / "broken.dat"
    path.write_text(text)
    done = harness.run("plot", path, "--json", check=False)
    assert done.returncode == 3
    error = check_document(done.stdout, "error")["error"]
    assert error["kind"] == "corrupt_file" and str(path) in error["text"]


def test_a_file_that_is_still_written(tmp_path):
    path = tmp_path / "cut.dat"
    path.write_text("CMDLINE x\nMEM 1.0 10.0\nMEM 2.0 11.0\nMEM 2.5 1")
    document = plot(path)
    assert document["runs"][0]["sample_count"] == 2 and not document["capture"]["complete"]
    assert [row["id"] for row in document["capture"]["warnings"]] == ["cut_file"]


@pytest.mark.parametrize("words,code", [
    ([], 2), (["1", "2"], 2), (["absent.dat"], 3), (["4194305"], 3), (["1", "--interval", "0"], 2), (["1", "--window", "5,1"], 2),
    (["1", "--of", "vsz"], 2), (["--python", "/nonexistent/python", "x.py"], 127)])
def test_failures(words, code):
    done = harness.run("plot", *words, check=False)
    assert done.returncode == code and done.stdout == ""
    assert re.fullmatch(r"whymem: .+\n  remedy: .+\n", done.stderr), done.stderr


# ---- what is shown ----


@pytest.mark.parametrize("words", [[], ["--slope"], ["--flame"], ["--peak"], ["-t", "a title", "-w", "0.1,0.9"]], ids=" ".join)
def test_screens(words):
    for width in (40, 80, 200):
        for names in (["functions"], ["children"], ["functions", "appended", "attached"]):
            env = {**os.environ, "COLUMNS": str(width), "LC_ALL": "C.UTF-8"}
            paths = [RECORDINGS / f"{name}.dat" for name in names]
            check_screen(harness.run("plot", *paths, *words, env=env).stdout, width)
            ascii_only = harness.run("plot", *paths, *words, env={**env, "LC_ALL": "C"}).stdout
            assert ascii_only.isascii()
            check_screen(ascii_only, width)
    assert "\033" not in on_terminal(["plot", RECORDINGS / "functions.dat", "--no-color", *words])


def test_the_height_of_the_curve(tmp_path):
    """A ramp of known heights: each column reaches the line that its size asks for."""
    path = tmp_path / "ramp.dat"
    path.write_text("CMDLINE ramp\n" + "".join(f"MEM {i}.0 {100 + i}.0\n" for i in range(101)))
    shown = harness.run("plot", path, env={**os.environ, "COLUMNS": "80", "LC_ALL": "C.UTF-8"}).stdout
    lines = [line.split("┤" if "┤" in line else "│")[1] for line in shown.splitlines() if "┤" in line or "│" in line]
    heights = [sum(" ▁▂▃▄▅▆▇█".index(line[column]) if column < len(line) else 0 for line in lines) for column in range(70)]
    assert heights == sorted(heights) and heights[0] <= 2
    assert heights[-1] == pytest.approx(len(lines) * 8 / 1.03, abs=1.01)
    assert heights[35] == pytest.approx(heights[-1] / 2, abs=2)


def test_slopes_in_words(tmp_path):
    path = tmp_path / "growing.dat"
    for step, word in ((0.5, "grows steadily by 30.00 MiB/min"), (0, "neither grows nor shrinks")):
        path.write_text("".join(f"MEM {50 + i * step} {100 + i}\n" for i in range(200)))
        assert word in harness.run("plot", path, "--slope").stdout
    assert "slope" not in harness.run("plot", path).stdout


def test_peaks_as_mprof_prints_them():
    shown = harness.run("plot", RECORDINGS / "together.dat", RECORDINGS / "attached.dat", "--peak").stdout
    for name in ("together", "attached"):
        peak = max(mib for _, mib in lines_of(RECORDINGS / f"{name}.dat")[0])
        assert re.search(rf"^{peak:.2f}\d MiB  {name}.dat$", shown, re.M), shown
    shown = harness.run("plot", RECORDINGS / "functions.dat", "--peak").stdout
    assert re.search(r"^89.668 MiB  __main__.load$", shown, re.M), shown


def read_png(path):
    """Size and the colours of a PNG without an alpha channel."""
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert (depth, kind) == (8, 2)
    packed, at = b"", 8
    while at < len(data):
        n, name = struct.unpack(">I4s", data[at:at + 8])
        packed += data[at + 8:at + 8 + n] if name == b"IDAT" else b""
        at += n + 12
    assert len(zlib.decompress(packed)) == height * (width * 3 + 1)
    return width, height


@pytest.mark.parametrize("words", [[], ["--flame", "--slope"], ["-t", "<a> & b"]], ids=" ".join)
def test_pictures(words, tmp_path):
    for name in ("functions", "children", "attached"):
        svg, png = tmp_path / "a.svg", tmp_path / "a.png"
        harness.run("plot", RECORDINGS / f"{name}.dat", *words, "-o", svg)
        root = xml.etree.ElementTree.parse(svg).getroot()
        texts = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
        assert "href" not in svg.read_text() and "MiB" in texts
        assert words[:1] != ["-t"] or texts[0] == "<a> & b"
        assert not words or words[0] != "--flame" or name != "functions" or texts.count("__main__.work") == 2
        done = harness.run("plot", RECORDINGS / f"{name}.dat", *words, "-o", png, check=False)
        if "libcairo" in done.stderr:
            assert done.returncode == 3 and not png.exists()
            continue
        assert read_png(png) == (2 * int(root.get("width")), 2 * int(root.get("height")))


def test_the_curve_of_a_picture(tmp_path):
    """Points of the line stand where the axes say."""
    svg = tmp_path / "a.svg"
    path = tmp_path / "ramp.dat"
    path.write_text("".join(f"MEM {i * i % 977} {100 + i}\n" for i in range(60)))
    harness.run("plot", path, "-o", svg)
    root = xml.etree.ElementTree.parse(svg).getroot()
    lines = [node.get("points").split() for node in root.iter("{http://www.w3.org/2000/svg}polyline")]
    points = [tuple(map(float, point.split(","))) for point in max(lines, key=len)]
    sizes = [i * i % 977 for i in range(60)]
    scale = (points[sizes.index(max(sizes))][1] - points[0][1]) / max(sizes)
    for i, (x, y) in enumerate(points):
        assert x == pytest.approx(points[0][0] + i * (points[-1][0] - points[0][0]) / 59, abs=0.2)
        assert y == pytest.approx(points[0][1] + sizes[i] * scale, abs=0.2)


def test_json_beside_a_file(tmp_path):
    done = harness.run("plot", RECORDINGS / "functions.dat", "-o", tmp_path / "a.svg", "--json")
    assert check_document(done.stdout, "plot") and (tmp_path / "a.svg").exists()
    harness.run("plot", RECORDINGS / "functions.dat", "-o", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text().startswith("python3 prog.py")
