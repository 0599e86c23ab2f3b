# RULE: native_unowned
# CULPRIT: native.unowned
# MEASURE: saving
import ctypes

from run import run

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
MESSAGE = b"a reply that C code has made and that its caller must free " * 40


def ask(fix):
    buffer = libc.malloc(len(MESSAGE))
    ctypes.memmove(buffer, MESSAGE, len(MESSAGE))
    if fix:
        libc.free(buffer)


def work(i, fix):
    for n in range(4000):
        ask(fix)


run(work)
