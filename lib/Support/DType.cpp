#include "graphopt/Support/DType.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"

using namespace graphopt;
using llvm::APFloat;

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

bool graphopt::isFloat(DType dtype) { return floatSemantics(dtype); }

const llvm::fltSemantics *graphopt::floatSemantics(DType dtype) {
  switch (dtype) {
  case DType::Float16:
    return &APFloat::IEEEhalf();
  case DType::BFloat16:
    return &APFloat::BFloat();
  case DType::Float32:
    return &APFloat::IEEEsingle();
  case DType::Float64:
    return &APFloat::IEEEdouble();
  case DType::Float8E4M3FN:
    return &APFloat::Float8E4M3FN();
  case DType::Float8E4M3FNUZ:
    return &APFloat::Float8E4M3FNUZ();
  case DType::Float8E5M2:
    return &APFloat::Float8E5M2();
  case DType::Float8E5M2FNUZ:
    return &APFloat::Float8E5M2FNUZ();
  case DType::Float4E2M1:
    return &APFloat::Float4E2M1FN();
  case DType::Float8E8M0:
    return &APFloat::Float8E8M0FNU();
  default:
    return nullptr;
  }
}

double graphopt::bitsToDouble(const llvm::fltSemantics &semantics, uint64_t bits) {
  unsigned width = APFloat::semanticsSizeInBits(semantics);
  APFloat value(semantics, llvm::APInt(width, bits, /*isSigned=*/false, /*implicitTrunc=*/true));
  return value.convertToDouble();
}

double graphopt::toDouble(Half value) {
  return bitsToDouble(APFloat::IEEEhalf(), value.bits);
}

double graphopt::toDouble(BFloat16 value) {
  return llvm::bit_cast<float>(uint32_t(value.bits) << 16);
}
