# RUN: rm -rf %t && mkdir -p %t
# RUN: env GRAPHOPT_HOME=%build %python %s %t
"""graphopt.compress(): a recipe is followed as far as a metric allows; the page of the report."""
import json
import os
import subprocess
import sys
import unittest
from html.parser import HTMLParser
from unittest import mock

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import graphopt
from graphopt import _compress, _html, metrics

FOLDER = sys.argv[1]
random = np.random.default_rng(0)
WIDTH, HIDDEN, CLASSES = 8, 32, 5
W1 = random.standard_normal((WIDTH, HIDDEN)).astype(np.float32)
W2 = random.standard_normal((HIDDEN, CLASSES)).astype(np.float32)
W2[:16] *= 0.001  # half of the neurons say next to nothing
MODEL = helper.make_model(helper.make_graph(
    [helper.make_node("MatMul", ["x", "w1"], ["a"], name="up"), helper.make_node("Relu", ["a"], ["b"], name="relu"),
     helper.make_node("MatMul", ["b", "w2"], ["y"], name="down")], "net",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", WIDTH])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", CLASSES])],
    [numpy_helper.from_array(W1, "w1"), numpy_helper.from_array(W2, "w2")]),
    opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
_compress._ROUNDS = 2  # of 24 neurons: all, 12, then 6 or 18
RECIPE = {"prune": [{"neurons": {"count": 24, "align": 1, "refit": "never"}}]}


def samples(count):
    for _ in range(count):
        x = random.standard_normal((4, WIDTH)).astype(np.float32)
        yield {"x": x}, (np.maximum(x @ W1, 0) @ W2).argmax(-1).tolist()


DATA = {part: list(samples(count)) for part, count in (("calib", 8), ("select", 20), ("evaluate", 20))}


