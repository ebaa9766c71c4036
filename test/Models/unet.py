# RUN: %python %s
import sys

import nets
import numpy as np

random = np.random.default_rng(1)


def sample(height, width):
    return {"image": random.standard_normal((1, 1, height, width)).astype(np.float32)}


good = nets.check(nets.unet(height=40, width=24), [sample(40, 24), sample(40, 24)], what="fixed")
good &= nets.check(nets.unet(), [sample(40, 24), sample(4, 12), sample(60, 100)], what="open")
sys.exit(not good)
