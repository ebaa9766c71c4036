#include "dialects/Graph/Control.h"
#include "dialects/Graph/Sequence.h"
#include "dialects/Graph/Shape.h"
#include "lib/Import/Importers.h"
#include "lib/Import/LoopBuilder.h"
#include "lib/Import/Types.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// Where one branch yields a number and the other a list of it, that one gets a list, too.
static void matchRanks(NodeImporter &node, Region &branch, SmallVectorImpl<Type> &types,
                       ArrayRef<Type> others) {
  OpBuilder::InsertionGuard guard(node.getBuilder());
  Operation *terminator = branch.front().getTerminator();
  node.getBuilder().setInsertionPoint(terminator);
  for (auto [i, type, other] : llvm::enumerate(types, others)) {
    auto number = dyn_cast<RankedTensorType>(type),
         ones = dyn_cast<RankedTensorType>(other);
    if (!number || number.getRank() != 0 || !ones ||
        ones.getShape() != ArrayRef<int64_t>{1})
      continue;
    Value list = node.create<UnsqueezeOp>(terminator->getOperand(i), SmallVector<int64_t>{0});
    terminator->setOperand(i, list);
    type = list.getType();
  }
}

LogicalResult graphopt::importIf(NodeImporter &node) {
  // The other branch need not fit: definitions of operators ask for ranks.
  auto condition = node.getConstantInts(node.getInput(0));
  if (condition && condition->size() == 1) {
    auto values = node.inlineGraph(condition->front() ? "then_branch" : "else_branch");
    return succeeded(values) ? node.bind(*values) : failure();
  }
  // Result types follow from the branches, which need an op around them.
  auto draft = IfOp::create(node.getBuilder(), node.getLoc(), TypeRange(),
                            node.getInput(0));
  SmallVector<Type> types[2];
  const StringRef names[] = {"then_branch", "else_branch"};
  for (auto [i, name] : llvm::enumerate(names)) {
    auto terminate = [&, i = i](ValueRange values) {
      types[i] = llvm::to_vector(values.getTypes());
      YieldOp::create(node.getBuilder(), node.getLoc(), values);
      return success();
    };
    if (failed(node.importGraph(name, draft->getRegion(i), {}, terminate)))
      return failure();
  }
  if (types[0].size() != types[1].size())
    return node.emitError("its branches have different numbers of outputs");
  matchRanks(node, draft.getThenBranch(), types[0], types[1]);
  matchRanks(node, draft.getElseBranch(), types[1], types[0]);
  SmallVector<Type> results;
  for (auto [left, right] : llvm::zip_equal(types[0], types[1])) {
    Type type = joinTypes(left, right);
    if (!type)
      return node.emitError("its branches give an output of type ")
             << left << " and of type " << right;
    results.push_back(type);
  }
  auto op = IfOp::create(node.getBuilder(), node.getLoc(), results, node.getInput(0));
  op.getThenBranch().takeBody(draft.getThenBranch());
  op.getElseBranch().takeBody(draft.getElseBranch());
  draft.erase();
  return succeeded(verify(op)) ? node.bind(op.getResults()) : failure();
}

Type graphopt::getCarriedType(const onnx::ValueInfoProto &input, Type initial) {
  std::string why;
  Type declared = input.has_type()
                      ? convertType(initial.getContext(), input.type(), why)
                      : Type();
  // The sequences that a loop makes show what is in them.
  if (!isa_and_nonnull<RankedTensorType>(declared))
    return initial;
  Type joined = joinTypes(declared, initial);
  return joined ? joined : initial;
}

