#!/usr/bin/env bash
# Sets up, configures and builds.
#
#   tools/dev/build.sh [BUILD [TARGET...]]    BUILD: build folder, default build/
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
build=$(buildFolder "${1:-}")

"$root/tools/dev/bootstrap.sh" "$build"
if [ ! -e "$build/build.ninja" ]; then
  say "configuring $build"
  (cd "$root" && quietly "$build/configure.log" cmake --preset release -B "$build" \
    -DCMAKE_PREFIX_PATH="$build/prefix" -DPython3_EXECUTABLE="$build/venv/bin/python")
fi
say "building ${*:2}"
ninja -C "$build" "${@:2}"
