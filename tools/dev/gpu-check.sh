#!/usr/bin/env bash
# Checks and times compiled models on the NVIDIA GPU of this machine, and writes one JSON
# file; 20 minutes at most after what is compiled (see gpu_check.py). Where there is a GPU
# but no compiler, copy build/gpu-check there and run
# `python3 gpu_check.py run . RESULTS.json` in it.
#
#   tools/dev/gpu-check.sh [RESULTS.json] [MODEL.onnx...]    default build/gpu-check.json
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
build=$(buildFolder)
results=${1:-$build/gpu-check.json}

"$root/tools/dev/build.sh" "$build" >&2
export GRAPHOPT_HOME=$build PYTHONPATH=$root/python
say "compiling"
"$build/venv/bin/python" "$root/tools/dev/gpu_check.py" prepare "$build/gpu-check" "${@:2}"
say "running"
"${PYTHON:-$build/venv/bin/python}" "$root/tools/dev/gpu_check.py" run "$build/gpu-check" "$results"
