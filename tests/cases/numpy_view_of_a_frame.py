# RULE: views_pin_bases
# CULPRIT: thumbnails
# MEASURE: saving
# NEEDS: numpy
import numpy as np

from run import run


class Camera:
    def __init__(self):
        self.thumbnails = []


camera = Camera()


def work(i, fix):
    for n in range(5):
        frame = np.full((1000, 1000), n, dtype=np.uint8)
        small = frame[:8, :8]
        camera.thumbnails.append(small.copy() if fix else small)


run(work)
