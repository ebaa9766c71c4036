#include "ConstantSubgraph.h"
#include "dialects/Graph/ConstantEvaluator.h"
#include "dialects/Graph/Shape.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace graphopt {
#define GEN_PASS_DEF_EVALUATECONSTANTS
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// A constant of `value`'s elements in the shape `type`. Nothing is copied but
/// small tensors.
static TypedAttr relabel(ElementsAttr value, RankedTensorType type) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    return DenseResourceElementsAttr::get(type, resource.getRawHandle());
  if (auto dense = dyn_cast<DenseIntOrFPElementsAttr>(value))
    return dense.reshape(type);
  return {};
}

/// Returns whether it was.
static bool eraseIfDead(Operation *op) {
  bool isDead = op && isOpTriviallyDead(op);
  if (isDead)
    op->erase();
  return isDead;
}

/// What only gives a constant another shape needs no run.
static void foldReshapes(func::FuncOp function) {
  for (Operation &op : llvm::make_early_inc_range(function.front())) {
    if (!isa<ReshapeOp, SqueezeOp, UnsqueezeOp>(op))
      continue;
    auto type = cast<RankedTensorType>(op.getResult(0).getType());
    ElementsAttr value;
    if (!type.hasStaticShape() ||
        !matchPattern(op.getOperand(0), m_Constant(&value)))
      continue;
    TypedAttr folded = relabel(value, type);
    if (!folded)
      continue;
    OpBuilder builder(&op);
    auto constant = arith::ConstantOp::create(builder, op.getLoc(), folded);
    op.replaceAllUsesWith(constant);
    llvm::SetVector<Value> operands(op.operand_begin(), op.operand_end());
    op.erase();
    for (Value operand : operands)
      eraseIfDead(operand.getDefiningOp());
  }
}

namespace {
/// Memory for one result, which becomes the constant's.
struct ResultMemory {
  explicit ResultMemory(int64_t size)
      : blob(HeapAsmResourceBlob::allocate(std::max<int64_t>(size, 1), 64,
                                           /*dataIsMutable=*/true)),
        bytes(blob.getMutableData().take_front(size)) {}

  AsmResourceBlob blob;
  MutableArrayRef<char> bytes;
};

struct EvaluateConstants
    : graphopt::impl::EvaluateConstantsBase<EvaluateConstants> {
  using EvaluateConstantsBase::EvaluateConstantsBase;

  /// Pass statistics count in some builds of LLVM only.
  struct Counts {
    int64_t nodes = 0, constants = 0, bytes = 0;
  };
  Counts made;

  void runOnOperation() override {
    made = {};
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      foldReshapes(function);
      if (evaluateMs > 0 && failed(evaluate(function)))
        return signalPassFailure();
    }
    numEvaluated += made.nodes;
    numConstants += made.constants;
    if (report && made.constants > 0)
      emitRemark(UnknownLoc::get(&getContext()))
          << "computed " << made.constants
          << (made.constants == 1 ? " constant" : " constants") << " of "
          << made.bytes << " bytes, in place of " << made.nodes
          << (made.nodes == 1 ? " node" : " nodes");
  }

  LogicalResult evaluate(func::FuncOp function) {
    SmallVector<Operation *> found = findConstantOps(function, keepHalves);
    if (found.empty())
      return success();
    Dialect *dialect = getContext().getLoadedDialect<GraphDialect>();
    evaluator =
        dialect ? dialect->getRegisteredInterface<ConstantEvaluator>() : nullptr;
    if (!evaluator)
      return function.emitError("no evaluator of constants is registered");
    // One run, unless there are so many that compiling them as one function
    // would take much memory.
    constexpr size_t most = 256;
    for (ArrayRef<Operation *> rest = found; !rest.empty();
         rest = rest.drop_front(std::min(most, rest.size())))
      if (failed(evaluate(rest.take_front(most))))
        return failure();
    return success();
  }

  LogicalResult evaluate(ArrayRef<Operation *> ops) {
    ConstantSubgraph subgraph(ops);
    std::vector<ResultMemory> memory;
    if (!subgraph.results.empty())
      if (llvm::Error error = run(subgraph, memory))
        return reportCulprit(ops, std::move(error));
    for (auto [result, own] : llvm::zip_equal(subgraph.results, memory)) {
      OpBuilder builder(result.getDefiningOp());
      auto constant = arith::ConstantOp::create(
          builder, result.getLoc(), makeConstant(result, std::move(own)));
      result.replaceAllUsesWith(constant);
      made.bytes += *getTensorBytes(result.getType());
    }
    made.constants += subgraph.results.size();
    for (Operation *op : llvm::reverse(ops))
      made.nodes += eraseIfDead(op);
    for (Value read :
         llvm::concat<const Value>(subgraph.inputs, subgraph.literals))
      eraseIfDead(read.getDefiningOp());
    return success();
  }

  llvm::Error run(const ConstantSubgraph &subgraph,
                  std::vector<ResultMemory> &memory) {
    OwningOpRef<ModuleOp> module = subgraph.outline(getOperation());
    SmallVector<ArrayRef<char>> inputs;
    for (Value input : subgraph.inputs)
      inputs.push_back(*getBlobBytes(input));
    SmallVector<MutableArrayRef<char>> results;
    memory.reserve(subgraph.results.size());
    for (Value result : subgraph.results)
      results.push_back(memory.emplace_back(*getTensorBytes(result.getType())).bytes);
    return evaluator->evaluate(*module, inputs, results, evaluateMs);
  }

  /// Finds the first op without which all before it can be run, by halving.
  LogicalResult reportCulprit(ArrayRef<Operation *> ops, llvm::Error error) {
    size_t good = 0, bad = ops.size();
    while (bad - good > 1) {
      size_t middle = good + (bad - good) / 2;
      ConstantSubgraph part(ops.take_front(middle));
      std::vector<ResultMemory> memory;
      llvm::Error partError =
          part.results.empty() ? llvm::Error::success() : run(part, memory);
      if (!partError) {
        good = middle;
        continue;
      }
      llvm::consumeError(std::move(error));
      error = std::move(partError);
      bad = middle;
    }
    return ops[bad - 1]->emitError(
               "depends on constants only, but cannot be run while compiling: ")
           << llvm::toString(std::move(error))
           << " (evaluate-ms=0 leaves it to the model's run)";
  }

  /// Small integers and single numbers can be looked into; all else is a blob,
  /// in which a boolean is a byte.
  static TypedAttr makeConstant(Value result, ResultMemory memory) {
    auto type = cast<RankedTensorType>(result.getType());
    if (type.getNumElements() > InferredTensor::maxElements) {
      auto &manager =
          DenseResourceElementsHandle::getManagerInterface(type.getContext());
      return DenseResourceElementsAttr::get(
          type, manager.insert("evaluated", std::move(memory.blob)));
    }
    if (!type.getElementType().isInteger(1))
      return DenseElementsAttr::getFromRawBuffer(type, memory.bytes);
    SmallVector<bool> elements = llvm::map_to_vector(
        memory.bytes, [](char byte) { return byte != 0; });
    return DenseElementsAttr::get(type, elements);
  }

  const ConstantEvaluator *evaluator = nullptr;
};
} // namespace
