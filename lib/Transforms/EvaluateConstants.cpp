#include "dialects/Graph/ConstantEvaluator.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

namespace graphopt {
#define GEN_PASS_DEF_EVALUATECONSTANTS
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt::graph;

/// Marks the module that an evaluator compiles: it must not evaluate again.
static constexpr StringLiteral evaluationAttr = "graph.is_evaluation";

/// Bytes of a static tensor in the layout of the C ABI, where a boolean takes
/// one; nothing for other types.
static std::optional<int64_t> getBytes(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() ||
      !tensor.getElementType().isIntOrFloat())
    return std::nullopt;
  int64_t bytes = llvm::divideCeil(tensor.getElementTypeBitWidth(), 8);
  for (int64_t size : tensor.getShape())
    if (llvm::MulOverflow(bytes, size, bytes))
      return std::nullopt;
  return bytes;
}

namespace {
/// The ops of one function that can be run now.
class ConstantSubgraph {
public:
  explicit ConstantSubgraph(func::FuncOp function) {
    for (Operation &op : function.getBody().front())
      if (isEvaluable(op))
        ops.insert(&op);
    // What other ops read of them.
    for (Operation *op : ops)
      for (Value result : op->getResults())
        if (getBytes(result.getType()) && !matchPattern(op, m_Constant()) &&
            llvm::any_of(result.getUsers(),
                         [&](Operation *user) { return !isInside(user); }))
          results.push_back(result);
  }

  SetVector<Operation *> ops;
  SmallVector<Value> results;

private:
  bool isInside(Operation *user) const {
    for (; user; user = user->getParentOp())
      if (ops.contains(user))
        return true;
    return false;
  }

  bool isEvaluable(Operation &op) const {
    if (matchPattern(&op, m_Constant()))
      return true;
    if (op.getNumResults() == 0 || !isMemoryEffectFree(&op))
      return false;
    SetVector<Value> operands(op.operand_begin(), op.operand_end());
    for (Region &region : op.getRegions())
      getUsedValuesDefinedAbove(region, operands);
    int64_t inputBytes = 0;
    for (Value operand : operands) {
      Operation *definition = operand.getDefiningOp();
      if (!definition || !ops.contains(definition))
        return false;
      inputBytes += getBytes(operand.getType()).value_or(0);
    }
    // A tensor that is filled with one number is better made at run time.
    constexpr int64_t smallBytes = 64 << 10;
    for (Type type : op.getResultTypes()) {
      if (!isa<TensorType>(type))
        continue;
      std::optional<int64_t> bytes = getBytes(type);
      if (!bytes || *bytes > std::max(smallBytes, 2 * inputBytes))
        return false;
    }
    return true;
  }
};

/// Memory for one result, which becomes the constant's.
struct ResultMemory {
  explicit ResultMemory(int64_t bytes)
      : blob(HeapAsmResourceBlob::allocate(std::max<int64_t>(bytes, 1), 64,
                                           /*dataIsMutable=*/true)),
        bytes(blob.getMutableData().take_front(bytes)) {}

  AsmResourceBlob blob;
  MutableArrayRef<char> bytes;
};

struct EvaluateConstants
    : graphopt::impl::EvaluateConstantsBase<EvaluateConstants> {
  using EvaluateConstantsBase::EvaluateConstantsBase;

  void runOnOperation() override {
    if (getOperation()->hasAttr(evaluationAttr))
      return;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && failed(evaluate(function)))
        return signalPassFailure();
  }

