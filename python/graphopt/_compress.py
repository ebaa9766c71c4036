"""Compression by a recipe until a task's metric allows no more."""
import dataclasses
import json
import os
import tempfile

import numpy as np

from ._compile import compile
from ._model import Model
from ._samples import check_apart, take_samples

_ROUNDS = 6  # of bisection: 1/64 of the recipe's budget


class MetricError(RuntimeError):
    """Nothing of the recipe keeps the metric."""


@dataclasses.dataclass(frozen=True)
class Compression:
    """
    model   the compressed model, loaded
    recipe  that it was made by
    report  of `graphopt compile --report`; with a metric, `metric` too: its name,
            before, after, drop, tries
    """
    model: Model
    recipe: dict
    report: dict


def scale_recipe(recipe, share):
    """The recipe with a part of its budget: counts, ratios and lists of what to
    remove are multiplied by `share`, what must be kept goes to 1."""
    scaled = json.loads(json.dumps(recipe))
    for step in scaled.get("prune", []):
        for options in step.values():
            if "count" in options:
                options["count"] = round(options["count"] * share)
            if "ratio" in options:
                options["ratio"] *= share
            for key in ("keep_parameters", "min_cosine"):
                if key in options:
                    options[key] = 1 - (1 - options[key]) * share
            if "remove" in options:
                options["remove"] = options["remove"][:round(len(options["remove"]) * share)]
    return scaled


class _Search:
    """Tries parts of a recipe on the samples to select with."""

    def __init__(self, metric, select, build, progress):
        self.metric, self.select, self.build, self.progress = metric, select, build, progress
        self.sign = 1 if getattr(metric, "greater_is_better", True) else -1
        self.tries = []

    def drop(self, before, after):
        return self.sign * (before - after)

    def run(self, original, recipe, max_drop):
        """The share of the recipe's budget to take."""
        before = float(self.metric(original, self.select))
        low, high, share, seen = 0.0, 1.0, 1.0, {}
        for _ in range(_ROUNDS + 1):
            scaled = scale_recipe(recipe, share)
            key = json.dumps(scaled, sort_keys=True)
            if key not in seen:
                model, report = self.build(scaled)
                after = float(self.metric(model, self.select))
                seen[key] = self.drop(before, after) <= max_drop
                self.tries.append({"share": share, "p": kept(report), "before": before, "after": after,
                                   "drop": self.drop(before, after), "taken": seen[key]})
                self.progress(self.tries[-1])
            low, high = (share, high) if seen[key] else (low, share)
            if low == 1:
                break
            share = (low + high) / 2
        if low == 0:
            raise MetricError(f"{metric_name(self.metric)} drops by more than {max_drop:g} with any part of the "
                              f"recipe that was tried: {self.tries[-1]['drop']:.3g} at p = {self.tries[-1]['p']:.3f}")
        return low


def metric_name(metric):
    return getattr(metric, "name", None) or getattr(metric, "__name__", type(metric).__name__)


def kept(report):
    """The share of parameters that the steps left. Some only make weights zero."""
    steps = [step for step in report.get("steps", []) if "parameters_after" in step]
    return steps[-1]["parameters_after"] / steps[0]["parameters_before"] if steps else 1.0


def _intervals(metric, predictions, golds, drop):
    """95 % of drawings of the samples with replacement: before, after, drop."""
    random = np.random.default_rng(0)
    drawings = []
    for _ in range(200):
        drawn = random.integers(len(golds), size=len(golds))
        before, after = (metric.score([said[i] for i in drawn], [golds[i] for i in drawn]) for said in predictions)
        drawings.append([before, after, drop(before, after)])
    low, high = np.percentile(drawings, [2.5, 97.5], axis=0)
    return {name: [float(low[i]), float(high[i])] for i, name in enumerate(("before", "after", "drop"))}


def _measure(metric, models, samples, drop):
    """The metric before and after on samples that nothing was chosen by."""
    result = {"name": metric_name(metric), "samples": len(samples),
              "greater_is_better": getattr(metric, "greater_is_better", True)}
    if not hasattr(metric, "predict"):
        before, after = (float(metric(model, samples)) for model in models)
        return {**result, "before": before, "after": after, "drop": drop(before, after)}
    golds = [sample.gold for sample in samples]
    predictions = [[metric.predict(model, sample) for sample in samples] for model in models]
    before, after = (metric.score(said, golds) for said in predictions)
    return {**result, "before": before, "after": after, "drop": drop(before, after),
            "intervals": _intervals(metric, predictions, golds, drop),
            "tables": {name: metric.tables(said, golds) for name, said in zip(("before", "after"), predictions)}}


def compress(model, recipe, output=None, *, calib, select=None, evaluate=None, metric=None, max_drop=None,
             report=None, progress=None, threads=1, **options):
    """Compresses an ONNX model by a recipe (docs/Compress.md), compiles and loads it.

    model     a path, or an onnx.ModelProto
    recipe    a dict, or the path of a JSON file
    output    folder for the compiled library; default: it is kept in memory only
    calib, select, evaluate
              samples to make statistics from, to compare alternatives on, and for
              the report: a folder, or a list of name -> array, of (name -> array,
              gold), or of Sample. A metric needs all three
    metric    a callable of a model and a list of Sample that gives a number, or one of
              graphopt.metrics. Greater is better, unless its attribute
              `greater_is_better` is False
    max_drop  how much worse the metric may get on `select`: of the recipe's budget
              as much is taken as it allows, by bisection; default: all
    report    file to write the report to
    progress  called with each try, a dict
    options   as for compile()

    Raises MetricError if not the least part that was tried keeps the metric.
    """
    if isinstance(recipe, (str, os.PathLike)):
        with open(recipe, encoding="utf-8") as file:
            recipe = json.load(file)
    if metric is not None and (select is None or evaluate is None):
        raise ValueError("a metric needs samples to select and to evaluate with: select= and evaluate=")
    if max_drop is not None and metric is None:
        raise ValueError("max_drop of which metric?")
    with tempfile.TemporaryDirectory(prefix="graphopt-") as scratch:
        given = {"calib": calib, "select": select, "eval": evaluate}
        taken = {part: take_samples(samples, scratch, part) for part, samples in given.items() if samples is not None}
        check_apart({part: samples for part, (_, samples) in taken.items()})
        folders = {part: folder for part, (folder, _) in taken.items()}

        def build(recipe, folder=None, **more):
            files = {name: os.path.join(scratch, name + ".json") for name in ("recipe", "report")}
            with open(files["recipe"], "w", encoding="utf-8") as file:
                json.dump(recipe, file)
            parts = {**{part: folders[part] for part in ("calib", "select") if part in folders}, **more}
            made = compile(model, folder, threads=threads, recipe=files["recipe"], report=files["report"], **parts,
                           **options)
            with open(files["report"], encoding="utf-8") as file:
                return made, json.load(file)

        search = None
        if metric is not None:
            original = compile(model, threads=threads, **options)
            search = _Search(metric, taken["select"][1], build, progress or (lambda _: None))
            if max_drop is not None:
                recipe = scale_recipe(recipe, search.run(original, recipe, max_drop))
        more = {"eval": folders["eval"]} if "eval" in folders else {}
        made, result = build(recipe, output, **more)
        result["recipe"] = recipe
        if metric is not None:
            result["metric"] = {**_measure(metric, (original, made), taken["eval"][1], search.drop),
                                "max_drop": max_drop, "tries": search.tries}
    if report is not None:
        with open(report, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
    return Compression(made, recipe, result)
