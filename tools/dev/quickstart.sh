#!/usr/bin/env bash
# Sets up, builds, and shows the whole road: a real model (magika, Apache-2.0: tells
# the type of a file from its bytes) out of its Python package, compiled into a static
# library, linked into a C program, asked about some files.
#
#   tools/dev/quickstart.sh [BUILD [FILE...]]    FILE: what to ask about
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
build=$(buildFolder "${1:-}")
files=("${@:2}")
[ ${#files[@]} = 0 ] && files=("$root/README.md" "$root/tools/dev/quickstart.c" "$root/tools/dev/models.py" /bin/sh)

"$root/tools/dev/build.sh" "$build" graphopt
out=$build/quickstart
mkdir -p "$out"

# Paths are shown as seen from the repository.
show() {
  local line="$*"
  printf '$ %s\n' "${line//"$root/"/}"
  "$@"
}

say "the model: magika/models/standard_v3_3/model.onnx of the wheel magika 1.0.3"
export GRAPHOPT_BUILD=$build
folder=magika/models/standard_v3_3
"$build/venv/bin/python" "$root/tools/dev/models.py" fetch magika $folder/model.onnx -o "$out/magika.onnx"
"$build/venv/bin/python" "$root/tools/dev/models.py" fetch magika $folder/config.min.json -o "$out/config.json"
"$build/venv/bin/python" -c 'import json, sys
print(*json.load(open(sys.argv[1]))["target_labels_space"], sep="\n")' "$out/config.json" >"$out/labels.txt"

show "$build/bin/graphopt" compile "$out/magika.onnx" --shape bytes=1x2048 -o "$out"
show clang-22 -O2 -I"$out" "$root/tools/dev/quickstart.c" "$out/libmagika.a" -lm -o "$out/quickstart"
for file in "${files[@]}"; do
  show "$out/quickstart" "$out/labels.txt" "$file"
done
