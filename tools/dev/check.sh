#!/usr/bin/env bash
# Sets up, builds and runs every test. The last line is `N passed, N failed`;
# the exit code is 0 if nothing failed.
#
#   tools/dev/check.sh [BUILD [LIT-ARGUMENT...]]
#
# A test that runs for over 30 minutes has failed. Two examples of arguments:
# -v (show failures whole), --filter=Transforms/ (only these).
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
build=$(buildFolder "${1:-}")

"$root/tools/dev/build.sh" "$build" >&2
results=$build/test/results.json
rm -f "$results"
say "testing"
"$build/venv/bin/lit" "$build/test" "$build/test/Unit" --timeout 1800 --max-time 3600 \
  -j "$(nproc)" -o "$results" "${@:2}" >&2 || true
"$build/venv/bin/python" "$root/tools/dev/summarize.py" "$results"
