// Weights that operators of com.microsoft hold as opaque bytes get the element type
// that they have.
#include "lib/Import/Onnx/Microsoft.h"
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"

using namespace graphopt;
using llvm::StringRef;
using llvm::Twine;
using onnx::TensorProto;

static int64_t getInt(const onnx::NodeProto &node, StringRef name, int64_t otherwise) {
  for (const onnx::AttributeProto &attribute : node.attribute())
    if (attribute.name() == name)
      return attribute.i();
  return otherwise;
}

namespace {
/// Rows of numbers of `bits` bits, each row from a byte on, the first in the least
/// bits.
struct PackedRows {
  StringRef bytes;
  unsigned bits;
  uint64_t rowBytes;

  unsigned get(uint64_t row, uint64_t index) const {
    uint8_t byte = bytes[row * rowBytes + index * bits / 8];
    return byte >> (index * bits % 8) & ((1u << bits) - 1);
  }
};

/// A node whose constant inputs get other types.
class PackedInputs {
public:
  PackedInputs(OnnxModel &model, onnx::GraphProto &graph, onnx::NodeProto &node)
      : model(model), graph(graph), node(node), bits(getInt(node, "bits", 4)),
        block(getInt(node, "block_size", 0)) {}

protected:
  [[noreturn]] void refuse(const Twine &why) { fail(describe(node) + " " + why); }

  int typeOf(bool isSigned) const {
    if (bits == 2)
      return isSigned ? TensorProto::INT2 : TensorProto::UINT2;
    if (bits == 4)
      return isSigned ? TensorProto::INT4 : TensorProto::UINT4;
    return isSigned ? TensorProto::INT8 : TensorProto::UINT8;
  }

  bool has(int index) const { return node.input_size() > index && !node.input(index).empty(); }

  StringRef bytesOf(const TensorProto &tensor) {
    if (std::optional<size_t> weight = weightIndex(tensor))
      return model.weights[*weight].bytes;
    return tensor.raw_data();
  }

  /// Null if the input is no constant.
  const TensorProto *find(int index) const {
    for (const TensorProto &tensor : graph.initializer())
      if (has(index) && tensor.name() == node.input(index))
        return &tensor;
    return nullptr;
  }
  const TensorProto &read(int index, const char *what) {
    if (const TensorProto *tensor = find(index))
      return *tensor;
    refuse(Twine("has input '") + what + "' that is no constant, which is not supported");
  }

  /// [rows, columns] as ONNX packs them, without gaps between rows.
  template <typename Get>
  std::string packNumbers(uint64_t rows, uint64_t columns, Get get) const {
    std::string bytes(llvm::divideCeil(rows * columns * bits, 8), 0);
    uint64_t at = 0;
    for (uint64_t row = 0; row < rows; ++row)
      for (uint64_t i = 0; i < columns; ++i, at += bits)
        bytes[at / 8] |= get(row, i) << (at % 8);
    return bytes;
  }

  /// The input becomes a constant of its own.
  void replace(int index, int type, llvm::ArrayRef<int64_t> dims, std::string bytes) {
    std::string name = node.name() + "/" + node.input(index) + "_" +
                       std::to_string(graph.initializer_size());
    TensorProto &tensor = *graph.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    tensor.mutable_dims()->Add(dims.begin(), dims.end());
    tensor.set_raw_data(std::move(bytes));
    node.set_input(index, name);
  }

  OnnxModel &model;
  onnx::GraphProto &graph;
  onnx::NodeProto &node;
  uint64_t bits, block;
};

/// One MatMulNBits, whose constant inputs become [N, K] and [N, blocks].
class Weights : PackedInputs {
public:
  Weights(OnnxModel &model, onnx::GraphProto &graph, onnx::NodeProto &node)
      : PackedInputs(model, graph, node), rows(getInt(node, "N", 0)), depth(getInt(node, "K", 0)) {}

