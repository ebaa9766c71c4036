#include "graphopt/Support/PackedElements.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace graphopt;

std::string graphopt::unpackElements(llvm::StringRef bytes, unsigned bits, bool isSigned,
                                     size_t count) {
  unsigned perByte = 8 / bits;
  std::string elements(count, 0);
  for (size_t i = 0; i < count; ++i) {
    uint8_t low = uint8_t(bytes[i / perByte]) >> (i % perByte * bits);
    int8_t high = int8_t(low << (8 - bits));
    elements[i] = isSigned ? high >> (8 - bits) : uint8_t(high) >> (8 - bits);
  }
  return elements;
}

std::string graphopt::packElements(llvm::StringRef bytes, unsigned bits) {
  unsigned perByte = 8 / bits, mask = (1u << bits) - 1;
  std::string packed(llvm::divideCeil(bytes.size(), perByte), 0);
  for (auto [i, byte] : llvm::enumerate(bytes))
    packed[i / perByte] |= (byte & mask) << (i % perByte * bits);
  return packed;
}
