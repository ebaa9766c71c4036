#!/usr/bin/env bash
# Gets what graphopt is built with, on Debian 12: packages, a Python environment
# (BUILD/venv) and ONNX's C++ library (BUILD/prefix).
#
#   tools/dev/bootstrap.sh [BUILD]       BUILD: build folder, default build/
#
# Installs only what is missing; a second run changes nothing and takes under 1 s.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
build=$(buildFolder "${1:-}")

onnxVersion=1.23.2
onnxSha256=008cb0467b2bbee41448acc7da8b6f4e704624cb0d327a2d5adafc7ce19bc5b8

packages=(
  ca-certificates ccache clang-22 cmake git libc6-dev libclang-rt-22-dev
  libeigen3-dev libfmt-dev libgtest-dev libjpeg62-turbo-dev libmlir-22-dev
  libopenjp2-7-dev libpng-dev libprotobuf-dev libstdc++-12-dev libtiff-dev
  libwebp-dev libzstd-dev lld-22 llvm-22-dev llvm-22-tools mlir-22-tools
  ninja-build protobuf-compiler python3 python3-venv zlib1g-dev)

installPackages() {
  command -v dpkg-query >/dev/null ||
    fail "this is not Debian; install these or their like by hand: ${packages[*]}"
  local known missing=()
  known=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
  for package in "${packages[@]}"; do
    grep -qx "installed $package" <<<"$known" || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return

  local sudo=
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
      fail "packages are missing and neither root nor sudo is at hand; as root: apt-get install ${missing[*]}"
    sudo=sudo
  fi
  say "installing ${missing[*]}"
  quietly "$build/apt.log" $sudo apt-get update
  apt-cache show "${missing[@]}" >/dev/null 2>"$build/apt.log" ||
    fail "$(grep -m1 . "$build/apt.log"); LLVM 22 comes from Debian 12's security archive (bookworm-security): is it among apt's sources?"
  quietly "$build/apt.log" $sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"
}

# The requirements are pinned by hash for Debian 12's Python.
makeVenv() {
  local venv=$build/venv requirements=$root/tools/dev/requirements.txt
  cmp -s "$requirements" "$venv/requirements.txt" && return
  local python=${PYTHON:-/usr/bin/python3} version
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  [ "$version" = 3.11 ] ||
    fail "$python is Python $version, the pinned packages are for 3.11; name one with PYTHON="
  say "making the Python environment"
  rm -rf "$venv"
  quietly "$build/venv.log" "$python" -m venv "$venv"
  quietly "$build/venv.log" "$venv/bin/pip" install --disable-pip-version-check \
    --require-hashes --only-binary=:all: -r "$requirements"
  cp "$requirements" "$venv/requirements.txt"
}

buildOnnx() {
  local stamp=$build/prefix/onnx-$onnxSha256 work=$build/onnx
  [ -e "$stamp" ] && return
  say "building ONNX $onnxVersion (once, a few minutes)"
  rm -rf "$work" && mkdir -p "$work"
  echo "onnx==$onnxVersion --hash=sha256:$onnxSha256" >"$work/sdist.txt"
  # pip checks the hash before it looks inside.
  quietly "$build/onnx.log" "$build/venv/bin/pip" download --disable-pip-version-check \
    --require-hashes --no-binary onnx --no-deps -d "$work" -r "$work/sdist.txt"
  tar xf "$work/onnx-$onnxVersion.tar.gz" -C "$work"
  # Debian 12 has CMake 3.25, which is enough.
  sed -i 's/cmake_minimum_required(VERSION 3.26)/cmake_minimum_required(VERSION 3.25)/' \
    "$work/onnx-$onnxVersion/CMakeLists.txt"
  # Shared Protobuf libraries: find_package(ONNX) works with no others.
  quietly "$build/onnx.log" cmake -S "$work/onnx-$onnxVersion" -B "$work/build" -G Ninja \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
    -DCMAKE_C_COMPILER=clang-22 -DCMAKE_CXX_COMPILER=clang++-22 \
    -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache \
    -DONNX_BUILD_PYTHON=OFF -DONNX_USE_PROTOBUF_SHARED_LIBS=ON \
    -DPython3_EXECUTABLE="$build/venv/bin/python" -DPython_EXECUTABLE="$build/venv/bin/python" \
    -DCMAKE_INSTALL_PREFIX="$build/prefix"
  quietly "$build/onnx.log" ninja -C "$work/build" install
  rm -rf "$work"
  touch "$stamp"
}

installPackages
makeVenv
buildOnnx
