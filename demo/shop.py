"""A small web shop with the memory problems that real services have.

It serves requests to itself until some hundred MB are gone, says "ready" and
waits. Nothing in it is wrong at a glance.
"""
import asyncio
import collections
import ctypes
import functools
import gc
import json
import logging
import random
import string
import sys
import threading

PR_SET_PTRACER = 0x59616D61
PR_SET_PTRACER_ANY = -1

log = logging.getLogger("shop")


class ResultCache:
    """Rendered answers by query. Nobody ever asked how many queries there are."""

    def __init__(self):
        self.results = {}

    def get(self, query, render):
        if query not in self.results:
            self.results[query] = render(query)
        return self.results[query]


class Session:
    def __init__(self, user):
        self.user = user
        self.basket = []
        self.history = collections.deque(maxlen=50)
        self.owner = None


class Visit:
    """One visit and its session know each other: a cycle for each request."""

    def __init__(self, session):
        self.session = session
        self.payload = bytearray(2000)
        session.owner = self


class Catalogue:
    def __init__(self, region):
        self.region = region
        self.articles = [f"article {i} for {region}" for i in range(300)]

    @functools.lru_cache(maxsize=None)
    def search(self, word):
        return [a for a in self.articles if word in a][:20]


CACHE = ResultCache()
AUDIT = []
RECENT_ERRORS = collections.deque(maxlen=200)


def render(query):
    row = {"query": query, "price": random.random(), "tags": query.split(), "stock": random.randrange(10**6)}
    return {"row": row, "html": json.dumps(row) * 3}


def load_report(number):
    table = bytearray(100_000)
    if number >= 0:
        raise ValueError(f"report {number} is not ready")
    return table


def handle(number, rng):
    word = "".join(rng.choices(string.ascii_lowercase, k=12))
    CACHE.get(f"q={word} page={number % 7}", render)
    session = Session(user=f"user-{number}")
    session.basket.extend(range(5))
    Visit(session)
    AUDIT.append((number, word, float(number)))
    if number % 500 == 0:
        Catalogue(region=f"region-{number}").search("1")
    if number % 1000 == 0:
        try:
            load_report(number)
        except ValueError as error:
            RECENT_ERRORS.append(error)


def housekeeping(stop):
    scratch = [str(i) * 10 for i in range(20_000)]
    stop.wait()
    return scratch


async def serve(n_requests):
    rng = random.Random(1)
    for number in range(n_requests):
        handle(number, rng)
        if number % 10_000 == 0:
            await asyncio.sleep(0)
    print(f"ready: {n_requests} requests served", flush=True)
    await asyncio.Event().wait()


def main():
    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_long(PR_SET_PTRACER_ANY), 0, 0, 0)
    gc.disable()  # "for latency"
    stop = threading.Event()
    threading.Thread(target=housekeeping, args=(stop,), name="housekeeping", daemon=True).start()
    asyncio.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 60_000))


if __name__ == "__main__":
    main()
