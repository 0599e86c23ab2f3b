# RULE: native_behind_objects
# CULPRIT: STREAMS
# MEASURE: saving
import zlib

from run import run

STREAMS = {}


class Stream:
    def __init__(self, number):
        self.number = number
        self.encoder = zlib.compressobj(9)

    def send(self, text):
        return self.encoder.compress(text) + self.encoder.flush(zlib.Z_SYNC_FLUSH)


def serve(number, fix):
    stream = Stream(number)
    stream.send(b"hello %d" % number)
    if fix:
        stream.encoder = None
    STREAMS[number] = stream


def work(i, fix):
    for n in range(120):
        serve(i * 120 + n, fix)


run(work)
