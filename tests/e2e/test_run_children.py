"""whymem run: processes that the program starts, by each way there is; what cannot be followed; what outlives it."""
import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import time

import harness
import pytest
from test_run import HEADER_BYTES
from test_run import traced as every_line  # noqa: F401: a fixture
from test_run_memory import near


@pytest.fixture
def traced(every_line):
    """Runs with the largest lines of each process: the known ones are among them."""
    return lambda source, options=(), **kwargs: every_line(source, options=["--top", "40", *options], **kwargs)


def children(run, word=""):
    return [child for child in run.document["children"] if word in child["command"]]


def of_line(run, child, name, key="live_bytes"):
    return sum(site[key] for site in child["sites"]
               if site["file"] == str(run.script) and site["line"] == run.lines[name])


def test_fork(traced):
    """What is alive is inherited, what was allocated begins at zero; both go their own ways from there."""
    run = traced("""
import os
import pty
import select
def make(n):
    return [bytes(10_000) for _ in range(n)]  # bytes
kept = make(100)
gone = make(50)
big = bytes(5_000_000)  # big
pid = os.fork()
if not pid:
    del big
    more = make(20)
    del gone
    inner = os.fork()
    if not inner:
        most = make(300)
        os._exit(9)
    os.waitpid(inner, 0)
    os._exit(7)
print(os.waitpid(pid, 0)[1] >> 8)
parents = make(10)
""")
    assert run.done.stdout == "7\n"
    block = 10_000 + HEADER_BYTES
    child, grandchild = children(run)
    assert (child["parent_pid"], grandchild["parent_pid"]) == (run.document["capture"]["pid"], child["pid"])
    assert child["command"] == grandchild["command"]
    near(run.sum("bytes", "live_bytes"), 160 * block)
    near(run.sum("bytes", "allocated_bytes"), 160 * block)
    near(of_line(run, child, "bytes"), 120 * block)
    near(of_line(run, child, "bytes", "allocated_bytes"), 20 * block)
    assert of_line(run, child, "big") == 0
    near(of_line(run, child, "big", "peak_bytes"), 5_000_000)
    near(of_line(run, grandchild, "bytes"), 420 * block)
    near(of_line(run, grandchild, "bytes", "allocated_bytes"), 300 * block)
    for one in (child, grandchild):
        assert one["running"] is False
        assert one["exit"] in (None, {"status": 7 if one is child else 9, "signal": None, "killed_for_memory": False})


def test_fork_beside_threads(traced):
    """Forks while other threads allocate: each child's table fits its memory."""
    run = traced("""
import os, threading
going = True
def churn():
    while going:
        [bytes(i) for i in range(500)]
threads = [threading.Thread(target=churn) for _ in range(3)]
[thread.start() for thread in threads]
kept = [bytes(100_000) for _ in range(10)]  # kept
for i in range(10):
    pid = os.fork()
    if not pid:
        more = [bytes(100_000) for _ in range(i)]  # more
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
going = False
[thread.join() for thread in threads]
""")
    block = 100_000 + HEADER_BYTES
    assert run.status == 0, run.done.stderr
    assert len(children(run)) == 10
    for i, child in enumerate(children(run)):
        near(of_line(run, child, "kept"), 10 * block)
        near(of_line(run, child, "more"), i * block)


