# RULE: unbounded_container
# CULPRIT: __main__.price.<closure>.known
# MEASURE: saving
from run import run


def memoize(function, most):
    known = {}

    def call(argument):
        if argument not in known:
            if len(known) >= most:
                known.clear()
            known[argument] = function(argument)
        return known[argument]
    return call


def price_of(item):
    return {"item": item, "net": item * 1.19, "tiers": [item, item * 2]}


price = None


def work(i, fix):
    global price
    price = price or memoize(price_of, 50 if fix else 10 ** 9)
    for item in range(10000):
        price(i * 10000.5 + item)


run(work)
