// Reading a model file, binary or text.
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "onnx/defs/parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"

using namespace graphopt;
using llvm::StringRef;

static std::shared_ptr<llvm::MemoryBuffer> openFile(StringRef path) {
  llvm::sys::fs::file_status status;
  if (std::error_code error = llvm::sys::fs::status(path, status))
    fail("cannot be opened: " + error.message());
  if (!llvm::sys::fs::is_regular_file(status))
    fail("is not a regular file");
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (std::error_code error = buffer.getError())
    fail("cannot be read: " + error.message());
  if ((*buffer)->getBufferSize() == 0)
    fail("the file is empty");
  return std::move(*buffer);
}

/// ONNX's parser calls itself for nested graphs and types; a limit here keeps
/// the stack bounded.
static void checkTextNesting(StringRef text) {
  constexpr unsigned maxDepth = 128;
  unsigned depth = 0;
  for (char c : text) {
    if (c == '{' || c == '(')
      ++depth;
    else if ((c == '}' || c == ')') && depth > 0)
      --depth;
    if (depth > maxDepth)
      fail("braces are nested more than " + llvm::Twine(maxDepth) + " deep");
  }
}

/// `text` with its comments, lines that begin with `//`, made blank. ONNX's
/// text form has none.
static std::string blankComments(StringRef text) {
  std::string result;
  for (StringRef line : llvm::split(text, '\n')) {
    if (!line.ltrim().starts_with("//"))
      result += line;
    result += '\n';
  }
  return result;
}

static void parseText(StringRef fileText, onnx::ModelProto &model) {
  std::string text = blankComments(fileText);
  checkTextNesting(text);
  onnx::OnnxParser parser(text.c_str());
  onnx::Common::Status status = parser.Parse(model);
  if (!status.IsOK())
    fail("not a model in ONNX's text form: " + status.ErrorMessage());
  if (!parser.EndOfInput())
    fail("not a model in ONNX's text form: text after the model");
}

/// A reference to weights that trimWeights did not make would be read as one.
static void checkWeightReferences(OnnxModel &model) {
  size_t found = 0;
  std::vector<bool> seen(model.weights.size());
  forEachTensor(model.proto, [&](const onnx::TensorProto &tensor) {
    for (const onnx::StringStringEntryProto &entry : tensor.external_data()) {
      if (entry.key() != weightKey)
        continue;
      size_t index;
      if (tensor.external_data_size() != 1 ||
          StringRef(entry.value()).getAsInteger(10, index) ||
          index >= seen.size() || seen[index])
        fail("tensor '" + tensor.name() + "' uses the reserved key '" +
             weightKey + "' in its external data");
      seen[index] = true;
      ++found;
    }
  });
  if (found != seen.size())
    fail("damaged ONNX model: a tensor appears twice in one place");
}

/// Paddle's exporter writes -1 for a dimension that is left open.
static void openUnknownDims(onnx::ModelProto &model) {
  auto open = [](onnx::ValueInfoProto &value) {
    if (!value.type().tensor_type().has_shape())
      return;
    for (auto &dim : *value.mutable_type()
                          ->mutable_tensor_type()
                          ->mutable_shape()
                          ->mutable_dim())
      if (dim.dim_value() == -1)
        dim.clear_dim_value();
  };
  forEachGraph(model, [&](onnx::GraphProto &graph) {
    llvm::for_each(*graph.mutable_input(), open);
    llvm::for_each(*graph.mutable_output(), open);
    llvm::for_each(*graph.mutable_value_info(), open);
  });
}

OnnxModel graphopt::readModelFile(StringRef path) {
  std::shared_ptr<llvm::MemoryBuffer> file = openFile(path);
  OnnxModel model;
  if (path.ends_with(".onnxtxt"))
    parseText(file->getBuffer(), model.proto);
  else if (!model.proto.ParseFromString(trimWeights(file, model.weights)))
    fail("damaged ONNX model: protobuf cannot parse it");
  if (!model.proto.has_graph())
    fail("not an ONNX model, or truncated: it holds no graph");
  checkWeightReferences(model);
  model.proto.clear_training_info();
  nameNodes(model.proto);
  openUnknownDims(model.proto);
  return model;
}

void graphopt::nameNodes(onnx::ModelProto &model) {
  llvm::StringMap<unsigned> counts;
  forEachNode(model, [&](onnx::NodeProto &node) {
    if (node.name().empty())
      node.set_name(node.op_type() + "_" +
                    std::to_string(counts[node.op_type()]));
    ++counts[node.op_type()];
  });
}
