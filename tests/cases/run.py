"""Runs a case: grows, tells its figures, waits to be looked at. FIX=1 runs the corrected twin."""
import gc
import json
import os
import sys


def rss():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def give_back_start_memory():
    """Memory that was freed while Python started would hide growth."""
    try:
        import ctypes
        ctypes.CDLL(None).malloc_trim(0)
    except (ImportError, AttributeError):
        pass


def run(work, rounds=6, pid=None):
    """`work(i, fix)` is called `rounds` times; `pid` tells which process to look at, if not this one."""
    fix = os.environ.get("FIX") == "1"
    give_back_start_memory()
    before = rss()
    for i in range(rounds):
        work(i, fix)
    print(json.dumps({"pid": pid() if pid else os.getpid(), "rss": rss(), "grew": rss() - before}), flush=True)
    sys.stdin.readline()
