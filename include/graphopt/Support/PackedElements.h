#ifndef GRAPHOPT_SUPPORT_PACKEDELEMENTS_H
#define GRAPHOPT_SUPPORT_PACKEDELEMENTS_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace graphopt {

/// A byte for each of `count` elements of `bits` bits that ONNX packs into `bytes`, the
/// first in the least bits; extended by its sign if it is signed.
std::string unpackElements(llvm::StringRef bytes, unsigned bits, bool isSigned, size_t count);

/// The other way round; only the least bits of each byte count.
std::string packElements(llvm::StringRef bytes, unsigned bits);

} // namespace graphopt
#endif
