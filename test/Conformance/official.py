# RUN: env GRAPHOPT_HOME=%build %python %s --every 20
"""ONNX's own runner (onnx.backend.test) over graphopt.backend; conformance.py runs the same cases faster.

  official.py [--every N] [-v]

All cases are those of operators, simple models and pytorch's; --every 20 is each twentieth of them
and the simple ones. What is not supported is skipped, what known.txt has is expected to fail.
"""
import argparse
import sys
import unittest
import warnings

import onnx.backend.test
from onnx.backend.test.loader import load_model_tests
from onnx.backend.test.runner import BackendIsNotSupposedToImplementIt

import conformance
import graphopt
from graphopt.backend import GraphOptBackend

KINDS = ("node", "simple", "pytorch-converted", "pytorch-operator")


class Backend(GraphOptBackend):
    @classmethod
    def prepare(cls, model, device="CPU", **kwargs):
        try:
            return super().prepare(model, device, **kwargs)
        except graphopt.CompileError as error:
            if conformance.REFUSAL.search(str(error)):
                raise BackendIsNotSupposedToImplementIt(str(error)) from error
            raise


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    runner = onnx.backend.test.BackendTest(Backend, __name__)
    for kind in KINDS:
        names = sorted(case.name for case in load_model_tests(kind=kind))
        for name in names[::1 if kind == "simple" else options.every]:
            runner.include(f"^{name}_cpu$")
        for name in conformance.known_failures(kind, is_open=False):
            runner.xfail(f"^{name}_cpu$")
    result = unittest.TextTestRunner(sys.stdout, verbosity=2 * options.verbose).run(runner.test_suite)
    ran = result.testsRun - len(result.skipped)
    print(f"{ran} cases ran")
    return int(not result.wasSuccessful() or not ran)


if __name__ == "__main__":
    sys.exit(main())