LogicalResult LoopBuilder::importBody(Region &body,
                                      SmallVector<Type> &yielded) {
  OpBuilder &builder = node.getBuilder();
  SmallVector<Type> arguments{RankedTensorType::get({}, builder.getI64Type()),
                              RankedTensorType::get({}, builder.getI1Type())};
  llvm::append_range(arguments, types);
  body.dropAllReferences();
  body.getBlocks().clear();
  auto terminate = [&](ValueRange values) {
    SmallVector<Value> all = leave(body.getArguments(), values);
    if (llvm::is_contained(all, Value()))
      return failure();
    for (size_t i = 0; i < types.size(); ++i)
      if (Value &value = all[1 + i];
          isa<OptionalType>(types[i]) && !isa<OptionalType>(value.getType())) {
        value = node.create<OptionalSomeOp>(value);
        givesElement[i] = true;
        if (!value)
          return failure();
      }
    yielded = llvm::to_vector(ValueRange(all).getTypes());
    YieldOp::create(builder, node.getLoc(), all);
    return success();
  };
  return node.importGraph("body", body, arguments, terminate, enter);
}

FailureOr<LoopOp> LoopBuilder::build() {
  OpBuilder &builder = node.getBuilder();
  if (llvm::is_contained(inits, Value()))
    return node.emitError("a carried value has no initial value");
  givesElement.assign(inits.size(), false);
  auto draft = LoopOp::create(builder, node.getLoc(), TypeRange(), trips,
                              condition, inits);
  Region &body = draft.getBody();
  // What the body yields may be wider than its argument, which widens it again.
  SmallVector<Type> yielded;
  for (bool changed = true; changed;) {
    changed = false;
    if (failed(importBody(body, yielded)))
      return failure();
    for (size_t i = 0; i < inits.size(); ++i) {
      Type type = joinTypes(types[i], yielded[1 + i]);
      if (!type)
        return node.emitError("a carried value changes its type from ")
               << types[i] << " to " << yielded[1 + i];
      changed |= type != types[i];
      types[i] = type;
    }
  }

  SmallVector<Type> results(types);
  for (Type scan : ArrayRef<Type>(yielded).drop_front(1 + inits.size())) {
    auto type = dyn_cast<RankedTensorType>(scan);
    if (!type)
      return node.emitError("an output of its iterations is no tensor but ") << scan;
    SmallVector<int64_t> shape(type.getShape());
    shape.insert(shape.begin(), ShapedType::kDynamic);
    results.push_back(type.clone(shape));
  }
  auto op = LoopOp::create(builder, node.getLoc(), results, trips, condition,
                           inits);
  op.getBody().takeBody(body);
  draft.erase();
  if (failed(verify(op)))
    return failure();
  return op;
}

LogicalResult graphopt::importLoop(NodeImporter &node) {
  const onnx::GraphProto *graph = node.getGraph("body");
  if (!graph)
    return failure();
  auto enter = [](ValueRange arguments) -> FailureOr<SmallVector<Value>> {
    return SmallVector<Value>(arguments);
  };
  auto leave = [](ValueRange, ValueRange values) {
    return SmallVector<Value>(values);
  };
  LoopBuilder loop{node, node.getInput(0), node.getInput(1), {}, {}, enter, leave};
  for (size_t i = 2; i < node.getNumInputs(); ++i)
    loop.inits.push_back(node.getInput(i));
  if (static_cast<size_t>(graph->input_size()) != 2 + loop.inits.size() ||
      static_cast<size_t>(graph->output_size()) < 1 + loop.inits.size())
    return node.emitError("its body has ")
           << graph->input_size() << " inputs and " << graph->output_size()
           << " outputs for " << loop.inits.size() << " carried values";
  for (auto [i, init] : llvm::enumerate(loop.inits))
    loop.types.push_back(
        init ? getCarriedType(graph->input(2 + i), init.getType()) : Type());
  FailureOr<LoopOp> op = loop.build();
  if (failed(op))
    return failure();
  SmallVector<Value> results(op->getResults());
  for (auto [result, givesElement] : llvm::zip(results, loop.givesElement))
    if (givesElement)
      result = node.create<OptionalGetElementOp>(result);
  return node.bind(results);
}
