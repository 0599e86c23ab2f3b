"""Every command on a process that has an instance of every type, and on a snapshot of it.

What it finds is judged by the other tests. This one is for a whymem that watches itself (make check-asan): it must
end well and have nothing to say on stderr.
"""
import pathlib

import harness
import pytest

SOURCE = pathlib.Path(__file__).with_name("types_target.py").read_text()

COMMANDS = [
    ("explain",), ("explain", "--json"), ("rows",), ("native", "--json"), ("garbage",), ("garbage", "--json"),
        ("caches",), ("caches", "--json"), ("retained", "--json"), ("retained",), ("dups", "--json"), ("dups",),
        ("why", "__main__.KEEP"), ("why", "dict", "--json"),
    *[("types", "--by", by) for by in ("type", "class", "module", "size", "referrers", "owner", "generation")],
    ("types", "--retained", "--json"), ("types", "--by", "via", "--only", "held-by:dict - type:str", "--sort", "count"),
    ("refs", "__main__.KEEP"), ("refs", "dict", "--back", "--svg", "-"), ("refs", "__main__.KEEP", "--to", "type:str"),
    ("why", "type:list & size:>100", "--avoid", "type:dict"), ("rows", "--only", "refers-to(type:module)"),
]


def check(command, source):
    done = harness.run(command[0], source, *command[1:], check=False)
    assert (done.returncode, done.stderr) == (0, ""), (command, source)
    assert done.stdout


@pytest.mark.parametrize("kind", ["stdlib", "third-party"])
def test_every_command(python, kind, tmp_path):
    snapshot = tmp_path / "a.whymem"
    with harness.Target(python, SOURCE, args=[kind]) as target:
        harness.run("snap", target.pid, "-o", snapshot)
        for command in COMMANDS:
            if command[0] in ("explain", "rows", "why") or command[-1] == "generation":
                check(command, target.pid)
        check(("diff", target.pid), snapshot)
    for command in COMMANDS:
        check(command, snapshot)
    for command in (("diff", snapshot), ("diff", snapshot, snapshot, "--by", "class"), ("explain", "--since", snapshot),
                    ("retained", "--since", snapshot, "--json"), ("diff", snapshot, snapshot, "--expect", "objects > 0")):
        check(command, snapshot)
