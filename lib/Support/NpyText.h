#ifndef GRAPHOPT_LIB_SUPPORT_NPYTEXT_H
#define GRAPHOPT_LIB_SUPPORT_NPYTEXT_H

#include "graphopt/Support/HostTensor.h"

namespace graphopt {

/// NumPy's strings of one length: `length` bytes ("S"), or as many code points of four
/// bytes each ("U").
struct NpyText {
  bool isWide;
  uint64_t length;
  bool isBigEndian;

  uint64_t bytes() const { return length * (isWide ? 4 : 1); }
};

/// From a NumPy type, as in "<U5"; nothing for one of no strings.
std::optional<NpyText> parseNpyTextType(llvm::StringRef descr);

/// A tensor of the strings in `elements`, which has the size that they need.
llvm::Expected<HostTensor> readNpyText(NpyText type, llvm::StringRef elements,
                                       std::string name,
                                       llvm::ArrayRef<int64_t> dims);

/// Writes the strings of `tensor` as "<U", the type's length in `length`.
std::string writeNpyText(const HostTensor &tensor, uint64_t &length);

} // namespace graphopt

#endif
