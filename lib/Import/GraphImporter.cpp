#include "lib/Import/GraphImporter.h"
#include "lib/Import/Importers.h"
#include "lib/Import/Onnx/Walk.h"
#include "lib/Import/Types.h"
#include "lib/Import/Weights.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace graphopt;

//===--- Errors ----------------------------------------------------------===//

ErrorLog::ErrorLog(MLIRContext *context, int64_t opset)
    : opset(opset), handler(context, [this](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
          return failure(); // for the caller's handler
        add(diagnostic);
        return success();
      }) {}

void ErrorLog::add(const Diagnostic &diagnostic) {
  if (count++ > 0)
    text += "\n";
  if (node)
    text += "node '" + node->name() + "' (" + node->op_type() + ", opset " +
            std::to_string(opset) + "): ";
  text += diagnostic.str();
  for (const Diagnostic &note : diagnostic.getNotes())
    text += "\n  note: " + note.str();
}

//===--- Graphs ----------------------------------------------------------===//

SmallVector<const onnx::ValueInfoProto *>
graphopt::getFreeInputs(const onnx::GraphProto &graph) {
  llvm::StringSet<> set;
  for (const onnx::TensorProto &tensor : graph.initializer())
    set.insert(tensor.name());
  SmallVector<const onnx::ValueInfoProto *> inputs;
  for (const onnx::ValueInfoProto &input : graph.input())
    if (!set.contains(input.name()))
      inputs.push_back(&input);
  return inputs;
}

Value GraphImporter::lookup(StringRef name) const {
  auto value = values.find(name);
  if (value != values.end())
    return value->second;
  return outer ? outer->lookup(name) : Value();
}

/// True for operators whose output has the rank of their first input.
static bool keepsRank(const onnx::NodeProto &node) {
  ImporterFunction function = lookupImporter(node.domain(), node.op_type());
  return llvm::is_contained({importUnary, importCast, importCastLike, importIdentity}, function);
}

std::optional<int64_t> GraphImporter::getDeclaredRank(StringRef name, unsigned hops) const {
  for (const auto *list : {&proto->output(), &proto->value_info()})
    for (const onnx::ValueInfoProto &info : *list)
      if (info.name() == name && info.type().tensor_type().has_shape())
        return info.type().tensor_type().shape().dim_size();
  if (hops == 0)
    return std::nullopt;
  for (const onnx::NodeProto &node : proto->node())
    if (keepsRank(node) && node.input_size() && node.input(0) == name && node.output_size())
      if (std::optional<int64_t> rank = getDeclaredRank(node.output(0), hops - 1))
        return rank;
  return std::nullopt;
}

Value GraphImporter::createTensor(const onnx::TensorProto &tensor,
                                  Location loc) {
  StringRef name = tensor.name();
  if (name.empty())
    name = "constant";
  ElementsAttr elements =
      convertTensor(builder.getContext(), model, tensor, name);
  if (!elements) {
    emitError(loc) << "tensor '" << name << "' has element type "
                   << dataTypeName(tensor.data_type())
                   << ", which is not supported";
    return {};
  }
  return arith::ConstantOp::create(builder, loc, cast<TypedAttr>(elements));
}

FailureOr<SmallVector<Value>> GraphImporter::run(const onnx::GraphProto &graph,
                                                 ValueRange inputs) {
  proto = &graph;
  for (auto [input, value] : llvm::zip_equal(getFreeInputs(graph), inputs))
    define(input->name(), value);
  for (const onnx::TensorProto &tensor : graph.initializer()) {
    Location loc = NameLoc::get(builder.getStringAttr(tensor.name()));
    if (Value value = createTensor(tensor, loc))
      define(tensor.name(), value);
  }
  // Without its tensors a graph gives errors that mean nothing.
  if (!errors.empty())
    return failure();
  for (const onnx::NodeProto &node : graph.node()) {
    importNode(node);
    if (errors.isFull())
      return failure();
  }
  SmallVector<Value> results;
  for (const onnx::ValueInfoProto &output : graph.output()) {
    results.push_back(lookup(output.name()));
    if (!results.back())
      return failure();
  }
  return results;
}

/// An error if the node reads what is no tensor, but a sequence, an optional value or a
/// tensor whose rank is for the run to tell, and is not about such values.
static LogicalResult requireTensors(NodeImporter &node) {
  StringRef op = node.getOpType();
  if (op.starts_with("Sequence") || op == "ConcatFromSequence" ||
      op.starts_with("Optional") || op == "Identity" || op == "If" || op == "Loop")
    return success();
  for (auto [i, input] : llvm::enumerate(node.getInputs())) {
    if (!input || isa<RankedTensorType>(input.getType()))
      continue;
    if (isa<UnrankedTensorType>(input.getType()))
      return node.emitError("the rank of its input ")
             << i << " must be known when the model is compiled";
    return node.emitError("its input ") << i << " is no tensor but "
                                        << input.getType();
  }
  return success();
}

void GraphImporter::importNode(const onnx::NodeProto &node) {
  // Names were checked: what has no value comes from a node with an error.
  bool isComplete = true;
  auto check = [&](const std::string &name) { isComplete &= name.empty() || lookup(name); };
  llvm::for_each(node.input(), check);
  forEachNamedTensor(node, check);
  if (!isComplete)
    return;
  errors.setNode(&node);
  NodeImporter importer(*this, node);
  ImporterFunction function = lookupImporter(node.domain(), node.op_type());
  if (failed(requireTensors(importer)) || failed(function(importer)) ||
      importer.hasFailed())
    for (const std::string &output : node.output())
      values.erase(output);
  errors.setNode(nullptr);
}
