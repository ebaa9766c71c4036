#ifndef GRAPHOPT_SUPPORT_DTYPE_H
#define GRAPHOPT_SUPPORT_DTYPE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/ErrorHandling.h"
#include <cstdint>
#include <optional>

namespace graphopt {

/// Storage of the element types that C++ lacks.
struct Bool8 {
  uint8_t bits; // 0 or 1
};
struct Half {
  uint16_t bits;
};
struct BFloat16 {
  uint16_t bits;
};

/// Element types; the values are those of ONNX's TensorProto.DataType.
enum class DType : int32_t {
#define DTYPE(name, number, onnxName, numpyCode, type) name = number,
#include "graphopt/Support/DTypes.def"
};

/// The type with ONNX's number, none for those without an element type here
/// (strings, complex numbers, 8- and 4-bit floats).
std::optional<DType> dtypeFromOnnx(int64_t number);

/// The type of ONNX's name, as in "float" and "int64".
std::optional<DType> dtypeFromName(llvm::StringRef name);

/// The type of a NumPy type code without byte order, as in "f4".
std::optional<DType> dtypeFromNumpyCode(llvm::StringRef code);

/// ONNX's spelling, as in "float" and "int64".
llvm::StringRef dtypeName(DType dtype);
llvm::StringRef numpyCode(DType dtype);

size_t dtypeBytes(DType dtype);
bool isFloat(DType dtype);

/// Exact for every type but 64-bit integers beyond 2^53.
inline double toDouble(float value) { return value; }
inline double toDouble(double value) { return value; }
inline double toDouble(Bool8 value) { return value.bits != 0; }
double toDouble(Half value);
double toDouble(BFloat16 value);
template <typename T>
std::enable_if_t<std::is_integral_v<T>, double> toDouble(T value) {
  return static_cast<double>(value);
}

/// Calls `visitor(T())` with the C++ type of an element.
template <typename Visitor>
auto visitDType(DType dtype, Visitor &&visitor) {
  switch (dtype) {
#define DTYPE(name, number, onnxName, numpyCode, type)                         \
  case DType::name:                                                            \
    return visitor(type());
#include "graphopt/Support/DTypes.def"
  }
  llvm_unreachable("not an element type");
}

} // namespace graphopt
#endif
