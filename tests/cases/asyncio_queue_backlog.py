# RULE: unbounded_queue
# CULPRIT: __main__.pipeline.jobs
# MEASURE: saving
import asyncio

from run import run

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)


class Pipeline:
    def __init__(self, maxsize):
        self.jobs = asyncio.Queue(maxsize)

    async def accept(self, job):
        if self.jobs.full():
            self.jobs.get_nowait()
        await self.jobs.put(job)


pipeline = None


async def accept_all(i):
    for n in range(6000):
        await pipeline.accept({"id": (i, n), "rows": [n, i, str(n)] * 10})


async def start(fix):
    return Pipeline(200 if fix else 0)


def work(i, fix):
    global pipeline
    pipeline = pipeline or loop.run_until_complete(start(fix))
    loop.run_until_complete(accept_all(i))


run(work)
