#!/usr/bin/env bash
# Builds with the address and undefined behaviour sanitizers (build-sanitize/), then
# feeds mutated models to the importer, or images to the decoders. What goes wrong is kept
# there as crash-*.
#
#   tools/dev/fuzz.sh [MINUTES] [import|decoders]    default 60 import
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
build=$(buildFolder "$root/build-sanitize")
what=${2:-import}

"$root/tools/dev/bootstrap.sh" "$(buildFolder)"
if [ ! -e "$build/build.ninja" ]; then
  say "configuring $build"
  (cd "$root" && quietly "$build/configure.log" cmake --preset sanitize)
fi
say "building"
ninja -C "$build" "$what-fuzzer"
"$root/build/venv/bin/python" "$root/test/Fuzz/corpus.py" "$what" "$build/$what-corpus"
mkdir -p "$build/$what-found"
# LLVM's libraries are not instrumented: what they do with memory that our code
# poisons, or with containers, cannot be followed.
export ASAN_OPTIONS=allow_user_poisoning=0:detect_container_overflow=0:detect_leaks=0
say "fuzzing"
"$build/bin/$what-fuzzer" "$build/$what-found" "$build/$what-corpus" -max_total_time=$((${1:-60} * 60)) \
  -max_len=16384 -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 -artifact_prefix="$build/"
