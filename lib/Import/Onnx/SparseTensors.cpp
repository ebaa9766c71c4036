// Sparse tensors become dense; ONNX's version converter throws on them.
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"

using namespace graphopt;
using llvm::StringRef;
using llvm::Twine;

static StringRef bytesOf(const OnnxModel &model,
                         const onnx::TensorProto &tensor) {
  if (std::optional<size_t> weight = weightIndex(tensor))
    return model.weights[*weight].bytes;
  return tensor.raw_data();
}

/// ONNX's checker has seen that indices are in range, one per value; both
/// tensors are in normal form.
static onnx::TensorProto densify(const OnnxModel &model,
                                 const onnx::SparseTensorProto &sparse,
                                 uint64_t maxBytes) {
  const onnx::TensorProto &values = sparse.values();
  std::string what = "sparse tensor '" + values.name() + "'";
  onnx::TensorProto dense;
  dense.set_name(values.name());
  dense.set_data_type(values.data_type());
  *dense.mutable_dims() = sparse.dims();
  uint64_t size = tensorBytes(values.data_type(), sparse.dims(), what);
  unsigned elementBytes = elementBits(values.data_type()) / 8;
  if (elementBytes == 0)
    fail(what + " has element type " + dataTypeName(values.data_type()));
  if (size > maxBytes)
    fail(what + " would have " + Twine(size) +
         " bytes as a dense one; the limit is " + Twine(maxBytes));

  std::string bytes(size, '\0');
  StringRef from = bytesOf(model, values);
  StringRef indexBytes = bytesOf(model, sparse.indices());
  auto index = [&](uint64_t i) {
    int64_t value;
    std::memcpy(&value, indexBytes.data() + i * sizeof(value), sizeof(value));
    return value;
  };
  uint64_t count = from.size() / elementBytes;
  bool isLinear = sparse.indices().dims_size() == 1;
  for (uint64_t i = 0; i < count; ++i) {
    int64_t position = isLinear ? index(i) : 0;
    for (int d = 0; !isLinear && d < sparse.dims_size(); ++d)
      position = position * sparse.dims(d) + index(i * sparse.dims_size() + d);
    std::memcpy(&bytes[position * elementBytes], from.data() + i * elementBytes,
                elementBytes);
  }
  dense.set_raw_data(std::move(bytes));
  return dense;
}

void graphopt::densifySparseTensors(OnnxModel &model, uint64_t maxBytes) {
  forEachGraph(model.proto, [&](onnx::GraphProto &graph) {
    for (const onnx::SparseTensorProto &sparse : graph.sparse_initializer())
      *graph.add_initializer() = densify(model, sparse, maxBytes);
    graph.clear_sparse_initializer();
  });
  forEachNode(model.proto, [&](onnx::NodeProto &node) {
    for (onnx::AttributeProto &attribute : *node.mutable_attribute()) {
      if (node.op_type() != "Constant" || !attribute.has_sparse_tensor())
        continue;
      *attribute.mutable_t() =
          densify(model, attribute.sparse_tensor(), maxBytes);
      attribute.clear_sparse_tensor();
      attribute.set_name("value");
      attribute.set_type(onnx::AttributeProto::TENSOR);
    }
  });
}
