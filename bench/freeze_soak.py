#!/usr/bin/env python3
"""Does freezing harm anybody? Many freezes in a row, and whymem killed at random instants.

usage: bench/freeze_soak.py FREEZE HARM [--freezes N] [--kills N] [--python PYTHON] [--only NAME] [--seed N] [--whole]

FREEZE and HARM are tests/unit/target/{freeze,harm} of a build folder. The targets:
  threads   HARM: 16 threads in all kinds of system calls, 3 kHz of queued signals, fork churn
  server    an asyncio server under load, whose clients check every byte and every end of file
  heap      a loop that allocates and checks what it allocated
  spawn     threads that start programs (by vfork) and check what these answer
Each is frozen N times in a row, then FREEZE is killed N times while it works on it, every second time
while the target stands still or runs our call. At the end each target must have seen nothing wrong, have
no child and no tracer, and no process of ours may be left. Exit code 1 if anything was wrong.
With --whole FREEZE is whymem itself: it keeps the copy while it walks the heap. Only Python targets then.
"""
import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

SERVER = r"""
import asyncio, json, os, signal, sys, threading
wrong, done = [], 0
chld = []
signal.signal(signal.SIGCHLD, lambda *_: chld.append(1))

async def serve(reader, writer):
    while data := await reader.readexactly(100):
        writer.write(data[::-1])
        await writer.drain()
        if data[0] == 255:
            break
    writer.close()

async def client(port, number):
    global done
    while not over.is_set():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for i in range(20):
            data = bytes([255 if i == 19 else (number + i) % 250]) + os.urandom(99)
            writer.write(data)
            answer = await asyncio.wait_for(reader.readexactly(100), 10)
            if answer != data[::-1]:
                wrong.append("answer")
        if await asyncio.wait_for(reader.read(1), 10) != b"":
            wrong.append("end of file")
        writer.close()
        done += 20
        started = asyncio.get_running_loop().time()
        await asyncio.sleep(0.01)
        if asyncio.get_running_loop().time() - started < 0.009:
            wrong.append("sleep")

gap = 0
async def watch_gaps():
    global gap
    loop = asyncio.get_running_loop()
    while not over.is_set():
        started = loop.time()
        await asyncio.sleep(0.01)
        gap = max(gap, loop.time() - started)

async def main():
    watcher = asyncio.create_task(watch_gaps())
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print("ready", flush=True)
    await asyncio.gather(*(client(port, i) for i in range(20)))
    server.close()

over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
asyncio.run(main())
try:
    os.waitpid(-1, os.WNOHANG)
    wrong.append("a child is left")
except ChildProcessError:
    pass
print(json.dumps({"wrong": len(wrong), "kinds": sorted(set(wrong)), "foreign_sigchld": len(chld),
                  "longest_gap_ms": round(gap * 1000), "rounds": done}))
"""

HEAP = r"""
import json, os, signal, sys, threading
chld = []
signal.signal(signal.SIGCHLD, lambda *_: chld.append(1))
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
print("ready", flush=True)
wrong = rounds = 0
keep = {}
while not over.is_set():
    rows = [{"id": i, "text": "row %d" % i, "values": [i] * 10} for i in range(2000)]
    keep[rounds % 20] = rows
    for old in keep.values():
        for i, row in enumerate(old):
            if row["id"] != i or row["text"] != "row %d" % i or sum(row["values"]) != 10 * i:
                wrong += 1
    rounds += 1
try:
    os.waitpid(-1, os.WNOHANG)
    wrong += 1
except ChildProcessError:
    pass
print(json.dumps({"wrong": wrong, "foreign_sigchld": len(chld), "rounds": rounds}))
"""

SPAWN = r"""
import json, os, subprocess, sys, threading
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
wrong, rounds = [], [0, 0, 0]

def spawn(number):
    while not over.is_set():
        code = rounds[number] % 50
        done = subprocess.run(["/bin/sh", "-c", f"read line; echo $line; exit {code}"], input=b"some line\n", capture_output=True)
        if done.returncode != code or done.stdout != b"some line\n":
            wrong.append(str(done))
        rounds[number] += 1

threads = [threading.Thread(target=spawn, args=(i,)) for i in range(3)]
for thread in threads:
    thread.start()
print("ready", flush=True)
for thread in threads:
    thread.join()
try:
    os.waitpid(-1, os.WNOHANG)
    wrong.append("a child is left")
except ChildProcessError:
    pass
print(json.dumps({"wrong": len(wrong), "kinds": wrong[:3], "foreign_sigchld": 0, "rounds": sum(rounds)}))
"""


