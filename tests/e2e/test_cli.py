"""The command line: documents against their schemas, screens on every terminal, exit codes, files, completion, manuals."""
import fcntl
import functools
import json
import os
import pathlib
import pty
import re
import shlex
import signal
import stat
import struct
import subprocess
import sys
import termios
import time
import unicodedata

import harness
import jsonschema
import pytest

ROOT = pathlib.Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
PROGRAM = """
import gc, threading
class Client:
    def __init__(self, i):
        self.number, self.buffer = i, bytearray(100)
CLIENTS = {f'client_{i}': Client(i) for i in range(3000)}
gc.disable()
for i in range(100):
    cycle = [i]
    cycle.append(cycle)
del cycle
"""


@pytest.fixture(scope="module")
def target():
    with harness.Target(sys.executable, PROGRAM) as started:
        yield started


@pytest.fixture(scope="module")
def snapshot(target, tmp_path_factory):
    path = tmp_path_factory.mktemp("snapshot") / "held.whymem"
    harness.run("snap", target.pid, "-o", path)
    return path


# ---- schemas ----


@functools.cache
def validator(name):
    """The schema of a command with what it shares with the others put in."""
    def read(file):
        return json.loads((SCHEMAS / file).read_text().replace('"common.json#', '"#'))

    schema = {**read(f"{name}.json"), "$defs": read("common.json")["$defs"]}
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def no_float(text):
    raise AssertionError(f"not an integer: {text}")


