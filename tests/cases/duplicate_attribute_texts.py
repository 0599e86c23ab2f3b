# RULE: duplicate_strings
# CULPRIT: ORDERS
# MEASURE: saving
import sys

from run import run

STATES = ["waiting for the payment", "packed in the warehouse", "on the way to the customer", "delivered"]


class Order:
    __slots__ = ("number", "state", "city")

    def __init__(self, number, state, city):
        self.number, self.state, self.city = number, state, city


ORDERS = []


def work(i, fix):
    for n in range(30000):
        line = f"{STATES[n % 4]};the city with the number {n % 300:04d}"
        state, city = line.split(";")
        if fix:
            state, city = sys.intern(state), sys.intern(city)
        ORDERS.append(Order(i * 30000 + n, state, city))


run(work)