def status_of(pid, key):
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(key):
                return line.split()[1]
    except OSError:
        return None


def children_of(pid):
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        if status_of(path.name, "PPid:") == str(pid):
            found.append(int(path.name))
    return found


def is_traced(pid):
    return status_of(pid, "TracerPid:") not in ("0", None)


def wait_until(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


class Soak:
    def __init__(self, options, name, command):
        self.freeze = [options.freeze, "explain", "--json"] if options.whole else [options.freeze]
        self.name = name
        self.faults = []
        self.pauses = []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        assert self.process.stdout.readline() == "ready\n"
        time.sleep(0.2)

    def fault(self, text):
        self.faults.append(text)
        print(f"{self.name}: {text}", flush=True)

    def freeze_often(self, count):
        for _ in range(count):
            done = subprocess.run([*self.freeze, str(self.pid)], capture_output=True, text=True)
            answer = json.loads(done.stdout or "{}")
            if "capture" in answer:
                answer = {**answer["capture"], "pause_ms": answer["capture"]["pause_ns"] / 1e6}
            if done.returncode or answer["warnings"] or not answer["complete"] or answer["method"] != "clone":
                self.fault(f"freeze ended with {done.returncode}: {done.stdout[-500:]} {done.stderr}")
            else:
                self.pauses.append(answer["pause_ms"])

    def kill_once(self, inside, longest):
        """Kills FREEZE; whether that was while its guardian had hold of the target."""
        freeze = subprocess.Popen([*self.freeze, str(self.pid)], stdout=subprocess.DEVNULL)
        if inside:
            while not is_traced(self.pid) and freeze.poll() is None:
                pass
            deadline = time.perf_counter() + random.random() * 0.002
            while time.perf_counter() < deadline:
                pass
        else:
            time.sleep(random.random() * longest)
        guardian = status_of(self.pid, "TracerPid:")
        freeze.kill()
        # While a tracer lets go, the kernel names the real parent for a moment: that is us.
        held = guardian not in ("0", None, str(os.getpid()))
        freeze.wait()
        if held and not wait_until(lambda: status_of(guardian, "State:") in (None, "Z")):
            self.fault(f"the guardian {guardian} is left")
        if not wait_until(lambda: not is_traced(self.pid)):
            self.fault("the target is still traced")
        if self.process.poll() is not None:
            raise SystemExit(f"{self.name}: the target died: {self.process.returncode}")
        return held

    def kill_often(self, count):
        started = time.perf_counter()
        subprocess.run([*self.freeze, str(self.pid)], stdout=subprocess.DEVNULL)
        longest = time.perf_counter() - started
        return sum(self.kill_once(i % 2 == 0, longest) for i in range(count))

    def end(self):
        if self.name not in ("threads", "spawn") and children_of(self.pid):
            self.fault(f"children are left: {children_of(self.pid)}")
        out, _ = self.process.communicate(timeout=60)
        answer = json.loads(out)
        if self.process.returncode or answer["wrong"] or answer["foreign_sigchld"] or \
                answer.get("signals_lost") or answer.get("child_left"):
            self.fault(f"harm: {out}")
        return answer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("freeze")
    parser.add_argument("harm")
    parser.add_argument("--freezes", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--only", choices=["threads", "server", "heap", "spawn"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    random.seed(options.seed)
    targets = {"threads": [options.harm], "server": [options.python, "-c", SERVER],
               "heap": [options.python, "-c", HEAP], "spawn": [options.python, "-c", SPAWN]}
    failed = False
    for name, command in targets.items():
        if options.only not in (None, name) or (options.whole and name == "threads"):
            continue
        soak = Soak(options, name, command)
        soak.freeze_often(options.freezes)
        held = soak.kill_often(options.kills) if options.kills else 0
        answer = soak.end()
        failed |= bool(soak.faults)
        pauses = sorted(soak.pauses) or [0]
        print(f"{name}: {len(soak.pauses)} freezes, pause median {statistics.median(pauses):.2f} ms, "
              f"worst {pauses[-1]:.2f} ms; {options.kills} kills, {held} of them while it was held; "
              f"{len(soak.faults)} faults; {json.dumps(answer)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
