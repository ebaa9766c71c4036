# RUN: %python %s
import sys

import nets
import numpy as np

random = np.random.default_rng(1)


def sample(batch, length):
    mask = np.ones((batch, length), np.int64)
    mask[0, length - length // 4:] = 0
    return {"input_ids": random.integers(0, 301, (batch, length)), "attention_mask": mask}


good = nets.check(nets.transformer(batch=1, length=32), [sample(1, 32), sample(1, 32)], what="fixed")
good &= nets.check(nets.transformer(), [sample(2, 24), sample(1, 7), sample(3, 65)], what="open")
sys.exit(not good)
