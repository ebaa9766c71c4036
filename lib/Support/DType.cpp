#include "graphopt/Support/DType.h"
#include "llvm/ADT/bit.h"
#include <cmath>

using namespace graphopt;

std::optional<DType> graphopt::dtypeFromOnnx(int64_t number) {
  switch (number) {
#define DTYPE(name, onnxNumber, onnxName, numpyCode, type)                     \
  case onnxNumber:                                                             \
    return DType::name;
#include "graphopt/Support/DTypes.def"
  default:
    return std::nullopt;
  }
}

std::optional<DType> graphopt::dtypeFromName(llvm::StringRef name) {
#define DTYPE(dtype, number, onnxName, numpyCode, type)                        \
  if (name == onnxName)                                                        \
    return DType::dtype;
#include "graphopt/Support/DTypes.def"
  return std::nullopt;
}

std::optional<DType> graphopt::dtypeFromNumpyCode(llvm::StringRef code) {
#define DTYPE(name, number, onnxName, numpyCode, type)                         \
  if (code == numpyCode)                                                       \
    return DType::name;
#include "graphopt/Support/DTypes.def"
  return std::nullopt;
}

llvm::StringRef graphopt::dtypeName(DType dtype) {
  switch (dtype) {
#define DTYPE(name, number, onnxName, numpyCode, type)                         \
  case DType::name:                                                            \
    return onnxName;
#include "graphopt/Support/DTypes.def"
  }
  llvm_unreachable("not an element type");
}

llvm::StringRef graphopt::numpyCode(DType dtype) {
  switch (dtype) {
#define DTYPE(name, number, onnxName, numpyCode, type)                         \
  case DType::name:                                                            \
    return numpyCode;
#include "graphopt/Support/DTypes.def"
  }
  llvm_unreachable("not an element type");
}

size_t graphopt::dtypeBytes(DType dtype) {
  return visitDType(dtype, [](auto element) { return sizeof(element); });
}

bool graphopt::isFloat(DType dtype) {
  switch (dtype) {
  case DType::Float16:
  case DType::BFloat16:
  case DType::Float32:
  case DType::Float64:
    return true;
  default:
    return false;
  }
}

double graphopt::toDouble(Half value) {
  int exponent = (value.bits >> 10) & 0x1f;
  int fraction = value.bits & 0x3ff;
  double magnitude;
  if (exponent == 0x1f)
    magnitude = fraction ? std::nan("") : HUGE_VAL;
  else if (exponent == 0)
    magnitude = std::ldexp(fraction, -24);
  else
    magnitude = std::ldexp(fraction | 0x400, exponent - 25);
  return value.bits & 0x8000 ? -magnitude : magnitude;
}

double graphopt::toDouble(BFloat16 value) {
  return llvm::bit_cast<float>(uint32_t(value.bits) << 16);
}