  LogicalResult evaluate(func::FuncOp function) {
    ConstantSubgraph subgraph(function);
    if (subgraph.results.empty())
      return success();
    Dialect *dialect = getContext().getLoadedDialect<GraphDialect>();
    auto *evaluator =
        dialect ? dialect->getRegisteredInterface<ConstantEvaluator>() : nullptr;
    if (!evaluator)
      return function.emitError("no evaluator of constants is registered");

    OwningOpRef<ModuleOp> module = outline(subgraph);
    std::vector<ResultMemory> memory;
    SmallVector<MutableArrayRef<char>> bytes;
    for (Value result : subgraph.results)
      bytes.push_back(memory.emplace_back(*getBytes(result.getType())).bytes);
    if (llvm::Error error = evaluator->evaluate(*module, bytes))
      return function.emitError("cannot evaluate constants: ")
             << llvm::toString(std::move(error));

    for (auto [result, own] : llvm::zip_equal(subgraph.results, memory)) {
      OpBuilder builder(result.getDefiningOp());
      auto constant = arith::ConstantOp::create(
          builder, result.getLoc(), makeConstant(result, std::move(own)));
      result.replaceAllUsesWith(constant);
    }
    numConstants += subgraph.results.size();
    for (Operation *op : llvm::reverse(subgraph.ops))
      if (isOpTriviallyDead(op)) {
        numEvaluated += !matchPattern(op, m_Constant());
        op->erase();
      }
    return success();
  }

  /// A module whose `main` gives the subgraph's results.
  OwningOpRef<ModuleOp> outline(const ConstantSubgraph &subgraph) {
    OpBuilder builder(&getContext());
    Location loc = getOperation().getLoc();
    OwningOpRef<ModuleOp> module(ModuleOp::create(builder, loc));
    (*module)->setAttr("graph.model", builder.getStringAttr("constants"));
    (*module)->setAttr("graph.open_dims", builder.getArrayAttr({}));
    (*module)->setAttr(evaluationAttr, builder.getUnitAttr());
    builder.setInsertionPointToEnd(module->getBody());
    SmallVector<Type> types =
        llvm::to_vector(ValueRange(subgraph.results).getTypes());
    auto main = func::FuncOp::create(builder, loc, "main",
                                     builder.getFunctionType({}, types));
    for (auto [i, type] : llvm::enumerate(types)) {
      auto tensor = cast<RankedTensorType>(type);
      SmallVector<StringRef> dims(tensor.getRank(), "");
      main.setResultAttr(i, "graph.name",
                         builder.getStringAttr("result" + std::to_string(i)));
      main.setResultAttr(i, "graph.dims", builder.getStrArrayAttr(dims));
      main.setResultAttr(i, "graph.dtype",
                         builder.getStringAttr(getOnnxName(tensor.getElementType())));
    }
    builder.setInsertionPointToStart(main.addEntryBlock());
    IRMapping mapping;
    for (Operation *op : subgraph.ops)
      builder.clone(*op, mapping);
    SmallVector<Value> values = llvm::map_to_vector(
        subgraph.results, [&](Value value) { return mapping.lookup(value); });
    func::ReturnOp::create(builder, loc, values);
    // Constants that only ops outside use.
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(main.front())))
      if (isOpTriviallyDead(&op))
        op.erase();
    return module;
  }

  static std::string getOnnxName(Type element) {
    if (element.isF32())
      return "float";
    if (element.isF64())
      return "double";
    if (element.isF16())
      return "float16";
    if (element.isBF16())
      return "bfloat16";
    if (element.isInteger(1))
      return "bool";
    return (element.isUnsignedInteger() ? "uint" : "int") +
           std::to_string(element.getIntOrFloatBitWidth());
  }

  /// Small integers and single numbers can be looked into; all else is a blob.
  static TypedAttr makeConstant(Value result, ResultMemory memory) {
    auto type = cast<RankedTensorType>(result.getType());
    if (type.getElementType().isInteger(1)) {
      SmallVector<bool> elements;
      for (char byte : memory.bytes)
        elements.push_back(byte != 0);
      return DenseElementsAttr::get(type, elements);
    }
    bool isSmall = type.getNumElements() <= InferredTensor::maxElements;
    if (isSmall)
      return DenseElementsAttr::getFromRawBuffer(type, memory.bytes);
    auto &manager =
        DenseResourceElementsHandle::getManagerInterface(type.getContext());
    return DenseResourceElementsAttr::get(
        type, manager.insert("evaluated", std::move(memory.blob)));
  }
};
} // namespace
