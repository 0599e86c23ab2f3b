# RULE: context_pinned
# CULPRIT: _scheduled
# MEASURE: saving
import asyncio
import contextvars
import gc

from run import run

REQUEST = contextvars.ContextVar("REQUEST")
loop = asyncio.new_event_loop()


def refresh():
    pass


async def handle(number, fix):
    REQUEST.set({"id": number, "body": bytearray(16384)})
    if fix:
        contextvars.Context().run(loop.call_later, 3600, refresh)
    else:
        loop.call_later(3600, refresh)


async def serve(i, fix):
    for number in range(600):
        await asyncio.ensure_future(handle(i * 600 + number, fix))
        if number % 25 == 0:
            gc.collect()


def work(i, fix):
    loop.run_until_complete(serve(i, fix))


run(work)