class Page(HTMLParser):
    """Checks that what is opened is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.text = [], ""
        self.feed(text)
        assert self.open == [], self.open

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            assert name not in ("src", "href"), "the page needs nothing else"
        if tag not in ("meta", "line", "circle"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("meta", "line", "circle"):
            assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.text += data


class CompressTest(unittest.TestCase):
    def test_as_far_as_the_metric_allows(self):
        tries = []
        done = graphopt.compress(MODEL, RECIPE, **DATA, metric=metrics.Top1(), max_drop=1, progress=tries.append)
        count = done.recipe["prune"][0]["neurons"]["count"]
        self.assertIn(count, (12, 18))  # 16 say nothing
        self.assertEqual(done.report["steps"][0]["removed"], count)
        found = done.report["metric"]
        self.assertEqual(found["before"], 100)
        self.assertEqual(found["tries"], tries)
        self.assertEqual(tries[0]["share"], 1)
        self.assertTrue(all(tried["taken"] == (tried["drop"] <= 1) for tried in tries), tries)
        self.assertEqual(max(tried["share"] * 24 for tried in tries if tried["taken"]), count)
        # What was measured is the model that is given back, on samples of its own.
        right = [done.model(**x).argmax(-1) == gold for x, gold in DATA["evaluate"]]
        self.assertAlmostEqual(found["after"], 100 * np.mean(right))
        self.assertEqual(done.report["outputs"]["y"]["samples"], 20)
        low, high = found["intervals"]["drop"]
        self.assertLessEqual(low, found["drop"])
        self.assertLessEqual(found["drop"], high)

    def test_without_a_metric(self):
        done = graphopt.compress(MODEL, RECIPE, os.path.join(FOLDER, "plain"), **DATA)
        self.assertEqual(done.report["steps"][0]["removed"], 24)
        x = DATA["calib"][0][0]
        np.testing.assert_array_equal(done.model(**x), graphopt.load(os.path.join(FOLDER, "plain"))(**x))

    def test_parts_of_a_recipe(self):
        scaled = _compress.scale_recipe({"prune": [{"heads": {"count": 5}}, {"neurons": {"ratio": .5, "align": 4}},
                                                   {"heads": {"keep_parameters": .8}}, {"heads": {"min_cosine": .9}},
                                                   {"heads": {"remove": ["0:1", "0:2", "1:0"]}}]}, .4)
        self.assertEqual(scaled, {"prune": [{"heads": {"count": 2}}, {"neurons": {"ratio": .2, "align": 4}},
                                            {"heads": {"keep_parameters": 1 - (1 - .8) * .4}},
                                            {"heads": {"min_cosine": 1 - (1 - .9) * .4}}, {"heads": {"remove": ["0:1"]}}]})

    def test_mistakes(self):
        with self.assertRaisesRegex(ValueError, "a metric needs samples to select and to evaluate with"):
            graphopt.compress(MODEL, RECIPE, calib=DATA["calib"], metric=metrics.Top1())
        with self.assertRaisesRegex(ValueError, "'000003' of select and '000000' of eval hold the same sample"):
            graphopt.compress(MODEL, RECIPE, **{**DATA, "evaluate": [DATA["select"][3]]})
        with self.assertRaisesRegex(ValueError, "of which metric"):
            graphopt.compress(MODEL, RECIPE, **DATA, max_drop=1)
        with self.assertRaisesRegex(graphopt.CompileError, r"prune\[0\].neurons.counts is unknown"):
            graphopt.compress(MODEL, {"prune": [{"neurons": {"count": 1, "counts": 1}}]}, **DATA)


class SearchTest(unittest.TestCase):
    """With models that are only the share of the recipe they were made by."""

    @staticmethod
    def search(metric, max_drop, count=64):
        tries = []
        search = _compress._Search(metric, [], lambda recipe: (
            recipe["prune"][0]["heads"]["count"] / count,
            {"steps": [{"parameters_before": 2, "parameters_after": 1}]}), tries.append)
        return search.run(0.0, {"prune": [{"heads": {"count": count}}]}, max_drop), tries

    def test_bisects(self):
        def error(share, _):
            return 10 * share
        error.greater_is_better = False
        with mock.patch.object(_compress, "_ROUNDS", 6):
            share, tries = self.search(error, 3)
            self.assertEqual(share, 19 / 64)
            self.assertEqual([tried["share"] * 64 for tried in tries], [64, 32, 16, 24, 20, 18, 19])
            self.assertEqual(self.search(error, 10)[0], 1)
            # The same number of heads is not tried again.
            self.assertEqual(len(self.search(error, 3, count=2)[1]), 3)
            with self.assertRaisesRegex(graphopt.MetricError, "error drops by more than 0.1 with any part"):
                self.search(error, 0.1)

    def test_greater_is_better(self):
        self.assertEqual(self.search(lambda share, _: 90 - 10 * share, 6)[0], .5)


class CommandTest(unittest.TestCase):
    def run_tool(self, *arguments, code=0):
        done = subprocess.run([sys.executable, "-m", "graphopt", *arguments], capture_output=True, text=True, cwd=FOLDER)
        self.assertEqual(done.returncode, code, done)
        return done

    def test_folders_with_labels(self):
        onnx.save(MODEL, os.path.join(FOLDER, "net.onnx"))
        with open(os.path.join(FOLDER, "recipe.json"), "w", encoding="utf-8") as file:
            json.dump(RECIPE, file)
        for part, given in DATA.items():
            os.mkdir(os.path.join(FOLDER, part))
            for number, (inputs, _) in enumerate(given):
                np.savez(os.path.join(FOLDER, part, f"{number}.npz"), **inputs)
            with open(os.path.join(FOLDER, part, "labels.json"), "w", encoding="utf-8") as file:
                json.dump({str(number): gold for number, (_, gold) in enumerate(given)}, file)
        arguments = ["compress", "net.onnx", "--recipe=recipe.json", "--calib=calib", "--select=select",
                     "--eval=evaluate", "--metric=top1", "--max-drop=1", "--report=report.json"]
        done = self.run_tool(*arguments, "-o", "out", "--html=direct.html")
        self.assertRegex(done.stdout, r"p = 0\.\d+\ntop-1: 100.000 before, \d+\.\d+ after, drop .* 20 samples")
        self.assertIn("1.000 of the recipe: p = 0.2500", done.stderr)
        self.run_tool("report", "report.json", "-o", "page.html")
        with open(os.path.join(FOLDER, "page.html"), encoding="utf-8") as file:
            text = file.read()
        page = Page(text)
        with open(os.path.join(FOLDER, "direct.html"), encoding="utf-8") as file:
            self.assertEqual(file.read(), text)
        with open(os.path.join(FOLDER, "report.json"), encoding="utf-8") as file:
            report = json.load(file)
        for part in ("top-1", f"p = {report['steps'][0]['p']:.4f}", "Step 1: neurons", "share of the recipe"):
            self.assertIn(part, page.text)
        self.assertEqual(text.count('class="cell gone"'), report["steps"][0]["removed"])
        # The same, with a metric of the user's.
        with open(os.path.join(FOLDER, "mine.py"), "w", encoding="utf-8") as file:
            file.write("from graphopt.metrics import Top1\nmetric = Top1()\n")
        done = self.run_tool(*[a.replace("=top1", "=mine:metric") for a in arguments if "max-drop" not in a])
        self.assertRegex(done.stdout, "p = 0.2500\ntop-1: 100.000 before")

    def test_mistakes(self):
        done = self.run_tool("report", "nowhere.json", "-o", "no.html", code=1)
        self.assertIn("nowhere.json", done.stderr)
        self.assertFalse(os.path.exists(os.path.join(FOLDER, "no.html")))
        done = self.run_tool("compress", "m", "--recipe=r", "--calib=c", "--metric=fluency", code=2)
        self.assertIn("--metric=fluency is unknown", done.stderr)

    def test_the_page_of_an_audit(self):
        numbers = {"samples": 1, "rows": 2, "sqnr_db": 12.5, "max_abs": .1, "spearman": 1,
                   "cosine": {"mean": .9, "low": .8, "high": 1}, "top1": {"mean": 1, "low": 1, "high": 1}}
        page = Page(_html.render({
            "graphopt_audit": 1, "first": "a", "second": "<b>", "verdict": "fail",
            "outputs": [{"name": "y", "verdict": "fail", **numbers}],
            "layers": [{"name": "layer/MatMul", "operator": "matmul", "sensitive": True, "isolated": numbers,
                        "cumulative": {**numbers, "sqnr_db": None}}],
            "not_compared": [{"name": "other", "reason": "it is gone"}]}))
        for part in ("<b> against a: fail", "layer/MatMul", "12.5", "equal", "sensitive", "it is gone"):
            self.assertIn(part, page.text)

    def test_the_page_of_many_scores(self):
        step = {"pass": "neurons", "score": "weights", "units": 1000, "removed": 1, "parameters_before": 3,
                "parameters_after": 2, "p": 2 / 3, "refit": None, "left_alone": [{"node": "up", "reason": "it is read"}],
                "layers": [{"layer": 0, "scores": list(range(1000)), "removed": [0]}]}
        text = _html.render({"graphopt_report": 1, "steps": [step], "samples": {}})
        self.assertLess(len(text), 10000)
        self.assertIn("up" + "it is read", Page(text).text)

    def test_the_page_of_zeros(self):
        step = {"pass": "sparsify", "pattern": "4:8", "zeros": 50, "left_alone": [],
                "layers": [{"node": "up", "zeros": 50, "cosine": .9}]}
        page = Page(_html.render({"graphopt_report": 1, "steps": [step], "samples": {"evaluate": 2}}))
        for part in ("p = 1.0000 of the parameters are left. Samples: 2 to evaluate", "pattern", "4:8", "up500.9"):
            self.assertIn(part, page.text)

    def test_the_page_of_tables(self):
        before = {"CITY": {"f1": .5, "support": 4.0}, "URL": {"f1": 1.0, "support": 2.0}}
        after = {"CITY": {"f1": .25, "support": 4.0}, "NAME": {"f1": 0.0, "support": 0.0}}
        page = Page(_html.render({"graphopt_report": 1, "metric": {
            "name": "F1", "samples": 3, "greater_is_better": True, "before": 1, "after": 2, "drop": -1,
            "tables": {"before": {"entities": before}, "after": {"entities": after}}}}))
        for part in ("CITY0.500 → 0.2504", "URL1.000 → –2", "NAME– → 0.0000"):
            self.assertIn(part, page.text)

    def test_the_page_of_times(self):
        models = [{"parameters": 100, "p": 1, "macs": 5000, "ms": 2.5, "alpha": 1},
                  {"parameters": 80, "p": .8, "macs": None, "ms": 2, "alpha": .8, "gain": "faster",
                   "metric": {"kind": "spearman", "value": {"mean": .5, "low": .4, "high": .6}}}]
        models[0]["metric"] = models[1]["metric"]
        page = Page(_html.render({"graphopt_report": 1, "models": models, "timing": {"control": {"noise": .0125}}}))
        for part in ("original", "after step 1", "faster", "spearman [95 %]", "0.50000 [0.40000, 0.60000]", "by 0.013"):
            self.assertIn(part, page.text)


class Fixed:
    """A model that gives what the sample says."""
    inputs = ()


def fixed(output):
    sample = graphopt.Sample("s", {})
    object.__setattr__(sample, "run", lambda model: [np.asarray(output)])
    return sample


class MetricsTest(unittest.TestCase):
    def test_character_error_rate(self):
        metric = metrics.CharacterErrorRate("abc")
        steps = np.eye(4)[[[1, 1, 0, 1, 2, 2], [3, 0, 0, 0, 0, 3]]]  # blank between: twice
        texts = metric.predict(Fixed, fixed(steps))
        self.assertEqual(texts, ["aab", "cc"])
        self.assertEqual(metric.score([texts, ["kitten"]], [["aab", "c"], "sitting"]), 100 * (0 + 1 + 3) / 11)

    def test_spearman(self):
        metric = metrics.Spearman()
        # scipy.stats.spearmanr([1, 2, 2, 3], [1, 3, 2, 4])
        self.assertAlmostEqual(metric.score([1, 2, 2, 3], [1, 3, 2, 4]), 94.86832980505138)
        sample = fixed([[[1., 0], [9, 9]], [[1, 1], [1, 1]]])
        sample.inputs["attention_mask"] = np.array([[1, 0], [1, 1]])
        self.assertAlmostEqual(metric.predict(Fixed, sample), 2**-.5)

    def test_top1(self):
        said = metrics.Top1().predict(Fixed, fixed([[[0, 1, 0], [2, 1, 0]]]))
        self.assertAlmostEqual(metrics.Top1().score([said, np.array([3])], [[1, 1], 3]), 100 * 2 / 3)


unittest.main(argv=sys.argv[:1])
