// Sequences and optional values of a session.
#include "graphopt/Driver/Library.h"
#include "llvm/ADT/STLExtras.h"
#include <fmt/format.h>

using namespace graphopt;

static std::string itemName(const graphopt_port &port, size_t item) {
  return port.kind & GRAPHOPT_SEQUENCE ? fmt::format("{}.{}", port.name, item)
                                       : port.name;
}

llvm::Error Session::bindSequence(const graphopt_port &port, size_t position,
                                  std::vector<HostTensor> &given,
                                  llvm::SmallVectorImpl<bool> &used) {
  auto sequence = std::make_unique<Sequence>();
  bool isSequence = port.kind & GRAPHOPT_SEQUENCE;
  while (isSequence || sequence->tensors.empty()) {
    std::string name = itemName(port, sequence->tensors.size());
    auto found = llvm::find_if(
        given, [&](const HostTensor &tensor) { return tensor.name() == name; });
    if (found == given.end() && !isSequence)
      found = llvm::find_if(given, [&](const HostTensor &tensor) {
        return tensor.name() == fmt::format("input_{}", position);
      });
    if (found == given.end())
      break;
    used[found - given.begin()] = true;
    // Files of NumPy have one name for several types.
    if (std::optional<DType> wanted = dtypeFromOnnx(port.dtype);
        wanted && numpyCode(*wanted) == numpyCode(found->dtype()))
      found->setDType(*wanted);
    sequence->tensors.push_back(std::move(*found));
    found->setName(""); // it is taken
  }
  sequence->isAbsent =
      sequence->tensors.empty() && (port.kind & GRAPHOPT_OPTIONAL);
  sequences.push_back(std::move(sequence));
  return llvm::Error::success();
}

void Session::addSequence(const graphopt_port &port) {
  size_t number = 0;
  for (const graphopt_port &other : library.inputs().take_front(inputTable.size()))
    number += other.kind != GRAPHOPT_TENSOR;
  Sequence &own = *sequences[number];
  own.dims.reserve(own.tensors.size()); // the table points into it
  for (HostTensor &tensor : own.tensors) {
    own.dims.emplace_back(tensor.dims());
    own.table.push_back({tensor.bytes().data(), own.dims.back().data(),
                         int32_t(tensor.dims().size()), int32_t(tensor.dtype())});
  }
  own.count = own.table.size();
  if (own.isAbsent)
    inputTable.push_back({nullptr, nullptr, GRAPHOPT_ABSENT, port.dtype});
  else if (port.kind & GRAPHOPT_SEQUENCE)
    inputTable.push_back({own.table.data(), &own.count, 1, port.dtype});
  else
    inputTable.push_back(own.table.front());
}

static llvm::Expected<HostTensor> copy(std::string name,
                                       const graphopt_tensor &tensor) {
  llvm::ArrayRef dims(tensor.dims, tensor.rank);
  if (tensor.dtype == GRAPHOPT_STRING) {
    auto *first = static_cast<const char *const *>(tensor.data);
    std::vector<std::string> strings(first, first + llvm::product_of(dims));
    return HostTensor::createStrings(std::move(name), dims, strings);
  }
  auto made = HostTensor::create(std::move(name), DType(tensor.dtype), dims);
  if (made && !made->bytes().empty())
    std::memcpy(made->bytes().data(), tensor.data, made->bytes().size());
  return made;
}

/// Copies all outputs, and gives back what the run allocated for sequences.
llvm::Error Session::takeSequences() {
  sequenceOutputs.clear();
  llvm::Error error = llvm::Error::success();
  auto add = [&](std::string name, const graphopt_tensor &tensor) {
    auto made = copy(std::move(name), tensor);
    if (made)
      sequenceOutputs.push_back(std::move(*made));
    else
      error = llvm::joinErrors(std::move(error), made.takeError());
  };
  for (auto [port, entry, dims] :
       llvm::zip_equal(library.outputs(), outputTable, outputDims)) {
    if (port.kind == GRAPHOPT_TENSOR) {
      add(port.name, entry);
      continue;
    }
    if (entry.rank != GRAPHOPT_ABSENT && !(port.kind & GRAPHOPT_SEQUENCE))
      add(port.name, entry);
    else if (entry.rank != GRAPHOPT_ABSENT)
      for (int64_t i = 0; i < entry.dims[0]; ++i)
        add(itemName(port, i), static_cast<graphopt_tensor *>(entry.data)[i]);
    std::free(entry.data);
    entry = {nullptr, dims.data(), 1, port.dtype};
  }
  return error;
}
