#include "graphopt/Support/HostTensor.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace graphopt;

llvm::Expected<uint64_t>
graphopt::tensorBytes(DType dtype, llvm::ArrayRef<int64_t> dims) {
  constexpr uint64_t limit = uint64_t(1) << 62;
  uint64_t bytes = dtypeBytes(dtype);
  bool empty = false, overflow = false;
  for (int64_t dim : dims) {
    if (dim < 0)
      return llvm::createStringError(
          fmt::format("negative dimension {}", dim));
    if (dim == 0) {
      empty = true;
      continue;
    }
    bytes = llvm::SaturatingMultiply(bytes, uint64_t(dim));
    overflow |= bytes > limit;
  }
  // numpy and we agree: extents may not overflow even next to a zero.
  if (overflow)
    return llvm::createStringError(
        fmt::format("a tensor of {} elements is too large", formatDims(dims)));
  return empty ? 0 : bytes;
}

llvm::Expected<HostTensor> HostTensor::create(std::string name, DType dtype,
                                              llvm::ArrayRef<int64_t> dims) {
  llvm::Expected<uint64_t> bytes = tensorBytes(dtype, dims);
  if (!bytes)
    return bytes.takeError();
  void *data = allocateAligned(*bytes);
  if (!data)
    return llvm::createStringError(
        fmt::format("no memory for {} bytes", *bytes));
  return adopt(std::move(name), dtype, dims, data);
}

llvm::Expected<HostTensor>
HostTensor::createStrings(std::string name, llvm::ArrayRef<int64_t> dims,
                          llvm::ArrayRef<std::string> strings) {
  size_t bytes = strings.size() * sizeof(Text);
  for (const std::string &text : strings)
    bytes += text.size() + 1;
  auto *texts = static_cast<Text *>(allocateAligned(bytes));
  if (!texts)
    return llvm::createStringError(fmt::format("no memory for {} bytes", bytes));
  char *to = reinterpret_cast<char *>(texts + strings.size());
  for (auto [i, text] : llvm::enumerate(strings)) {
    texts[i] = {to};
    to = std::copy_n(text.c_str(), text.size() + 1, to);
  }
  return adopt(std::move(name), DType::String, dims, texts);
}

HostTensor HostTensor::adopt(std::string name, DType dtype,
                             llvm::ArrayRef<int64_t> dims, void *data) {
  HostTensor tensor;
  tensor.tensorName = std::move(name);
  tensor.elementType = dtype;
  tensor.extents.assign(dims.begin(), dims.end());
  tensor.byteCount = llvm::cantFail(tensorBytes(dtype, dims));
  tensor.data.reset(static_cast<char *>(data));
  return tensor;
}

void HostTensor::setDType(DType dtype) {
  assert(dtypeBytes(dtype) == dtypeBytes(elementType) && "elements of another size");
  elementType = dtype;
}

void *graphopt::allocateAligned(size_t bytes) {
  size_t rounded = llvm::alignTo(std::max<size_t>(bytes, 1),
                                 HostTensor::alignmentBytes);
  return std::aligned_alloc(HostTensor::alignmentBytes, rounded);
}

std::string graphopt::formatDims(llvm::ArrayRef<int64_t> dims) {
  if (dims.empty())
    return "scalar";
  return fmt::format("{}", fmt::join(dims, "x"));
}
