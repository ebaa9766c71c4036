"""Task metrics, to compress by: how good a model's outputs are for their use.

A metric is called with a model and a list of Sample and gives a number. Those here
keep apart what the model says of a sample and what that is worth, so that intervals
can be told without running the model again.
"""
import importlib

import numpy as np


class TaskMetric:
    """Override predict() and score().

    name
    greater_is_better
    """
    name = "metric"
    greater_is_better = True

    def predict(self, model, sample):
        """What the model says of one sample."""
        raise NotImplementedError

    def score(self, predictions, golds):
        """One number for lists of predictions and of what is right."""
        raise NotImplementedError

    def tables(self, predictions, golds):
        """title -> row -> column -> number, for the report."""
        return {}

    def __call__(self, model, samples):
        return self.score([self.predict(model, sample) for sample in samples],
                          [sample.gold for sample in samples])


def _need(module):
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ImportError(f"this metric needs {module.partition('.')[0]}: pip install 'graphopt[compress]'") from None


class Ner(TaskMetric):
    """F1 of named entities, micro-averaged over tags, in points of 100, by seqeval.

    tags    tag of each class of the model's logits, as B-CITY; O is none
    output  number of the output with the logits [batch, tokens, tags]

    Gold is a list of tags, one a token, None where a token does not count (special
    tokens, second parts of words), or a list of these for a batch. Where gold tags have
    no B- and I-, an entity is a run of one tag, and those of the model are dropped.
    """
    name = "entity F1"

    def __init__(self, tags, output=0):
        self.tags, self.output = list(tags), output

    def predict(self, model, sample):
        classes = sample.run(model)[self.output].argmax(-1)
        return [[self.tags[number] for number in row] for row in classes]

    @staticmethod
    def _pairs(predictions, golds):
        """(gold, predicted) tags a sentence, in the form of IOB2 or of runs."""
        rows = []
        for predicted, gold in zip(predictions, golds):
            batch = gold if gold and isinstance(gold[0], list) else [gold]
            for said, right in zip(predicted, batch):
                rows.append([(r, s) for r, s in zip(right, said) if r is not None])
        marked = any(r[:2] in ("B-", "I-") for row in rows for r, _ in row)

        def form(tag):
            if marked or tag == "O":
                return tag
            return "I-" + (tag[2:] if tag[:2] in ("B-", "I-") else tag)
        return [[form(r) for r, _ in row] for row in rows], [[form(s) for _, s in row] for row in rows]

    def score(self, predictions, golds):
        return 100 * float(_need("seqeval.metrics").f1_score(*self._pairs(predictions, golds), zero_division=0))

    def tables(self, predictions, golds):
        """Precision, recall, F1 and support a tag, of entities and of tokens."""
        right, said = self._pairs(predictions, golds)
        entities = _need("seqeval.metrics").classification_report(right, said, output_dict=True, zero_division=0)
        right, said = ([tag.split("-", 1)[-1] for row in rows for tag in row] for rows in (right, said))
        tokens = _need("sklearn.metrics").classification_report(
            right, said, labels=sorted(set(right) - {"O"}), output_dict=True, zero_division=0)
        tokens.pop("accuracy", None)
        return {title: {row: {column: float(number) for column, number in columns.items()}
                        for row, columns in table.items()}
                for title, table in (("entities", entities), ("tokens", tokens))}


def _distance(left, right):
    """Levenshtein's: insertions, deletions and substitutions."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


class CharacterErrorRate(TaskMetric):
    """Edits from text to gold by gold's length, in points of 100; less is better.

    alphabet  characters of the classes of a CTC output [batch, steps, classes];
              class 0 is the blank, and not part of it
    output    its number
    """
    name = "character error rate"
    greater_is_better = False

    def __init__(self, alphabet, output=0):
        self.alphabet, self.output = alphabet, output

    def predict(self, model, sample):
        texts = []
        for row in sample.run(model)[self.output].argmax(-1):
            kept = row[np.flatnonzero(np.diff(row, prepend=0))]
            texts.append("".join(self.alphabet[number - 1] for number in kept if number))
        return texts

    def score(self, predictions, golds):
        pairs = [(text, right) for texts, gold in zip(predictions, golds)
                 for text, right in zip(texts, [gold] if isinstance(gold, str) else gold)]
        return 100 * sum(_distance(*pair) for pair in pairs) / max(1, sum(len(right) for _, right in pairs))


def _ranks(values):
    """1-based, equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


class Spearman(TaskMetric):
    """Rank correlation of cosines with people's scores, times 100.

    output  number of the output: embeddings [2, width], or of tokens [2, tokens, width],
            whose mean is taken where `mask` is not 0
    mask    name of an input

    A sample is a batch of two texts; gold is their score.
    """
    name = "Spearman"

    def __init__(self, output=0, mask="attention_mask"):
        self.output, self.mask = output, mask

    def predict(self, model, sample):
        rows = sample.run(model)[self.output].astype(np.float64)
        if rows.ndim == 3:
            keep = np.asarray(sample.inputs.get(self.mask, np.ones(rows.shape[:2])) != 0)[..., None]
            rows = (rows * keep).sum(1) / keep.sum(1)
        return float(rows[0] @ rows[1] / np.linalg.norm(rows[0]) / np.linalg.norm(rows[1]))

    def score(self, predictions, golds):
        x, y = (_ranks(np.asarray(values)) for values in (predictions, golds))
        x, y = x - x.mean(), y - y.mean()
        norms = np.linalg.norm(x) * np.linalg.norm(y)
        return 100 * float(x @ y / norms) if norms > 0 else 0.0


class Top1(TaskMetric):
    """Share of rows whose greatest element is the right one, in points of 100.

    output  its number; gold is the class, or a list of one a row
    """
    name = "top-1"

    def __init__(self, output=0):
        self.output = output

    def predict(self, model, sample):
        return sample.run(model)[self.output].argmax(-1).reshape(-1)

    def score(self, predictions, golds):
        right = np.concatenate([row == np.asarray(gold).reshape(-1) for row, gold in zip(predictions, golds)])
        return 100 * float(right.mean())
