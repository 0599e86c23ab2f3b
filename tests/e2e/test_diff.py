"""Growth: diff, watch, --since, --expect, on targets that grow, are full, stand still, start again."""
import json
import os
import pathlib
import re
import signal
import subprocess

import harness
import pytest
from test_cli import check_document, check_screen

PROGRAM = """
import collections, functools, gc, sys
gc.disable()
class Session:
    def __init__(self, number):
        self.number, self.text = number, 'session %d' % number
LEAK, STATIC, FULL = {}, {}, collections.deque(maxlen=3000)
SMALL = {}
POOL = [[], [], []]
@functools.lru_cache(maxsize=200_000)
def cached(number):
    return [number] * 4
made = 0
def leak(count):
    global made
    for _ in range(count):
        made += 1
        LEAK['key %d' % made] = Session(made)
def churn(count):
    for i in range(count):
        FULL.append([i] * 8)
        [object() for _ in range(5)]
STATIC.update((i, 'value %d' % i) for i in range(20_000))
churn(4000)
leak(5000)
SMALL.update((i, [i]) for i in range(50))
"""
MIB = 1 << 20


@pytest.fixture
def target(python):
    with harness.Target(python, PROGRAM) as started:
        yield started


def snap(target, path):
    harness.run("snap", target.pid, "-o", path)
    return path


def diff(*args, check=True):
    done = harness.run("diff", *args, "--json", check=check)
    return check_document(done.stdout, "diff")


def row_of(document, path, table="rows"):
    found = [row for row in document[table] if row["path"] == path]
    assert len(found) == 1, (path, [row["path"] for row in document[table]])
    return found[0]


def test_a_leak_grows(target, tmp_path):
    before = snap(target, tmp_path / "a.whymem")
    target.do("leak(20_000); churn(4000)")
    document = diff(before, target.pid)
    row = row_of(document, "__main__.LEAK")
    assert document["rows"][0] == row
    assert (row["before_count"], row["after_count"], row["delta_count"]) == (5000, 25000, 20000)
    assert row["delta_bytes"] == row["after_bytes"] - row["before_bytes"] > 2 * MIB
    whole = {r["path"]: r for r in harness.ask(before, "--top", 0)["holders"]}
    assert row["before_bytes"] == whole["__main__.LEAK"]["retained_bytes"]
    assert row["fingerprint"] == whole["__main__.LEAK"]["fingerprint"]
    assert row_of(document, "__main__.STATIC")["delta_bytes"] == 0
    assert abs(row_of(document, "__main__.FULL")["delta_bytes"]) < 100_000
    verdict = document["verdict"]
    assert (verdict["kind"], verdict["basis"], verdict["path"]) == ("growing_leak", "growth", "__main__.LEAK")
    first, last = document["captures"]
    hours = (last["captured_unix_ns"] - first["captured_unix_ns"]) / 3600e9
    assert verdict["rate_bytes_per_hour"] == pytest.approx(row["delta_bytes"] / hours, rel=0.01)
    assert document["same_process"] is True and document["target"]["pid"] == target.pid


def test_sums_hold(target, tmp_path):
    before = snap(target, tmp_path / "a.whymem")
    target.do("leak(3000)")
    after = snap(target, tmp_path / "b.whymem")
    wholes = [harness.ask(path) for path in (before, after)]
    for by in ("type", "class", "module"):
        for top in (0, 3):
            document = diff(before, after, "--by", by, "--top", top)
            delta = sum(r["delta_bytes"] for r in document["rows"]) + document["rest"]["delta_bytes"]
            assert delta == wholes[1]["objects"]["bytes"] - wholes[0]["objects"]["bytes"]
    document = diff(before, after, "--by", "type", "--top", 0)
    assert sum(r["delta_count"] for r in document["rows"]) == wholes[1]["objects"]["count"] - wholes[0]["objects"]["count"]
    assert row_of(document, "__main__.Session")["delta_count"] == 3000
    for part in document["account"]:
        values = [{p["part"]: p["bytes"] for p in whole["account"]}[part["part"]] for whole in wholes]
        assert [part["before_bytes"], part["after_bytes"]] == values and part["delta_bytes"] == values[1] - values[0]
    assert [c["rss_bytes"] for c in document["captures"]] == [w["memory"]["rss_bytes"] for w in wholes]


def test_what_is_small_in_one_capture_is_looked_up(target, tmp_path):
    """Below the threshold of holders in the first capture, and the other way round."""
    before = snap(target, tmp_path / "a.whymem")
    assert "__main__.SMALL" not in {r["path"] for r in harness.ask(before, "--top", 0)["holders"]}
    small = harness.ask("why", before, "__main__.SMALL")["matched"]["retained_bytes"]
    target.do("SMALL.update((i, [i] * 20) for i in range(50, 30_000))")
    after = snap(target, tmp_path / "b.whymem")
    row = row_of(diff(before, after), "__main__.SMALL")
    assert row["before_bytes"] == small and row["before_count"] == 50 and row["after_count"] == 30_000
    row = row_of(diff(after, before), "__main__.SMALL")
    assert row["after_bytes"] == small and row["after_count"] == 50