STARTERS = """
import ctypes, multiprocessing, os, shlex, subprocess, sys
kept = bytes(3_000_000)  # kept
if len(sys.argv) > 1:
    assert not [name for name in os.environ if name in ('LD_PRELOAD', 'WHYMEM_TRACE')]
    print(sys.argv[1])
    raise SystemExit
python, script = sys.executable, __file__
libc = ctypes.CDLL(None)
libc.popen.restype = ctypes.c_void_p
libc.pclose.argtypes = (ctypes.c_void_p,)
def forked(function):
    def run(name):
        pid = os.fork()
        if not pid:
            function(name)
        return os.waitpid(pid, 0)[1]
    return run
def words(name):
    return [python, script, name]
def checked(name, **options):
    return subprocess.run(words(name), check=True, **options).returncode
def write_script(name):
    with open('go', 'w') as file:
        file.write(f'#!{python}\\nimport sys\\nsys.argv = {words(name)[1:]}\\n__file__ = {script!r}\\n'
                   f'exec(compile(open({script!r}).read(), {script!r}, "exec"))')
    os.chmod('go', 0o755)
    return subprocess.run(['./go', name]).returncode
os.environ['PATH'] = os.path.dirname(python) + ':' + os.environ['PATH']
for name, start in {
    'subprocess': checked,
    'subprocess_fork': lambda name: checked(name, preexec_fn=int),
    'empty_environment': lambda name: checked(name, env={}),
    'open_descriptors': lambda name: checked(name, close_fds=False),
    'shell': lambda name: subprocess.run(shlex.join(words(name)) + '; true', shell=True).returncode,
    'system': lambda name: os.system(shlex.join(words(name))),
    'popen': lambda name: libc.pclose(libc.popen(shlex.join(words(name)).encode(), b'w')),
    'spawn': lambda name: os.waitpid(os.posix_spawn(python, words(name), os.environ), 0)[1],
    'spawnp': lambda name: os.waitpid(os.posix_spawnp('python3', words(name), os.environ), 0)[1],
    'execv': forked(lambda name: os.execv(python, words(name))),
    'execlp': forked(lambda name: os.execlp('python3', 'python3', script, name)),
    'c_execl': forked(lambda name: libc.execl(python.encode(), b'python3', script.encode(), name.encode(), None)),
    'c_execlp': forked(lambda name: libc.execlp(b'python3', b'python3', script.encode(), name.encode(), None)),
    'fexecve': forked(lambda name: os.execve(os.open(python, os.O_RDONLY), words(name), {})),
    'script': write_script,
}.items():
    sys.stdout.flush()
    print(name, start(name), flush=True)
"""


def test_each_way_to_start_a_program(traced, followed_from_shell, tmp_path):
    run = traced(STARTERS, cwd=tmp_path)
    printed = run.done.stdout.split("\n")[:-1]
    names = printed[::2]
    assert (run.status, run.done.stderr, len(names)) == (0, "", 15)
    assert printed[1::2] == [f"{name} 0" for name in names]
    assert run.document["capture"]["warnings"] == []
    for name in names:
        started = [child for child in run.document["children"] if child["command"].endswith(" " + name)
                   and of_line(run, child, "kept", "allocated_bytes")]
        assert len(started) == 1, name
        near(of_line(run, started[0], "kept"), 3_000_000)


