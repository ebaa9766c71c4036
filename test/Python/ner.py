# REQUIRES: seqeval
# RUN: %python %s
"""The NER metric, on sentences worked out by hand."""
import numpy as np

import graphopt
from graphopt import metrics

TAGS = ["O", "B-CITY", "I-CITY", "B-NAME", "I-NAME"]


def said(*rows):
    sample = graphopt.Sample("s", {})
    classes = np.array([[TAGS.index(tag) for tag in row.split()] for row in rows])
    object.__setattr__(sample, "run", lambda model: [np.eye(len(TAGS))[classes]])
    return metric.predict(None, sample)


metric = metrics.Ner(TAGS)
# Gold without B- and I-: runs. Of three entities two are found, and one is made up; what has no tag does not count.
first = said("O B-CITY I-CITY O B-NAME O")
second = said("B-NAME I-NAME B-CITY", "O O B-NAME")
golds = [[None, "CITY", "CITY", "O", "NAME", None], [["NAME", "NAME", "O"], ["O", "CITY", "O"]]]
assert abs(metric.score([first, second], golds) - 100 * 2 * 3 / (4 + 5)) < 1e-9, metric.score([first, second], golds)
tables = metric.tables([first, second], golds)
assert tables["entities"]["CITY"] == {"precision": .5, "recall": .5, "f1-score": .5, "support": 2}, tables
assert tables["tokens"]["NAME"] == {"precision": .75, "recall": 1, "f1-score": 6 / 7, "support": 3}, tables
# With them, an entity begins at each B-.
golds = [[["B-CITY", "B-CITY", "O"]]]
assert metric.score([said("B-CITY I-CITY O")], golds) == 0
assert metric.score([said("B-CITY B-CITY O")], golds) == 100
