# RULE: c_reference_leak
# CULPRIT: Header
# MEASURE: saving
import ctypes

from run import run

take = ctypes.pythonapi.Py_IncRef
take.argtypes = [ctypes.py_object]


class Header:
    def __init__(self, number):
        self.number = number
        self.fields = [str(number + n) for n in range(60)]


def work(i, fix):
    for n in range(1000):
        header = Header(n)
        if not fix:
            take(header)


run(work)
