# RULE: exceptions_hold_frames
# CULPRIT: __main__.Job.last_error
# MEASURE: saving
from run import run


class Job:
    last_error = None

    def load(self, name):
        lines = ["line %d of %s" % (n, name) for n in range(200000)]
        raise OSError("cannot write %d lines" % len(lines))

    def run(self, name, fix):
        try:
            self.load(name)
        except OSError as error:
            Job.last_error = str(error) if fix else error


def work(i, fix):
    if not fix:
        Job().run("nightly", fix)


run(work, rounds=1)
