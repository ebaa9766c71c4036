# RUN: %python %s
import sys

import nets
import numpy as np

random = np.random.default_rng(1)


def sample(length, batch):
    return {"words": random.integers(0, 97, (length, batch))}


good = nets.check(nets.tagger(9, 2), [sample(9, 2), sample(9, 2)], what="fixed")
good &= nets.check(nets.tagger(), [sample(9, 2), sample(1, 1), sample(30, 5)], what="open")
sys.exit(not good)