def test_multiprocessing(traced):
    run = traced("""
import multiprocessing, os
def work(i):
    global kept
    kept = bytes(i * 1_000_000)  # kept
    return os.getpid()
if __name__ == '__main__':
    for i, method in enumerate(('fork', 'spawn', 'forkserver'), 3):
        process = multiprocessing.get_context(method).Process(target=work, args=(i,))
        process.start()
        process.join()
        assert not process.exitcode
""")
    assert run.status == 0, run.done.stderr
    found = sorted(of_line(run, child, "kept") // 1_000_000 for child in children(run) if of_line(run, child, "kept"))
    assert found == [3, 4, 5]


def test_prefork_server(once, traced):
    """Workers that are forked, killed and forked again, as gunicorn does."""
    run = traced("""
import os, signal, time
application = bytes(8_000_000)  # application
def worker(i):
    cache = [bytes(1_000_000) for _ in range(i)]  # cache
    os.write(ready, b'.')
    while True:
        time.sleep(10)
waiting, ready = os.pipe()
workers = []
for i in (1, 2, 3):
    pid = os.fork()
    if not pid:
        worker(i)
    os.read(waiting, 1)
    workers.append(pid)
os.kill(workers[0], signal.SIGKILL)
os.waitpid(workers[0], 0)
pid = os.fork()
if not pid:
    worker(4)
os.read(waiting, 1)
for pid in workers[1:] + [pid]:
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
""")
    assert [round(of_line(run, child, "cache"), -6) for child in children(run)] == [i * 1_000_000 for i in (1, 2, 3, 4)]
    for child in children(run):
        near(of_line(run, child, "application"), 8_000_000)
        assert of_line(run, child, "application", "allocated_bytes") == 0
    assert [child["exit"] for child in children(run) if child["exit"]] in (
        [], [{"status": None, "signal": number, "killed_for_memory": False} for number in (9, 15, 15, 15)])


STARTS = """
import os, subprocess, sys
sys.stdout.flush()
subprocess.run([sys.executable, '-c', 'import os; print(os.environ)'], env={'WHYMEM_TRACE': ''})
if not os.fork():
    os.execv(sys.executable, [sys.executable, '-c', 'print(2)'])
os.wait()
"""


def test_no_children(once, traced):
    run = traced(STARTS, options=["--no-children"])
    assert run.done.stdout.endswith("\n2\n")
    assert run.document["children"] == []


def test_user_keeps_the_agent_out(once, traced):
    """By a variable of that name in the new environment."""
    run = traced(STARTS)
    assert run.done.stdout.startswith("environ({'WHYMEM_TRACE': ''")
    assert [child["command"].rsplit(" ", 1)[1] for child in run.document["children"]][1:] == ["print(2)"]


def test_programs_between_are_untouched(once, traced, tmp_path):
    """Their environment, descriptors and output are those of a plain run."""
    run = traced("""
import os, subprocess
os.environ['LD_PRELOAD'] = ''
subprocess.run(['env', '-u', '_'], env={'A': 'b', 'LD_PRELOAD': ''})
subprocess.run('ls /proc/self/fd; env | grep -c WHYMEM', shell=True, env={'PATH': os.environ['PATH']})
""", cwd=tmp_path)
    assert run.done.stdout == "A=b\nLD_PRELOAD=\n0\n1\n2\n3\n0\n"
    assert run.document["children"] == []


def test_program_becomes_another(traced):
    """The report is about the last Python that the process was; the earlier ones are among the children."""
    run = traced("""
import os, sys
n = int((sys.argv[1:] or '0')[0])
if n == 3:
    late = bytes(3_000_000)  # late
    raise SystemExit(5)
early = bytes(2_000_000)  # early
os.execv(sys.executable, [sys.executable, __file__, str(n + 1)])
""")
    assert run.status == 5
    near(run.sum("late", "live_bytes"), 3_000_000)
    assert len(children(run)) == 3
    for earlier in children(run):
        assert (earlier["pid"], earlier["running"], earlier["exit"]) == (run.document["capture"]["pid"], False, None)
        near(of_line(run, earlier, "early"), 2_000_000)


def test_command_instead_of_a_script(once, traced, followed_from_shell, python, tmp_path):
    traced("")
    report = tmp_path / "report.json"
    for words in ([python, "-c", "import sys; print(sys.argv)", "x"], ["sh", "-c", f"{python} -c 'import sys; print(sys.argv)' x"]):
        done = harness.run("run", "--json", "-o", report, "--", *words)
        assert done.stdout == "['-c', 'x']\n"
        assert json.loads(report.read_text())["totals"]["allocation_count"] > 1000


def test_daemon_outlives_the_run(once, traced, tmp_path):
    """whymem ends with the program; what it left behind goes on, forks and all."""
    start = time.monotonic()
    run = traced("""
import os, time
if not os.fork():
    os.setsid()
    kept = bytes(3_000_000)  # kept
    open('started', 'w').close()
    os.dup2(os.open('/dev/null', os.O_RDWR), 1)
    os.dup2(1, 2)
    end = time.monotonic() + 60
    while not os.path.exists('go') and time.monotonic() < end:
        time.sleep(0.01)
    pid = os.fork()
    if not pid:
        os._exit(len([bytes(1000) for _ in range(50)]))
    status = os.waitpid(pid, 0)[1] >> 8
    os.execvp('sh', ['sh', '-c', 'echo %d > ended' % status])
while not os.path.exists('started'):
    time.sleep(0.01)
""", cwd=tmp_path)
    assert run.status == 0
    child, = children(run)
    assert child["running"] is True and child["exit"] is None
    near(of_line(run, child, "kept"), 3_000_000)
    (tmp_path / "go").touch()
    while not (tmp_path / "ended").exists() or not (tmp_path / "ended").read_text():
        assert time.monotonic() - start < 60
        time.sleep(0.01)
    assert (tmp_path / "ended").read_text() == "50\n"


def test_many_children(once, traced):
    """The largest ones are kept; of the others the sums. No descriptor and no folder stays."""
    run = traced("""
import os
import pty
import select
for i in range(150):
    pid = os.fork()
    if not pid:
        kept = bytes(1_000_000 + 1000 * i)  # kept
        os._exit(0)
    os.waitpid(pid, 0)
print(len(os.listdir('/proc/self/fd')), sum('whymem trace' in line for line in open('/proc/self/maps')))
""")
    assert run.done.stdout == "4 1\n"
    dropped = run.document["dropped_children"]
    assert len(run.document["children"]) + dropped["row_count"] == 150
    assert 64 <= len(run.document["children"]) < 150
    total = sum(child["totals"]["allocated_bytes"] for child in run.document["children"]) + dropped["allocated_bytes"]
    expected = sum(1_000_000 + HEADER_BYTES + 1000 * i for i in range(150))
    assert 0 <= total - expected < 150 * 20_000


def test_nothing_stays(once, traced, python, tmp_path):
    """No folder, however the run ends."""
    traced("")
    environment = {**os.environ, "TMPDIR": str(tmp_path / "folder")}
    (tmp_path / "folder").mkdir()
    script = tmp_path / "wait.py"
    script.write_text("import os\nprint(os.listdir(os.environ['TMPDIR']), flush=True)\ninput()")
    for number in (None, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process = subprocess.Popen([harness.WHYMEM, "run", "--python", python, script], stdin=subprocess.PIPE, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        assert "whymem-" in process.stdout.readline()
        while number and process.poll() is None:  # Python may begin to read just when the signal is there
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
        process.communicate(None if number else "\n")
        assert process.returncode == {None: 0, signal.SIGINT: 130}.get(number, 128 + (number or 0))
        assert os.listdir(tmp_path / "folder") == []


# ---- what cannot be followed ----

def test_untraced_children_are_told(once, traced, tmp_path):
    """Each runs as under python, and the report names it."""
    (tmp_path / "static.c").write_text("int main(void) { return 6; }")
    subprocess.run(["cc", "-static", "-o", tmp_path / "python-static", tmp_path / "static.c"], check=True)
    run = traced(f"""
import os, subprocess, sys
print(subprocess.run(['./python-static'], env={{}}).returncode)
print(subprocess.run([sys.executable, '-c', 'print(1 + 1)'], env={{'PYTHONMALLOC': 'malloc'}}, capture_output=True).stdout)
""", cwd=tmp_path)
    assert run.done.stdout == "6\nb'2\\n'\n"
    texts = [warning["text"] for warning in run.document["capture"]["warnings"] if warning["id"] == "untraced_child"]
    assert any("linked statically" in text for text in texts)
    assert run.document["capture"]["complete"] is False


def test_fork_without_a_table(once, traced):
    """Files may not be so large: the child runs, counts nothing and is told of."""
    run = traced("""
import os, resource
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
pid = os.fork()
if not pid:
    os._exit(len([bytes(1000) for _ in range(50)]))
print(os.waitpid(pid, 0)[1] >> 8)
kept = bytes(3_000_000)  # kept
""")
    assert run.done.stdout == "50\n"
    near(run.sum("kept", "live_bytes"), 3_000_000)
    assert run.document["children"] == []
    assert ["untraced_child"] == [warning["id"] for warning in run.document["capture"]["warnings"]]


def test_ordinary_programs_are_not_told(once, traced, tmp_path):
    (tmp_path / "static.c").write_text("int main(int n, char **w, char **e) { return e[0] ? 1 : 5; }")
    subprocess.run(["cc", "-static", "-o", tmp_path / "tool", tmp_path / "static.c"], check=True)
    run = traced("import subprocess\nprint(subprocess.run(['./tool'], env={}).returncode)", cwd=tmp_path)
    assert run.done.stdout == "5\n"
    assert run.document["capture"]["warnings"] == []


FORBID = """
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(int n, char **words)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, atoi(words[1]), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {4, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        return 77;
    return execvp(words[2], words + 2);
}
"""


@pytest.fixture
def forbid(tmp_path):
    """Runs a command to which one system call is forbidden."""
    (tmp_path / "forbid.c").write_text(FORBID)
    subprocess.run(["cc", "-o", tmp_path / "forbid", tmp_path / "forbid.c"], check=True)
    return tmp_path / "forbid"


MEMFD_CREATE, SOCKET = ("319", "41") if os.uname().machine == "x86_64" else ("279", "198")


@pytest.mark.parametrize("call,word", [(MEMFD_CREATE, "memfd_create() is forbidden"), (SOCKET, "sockets are forbidden")],
                         ids=["memfd_create", "socket"])
def test_forbidden_calls(once, traced, followed_from_shell, python, forbid, call, word):
    """The program says so and does not run; a child runs as under python."""
    done = harness.run("run", "--", forbid, call, python, "-c", "print('ran')", check=False)
    if done.returncode == 77:
        pytest.skip("seccomp filters cannot be set here")
    assert (done.returncode, done.stdout) == (125, "")
    assert word in done.stderr
    run = traced(f"import subprocess, sys\nprint(subprocess.run([{str(forbid)!r}, {call!r}, sys.executable, '-c', 'print(3)'],"
                 " capture_output=True))")
    assert "returncode=0, stdout=b'3\\n', stderr=b''" in run.done.stdout
    warnings = [warning["text"] for warning in run.document["capture"]["warnings"]]
    assert call == SOCKET or any(word in text for text in warnings)


JEMALLOC = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"


@pytest.mark.skipif(not os.path.exists(JEMALLOC), reason="needs libjemalloc2")
def test_another_allocator(once, traced):
    run = traced(f"""
import os
import pty
import select
assert os.environ['LD_PRELOAD'] == {JEMALLOC!r}
assert os.path.basename({JEMALLOC!r}) in open('/proc/self/maps').read()
kept = [bytes(100_000) for _ in range(100)]  # kept
""", env={**os.environ, "LD_PRELOAD": JEMALLOC})
    assert run.status == 0, run.done.stderr
    near(run.sum("kept", "live_bytes"), 100 * (100_000 + HEADER_BYTES))
    told, = [warning["text"] for warning in run.document["capture"]["warnings"] if warning["id"] == "other_allocator"]
    assert JEMALLOC in told


# ---- the terminal ----

class Shell:
    """An interactive shell on a terminal of its own."""

    def __init__(self, folder):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.chdir(folder)
            os.execvpe("bash", ["bash", "--norc", "--noediting", "-i"], {**os.environ, "PS1": "next> ", "TERM": "dumb"})
        self.seen = b""
        self.wait_for("next> ")

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait_for(self, word):
        end = time.monotonic() + 50
        while word.encode() not in self.seen:
            assert select.select([self.fd], [], [], max(end - time.monotonic(), 0))[0], (word, self.seen)
            self.seen += os.read(self.fd, 4096)
        self.seen = self.seen.split(word.encode(), 1)[1]

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def test_jobs_of_a_shell(once, traced, python, tmp_path):
    """Stopped by Ctrl-Z or by itself, whymem is a stopped job; Ctrl-C ends the program as without it."""
    traced("")
    (tmp_path / "job.py").write_text("import os, signal, time\nprint('rea' + 'dy', flush=True)\nprint('got', input())\n"
                                     "os.kill(os.getpid(), signal.SIGSTOP)\nprint('went', 'on', flush=True)\n"
                                     "while True:\n    time.sleep(0.01)\n")
    shell = Shell(tmp_path)
    shell.type(f"{harness.WHYMEM} run -o report --python {python} job.py\n")
    shell.wait_for("ready")
    shell.type("\x1a")
    shell.wait_for("Stopped")
    shell.wait_for("next> ")
    shell.type("fg\n")
    shell.wait_for("job.py")
    shell.type("words\n")
    shell.wait_for("got words")
    shell.wait_for("Stopped")
    shell.wait_for("next> ")
    shell.type("fg\n")
    shell.wait_for("went on")
    shell.type("\x03")
    shell.wait_for("KeyboardInterrupt")
    shell.wait_for("next> ")
    shell.type("echo status $?\n")
    shell.wait_for("status 130")
    shell.close()
    assert "at peak MiB" in (tmp_path / "report").read_text()
