"""Bad input gets a clear error with the remedy and exit code 3."""
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time

import harness
import pytest


def refused(*args, code=3, **kwargs):
    """The error document of a call that must fail; the text form must name the remedy too."""
    text = harness.run(*args, check=False, **kwargs)
    assert text.returncode == code and text.stderr.startswith("whymem: "), (text.returncode, text.stderr)
    document = harness.run(*args, "--json", check=False, **kwargs)
    assert document.returncode == code
    error = json.loads(document.stdout)["error"]
    if error["remedy"]:
        assert "remedy: " in text.stderr
    return error


def test_no_such_process():
    child = subprocess.Popen(["true"])
    child.wait()
    assert refused(child.pid)["kind"] == "no_such_process"
    assert refused(2**22 + 5)["kind"] == "no_such_process"


def test_not_a_python():
    child = subprocess.Popen(["sleep", "60"])
    try:
        error = refused(child.pid)
        assert error["kind"] == "not_python" and error["remedy"]
    finally:
        child.kill()
        child.wait()


def test_zombie():
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert refused(child.pid)["kind"] in ("exiting", "no_such_process")
    finally:
        child.wait()


def test_kernel_thread():
    if not os.path.exists("/proc/2/stat") or "kthreadd" not in pathlib.Path("/proc/2/stat").read_text():
        pytest.skip("no kernel threads are seen from here")
    assert refused(2)["kind"] in ("not_python", "permission")


def test_another_tracer():
    with harness.Target(sys.executable, "") as target:
        tracer = subprocess.Popen(
            [sys.executable, "-c", f"""
import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
print(libc.ptrace(0x4206, {target.pid}, 0, 0), flush=True)
time.sleep(60)
"""], stdout=subprocess.PIPE, text=True)
        try:
            if tracer.stdout.readline().strip() != "0":
                pytest.skip("ptrace is not permitted here")
            error = refused(target.pid)
            assert error["kind"] == "permission" and str(tracer.pid) in error["text"] + error["remedy"]
        finally:
            tracer.kill()
            tracer.wait()
        assert target.do("answer = 1") == 1


def test_no_permission(other_user):
    with harness.Target(sys.executable, "") as target:
        error = refused(target.pid, **other_user)
        assert error["kind"] == "permission" and "user" in error["text"] and error["remedy"]
        assert target.do("answer = 2") == 2


@pytest.mark.parametrize("content", [b"", b"hello\n", b"\x7fELF" + bytes(500), os.urandom(5000)], ids=["empty", "text", "elf", "noise"])
def test_foreign_file(tmp_path, content):
    path = tmp_path / "foreign.whymem"
    path.write_bytes(content)
    assert refused(path)["kind"] in ("corrupt_file", "unreadable_file")


def test_absent_file(tmp_path):
    assert refused(tmp_path / "absent.whymem")["kind"] == "unreadable_file"


def test_usage():
    for args in [("--nonsense",), ("types",), ("snap", os.getpid()), ("frobnicate", "1", "2")]:
        done = harness.run(*args, check=False)
        assert done.returncode == 2 and done.stderr.startswith("whymem: "), (args, done)


def test_full_disk_leaves_nothing(tmp_path):
    def tiny_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    with harness.Target(sys.executable, "") as target:
        done = harness.run("snap", target.pid, "-o", tmp_path / "s.whymem", check=False, preexec_fn=tiny_files)
        assert done.returncode == 3 and "remedy" in done.stderr
        assert os.listdir(tmp_path) == []
        with open("/dev/full", "w") as full:
            done = subprocess.run([harness.WHYMEM, str(target.pid)], stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 3 and "remedy" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_the_target_well(tmp_path, number):
    with harness.Target(sys.executable, "DATA = [[i] for i in range(400_000)]") as target:
        for milliseconds in range(0, 120, 10):
            whymem = subprocess.Popen([harness.WHYMEM, "snap", str(target.pid), "-o", str(tmp_path / "s.whymem")],
                                      stderr=subprocess.DEVNULL)
            try:
                whymem.wait(milliseconds / 1000)
            except subprocess.TimeoutExpired:
                whymem.send_signal(number)
                assert whymem.wait(20) in (128 + number, -number, 0)
            assert target.do("answer = len(DATA)") == 400_000
            assert all(not name.startswith(".") and name == "s.whymem" for name in os.listdir(tmp_path))
            for path in tmp_path.iterdir():
                path.unlink()
        assert wait_until(lambda: is_left_alone(target.pid)), "the guardian did not clean up"


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def is_left_alone(pid):
    """No tracer and no child; the guardian needs a moment once whymem is dead."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return not children and "TracerPid:\t0" in pathlib.Path(f"/proc/{pid}/status").read_text()


def capture_of_a_dying_process():
    """(exit code, document) of whymem, whose target is killed as soon as its copy is there."""
    with harness.Target(sys.executable, "DATA = [[i] for i in range(2_000_000)]") as target:
        whymem = subprocess.Popen([harness.WHYMEM, str(target.pid), "--json"], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        children = pathlib.Path(f"/proc/{target.pid}/task/{target.pid}/children")
        while whymem.poll() is None and not children.read_text():
            pass
        os.kill(target.pid, signal.SIGKILL)
        return whymem.wait(60), json.loads(whymem.stdout.read())


def test_no_cause_is_told_of_a_part():
    """The target ends in the middle: what was not read must not be taken for a leak or for garbage."""
    for _ in range(3):
        code, document = capture_of_a_dying_process()
        if code:
            assert code == 3 and document["error"]["remedy"] is not None
        elif not document["capture"]["complete"]:
            assert document["findings"] == []
            assert document["verdict"]["text"].startswith("none")
            assert "incomplete_capture" in [warning["id"] for warning in document["capture"]["warnings"]]
