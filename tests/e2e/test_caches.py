"""whymem caches: what limits each, how it is used, where it stands."""
import harness

SOURCE = """
import collections, functools

class Client:
    known = {}
    @functools.lru_cache(maxsize=None)
    def price(self, item):
        return item * 2

@functools.lru_cache(maxsize=50)
def zone(code):
    return code % 7

class Bounded:
    def __init__(self):
        self.maxsize = 500
        self.entries = {}

def counter():
    seen = set()
    def count(word):
        seen.add(word)
        return len(seen)
    return count

def translate(word, memory={}):
    memory[word] = word * 2

STORE = Bounded()
LAST = collections.deque(maxlen=40)
SHORT = [1, 2, 3]
COUNT = counter()
for i in range(100, 300):
    Client.known[i] = str(i)
    zone(i); zone(i)
    STORE.entries[i] = LAST.append(i)
    COUNT(i)
    translate(str(i))
client = Client()
for i in range(80):
    client.price(i % 60)
ready = [Client.price.cache_info()._asdict(), zone.cache_info()._asdict()]
"""


def find(rows, path):
    found = [row for row in rows if row["path"] == path]
    assert len(found) == 1, (path, [row["path"] for row in rows if row["path"].startswith("__main__")])
    return found[0]


def test_caches(python):
    with harness.Target(python, SOURCE) as target:
        document = harness.ask("caches", target.pid, "--top", 0)
        truth = target.ready
    rows = document["rows"]
    assert document["rest"] == {"row_count": 0, "retained_bytes": 0}
    assert [row["retained_bytes"] for row in rows] == sorted((row["retained_bytes"] for row in rows), reverse=True)
    for path, info in zip(("__main__.Client.price", "__main__.zone"), truth):
        row = find(rows, path)
        assert row["kind"] == "lru_cache" and row["line"]
        assert (row["entry_count"], row["max_count"], row["hit_count"], row["miss_count"]) == (
            info["currsize"], info["maxsize"], info["hits"], info["misses"])
    expected = {
        "__main__.Client.known": ("class", "dict", 200, None),
        "__main__.STORE.entries": ("instance", "dict", 200, 500),
        "__main__.LAST": ("module", "deque", 40, 40),
    }
    for path, facts in expected.items():
        row = find(rows, path)
        assert (row["kind"], row["type"], row["entry_count"], row["max_count"]) == facts
        assert row["hit_count"] is None and row["retained_bytes"] > 500
    kinds = {row["kind"]: row for row in rows if row["path"].startswith("__main__.") and row["entry_count"] == 200}
    assert kinds["closure"]["type"] == "set" and kinds["closure"]["path"].startswith("__main__.COUNT")
    assert kinds["default_argument"]["type"] == "dict" and "translate" in kinds["default_argument"]["path"]
    assert not any(row["path"] == "__main__.SHORT" for row in rows)


def test_what_is_cut_is_summed(python):
    with harness.Target(python, SOURCE) as target:
        whole = harness.ask("caches", target.pid, "--top", 0)["rows"]
        document = harness.ask("caches", target.pid, "--top", 2)
    assert document["rows"] == whole[:2]
    assert document["rest"]["row_count"] == len(whole) - 2
    assert document["rest"]["retained_bytes"] == sum(row["retained_bytes"] for row in whole[2:])
