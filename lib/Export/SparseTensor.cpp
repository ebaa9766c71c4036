// A tensor that is mostly zeros, in ONNX's sparse form, if that is smaller.
#include "lib/Export/ModelExporter.h"

using namespace graphopt;

static void setInts(onnx::TensorProto &tensor, llvm::ArrayRef<int64_t> values) {
  tensor.set_data_type(onnx::TensorProto::INT64);
  tensor.add_dims(values.size());
  tensor.set_raw_data(values.data(), values.size() * sizeof(int64_t));
}

std::optional<onnx::SparseTensorProto>
graphopt::makeSparse(llvm::StringRef name, llvm::ArrayRef<float> elements,
                     llvm::ArrayRef<int64_t> shape) {
  std::vector<int64_t> positions;
  std::vector<float> values;
  for (auto [position, value] : llvm::enumerate(elements))
    if (value != 0) {
      positions.push_back(position);
      values.push_back(value);
    }
  constexpr size_t bytesOfOne = sizeof(float) + sizeof(int64_t);
  if (values.size() * bytesOfOne >= elements.size() * sizeof(float))
    return std::nullopt;
  onnx::SparseTensorProto sparse;
  onnx::TensorProto &tensor = *sparse.mutable_values();
  tensor.set_name(name.str());
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.add_dims(values.size());
  tensor.set_raw_data(values.data(), values.size() * sizeof(float));
  setInts(*sparse.mutable_indices(), positions);
  for (int64_t extent : shape)
    sparse.add_dims(extent);
  return sparse;
}