  void retype() {
    enum { B = 1, Scales = 2, Zeros = 3 };
    if ((bits != 2 && bits != 4 && bits != 8) || rows < 1 || depth < 1 || block < 1)
      refuse("has weights of " + Twine(bits) + " bits in blocks of " + Twine(block) +
             ", which is not supported");
    constexpr uint64_t kMost = uint64_t(1) << 31;
    if (rows > kMost || depth > kMost || block > kMost)
      refuse("has weights of no size that memory has");
    blocks = llvm::divideCeil(depth, block);
    bool hasZeros = has(Zeros);
    uint64_t blockBytes = llvm::divideCeil(block * bits, 8);
    const TensorProto &weights = read(B, "B");
    if (weights.data_type() != TensorProto::UINT8 ||
        bytesOf(weights).size() != rows * blocks * blockBytes)
      refuse("has input 'B' of another type or size than its attributes say");
    // Without zero points zero is in the middle: the numbers are signed ones.
    unsigned middle = hasZeros ? 0 : 1u << (bits - 1);
    PackedRows packed{bytesOf(weights), unsigned(bits), blocks * blockBytes};
    uint64_t perBlock = blockBytes * 8 / bits;
    replace(B, typeOf(!hasZeros), {int64_t(rows), int64_t(depth)},
            packNumbers(rows, depth, [&](uint64_t row, uint64_t k) {
              return packed.get(row, k / block * perBlock + k % block) ^ middle;
            }));
    const TensorProto &scales = read(Scales, "scales");
    uint64_t scaleBits = elementBits(scales.data_type());
    if (bytesOf(scales).size() * 8 != rows * blocks * scaleBits)
      refuse("has input 'scales' of another size than its weights need");
    replace(Scales, scales.data_type(), {int64_t(rows), int64_t(blocks)}, bytesOf(scales).str());
    if (hasZeros)
      retypeZeros(Zeros);
  }

private:
  /// Zero points are bytes of packed numbers, or numbers of the scales' type.
  void retypeZeros(int index) {
    const TensorProto &zeros = read(index, "zero_points");
    if (zeros.data_type() != TensorProto::UINT8)
      refuse("has zero points that are floats, which is not supported");
    uint64_t rowBytes = llvm::divideCeil(blocks * bits, 8);
    if (bytesOf(zeros).size() != rows * rowBytes)
      refuse("has input 'zero_points' of another size than its weights need");
    PackedRows packed{bytesOf(zeros), unsigned(bits), rowBytes};
    replace(index, typeOf(false), {int64_t(rows), int64_t(blocks)},
            packNumbers(rows, blocks,
                        [&](uint64_t row, uint64_t i) { return packed.get(row, i); }));
  }

  uint64_t rows, depth, blocks = 0;
};

/// One GatherBlockQuantized, whose table of bytes becomes one of the numbers in them.
class Table : PackedInputs {
public:
  using PackedInputs::PackedInputs;

  void retype() {
    enum { Data = 0, Zeros = 3 };
    const TensorProto *data = find(Data);
    if (!data || data->data_type() != TensorProto::UINT8)
      return; // it has its own type, or none that is known here
    if ((bits != 4 && bits != 8) || block < 1 || data->dims_size() < 1)
      refuse("has a table of " + Twine(bits) + " bits in blocks of " + Twine(block) +
             ", which is not supported");
    std::vector<int64_t> dims(data->dims().begin(), data->dims().end());
    dims.back() *= 8 / bits;
    int64_t blocks = llvm::divideCeil(dims.back(), int64_t(block));
    // As for weights: without zero points zero is in the middle.
    std::string bytes = bytesOf(*data).str();
    char middle = has(Zeros) ? 0 : bits == 4 ? '\x88' : '\x80';
    for (char &byte : bytes)
      byte ^= middle;
    if (has(Zeros))
      retypeZeros(Zeros, dims, blocks);
    replace(Data, typeOf(!has(Zeros)), dims, std::move(bytes));
  }

private:
  /// Those of a row begin with a byte.
  void retypeZeros(int index, std::vector<int64_t> dims, int64_t blocks) {
    const TensorProto &zeros = read(index, "zero_points");
    uint64_t rowBytes = llvm::divideCeil(blocks * bits, 8);
    uint64_t rows = bytesOf(zeros).size() / std::max<uint64_t>(rowBytes, 1);
    dims.back() = blocks;
    if (zeros.data_type() != TensorProto::UINT8 ||
        tensorBytes(TensorProto::UINT8, zeros.dims(), "zero_points") != rows * rowBytes)
      refuse("has input 'zero_points' of another type or size than its table needs");
    PackedRows packed{bytesOf(zeros), unsigned(bits), rowBytes};
    replace(index, typeOf(false), dims, packNumbers(rows, blocks, [&](uint64_t row, uint64_t i) {
              return packed.get(row, i);
            }));
  }
};
} // namespace

static void dropUnread(onnx::GraphProto &graph, const llvm::StringMap<int> &replaced) {
  llvm::StringMap<int> read;
  forEachNode(graph, [&](const onnx::NodeProto &node) {
    for (const std::string &input : node.input())
      ++read[input];
  });
  for (const onnx::ValueInfoProto &output : graph.output())
    ++read[output.name()];
  for (const onnx::ValueInfoProto &input : graph.input())
    ++read[input.name()];
  auto &tensors = *graph.mutable_initializer();
  tensors.erase(std::remove_if(tensors.begin(), tensors.end(),
                               [&](const TensorProto &tensor) {
                                 return replaced.count(tensor.name()) && !read.count(tensor.name());
                               }),
                tensors.end());
}

void graphopt::retypePackedWeights(OnnxModel &model) {
  nameNodes(model.proto);
  forEachGraph(model.proto, [&](onnx::GraphProto &graph) {
    llvm::StringMap<int> replaced;
    for (onnx::NodeProto &node : *graph.mutable_node()) {
      bool isProduct = node.op_type() == "MatMulNBits";
      if (node.domain() != microsoft::domain ||
          (!isProduct && node.op_type() != "GatherBlockQuantized"))
        continue;
      for (const std::string &input : node.input())
        ++replaced[input];
      if (isProduct)
        Weights(model, graph, node).retype();
      else
        Table(model, graph, node).retype();
    }
    if (!replaced.empty())
      dropUnread(graph, replaced);
  });
}
