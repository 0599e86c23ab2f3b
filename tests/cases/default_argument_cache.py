# RULE: unbounded_container
# CULPRIT: __main__.translate
# MEASURE: saving
from run import run


def translate(text, seen={}):
    if text not in seen:
        seen[text] = [text.upper(), text.title(), len(text)]
    return seen[text][0]


def translate_once(text):
    return [text.upper(), text.title(), len(text)][0]


def work(i, fix):
    for n in range(20000):
        (translate_once if fix else translate)("message number %d" % (i * 20000 + n))


run(work)
