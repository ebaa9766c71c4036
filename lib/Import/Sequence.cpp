// Sequences and optional values.
#include "dialects/Graph/Sequence.h"
#include "dialects/Graph/Shape.h"
#include "lib/Import/Importers.h"
#include "lib/Import/Types.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// An error unless input `index` is a sequence.
static LogicalResult requireSequence(NodeImporter &node, size_t index = 0) {
  if (node.hasInput(index) && isa<SequenceType>(node.getInput(index).getType()))
    return success();
  return node.emitError("its input ") << index << " must be a sequence";
}

/// Builds the op, or at once what it is known to give: its type may tell more, such as
/// the rank of a tensor among others of other ranks. Null after an error.
template <typename Op, typename... Args>
static Value createOrFold(NodeImporter &node, Args &&...args) {
  Op op = node.create<Op>(std::forward<Args>(args)...);
  if (!op)
    return {};
  OpBuilder::InsertionGuard guard(node.getBuilder());
  node.getBuilder().setInsertionPoint(op);
  Value known = foldKnown(node.getBuilder(), op);
  if (!known)
    return op->getResult(0);
  op->erase();
  return known;
}

static LogicalResult bindIfBuilt(NodeImporter &node, Value value) {
  return value ? node.bind(value) : failure();
}

LogicalResult graphopt::importSequenceEmpty(NodeImporter &node) {
  Type element =
      node.getElementType("dtype", node.getBuilder().getF32Type());
  return element ? node.finish<SequenceEmptyOp>(TypeAttr::get(element)) : failure();
}

LogicalResult graphopt::importSequenceConstruct(NodeImporter &node) {
  return node.finish<SequenceConstructOp>(node.getInputs());
}

LogicalResult graphopt::importSequenceInsert(NodeImporter &node) {
  if (failed(requireSequence(node)))
    return failure();
  return node.finish<SequenceInsertOp>(node.getInput(0), node.getInput(1),
                                       node.getInput(2));
}

LogicalResult graphopt::importSequenceErase(NodeImporter &node) {
  if (failed(requireSequence(node)))
    return failure();
  return bindIfBuilt(node, createOrFold<SequenceEraseOp>(node, node.getInput(0),
                                                         node.getInput(1)));
}

/// Where the sequence does not tell the rank of its tensors, the model may.
LogicalResult graphopt::importSequenceAt(NodeImporter &node) {
  if (failed(requireSequence(node)))
    return failure();
  Value value =
      createOrFold<SequenceAtOp>(node, node.getInput(0), node.getInput(1));
  if (!value)
    return failure();
  std::optional<int64_t> rank = node.getDeclaredRank(0);
  if (auto type = dyn_cast<UnrankedTensorType>(value.getType()); type && rank)
    value = RetypeOp::create(
        node.getBuilder(), node.getLoc(),
        RankedTensorType::get(SmallVector<int64_t>(*rank, ShapedType::kDynamic),
                              type.getElementType()),
        value);
  return node.bind(value);
}

LogicalResult graphopt::importSequenceLength(NodeImporter &node) {
  if (failed(requireSequence(node)))
    return failure();
  return bindIfBuilt(node, createOrFold<SequenceLengthOp>(node, node.getInput(0)));
}

LogicalResult graphopt::importSplitToSequence(NodeImporter &node) {
  return node.finish<SplitToSequenceOp>(node.getInput(0), node.getInput(1),
                                        node.getInt("axis"),
                                        node.getInt("keepdims", 1) != 0);
}

LogicalResult graphopt::importConcatFromSequence(NodeImporter &node) {
  if (failed(requireSequence(node)))
    return failure();
  return bindIfBuilt(node, createOrFold<ConcatFromSequenceOp>(
                               node, node.getInput(0), node.getInt("axis"),
                               node.getInt("new_axis") != 0));
}

LogicalResult graphopt::importOptional(NodeImporter &node) {
  if (node.hasInput(0))
    return node.finish<OptionalSomeOp>(node.getInput(0));
  const onnx::TypeProto *proto = node.getType("type");
  if (!proto)
    return failure();
  onnx::TypeProto optional;
  *optional.mutable_optional_type()->mutable_elem_type() = *proto;
  std::string why;
  Type type = convertType(node.getContext(), optional, why);
  if (!type)
    return node.emitError("its type ") << why;
  return node.finish<OptionalNoneOp>(
      TypeAttr::get(cast<OptionalType>(type).getValue()));
}

LogicalResult graphopt::importOptionalHasElement(NodeImporter &node) {
  if (node.hasInput(0) && isa<OptionalType>(node.getInput(0).getType()))
    return bindIfBuilt(node,
                       createOrFold<OptionalHasElementOp>(node, node.getInput(0)));
  return node.bind(
      node.createScalar(node.getBuilder().getI1Type(), node.hasInput(0)));
}

LogicalResult graphopt::importOptionalGetElement(NodeImporter &node) {
  if (isa<OptionalType>(node.getInput(0).getType()))
    return bindIfBuilt(node,
                       createOrFold<OptionalGetElementOp>(node, node.getInput(0)));
  return node.bind(node.getInput(0));
}
