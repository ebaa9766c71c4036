// Writes a serialized model piece by piece, in protobuf's wire format: weights go
// from where they are to the file, and protobuf never sees them.
#include "graphopt/Support/OutputFile.h"
#include "lib/Export/Onnx/OnnxFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/LEB128.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"

using namespace graphopt;
using llvm::StringRef;
namespace fs = llvm::sys::fs;

namespace {

/// Numbers of fields, from onnx.proto.
enum Field { ModelGraph = 7, GraphInitializer = 5, TensorRawData = 9 };

/// The tag and the length of a field of bytes.
std::string fieldHead(Field field, uint64_t length) {
  constexpr unsigned delimited = 2;
  std::string head;
  llvm::raw_string_ostream os(head);
  llvm::encodeULEB128(unsigned(field) << 3 | delimited, os);
  llvm::encodeULEB128(length, os);
  return head;
}

/// A tensor of the model without its elements, which follow.
struct LargeTensor {
  std::string head; ///< of the field, up to the elements
  StringRef bytes;

  uint64_t size() const { return head.size() + bytes.size(); }
};

LargeTensor serialize(onnx::TensorProto tensor, StringRef bytes) {
  tensor.clear_external_data();
  tensor.clear_data_location();
  std::string fields =
      tensor.SerializeAsString() + fieldHead(TensorRawData, bytes.size());
  return {fieldHead(GraphInitializer, fields.size() + bytes.size()) + fields, bytes};
}

/// The place of a tensor in the file beside the model.
void setPlace(onnx::TensorProto &tensor, StringRef file, uint64_t offset,
              uint64_t length) {
  tensor.clear_external_data();
  auto add = [&](const char *key, std::string value) {
    onnx::StringStringEntryProto &entry = *tensor.add_external_data();
    entry.set_key(key);
    entry.set_value(std::move(value));
  };
  add("location", file.str());
  add("offset", std::to_string(offset));
  add("length", std::to_string(length));
}

class ModelWriter {
public:
  ModelWriter(OnnxModel model, StringRef path)
      : model(std::move(model)), path(path), dataPath((path + ".data").str()) {}

  llvm::Expected<std::vector<std::string>> write(bool separateWeights) {
    constexpr uint64_t protobufLimit = INT32_MAX;
    std::vector<std::string> files;
    if (separateWeights || measure() > protobufLimit)
      if (llvm::Error error = writeWeights(files))
        return error;
    if (llvm::Error error = writeProto()) {
      for (const std::string &file : files)
        fs::remove(file);
      return error;
    }
    files.insert(files.begin(), path);
    return files;
  }

private:
  uint64_t measure() const {
    uint64_t bytes = model.proto.ByteSizeLong();
    for (const onnx::TensorProto &tensor : model.proto.graph().initializer())
      if (std::optional<size_t> index = weightIndex(tensor))
        bytes += model.weights[*index].bytes.size();
    return bytes;
  }

  /// To the file beside the model, each from a page on if it has that much.
  llvm::Error writeWeights(std::vector<std::string> &files) {
    constexpr uint64_t page = 4096, element = 16;
    std::vector<std::pair<uint64_t, StringRef>> places;
    uint64_t end = 0;
    for (onnx::TensorProto &tensor : *model.proto.mutable_graph()->mutable_initializer()) {
      std::optional<size_t> index = weightIndex(tensor);
      if (!index)
        continue;
      StringRef bytes = model.weights[*index].bytes;
      uint64_t start = llvm::alignTo(end, bytes.size() < page ? element : page);
      setPlace(tensor, llvm::sys::path::filename(dataPath), start, bytes.size());
      places.push_back({start, bytes});
      end = start + bytes.size();
    }
    if (places.empty())
      return llvm::Error::success();
    files.push_back(dataPath);
    return writeOutputFile(dataPath, [&](llvm::raw_ostream &os) {
      uint64_t written = 0;
      for (auto [start, bytes] : places) {
        os.write_zeros(start - written);
        os << bytes;
        written = start + bytes.size();
      }
      return llvm::Error::success();
    });
  }

  llvm::Error writeProto() {
    onnx::GraphProto graph;
    graph.Swap(model.proto.mutable_graph());
    model.proto.clear_graph();
    std::vector<LargeTensor> large = takeLargeTensors(graph);
    std::string rest = model.proto.SerializeAsString();
    std::string fields = graph.SerializeAsString();
    uint64_t length = fields.size();
    for (const LargeTensor &tensor : large)
      length += tensor.size();
    return writeOutputFile(path, [&](llvm::raw_ostream &os) {
      os << rest << fieldHead(ModelGraph, length) << fields;
      for (const LargeTensor &tensor : large)
        os << tensor.head << tensor.bytes;
      return llvm::Error::success();
    });
  }

  /// Initializers whose elements are not in the proto, which leave it.
  std::vector<LargeTensor> takeLargeTensors(onnx::GraphProto &graph) const {
    std::vector<LargeTensor> large;
    google::protobuf::RepeatedPtrField<onnx::TensorProto> small;
    for (const onnx::TensorProto &tensor : graph.initializer()) {
      if (std::optional<size_t> index = weightIndex(tensor))
        large.push_back(serialize(tensor, model.weights[*index].bytes));
      else
        *small.Add() = tensor;
    }
    graph.mutable_initializer()->Swap(&small);
    return large;
  }

  OnnxModel model;
  std::string path, dataPath;
};

} // namespace

llvm::Expected<std::vector<std::string>>
graphopt::writeModel(OnnxModel model, StringRef path, bool separateWeights) {
  return ModelWriter(std::move(model), path).write(separateWeights);
}
