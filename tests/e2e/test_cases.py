"""Real problems beside their corrected twins: the culprit is named, with what the fix gives back; the twin is quiet.

tests/cases are our own, tests/corpus come from public projects (their README tells what a tool must print).
"""
import contextlib
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

import harness
import pytest

TESTS = pathlib.Path(__file__).parents[1]
QUIET_SHARE = 0.05


class Case:
    def __init__(self, path, rule, culprit, measure, tolerance, needs=None, versions=None):
        self.path, self.rule, self.culprit, self.measure = path, rule, culprit, measure
        self.tolerance, self.needs, self.versions = tolerance, needs, versions

    def may_run_on(self, python):
        low, high = (tuple(map(int, end.split("."))) for end in (self.versions or "3.9-3.99").split("-"))
        return low <= harness.version_of(python)[:2] <= high

    def runs_on(self, python):
        if not self.may_run_on(python):
            return False
        return not self.needs or not subprocess.run([python, "-c", f"import {self.needs}"], capture_output=True).returncode


def own_case(path):
    facts = dict(re.findall(r"^# (RULE|CULPRIT|MEASURE|NEEDS|PYTHON): (.*)$", path.read_text(), re.M))
    return Case(path, facts["RULE"], facts["CULPRIT"], facts["MEASURE"], 0.15, facts.get("NEEDS"), facts.get("PYTHON"))


CASES = {path.stem: own_case(path) for path in sorted((TESTS / "cases").glob("*.py")) if path.name != "run.py"}


# What names the culprit in the path or the evidence of findings; None: the manifest's CHECK does.
CORPUS = {
    "01_logger_per_connection": None, "03_lru_cache_on_method": None, "12_stored_errors_keep_frames": None,
    "13_asyncio_finished_tasks_kept": None, "17_fork_copy_on_write_refcounts": None,
    "19_thread_arenas_fragmentation": "free.malloc", "20_pymalloc_arenas_pinned": None,
    "26_ssl_context_per_client": "CLIENTS", "27_duplicate_strings_from_json": None, "31_cycles_with_gc_off": None,
    "34_float_lists_and_dict_instances": "Sample|SAMPLES|SERIES", "35_mapped_file_rss_is_reclaimable": None,
}


class CorpusCase(Case):
    """As tests/corpus/README.md defines it."""

    def __init__(self, facts):
        self.check = facts["CHECK"]
        # What the arenas of threads keep differs from run to run, in the corrected program too.
        tolerance = 0.15 if facts["CASE"].startswith("19") else 0.1
        super().__init__(TESTS / "corpus" / facts["FILE"], None, CORPUS[facts["CASE"]] or self.check, None, tolerance)


for facts in json.loads((TESTS / "corpus" / "MANIFEST.json").read_text()):
    CASES[facts["CASE"]] = CorpusCase(facts)


class Held:
    """A program that has grown and waits."""

    def __init__(self, python, path, fix):
        self.is_own = path.parent.name == "cases"
        self.process = subprocess.Popen(
            [python, "-OO", str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "HOLD": "120", "FIX": "1" if fix else "0"})
        for line in self.process.stdout:
            if line.startswith("{"):
                self.truth = json.loads(line)
                return
        raise RuntimeError(f"{path} ended with {self.process.wait()}")

    def __enter__(self):
        return self

    def folders_of_its_own(self):
        """Of files on disk that it has mapped: it is killed before it takes them away."""
        with open(f"/proc/{self.process.pid}/maps") as maps:
            found = {os.path.dirname(line.split(None, 5)[5].strip()) for line in maps if " /var/tmp/tmp" in line}
        return found - {"/var/tmp"}

    def __exit__(self, *_):
        folders = self.folders_of_its_own()
        for child in self.truth.get("child_pids", []):
            os.kill(child, signal.SIGKILL)
        self.process.stdin.close()
        if self.is_own:  # it ends at that, and tidies up
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=self.is_own)


def check_sums(document):
    total = sum(row["bytes"] for row in document["account"] if "." not in row["part"])
    assert total == document["memory"]["total_bytes"]


def texts(finding):
    return [finding["path"] or "", *(str(value) for value in finding["evidence"].values())]


def at_culprit(case, document):
    return [finding for finding in document["findings"]
            if any(re.search(case.culprit, text) for text in texts(finding))]


@functools.cache
def look(python, name, fix):
    """(figures of the program, first screen, document)"""
    with Held(python, CASES[name].path, fix) as held:
        pid = held.truth.get("child_pids", [held.truth["pid"]])[0]
        return held.truth, harness.run(pid).stdout.splitlines(), harness.ask(pid, "--top", 0)


def growth(truth):
    """Bytes that the program grew by, from both kinds of harness."""
    if "child_private_mb" in truth:
        return truth["child_private_mb"][0] * 2**20
    return truth["grew"] if "grew" in truth else truth["grew_mb"] * 2**20


def is_near(amount, truth, tolerance):
    return amount is not None and abs(amount - truth) <= tolerance * truth


@pytest.mark.parametrize("name", CASES)
def test_the_culprit_is_named(python, name):
    case = CASES[name]
    if not case.runs_on(python):
        pytest.skip("not on this Python")
    truth, screen, document = look(python, name, False)
    twin, _, _ = look(python, name, True)
    check_sums(document)
    assert re.search(getattr(case, "check", case.culprit), "\n".join(screen[:10])), "\n".join(screen)
    found = [finding for finding in at_culprit(case, document) if case.rule in (None, finding["rule"])]
    assert found, json.dumps(document["findings"], indent=1)
    saved = growth(truth) - growth(twin)
    sums = {what: sum(finding[what] or 0 for finding in found) for what in ("saving_bytes", "retained_bytes")}
    if case.rule is None:
        better = [finding for finding in found if finding["rule"] != "unbounded_container"]
        amounts = [*sums.values(), sum(finding["saving_bytes"] or 0 for finding in better),
                   *(finding[what] for finding in found for what in sums)]
        assert any(is_near(amount, saved, case.tolerance) for amount in amounts), (amounts, saved)
    elif case.measure != "none":
        assert is_near(sums[case.measure + "_bytes"], saved, case.tolerance), (sums, saved, found)


@pytest.mark.parametrize("name", CASES)
def test_the_corrected_twin_is_quiet(python, name):
    case = CASES[name]
    if not case.runs_on(python):
        pytest.skip("not on this Python")
    _, _, document = look(python, name, True)
    check_sums(document)
    limit = QUIET_SHARE * document["memory"]["total_bytes"]
    loud = [finding for finding in at_culprit(case, document)
            if max(finding["saving_bytes"] or 0, finding["retained_bytes"] or 0) > limit]
    assert not loud, loud
