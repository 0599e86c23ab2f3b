"""What every other tool misses: objects that no collector list knows, and locals of running functions as holders."""
import harness

DICT = "{'key_%d' % i: float(i) for i in range(10**6)}"


def sizes(python, source, query):
    with harness.Target(python, source) as target:
        return harness.ask(target.pid), harness.ask("why", target.pid, query)


def expected(python):
    """Bytes of the dict, its str keys and its floats, by the Python's own sys.getsizeof."""
    with harness.Target(python, f"import sys\nd = {DICT}\nready = sys.getsizeof(d) + sum(map(sys.getsizeof, d)) "
                                "+ sum(map(sys.getsizeof, d.values()))") as target:
        return target.ready


def test_a_global_dict_with_its_strings(python):
    document, why = sizes(python, f"CACHE = {DICT}", "__main__.CACHE")
    assert why["matched"]["retained_size_bytes"] == expected(python)
    if harness.version_of(python)[:2] == (3, 12):
        assert round(why["matched"]["retained_size_bytes"] / 1e6, 1) == 105.6
    top = document["holders"][0]
    assert top["path"] == "__main__.CACHE" and top["item_count"] == 10**6
    assert top["retained_bytes"] == why["matched"]["retained_bytes"]


LOCAL = f"""
import threading
def worker(stop):
    table = {DICT}
    started.set()
    stop.wait()
started, stop = threading.Event(), threading.Event()
threading.Thread(target=worker, args=(stop,), daemon=True).start()
started.wait()
"""


def test_a_local_of_a_running_function(python):
    document, _ = sizes(python, LOCAL, "dict")
    top = document["holders"][0]
    assert "worker" in top["path"] and "table" in top["path"], top
    assert top["retained_bytes"] > 100e6


UNTRACKED = f"""
import types
class Box:
    __slots__ = ('value',)
def make():
    table = {DICT}
    return (table,)
HOLDER = iter((make(),))
"""


def test_held_through_an_iterator(python):
    document, _ = sizes(python, UNTRACKED, "dict")
    top = document["holders"][0]
    assert top["path"].startswith("__main__.HOLDER"), top
    assert top["retained_bytes"] > 100e6
