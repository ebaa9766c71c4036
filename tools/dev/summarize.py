"""Prints `N passed, N failed[, N skipped]` for a results file of lit.

Exit code 1 if a test failed, was cut off, or if none ran at all.
"""
import collections
import json
import sys

OUTCOME = {"PASS": "passed", "FLAKYPASS": "passed", "XFAIL": "passed",
           "UNSUPPORTED": "skipped", "EXCLUDED": "left out"}


def main(path):
    with open(path) as file:
        tests = json.load(file)["tests"]
    # A code that is not listed is a failure: TIMEOUT, UNRESOLVED, SKIPPED (no time left), ...
    count = collections.Counter(OUTCOME.get(t["code"], "failed") for t in tests)
    for test in tests:
        if OUTCOME.get(test["code"], "failed") == "failed":
            print(f"{test['code']}: {test['name']}", file=sys.stderr)
    line = f"{count['passed']} passed, {count['failed']} failed"
    if count["skipped"]:
        line += f", {count['skipped']} skipped"
    print(line)
    return int(count["failed"] > 0 or count["passed"] == 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
