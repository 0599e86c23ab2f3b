"""One allocation or one read fails, any of them: a clear error or an unharmed answer; the target never notices."""
import errno
import json
import os
import random
import re
import subprocess
import sys

import harness
import pytest

SHIM = harness.BUILD / "tests" / "faults" / "fault_shim.so"
PROGRAM = "CACHE = {i: [str(i)] for i in range(3000)}"

pytestmark = pytest.mark.skipif(not SHIM.exists(), reason="this build has no shim")


def spread(n, samples):
    """The first calls, and others spread over all `n`."""
    first = range(1, min(samples // 2, n) + 1)
    return sorted({*first, *random.Random(n).sample(range(1, n + 1), min(n, samples // 2)), n})


class Faulty:
    def __init__(self, folder, *args):
        self.args, self.count = args, folder / "count"

    def run(self, kind, nth, error=errno.ENOMEM):
        env = {**os.environ, "LD_PRELOAD": str(SHIM), "WHYMEM_FAULT": f"{kind}:{nth}:{error}",
               "WHYMEM_FAULT_COUNT": str(self.count)}
        return subprocess.run([harness.WHYMEM, *map(str, self.args)], capture_output=True, text=True, env=env, timeout=120)

    def calls(self, kind):
        done = self.run(kind, 0)
        assert not done.returncode, done.stderr
        return int(self.count.read_text())


def check_ending(done, told):
    assert done.returncode in (0, 3), (told, done.returncode, done.stderr)
    if done.returncode:
        error = json.loads(done.stdout)["error"]
        # That of a socket between ourselves never fails but by this test.
        expected = "cannot read /proc/" in error["text"] or "guardian" in error["text"]
        assert error["kind"] != "internal" or expected, (told, error)
        return None
    return json.loads(done.stdout)


def check_well(target, told):
    """It runs, is not traced, has no children and answers."""
    with open(f"/proc/{target.pid}/status") as file:
        status = file.read()
    assert re.search(r"State:\s+[SR]", status) and re.search(r"TracerPid:\s+0\n", status), (told, status)
    with open(f"/proc/{target.pid}/task/{target.pid}/children") as file:
        assert not file.read(), told
    assert target.do("answer = len(CACHE)") == 3000, told


KINDS = [("memory", errno.ENOMEM), ("files", errno.EIO), ("files", errno.EACCES)]


@pytest.mark.parametrize("kind,error", KINDS)
def test_snapshot(kind, error, tmp_path):
    path = tmp_path / "a.whymem"
    with harness.Target(sys.executable, PROGRAM) as target:
        harness.run("snap", target.pid, "-o", path)
    faulty = Faulty(tmp_path, "types", path, "--retained", "--json")
    expected = harness.ask("types", path, "--retained")
    for nth in spread(faulty.calls(kind), 60):
        answer = check_ending(faulty.run(kind, nth, error), (kind, nth))
        if answer:
            assert answer["rows"] == expected["rows"], (kind, nth)


@pytest.mark.parametrize("words", [["--expect", "NO_SUCH.CACHE < 1"], ["--by", "class"]], ids=lambda w: w[0])
def test_growth(words, tmp_path):
    snaps = [tmp_path / f"{i}.whymem" for i in range(3)]
    with harness.Target(sys.executable, PROGRAM) as target:
        for i, path in enumerate(snaps):
            target.do(f"CACHE.update((('k', {i}, n), [n] * 9) for n in range(1000))")
            harness.run("snap", target.pid, "-o", path)
    faulty = Faulty(tmp_path, "diff", *snaps, *words, "--json")
    expected = harness.run("diff", *snaps, *words, "--json", check=False)
    faulty.run("memory", 0)
    for nth in spread(int(faulty.count.read_text()), 120):
        done = faulty.run("memory", nth)
        assert done.returncode in (expected.returncode, 3), (nth, done.returncode, done.stderr)
        document = json.loads(done.stdout)
        if done.returncode == 3:
            assert document["error"]["kind"] == "out_of_memory", (nth, document)
        else:
            assert document["rows"] == json.loads(expected.stdout)["rows"], nth


@pytest.mark.parametrize("kind,error", KINDS)
def test_process(kind, error, tmp_path):
    with harness.Target(sys.executable, PROGRAM) as target:
        faulty = Faulty(tmp_path, "explain", target.pid, "--json")
        for nth in spread(faulty.calls(kind), 80):
            check_ending(faulty.run(kind, nth, error), (kind, nth))
            check_well(target, (kind, nth))
