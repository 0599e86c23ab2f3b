# RULE: pending_tasks
# CULPRIT: reply
# MEASURE: saving
import asyncio

from run import run

loop = asyncio.new_event_loop()
forgotten = []


async def reply(number, fix):
    page = [str(number)] + [str(n + number) for n in range(1, 250)]
    answer = loop.create_future()
    if fix:
        return len(page)
    await answer
    return len(page)


async def serve(i, fix):
    for n in range(400):
        forgotten.append(asyncio.ensure_future(reply(i * 400 + n, fix)))
        await asyncio.sleep(0)
        if fix:
            forgotten.clear()


def work(i, fix):
    loop.run_until_complete(serve(i, fix))


run(work)