def test_rows_do_not_contain_each_other(target, tmp_path):
    """One big value is the row in the first capture, the dict that holds many in the second."""
    target.do("HOLD = {'one': bytearray(5_000_000)}")
    before = snap(target, tmp_path / "a.whymem")
    target.do("HOLD.update(('k%d' % i, bytearray(100_000)) for i in range(200))")
    after = snap(target, tmp_path / "b.whymem")
    for first, last, sign in ((before, after, 1), (after, before, -1)):
        rows = [r for r in diff(first, last, "--top", 0)["rows"] if r["path"].startswith("__main__.HOLD")]
        assert len(rows) == 1 and abs(sign * rows[0]["delta_bytes"] - 20_000_000) < 200_000, rows


def test_elements_of_a_list_add_up(target, tmp_path):
    target.do("for i, part in enumerate(POOL): part.append(bytearray(2_000_000 * (i + 1)))\ndel part")
    before = snap(target, tmp_path / "a.whymem")
    target.do("POOL.reverse(); POOL[0].append(bytearray(9_000_000))")
    rows = [r for r in diff(before, target.pid, "--top", 0)["rows"] if r["path"].startswith("__main__.POOL")]
    assert sum(r["delta_bytes"] for r in rows) == pytest.approx(9_000_000, abs=10_000)


def test_a_steady_process_does_not_grow(target, tmp_path):
    before = snap(target, tmp_path / "a.whymem")
    target.do("churn(6000)")
    document = diff(before, target.pid)
    moved = {row["part"]: row["delta_bytes"] for row in document["account"] if row["delta_bytes"]}
    assert document["verdict"]["kind"] != "growing_leak", (document["verdict"]["text"], moved)
    assert document["verdict"]["basis"] == "growth"
    assert document["verdict"]["rate_bytes_per_hour"] is None
    assert "nothing grows" in document["verdict"]["text"]


def test_a_bounded_cache_that_fills_is_no_leak(target, tmp_path):
    before = snap(target, tmp_path / "a.whymem")
    target.do("for i in range(20_000): cached(i)")
    document = diff(before, target.pid)
    assert (document["verdict"]["kind"], document["verdict"]["path"]) == ("bounded_cache", "__main__.cached")
    assert row_of(document, "__main__.cached")["bound_count"] == 200_000


def test_growth_that_stopped_is_no_leak(target, tmp_path):
    snaps = [snap(target, tmp_path / "0.whymem")]
    for step, count in enumerate((30_000, 10)):
        target.do(f"leak({count})")
        snaps.append(snap(target, tmp_path / f"{step + 1}.whymem"))
    document = diff(*snaps)
    assert document["verdict"]["kind"] != "growing_leak", document["verdict"]
    assert "not steadily" in document["verdict"]["text"]
    assert diff(*snaps[:2])["verdict"]["kind"] == "growing_leak"


def test_garbage_that_grows(target, tmp_path):
    before = snap(target, tmp_path / "a.whymem")
    target.do("for i in range(30_000):\n    a = Session(i)\n    a.me = a")
    verdict = diff(before, target.pid)["verdict"]
    assert (verdict["kind"], verdict["part"]) == ("garbage", "objects.garbage") and verdict["rate_bytes_per_hour"] > 0


def test_the_same_program_started_again(python, tmp_path):
    with harness.Target(python, PROGRAM) as first:
        before = snap(first, tmp_path / "a.whymem")
    with harness.Target(python, "import wave, decimal\n" + PROGRAM) as second:
        second.do("leak(10_000)")
        document = diff(before, second.pid, "--top", 0)
    row = row_of(document, "__main__.LEAK")
    assert document["same_process"] is False and document["rows"][0] == row
    assert (row["before_count"], row["after_count"]) == (5000, 15000)
    assert abs(row_of(document, "__main__.STATIC")["delta_bytes"]) < 1000
    assert document["verdict"]["kind"] != "growing_leak" and document["verdict"]["rate_bytes_per_hour"] is None
    assert "__main__.LEAK" in document["verdict"]["text"]


