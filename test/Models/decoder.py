# RUN: %python %s
import sys

import nets
import numpy as np

random = np.random.default_rng(1)


def sample(past):
    caches = {f"cache_{i}": random.standard_normal((2, 1, 2, past, 16)).astype(np.float32) for i in range(2)}
    return {"input_ids": random.integers(0, 211, (1, 1)), "position": np.array([past]), **caches}


good = nets.check(nets.decoder(past=12), [sample(12), sample(12)], what="fixed")
good &= nets.check(nets.decoder(), [sample(12), sample(0), sample(1), sample(77)], what="open")
sys.exit(not good)
