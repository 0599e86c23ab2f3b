# RULE: exceptions_hold_frames
# CULPRIT: __main__.LAST_ERROR
# MEASURE: saving
from run import run

LAST_ERROR = {}


class Invalid(Exception):
    pass


def check(order):
    rows = [{"sku": "%d/%d" % (order, n), "count": n} for n in range(120)]
    if rows:
        raise Invalid(order)


def work(i, fix):
    for order in range(i * 150, (i + 1) * 150):
        try:
            check(order)
        except Invalid as error:
            LAST_ERROR["customer %d" % order] = error.with_traceback(None) if fix else error


run(work)