def test_three_captures_follow_objects(target, tmp_path):
    """What was made between the first two and still lives; what died or came later does not count."""
    snaps = [snap(target, tmp_path / "0.whymem")]
    target.do("leak(4000); TEMPORARY = [Session(-i) for i in range(3000)]")
    snaps.append(snap(target, tmp_path / "1.whymem"))
    target.do("del TEMPORARY; LATER = [bytearray(50) for i in range(5000)]")
    snaps.append(snap(target, tmp_path / "2.whymem"))
    document = diff(*snaps)
    row = row_of(document, "__main__.LEAK")
    assert document["rows"][0] == row and row["before_count"] == row["before_bytes"] == 0
    assert 4000 * 3 <= row["delta_count"] <= 4000 * 6
    assert not [r for r in document["rows"] if "TEMPORARY" in r["path"]]
    later = [r["delta_count"] for r in document["rows"] if "LATER" in r["path"]]
    assert sum(later) <= 1, "the list may have the address of one that died"
    made = document["made"]
    assert made["count"] >= made["alive_count"] + 3000
    assert sum(r["delta_bytes"] for r in document["rows"]) + document["rest"]["delta_bytes"] == made["alive_bytes"]
    types = diff(*snaps, "--by", "type", "--top", 0)
    assert row_of(types, "__main__.Session")["delta_count"] == 4000
    assert sum(r["delta_count"] for r in types["rows"]) == types["made"]["alive_count"] == made["alive_count"]
    assert row_of(types, "__main__.Session", "growth")["delta_count"] == 4000
    assert len(document["captures"]) == 3
    assert {"LEAK", "LATER"} <= {r["path"].split(".")[-1] for r in document["growth"]}


def test_three_captures_of_two_processes(python, tmp_path):
    with harness.Target(python, PROGRAM) as first:
        before = snap(first, tmp_path / "a.whymem")
    with harness.Target(python, PROGRAM) as second:
        middle = snap(second, tmp_path / "b.whymem")
        second.do("leak(4000)")
        document = diff(before, middle, second.pid)
    assert document["same_process"] is False and "made" not in document
    assert row_of(document, "__main__.LEAK")["delta_count"] == 4000


EXPECTATIONS = [
    ("LEAK < 100", False, 6000), ("LEAK <= 6000", True, 6000), ("__main__.LEAK == 6000", True, 6000),
    ("LEAK < +1000", False, 1000), ("LEAK<=+1000", True, 1000), ("LEAK >= +0", True, 1000), ("LEAK < 1GiB", True, None),
    ("LEAK < 0.01MiB", False, None), ("LEAK < 5%", False, None), ("STATIC <= 0%", True, 0), ("STATIC != 20000", False, 20000),
    ("type:Session <= 6000", True, 6000), ("type:__main__.Session < +1", False, 1000), ("type:NoSuchType <= 0", True, 0),
    ("rss < 200MB", True, None), ("rss < 1", False, None), ("rss < 90%", True, None), ("objects > 1000", True, None),
    ("objects < +50%", True, None), ("NO_SUCH_NAME < 10", False, None), ("EAK < 10", False, None),
]


def test_expectations(target, tmp_path):
    before = snap(target, tmp_path / "a.whymem")
    target.do("leak(1000)")
    after = snap(target, tmp_path / "b.whymem")
    for begin in range(0, len(EXPECTATIONS), 16):
        part = EXPECTATIONS[begin:begin + 16]
        words = [word for expression, _, _ in part for word in ("--expect", expression)]
        done = harness.run("diff", before, after, *words, "--json", check=False)
        assert done.returncode == 1
        for row, (expression, ok, value) in zip(check_document(done.stdout, "diff")["expect"], part, strict=True):
            assert (row["expression"], row["ok"]) == (expression, ok), row
            assert value is None or row["value"] == value, row
    assert harness.run("diff", before, after, "--expect", "LEAK <= 6000").returncode == 0
    screen = harness.run("diff", before, after, "--expect", "LEAK < 1", "--expect", "nothing < 1", check=False).stdout
    assert re.search(r"FAILED +LEAK < 1 +6 000", screen) and re.search(r"FAILED +nothing < 1 +not found", screen)


@pytest.mark.parametrize("expression", ["", "LEAK", "LEAK <", "< 5", "LEAK < many", "LEAK < 5 apples", "LEAK < 99999999999999999999",
                                        "LEAK < +", "rss < 5 %%"])
def test_what_is_no_expectation(expression):
    done = harness.run("diff", "./a", "./b", "--expect", expression, check=False)
    assert done.returncode == 2 and "write SUBJECT OP LIMIT" in done.stderr and done.stdout == ""


def test_usage(target):
    for words in (["diff", "1"], ["diff", "1", "2", "3", "4"], ["diff", target.pid, target.pid, "--by", "line"],
                  ["diff", target.pid, target.pid, "--by", "size"], ["types", target.pid, "--by", "holder"],
                  ["watch", "./a"], ["watch", target.pid, "--every", "soon"], ["watch", target.pid, "--count", "1"],
                  ["diff", "1", "2", *["--expect", "rss < 1"] * 17]):
        done = harness.run(*words, check=False)
        assert done.returncode == 2 and "remedy: " in done.stderr, words
    assert harness.run("diff", "./absent", target.pid, check=False).returncode == 3
    assert harness.run("watch", "4194305", check=False).returncode == 3