def shortened(value, most=200):
    """The document with the beginning and the end of each long table: the validator is slow."""
    if isinstance(value, dict):
        return {key: shortened(each, most) for key, each in value.items()}
    if isinstance(value, list):
        return [shortened(each, most) for each in (value if len(value) <= most else value[:most // 2] + value[-most // 2:])]
    return value


def check_document(text, name):
    assert text.count("\n") == 1 and text.endswith("\n")
    document = json.loads(text, parse_float=no_float, parse_constant=no_float)
    errors = [f"{list(e.absolute_path)}: {e.message}" for e in validator(name).iter_errors(shortened(document))]
    assert not errors, errors[:5]
    return document


BYS = ["type", "class", "module", "size", "referrers", "via", "owner", "generation"]
ANSWERS = [["explain"], ["advice"], ["dups"], ["retained"], ["native"], ["garbage"], ["caches"],
           ["why", "Client"], ["why", "__main__.CLIENTS"],
           *(["types", "--by", by] for by in BYS), ["types", "--retained"],
           ["types", "--only", "type:Client & size:>16", "--sort", "count"], ["retained", "--only", "Client"],
           ["why", "Client", "--avoid", "__main__.CLIENTS"], ["refs", "Client"], ["refs", "__main__.CLIENTS", "--back"],
           ["refs", "__main__.CLIENTS", "--depth", "0", "--top", "0"], ["refs", "Client", "--chain"],
           ["refs", "__main__.CLIENTS", "--to", "type:bytearray"], ["refs", "nothing.at.all"]]


@pytest.mark.parametrize("words", ANSWERS, ids=" ".join)
@pytest.mark.parametrize("kind", ["process", "snapshot"])
def test_documents_fit_their_schemas(words, kind, target, snapshot):
    command, *rest = words
    source = target.pid if kind == "process" else snapshot
    document = check_document(harness.run(command, source, *rest, "--json").stdout, command)
    assert document["command"] == command
    assert document["target"]["kind"] == kind and document["target"]["pid"] == target.pid
    assert (document["capture"]["method"] == "file") == (kind == "snapshot")


@pytest.mark.parametrize("words", ANSWERS, ids=" ".join)
def test_screens(words, snapshot):
    command, *rest = words
    for width in (40, 80, 120):
        shown = harness.run(command, snapshot, *rest, env={**os.environ, "COLUMNS": str(width), "LC_ALL": "C.UTF-8"})
        assert shown.stderr == ""
        check_screen(shown.stdout, width)


def test_a_path_may_begin_in_the_program(snapshot):
    short, full = (harness.ask("why", snapshot, path) for path in ("CLIENTS", "__main__.CLIENTS"))
    assert short["matched"] == full["matched"] and short["matched"]["count"] == 1
    assert short["paths"] == full["paths"]


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def check_screen(text, width):
    assert text.endswith("\n") and "\033" not in text
    wide = [line for line in text.splitlines() if columns(line) > width]
    assert not wide, wide


def test_tables_add_up(snapshot):
    whole = harness.ask(snapshot)
    account = {row["part"]: row["bytes"] for row in whole["account"]}
    for parent in account:
        children = [b for part, b in account.items() if part.startswith(parent + ".")]
        assert not children or sum(children) == account[parent], parent
    assert sum(b for part, b in account.items() if "." not in part) == whole["memory"]["total_bytes"]
    for by in BYS:
        for top in (1, 20, 0):
            table = harness.ask("types", snapshot, "--by", by, "--top", top)
            assert top == 0 or len(table["rows"]) <= top
            for key, total in (("count", "count"), ("self_bytes", "bytes")):
                assert sum(r[key] for r in table["rows"]) + table["rest"][key] == whole["objects"][total], (by, top)


def test_rows_fit_their_schema(snapshot):
    for line in harness.run("rows", snapshot).stdout.splitlines()[::50]:
        validator("rows").validate(json.loads(line))


def test_snap_document(target, tmp_path):
    path = tmp_path / "a.whymem"
    document = check_document(harness.run("snap", target.pid, "-o", path, "--json").stdout, "snap")
    assert document["file_bytes"] == path.stat().st_size and document["object_count"] > 1000
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


FAILURES = [(["--nonsense"], 2), (["types"], 2), (["why", "1"], 2), (["explain", "1", "2"], 2), (["frobnicate"], 2),
            (["types", "1", "--by", "colour"], 2), (["types", "1", "--top", "many"], 2), (["types", "1", "--top"], 2),
            (["snap", "1"], 2), (["snap", "x.whymem", "-o", "y"], 2), (["ps", "--retained"], 2), (["types", "./absent.whymem"], 3), (["./absent.whymem"], 3), (["0"], 3),
            (["99999999999999999999"], 3), (["doctor", "4194305"], 3), (["ps", "--tree", "4194305"], 3)]


@pytest.mark.parametrize("words,code", FAILURES, ids=lambda v: " ".join(v) if isinstance(v, list) else None)
def test_failures(words, code):
    text = harness.run(*words, check=False)
    assert text.returncode == code and text.stdout == ""
    assert re.fullmatch(r"whymem: .+\n  remedy: .+\n", text.stderr), text.stderr
    document = harness.run("--json", *words, check=False)
    assert document.returncode == code and document.stderr == ""
    error = check_document(document.stdout, "error")["error"]
    assert (error["kind"] == "usage") == (code == 2)
    assert error["text"] in text.stderr and error["remedy"] in text.stderr


def test_a_mistyped_command_is_guessed():
    assert harness.run("help", "me", check=False).returncode == 2
    assert harness.run("completion", "csh", check=False).returncode == 2
    assert "whymem types?" in harness.run("tpyes", "1", check=False).stderr


# ---- terminals ----


def on_terminal(words, width=80, **env):
    """What whymem writes on a terminal of that width."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 30, width, 0, 0))
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
    process = subprocess.Popen([harness.WHYMEM, *map(str, words)], stdout=follower, stderr=follower, stdin=follower,
                               env={**clean, "TERM": "xterm", "LC_ALL": "C.UTF-8", **env})
    os.close(follower)
    shown = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(leader)
    assert process.wait(60) == 0
    return shown.decode().replace("\r\n", "\n")


def test_colours_only_where_wanted(snapshot):
    assert "\033[1m" in on_terminal([snapshot])
    assert "\033" not in on_terminal([snapshot, "--no-color"])
    assert "\033" not in on_terminal([snapshot], NO_COLOR="1")
    assert "\033" not in on_terminal([snapshot], TERM="dumb")
    assert "\033[1m" in on_terminal([snapshot], NO_COLOR="")
    assert "\033" not in harness.run(snapshot).stdout


@pytest.mark.parametrize("width", [40, 57, 80, 133])
def test_the_width_of_the_terminal(snapshot, width):
    shown = on_terminal([snapshot, "--no-color"], width=width)
    check_screen(shown, width)
    assert max(columns(line) for line in shown.splitlines()) > width * 0.7
    assert len(shown.splitlines()) <= 30 or width < 80


def test_ascii_where_the_locale_is(snapshot):
    shown = harness.run(snapshot, env={**os.environ, "LC_ALL": "C"}).stdout
    assert shown.isascii() and "#" in shown
    assert "█" in harness.run(snapshot, env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout


def test_nothing_but_the_document(snapshot):
    done = harness.run(snapshot, "--json")
    assert done.stderr == "" and done.stdout.count("\n") == 1


# ---- files, pipes, signals ----


def test_output_file(snapshot, tmp_path):
    path = tmp_path / "answer.json"
    path.write_text("before")
    os.chmod(path, 0o644)
    done = harness.run(snapshot, "--json", "-o", path)
    assert done.stdout == "" and stat.S_IMODE(path.stat().st_mode) == 0o600
    check_document(path.read_text(), "explain")
    assert os.listdir(tmp_path) == ["answer.json"]


def test_a_failure_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "answer.json"
    path.write_text("before")
    assert harness.run("./absent.whymem", "-o", path, check=False).returncode == 3
    assert path.read_text() == "before" and os.listdir(tmp_path) == ["answer.json"]


@pytest.mark.parametrize("words", [["ps"], ["ps", "--json"], ["help"], ["completion", "bash"], ["--version"]], ids=" ".join)
def test_full_disk(words):
    with open("/dev/full", "w") as full:
        done = subprocess.run([harness.WHYMEM, *words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3 and "No space left" in done.stderr and "remedy: " in done.stderr
    assert harness.run("completion", "bash", "-o", "/dev/full", check=False).returncode == 3


def test_a_closed_pipe_is_quiet(snapshot):
    for words in (["rows", snapshot], ["completion", "bash"]):
        read_end, write_end = os.pipe()
        os.close(read_end)
        done = subprocess.run([harness.WHYMEM, *map(str, words)], stdout=write_end, stderr=subprocess.PIPE)
        os.close(write_end)
        assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b"")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_write_leaves_nothing(snapshot, tmp_path, number):
    for pause in range(0, 40, 4):
        process = subprocess.Popen([harness.WHYMEM, "rows", snapshot, "-o", tmp_path / "rows"], stderr=subprocess.DEVNULL)
        time.sleep(pause / 1000)
        process.send_signal(number)
        assert process.wait(60) in (0, -number)
        assert set(os.listdir(tmp_path)) <= {"rows"}
        for path in tmp_path.iterdir():
            assert path.read_text().endswith("}\n")
            path.unlink()


# ---- ps, doctor ----


def test_ps_finds_every_python(python):
    with harness.Target(python, "import os") as target:
        document = check_document(harness.run("ps", "--json", "--top", "0").stdout, "ps")
        row = {row["pid"]: row for row in document["rows"]}[target.pid]
        version = target.do("import platform; answer = platform.python_version()")
        rss = int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{target.pid}/status").read_text())[1]) * 1024
    assert row["python"] == version and row["parent_pid"] == os.getpid()
    assert 0 < row["uss_bytes"] <= row["pss_bytes"] <= row["rss_bytes"]
    assert abs(row["rss_bytes"] - rss) < 2 << 20


def test_ps_without_permission(other_user):
    with harness.Target(sys.executable, "") as target:
        document = check_document(harness.run("ps", "--json", "--top", "0", **other_user).stdout, "ps")
        row = {row["pid"]: row for row in document["rows"]}[target.pid]
        assert row["pss_bytes"] is None and row["uss_bytes"] is None and row["rss_bytes"] > 1 << 20
        done = harness.run("doctor", target.pid, "--json", check=False, **other_user)
        assert done.returncode == 1
        document = check_document(done.stdout, "doctor")
        assert document["readable"] is False
        assert [c for c in document["checks"] if c["ok"] is False and c["remedy"]]


WORKERS = """
import os, signal, time
SHARED = [[i] for i in range(200_000)]
ready = []
for extra in (0, 10, 30):
    read_end, write_end = os.pipe()
    pid = os.fork()
    if not pid:
        mine = [bytearray(1000) for _ in range(extra * 1000)]
        touched = [len(item) for item in SHARED] if extra else 0
        os.write(write_end, b'x')
        time.sleep(600)
        os._exit(0)
    os.read(read_end, 1)
    ready.append(pid)
"""


def test_ps_tree_tells_how_workers_differ():
    with harness.Target(sys.executable, WORKERS) as target:
        try:
            document = check_document(harness.run("ps", "--tree", target.pid, "--json").stdout, "ps")
            screen = harness.run("ps", "--tree", target.pid).stdout
        finally:
            for pid in target.ready:
                os.kill(pid, signal.SIGKILL)
    rows = {row["pid"]: row for row in document["rows"]}
    assert list(rows)[0] == target.pid and set(rows) == {target.pid, *target.ready}
    lean, middle, fat = (rows[pid] for pid in target.ready)
    assert lean["differs_in"] is None and lean["differs_bytes"] == 0
    assert fat["differs_in"] in ("heap", "anonymous") and 25e6 < fat["differs_bytes"] < 60e6
    assert lean["copied_bytes"] < 4e6 < 10e6 < fat["copied_bytes"] < 40e6
    assert rows[target.pid]["copied_bytes"] is None
    assert re.search(rf"{target.ready[2]} .*\+\d", screen)


def test_doctor(target):
    document = check_document(harness.run("doctor", "--json").stdout, "doctor")
    assert document["pid"] is None and document["readable"] is None
    done = harness.run("doctor", target.pid, "--json")
    document = check_document(done.stdout, "doctor")
    assert document["readable"] is True and all(c["ok"] in (True, None) for c in document["checks"][:2])
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        done = harness.run("doctor", sleeper.pid, check=False)
        assert done.returncode == 1 and "no CPython" in done.stdout and "remedy: " in done.stdout
    finally:
        sleeper.kill()
        sleeper.wait()


REFUSED = """
#include <unistd.h>
unsigned long _PyRuntime[64] = {1}, Py_Version = %s;
void _Py_MergeZeroLocalRefcount(void) { }
int main(void) { return write(1, ".", 1) - 1 + (int)sleep(60); }
"""


@pytest.mark.parametrize("version, number, symbol", [
    ("3.13.5t", "0x030d05f0", "_Py_MergeZeroLocalRefcount"), ("3.8.10", "0x03080af0", "unused")])
def test_doctor_refuses_what_cannot_be_read(tmp_path, version, number, symbol):
    """By what stands in the file: such interpreters are not at hand."""
    (tmp_path / "python.c").write_text((REFUSED % number).replace("_Py_MergeZeroLocalRefcount", symbol))
    subprocess.run([*os.environ.get("CC", "cc").split(), "-rdynamic", tmp_path / "python.c", "-o", tmp_path / "python3"],
                   check=True)
    process = subprocess.Popen([tmp_path / "python3"], stdout=subprocess.PIPE)
    try:
        process.stdout.read(1)
        done = harness.run("doctor", process.pid, check=False)
        assert done.returncode == 1 and f"it runs CPython {version}" in done.stdout and "with the GIL" in done.stdout
        assert harness.run(process.pid, check=False).returncode == 3
    finally:
        process.kill()
        process.wait()


# ---- help, completion, manuals ----


def commands():
    return re.findall(r"^  ([a-z]+) ", harness.run("help").stdout, re.M)


def test_help_names_everything():
    names = commands()
    assert {"explain", "ps", "snap", "types", "retained", "why", "garbage", "caches", "advice", "native", "rows", "doctor"} <= set(names)
    for name in names:
        assert name == "help" or harness.run("help", name).stdout == harness.run(name, "--help").stdout
    assert harness.run("--help").stdout == harness.run("help").stdout
    assert re.fullmatch(r"whymem \d+\.\d+\.\d+\n", harness.run("--version").stdout)


def complete(*words):
    """What bash offers for the last word."""
    script = (f'eval "$({shlex.quote(harness.WHYMEM)} completion bash)"; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); '
              '_whymem; printf "%s\\n" "${COMPREPLY[@]}"')
    env = {**os.environ, "PATH": f"{pathlib.Path(harness.WHYMEM).parent}:{os.environ['PATH']}"}
    return subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True, env=env,
                          check=True).stdout.split()


def test_bash_completion(target):
    assert set(commands()) <= set(complete("whymem", ""))
    assert complete("whymem", "reta") == ["retained"]
    assert "--by" in complete("whymem", "types", "--")
    assert "--by" not in complete("whymem", "native", "--")
    assert complete("whymem", "types", "--by", "own") == ["owner"]
    assert str(target.pid) in complete("whymem", "types", str(target.pid))
    assert complete("whymem", "completion", "") == ["bash", "zsh", "fish"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_completions_are_scripts(shell, tmp_path):
    script = tmp_path / "script"
    script.write_text(harness.run("completion", shell).stdout)
    for name in commands():
        assert name in script.read_text()
    try:
        subprocess.run([shell, "-n", script], check=True)
    except FileNotFoundError:
        pytest.skip(f"no {shell} here")


def manual_examples():
    for page in sorted((ROOT / "man").glob("*.scd")):
        examples = re.search(r"# EXAMPLES\n\n```\n(.*?)```", page.read_text(), re.S)
        yield pytest.param(re.findall(r"^\$ (.*)", examples[1], re.M), id=page.name.removesuffix(".scd"))


@pytest.mark.parametrize("examples", list(manual_examples()))
def test_examples_of_the_manual(examples, target, tmp_path):
    env = {**os.environ, "PATH": f"{pathlib.Path(harness.WHYMEM).parent}:{os.environ['PATH']}"}
    assert examples
    for example in examples:
        done = subprocess.run(example.replace("4242", str(target.pid)), shell=True, cwd=tmp_path, env=env,
                              capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, (example, done.stderr)
        assert done.stdout or "-o" in example, example


def test_every_command_has_a_manual():
    pages = {page.name for page in (ROOT / "man").glob("*.1.scd")}
    assert pages == {"whymem.1.scd"} | {f"whymem-{name}.1.scd" for name in commands() if name != "help"}
