"""Writes a file of statistics as `graphopt statistics` does: of one value, seen as the
rows that are given, of a model with small constants only.

statistics.py FILE VALUE [[...], ...]
"""
import hashlib
import json
import sys

import numpy as np

base, value, rows = sys.argv[1], sys.argv[2], np.array(json.loads(sys.argv[3]), np.float64)
BINS = 2048
limit = 2.0 ** np.ceil(np.log2(np.abs(rows).max() * 1.001))
arrays = {"histogram": np.histogram(rows, BINS, (-limit, limit))[0].astype(np.float64),
          "channel_sum": rows.sum(0), "channel_squares": (rows**2).sum(0), "channel_min": rows.min(0),
          "channel_max": rows.max(0), "gram": rows.T @ rows}
np.savez(base + ".npz", **{f"{value}/{name}": array for name, array in arrays.items()})
with open(base + ".json", "w", encoding="utf-8") as file:
    json.dump({"graphopt_statistics": 1, "model": hashlib.sha256(b"").hexdigest()[:32], "mask": "", "samples": 1,
               "values": {value: {"kinds": 7, "count": rows.size, "non_finite": 0, "sum": rows.sum(), "min": rows.min(),
                                  "max": rows.max(), "histogram_limit": limit, "rows": len(rows),
                                  "channels": rows.shape[1]}}}, file)