GROWER = PROGRAM + """
import threading, time
def grow():
    while True:
        leak(600)
        time.sleep(0.02)
threading.Thread(target=grow, daemon=True).start()
"""


def watch(*words, **options):
    done = harness.run("watch", *words, "--json", check=False, **options)
    return done, check_document(done.stdout, "watch")


def test_watch(python):
    with harness.Target(python, GROWER) as target:
        done, document = watch(target.pid, "--every", "500ms", "--count", "4", "--expect", "LEAK < 10")
        assert target.do("answer = 1") == 1
    assert done.returncode == 1 and len(re.findall("^whymem: capture . of 4: ", done.stderr, re.M)) == 4
    assert document["capture_count"] == 4 and len(document["captures"]) == 3
    assert document["verdict"]["kind"] == "growing_leak" and document["verdict"]["path"] == "__main__.LEAK"
    assert row_of(document, "__main__.LEAK", "growth")["delta_count"] > 1000
    assert document["rows"][0]["path"] == "__main__.LEAK"
    times = [c["captured_unix_ns"] for c in document["captures"]]
    assert 1.4e9 < times[2] - times[0] < 20e9


def test_watch_ends_with_what_it_has(python):
    """Ctrl-C after two captures of many; the end of the process; too early for both."""
    def start(target, *words):
        return subprocess.Popen([harness.WHYMEM, "watch", str(target.pid), "--json", *words], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def told(process, n):
        for _ in range(n):
            assert "capture" in process.stderr.readline()

    with harness.Target(python, GROWER) as target:
        process = start(target, "--every", "400ms", "--count", "1000")
        told(process, 2)
        process.send_signal(signal.SIGINT)
        document = check_document(process.communicate(timeout=60)[0], "watch")
        assert process.returncode == 0 and document["capture_count"] >= 2
        assert "interrupted" in {w["id"] for w in document["capture"]["warnings"]}
        process = start(target, "--every", "1h")
        told(process, 1)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == "" and process.returncode == -signal.SIGINT
        process = start(target, "--every", "300ms", "--count", "1000")
        told(process, 3)
        target.process.kill()
        target.process.wait()
        document = check_document(process.communicate(timeout=60)[0], "watch")
        assert process.returncode == 0 and document["capture_count"] >= 3
        assert "target_ended" in {w["id"] for w in document["capture"]["warnings"]}
        assert document["verdict"]["path"] == "__main__.LEAK"
    with harness.Target(python, GROWER) as target:
        process = start(target, "--every", "1h")
        told(process, 1)
        target.process.kill()
        target.process.wait()
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 3 and json.loads(out)["error"]["kind"] == "no_such_process"


def test_since(target, tmp_path):
    before = snap(target, tmp_path / "a.whymem")
    target.do("leak(7000)")
    after = snap(target, tmp_path / "b.whymem")
    expected = {r["path"]: r["delta_bytes"] for r in diff(before, after, "--top", 0)["rows"]}
    document = check_document(harness.run(after, "--since", before, "--top", 0, "--json").stdout, "explain")
    holders = {r["path"]: r for r in document["holders"]}
    assert holders["__main__.LEAK"]["delta_count"] == 7000
    for path in ("__main__.LEAK", "__main__.STATIC", "__main__.FULL"):
        assert holders[path]["delta_bytes"] == expected[path]
    document = check_document(harness.run("types", after, "--since", before, "--json").stdout, "types")
    assert {r["name"]: r for r in document["rows"]}["Session"]["delta_count"] == 7000
    document = check_document(harness.run("retained", after, "--since", before, "--json").stdout, "retained")
    assert {r["path"]: r for r in document["rows"]}["__main__.LEAK"]["delta_bytes"] == expected["__main__.LEAK"]
    assert re.search(r"LEAK .*\+\d", harness.run(after, "--since", before).stdout)


def test_screens(target, tmp_path):
    snaps = [snap(target, tmp_path / "0.whymem")]
    for step in (1, 2):
        target.do("leak(5000)")
        snaps.append(snap(target, tmp_path / f"{step}.whymem"))
    for words in (snaps, snaps[:2], [*snaps, "--by", "type"], [*snaps[:2], "--expect", "rss < 1%"]):
        for width in (40, 80, 120):
            shown = harness.run("diff", *words, check=False, env={**os.environ, "COLUMNS": str(width), "LC_ALL": "C.UTF-8"})
            assert shown.stderr == ""
            check_screen(shown.stdout, width)
            assert "\nVerdict: __main__.LEAK grows" in shown.stdout or width == 40
    assert harness.run("diff", *snaps, env={**os.environ, "LC_ALL": "C"}).stdout.isascii()
