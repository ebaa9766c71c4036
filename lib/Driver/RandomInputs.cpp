#include "graphopt/Driver/Bench.h"
#include "llvm/ADT/APFloat.h"
#include <fmt/format.h>
#include <random>

using namespace graphopt;
using llvm::StringRef;

static llvm::Error missingDims(const Library &library,
                               llvm::ArrayRef<int64_t> sizes) {
  std::string flags;
  for (auto [name, size] : llvm::zip_equal(library.dimNames(), sizes))
    if (size < 0)
      flags += fmt::format(" --dim {}=N", name);
  return llvm::createStringError("the model leaves dimensions open; give" +
                                 flags + ", or inputs");
}

/// The sizes of the open dimensions, in the model's order.
static llvm::Expected<llvm::SmallVector<int64_t>>
parseDims(const Library &library, llvm::ArrayRef<std::string> flags) {
  llvm::SmallVector<int64_t> sizes(library.dimNames().size(), -1);
  for (StringRef flag : flags) {
    auto [name, text] = flag.split('=');
    int64_t size;
    if (text.getAsInteger(10, size) || size < 0)
      return llvm::createStringError("'" + flag +
                                     "' is not NAME=SIZE, as in batch=1");
    auto found = llvm::find(library.dimNames(), name);
    if (found == library.dimNames().end())
      return llvm::createStringError("the model has no open dimension '" +
                                     name + "'");
    sizes[found - library.dimNames().begin()] = size;
  }
  if (llvm::is_contained(sizes, -1))
    return missingDims(library, sizes);
  return sizes;
}

static uint64_t narrow(double value, const llvm::fltSemantics &semantics) {
  llvm::APFloat result(value);
  bool losesInfo;
  result.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return result.bitcastToAPInt().getZExtValue();
}

static void fill(HostTensor &tensor, std::mt19937 &random) {
  // Not std::uniform_real_distribution, whose values differ by library.
  auto uniform = [&] { return random() * 0x1p-31 - 1; };
  visitDType(tensor.dtype(), [&](auto element) {
    using T = decltype(element);
    for (T &value : tensor.elements<T>()) {
      if constexpr (std::is_floating_point_v<T>)
        value = T(uniform());
      else if constexpr (std::is_same_v<T, Text>)
        value.bytes = "text";
      else if constexpr (std::is_same_v<T, Bool8>)
        value.bits = random() & 1;
      else if constexpr (std::is_same_v<T, Float8E8M0>) // has no sign
        value.bits = narrow(std::abs(uniform()), *floatSemantics(tensor.dtype()));
      else if constexpr (std::is_class_v<T>)
        value.bits = isFloat(tensor.dtype()) ? narrow(uniform(), *floatSemantics(tensor.dtype()))
                                             : random() & 1;
      else if constexpr (sizeof(T) == 1)
        value = T(random());
      else
        value = random() & 1;
    }
  });
}

llvm::Expected<std::vector<HostTensor>>
graphopt::makeRandomInputs(const Library &library,
                           llvm::ArrayRef<std::string> dims) {
  auto sizes = parseDims(library, dims);
  if (!sizes)
    return sizes.takeError();
  std::mt19937 random;
  std::vector<HostTensor> tensors;
  for (const graphopt_port &port : library.inputs()) {
    if (port.kind != GRAPHOPT_TENSOR)
      return llvm::createStringError(fmt::format(
          "input '{}' is a sequence or optional, and cannot be made up", port.name));
    std::optional<DType> dtype = dtypeFromOnnx(port.dtype);
    if (!dtype)
      return llvm::createStringError(
          fmt::format("input '{}' has an unknown type", port.name));
    llvm::SmallVector<int64_t> extents(port.dims, port.dims + port.rank);
    for (int64_t &extent : extents)
      if (extent < 0)
        extent = (*sizes)[-1 - extent];
    auto tensor = HostTensor::create(port.name, *dtype, extents);
    if (!tensor)
      return tensor.takeError();
    fill(*tensor, random);
    tensors.push_back(std::move(*tensor));
  }
  return tensors;
}
