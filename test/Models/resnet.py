# RUN: %python %s
import sys

import nets
import numpy as np

random = np.random.default_rng(1)


def sample(batch, size):
    return {"image": random.standard_normal((batch, 3, size, size)).astype(np.float32)}


good = nets.check(nets.resnet(), [sample(1, 64), sample(1, 64)], what="fixed")
good &= nets.check(nets.resnet(batch="batch", size="size"), [sample(1, 64), sample(3, 33), sample(2, 96)], what="open")
sys.exit(not good)
