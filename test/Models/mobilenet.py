# RUN: %python %s
import sys

import nets
import numpy as np

random = np.random.default_rng(1)


def sample(batch, height, width):
    return {"image": random.standard_normal((batch, 3, height, width)).astype(np.float32)}


good = nets.check(nets.mobilenet(1, 48, 64), [sample(1, 48, 64), sample(1, 48, 64)], what="fixed")
good &= nets.check(nets.mobilenet(), [sample(1, 48, 64), sample(2, 31, 17), sample(3, 50, 97)], what="open")
sys.exit(not good)
