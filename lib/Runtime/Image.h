// The runtime's bitcode for each target family and the texts of the headers
// that go with every model, all embedded by Image.S.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/TargetParser/Triple.h"

#define GRAPHOPT_IMAGE(name)                                                   \
  extern "C" const char graphopt_image_##name[];                               \
  extern "C" const char graphopt_image_##name##_end[];                         \
  inline llvm::StringRef graphopt_image_text_##name() {                        \
    return {graphopt_image_##name,                                             \
            size_t(graphopt_image_##name##_end - graphopt_image_##name)};      \
  }
GRAPHOPT_IMAGE(x86_64)
GRAPHOPT_IMAGE(aarch64)
GRAPHOPT_IMAGE(decoders)
GRAPHOPT_IMAGE(header)
GRAPHOPT_IMAGE(cpp_header)
#undef GRAPHOPT_IMAGE

namespace graphopt {

/// Bitcode for the architecture of `triple`, or nothing if there is none.
inline llvm::StringRef runtimeBitcode(const llvm::Triple &triple) {
  switch (triple.getArch()) {
  case llvm::Triple::x86_64:
    return graphopt_image_text_x86_64();
  case llvm::Triple::aarch64:
    return graphopt_image_text_aarch64();
  default:
    return {};
  }
}

/// Bitcode of lib/Runtime/Decoders for the architecture of the machine that graphopt was
/// built on; nothing without GRAPHOPT_IMAGES.
inline llvm::StringRef decodersBitcode() { return graphopt_image_text_decoders(); }

/// Text of graphopt.h.
inline llvm::StringRef runtimeHeader() { return graphopt_image_text_header(); }

/// Text of graphopt.hpp.
inline llvm::StringRef runtimeCppHeader() {
  return graphopt_image_text_cpp_header();
}

} // namespace graphopt
