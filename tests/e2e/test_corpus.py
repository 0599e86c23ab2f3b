"""The corpus of real problems: the holder and its MB stand in the first ten lines."""
import json
import os
import pathlib
import re
import subprocess

import harness
import pytest

CORPUS = pathlib.Path(__file__).parents[1] / "corpus"
CASES = {case["CASE"]: case for case in json.loads((CORPUS / "MANIFEST.json").read_text())}
NAMED = ["01_logger_per_connection", "03_lru_cache_on_method", "12_stored_errors_keep_frames",
         "26_ssl_context_per_client", "31_cycles_with_gc_off"]


class Held:
    """A corpus program that has grown and waits."""

    def __init__(self, python, case):
        self.process = subprocess.Popen(
            [python, "-OO", str(CORPUS / CASES[case]["FILE"])], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "HOLD": "120"})
        for line in self.process.stdout:
            if line.startswith("{"):
                self.truth = json.loads(line)
                break

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.mark.parametrize("case", NAMED)
def test_the_first_ten_lines_name_the_holder(python, case):
    with Held(python, case) as held:
        if not hasattr(held, "truth"):
            pytest.skip("the program does not run on this Python")
        screen = harness.run(held.process.pid).stdout.splitlines()[:10]
        document = harness.ask(held.process.pid)
    assert re.search(CASES[case]["CHECK"], "\n".join(screen)), "\n".join(screen)
    memory, account = document["memory"], document["account"]
    assert sum(row["bytes"] for row in account if "." not in row["part"]) == memory["total_bytes"]
    grown = CASES[case]["MEASURED"]["leak_mb"] * 1e6
    largest = max([h["retained_bytes"] for h in document["holders"]] + [document["objects"]["garbage_bytes"]])
    assert largest >= 0.7 * grown, (largest, grown)
