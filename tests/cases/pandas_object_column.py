# RULE: object_columns
# CULPRIT: TABLE
# MEASURE: saving
# NEEDS: pandas
import numpy as np
import pandas as pd

from run import run

COUNTRIES = 190
TABLE = None


def read(n_rows, fix):
    """As read_csv() does: with a dtype of category no text is made twice."""
    if fix:
        names = ["a country with the number %03d" % n for n in range(COUNTRIES)]
        return pd.Series(pd.Categorical.from_codes(np.arange(n_rows) % COUNTRIES, names))
    return pd.Series(["a country with the number %03d" % (n % COUNTRIES) for n in range(n_rows)], dtype=object)


def work(i, fix):
    global TABLE
    TABLE = pd.DataFrame({"country": read(300000, fix)})


pd.DataFrame({"country": read(1000, True), "again": read(1000, False)})
run(work, rounds=1)
