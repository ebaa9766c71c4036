#include "graphopt/Import/TensorFile.h"
#include "graphopt/Support/PackedElements.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include <fmt/format.h>
#include <onnx/onnx_pb.h>

using namespace graphopt;
using onnx::TensorProto;

/// ONNX keeps narrow types, half floats' bits included, in int32_data.
static bool copyTypedData(const TensorProto &proto, HostTensor &tensor) {
  return visitDType(tensor.dtype(), [&](auto element) {
    using T = decltype(element);
    auto copy = [&](const auto &field, auto convert) {
      llvm::MutableArrayRef<T> elements = tensor.elements<T>();
      if (size_t(field.size()) != elements.size())
        return false;
      for (size_t i = 0; i < elements.size(); ++i)
        elements[i] = convert(field[i]);
      return true;
    };
    auto cast = [](auto value) { return static_cast<T>(value); };
    if constexpr (std::is_same_v<T, float>)
      return copy(proto.float_data(), cast);
    else if constexpr (std::is_same_v<T, double>)
      return copy(proto.double_data(), cast);
    else if constexpr (std::is_same_v<T, int64_t>)
      return copy(proto.int64_data(), cast);
    else if constexpr (std::is_same_v<T, uint32_t> ||
                       std::is_same_v<T, uint64_t>)
      return copy(proto.uint64_data(), cast);
    else if constexpr (std::is_same_v<T, Text>)
      return false; // not in a typed field of numbers
    else if constexpr (std::is_integral_v<T>)
      return copy(proto.int32_data(), cast);
    else
      return copy(proto.int32_data(), [](int32_t value) {
        return T{static_cast<decltype(T::bits)>(value)};
      });
  });
}

/// Of an element that ONNX packs; else 0.
static unsigned packedBits(DType dtype) {
  switch (dtype) {
  case DType::Int2:
  case DType::UInt2:
    return 2;
  case DType::Float4E2M1:
  case DType::Int4:
  case DType::UInt4:
    return 4;
  default:
    return 0;
  }
}

/// Elements of less than a byte. False if their number is wrong.
static bool copyPackedData(const TensorProto &proto, HostTensor &tensor) {
  std::string bytes(proto.int32_data().begin(), proto.int32_data().end());
  if (proto.has_raw_data())
    bytes = proto.raw_data();
  unsigned bits = packedBits(tensor.dtype());
  bool isSigned = tensor.dtype() == DType::Int2 || tensor.dtype() == DType::Int4;
  size_t count = tensor.elementCount();
  if (bytes.size() != llvm::divideCeil(count * bits, 8))
    return false;
  llvm::copy(unpackElements(bytes, bits, isSigned, count), tensor.bytes().begin());
  return true;
}

static llvm::Expected<HostTensor>
convertStrings(const TensorProto &proto, llvm::ArrayRef<int64_t> dims) {
  llvm::Expected<uint64_t> bytes = tensorBytes(DType::String, dims);
  if (!bytes)
    return bytes.takeError();
  if (*bytes / sizeof(Text) != size_t(proto.string_data_size()))
    return llvm::createStringError(
        fmt::format("it has {} strings, but its size is {}",
                    proto.string_data_size(), formatDims(dims)));
  return HostTensor::createStrings(
      proto.name(), dims,
      std::vector<std::string>(proto.string_data().begin(), proto.string_data().end()));
}

static llvm::Expected<HostTensor> convert(const TensorProto &proto) {
  std::optional<DType> dtype = dtypeFromOnnx(proto.data_type());
  if (!dtype)
    return llvm::createStringError(fmt::format(
        "ONNX element type {} is not supported", proto.data_type()));
  if (proto.data_location() == TensorProto::EXTERNAL || proto.has_segment())
    return llvm::createStringError("its data is not in the file");
  llvm::SmallVector<int64_t> dims(proto.dims().begin(), proto.dims().end());
  if (*dtype == DType::String)
    return convertStrings(proto, dims);
  // The size is checked before memory is asked for.
  llvm::Expected<uint64_t> bytes = tensorBytes(*dtype, dims);
  if (!bytes)
    return bytes.takeError();
  auto wrongSize = [&] {
    return llvm::createStringError(
        fmt::format("its data does not have the size of {} {}",
                    dtypeName(*dtype).str(), formatDims(dims)));
  };
  unsigned bits = packedBits(*dtype);
  size_t perByte = bits ? 8 / bits : dtypeBytes(*dtype);
  if (*bytes > proto.ByteSizeLong() * perByte)
    return wrongSize();
  auto tensor = HostTensor::create(proto.name(), *dtype, dims);
  if (!tensor)
    return tensor.takeError();
  if (bits) {
    if (!copyPackedData(proto, *tensor))
      return wrongSize();
    return tensor;
  }
  if (!proto.has_raw_data()) {
    if (!copyTypedData(proto, *tensor))
      return wrongSize();
    return tensor;
  }
  if (proto.raw_data().size() != *bytes)
    return wrongSize();
  llvm::copy(proto.raw_data(), tensor->bytes().begin());
  return tensor;
}

llvm::Expected<HostTensor> graphopt::readTensorFile(llvm::StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file)
    return llvm::createFileError(path, file.getError());
  TensorProto proto;
  llvm::StringRef data = (*file)->getBuffer();
  if (data.size() > INT32_MAX || !proto.ParseFromArray(data.data(), data.size()))
    return llvm::createFileError(
        path, llvm::createStringError("is not an ONNX tensor"));
  auto tensor = convert(proto);
  if (!tensor)
    return llvm::createFileError(path, tensor.takeError());
  return tensor;
}
