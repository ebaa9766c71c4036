#ifndef GRAPHOPT_SUPPORT_DTYPE_H
#define GRAPHOPT_SUPPORT_DTYPE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/ErrorHandling.h"
#include <cstdint>
#include <optional>

namespace llvm {
struct fltSemantics;
} // namespace llvm

namespace graphopt {

/// Storage of the element types that C++ lacks.
struct Bool8 {
  uint8_t bits; // 0 or 1
};
struct Text {
  const char *bytes; // end in 0
};
struct Half {
  uint16_t bits;
};
struct BFloat16 {
  uint16_t bits;
};
template <int onnxNumber, typename T> struct Small {
  T bits; // of a float the least ones; of an integer the number
};
using Float8E4M3FN = Small<17, uint8_t>;
using Float8E4M3FNUZ = Small<18, uint8_t>;
using Float8E5M2 = Small<19, uint8_t>;
using Float8E5M2FNUZ = Small<20, uint8_t>;
using UInt4 = Small<21, uint8_t>;
using Int4 = Small<22, int8_t>;
using Float4E2M1 = Small<23, uint8_t>;
using Float8E8M0 = Small<24, uint8_t>;
using UInt2 = Small<25, uint8_t>;
using Int2 = Small<26, int8_t>;

/// Element types; the values are those of ONNX's TensorProto.DataType.
enum class DType : int32_t {
#define DTYPE(name, number, onnxName, numpyCode, type) name = number,
#include "graphopt/Support/DTypes.def"
};

/// The type with ONNX's number, none for those without an element type here
/// (complex numbers, floats of 6 bits).
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
/// How the bits of a float are read; null for other types.
const llvm::fltSemantics *floatSemantics(DType dtype);

/// Exact for every type but 64-bit integers beyond 2^53.
inline double toDouble(float value) { return value; }
inline double toDouble(double value) { return value; }
inline double toDouble(Text) { return 0; }
inline double toDouble(Bool8 value) { return value.bits != 0; }
double toDouble(Half value);
double toDouble(BFloat16 value);
double bitsToDouble(const llvm::fltSemantics &semantics, uint64_t bits);
template <int onnxNumber, typename T>
double toDouble(Small<onnxNumber, T> value) {
  const llvm::fltSemantics *semantics = floatSemantics(DType(onnxNumber));
  return semantics ? bitsToDouble(*semantics, value.bits) : value.bits;
}
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
