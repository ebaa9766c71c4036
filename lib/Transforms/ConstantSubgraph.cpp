#include "ConstantSubgraph.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Quantization.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

std::optional<int64_t> graphopt::getTensorBytes(Type type) {
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

std::optional<ArrayRef<char>> graphopt::getBlobBytes(Value value) {
  DenseResourceElementsAttr attr;
  if (!matchPattern(value, m_Constant(&attr)))
    return std::nullopt;
  AsmResourceBlob *blob = attr.getRawHandle().getBlob();
  // A file whose blobs were left out has none.
  if (!blob || int64_t(blob->getData().size()) != getTensorBytes(attr.getType()))
    return std::nullopt;
  return blob->getData();
}

/// Operands of `op`, and what its regions use from outside.
static SetVector<Value> getReadValues(Operation *op) {
  SetVector<Value> values(op->operand_begin(), op->operand_end());
  for (Region &region : op->getRegions())
    getUsedValuesDefinedAbove(region, values);
  return values;
}

//===----------------------------------------------------------------------===//
// Which ops
//===----------------------------------------------------------------------===//

namespace {
/// Chooses ops in order. Sizes are those of constants as they are stored.
class Selection {
public:
  Selection(func::FuncOp function, bool keepHalves) : keepHalves(keepHalves) {
    for (Operation &op : function.front()) {
      if (std::optional<int64_t> bytes = getStoredBytes(&op)) {
        constantBytes += *bytes;
        bytesOf[&op] = *bytes;
      }
    }
    for (Operation &op : function.front())
      if (!op.hasTrait<OpTrait::ConstantLike>())
        consider(&op);
  }

  SmallVector<Operation *> ops;

private:
  /// Nothing for what is no constant, or one whose elements are missing.
  static std::optional<int64_t> getStoredBytes(Operation *op) {
    ElementsAttr value;
    if (!matchPattern(op, m_Constant(&value)))
      return matchPattern(op, m_Constant()) ? std::optional<int64_t>(0)
                                            : std::nullopt;
    if (auto dense = dyn_cast<DenseIntOrFPElementsAttr>(value))
      return dense.getRawData().size();
    if (std::optional<ArrayRef<char>> bytes = getBlobBytes(op->getResult(0)))
      return bytes->size();
    return std::nullopt;
  }

  void consider(Operation *op) {
    if (op->getNumResults() == 0 || op->hasTrait<OpTrait::IsTerminator>() ||
        !isMemoryEffectFree(op) || isWeightToFloat(op) ||
        (keepHalves && isMatrixOfHalves(op)))
      return;
    int64_t inputBytes = 0;
    for (Value operand : getReadValues(op)) {
      auto definition = bytesOf.find(operand.getDefiningOp());
      if (definition == bytesOf.end())
        return;
      inputBytes += definition->second;
    }
    // A tensor that is filled with few numbers is better made at run time. The
    // sum bounds what chains of ops can grow to.
    constexpr int64_t smallBytes = 64 << 10;
    int64_t bytes = 0;
    for (Type type : op->getResultTypes()) {
      if (!isa<TensorType>(type))
        continue;
      std::optional<int64_t> size = getTensorBytes(type);
      if (!size || *size > std::max(smallBytes, 2 * inputBytes) ||
          llvm::AddOverflow(bytes, *size, bytes))
        return;
    }
    if (resultBytes + bytes > 16 * smallBytes + 4 * constantBytes)
      return;
    resultBytes += bytes;
    bytesOf[op] = bytes;
    ops.push_back(op);
  }

  /// DequantizeLinear of a weight begins so. As floats it would take four times
  /// the memory, and kernels on integers need the integers, the zero point and
  /// the scale as the model has them.
  static bool isWeightToFloat(Operation *op) {
    // Of a model to be written, or weights that a kernel reads as they are.
    if (isa<QuantizeLinearOp, DequantizeLinearOp, GridMatMulOp>(op))
      return true;
    auto cast = dyn_cast<CastOp>(op);
    if (!cast || !isa<FloatType>(cast.getTo()))
      return false;
    auto type = cast.getInput().getType();
    return type.getElementType().isInteger() &&
           type.getElementTypeBitWidth() > 1 &&
           type.getElementTypeBitWidth() <= 8 && type.hasStaticShape() &&
           type.getNumElements() > InferredTensor::maxElements;
  }

  /// Of f16, read as f32 by products alone.
  static bool isMatrixOfHalves(Operation *op) {
    auto cast = dyn_cast<CastOp>(op);
    return cast && cast.getTo().isF32() && cast.getType().getRank() == 2 &&
           cast.getInput().getType().getElementType().isF16() &&
           llvm::all_of(cast->getUses(), [](OpOperand &use) {
             return isa<MatMulOp, GemmOp>(use.getOwner()) &&
                    use.getOperandNumber() == 1;
           });
  }

  bool keepHalves;
  DenseMap<Operation *, int64_t> bytesOf;
  int64_t constantBytes = 0, resultBytes = 0;
};
} // namespace

SmallVector<Operation *> graphopt::findConstantOps(func::FuncOp function,
                                                   bool keepHalves) {
  return Selection(function, keepHalves).ops;
}

//===----------------------------------------------------------------------===//
// As a model
//===----------------------------------------------------------------------===//

ConstantSubgraph::ConstantSubgraph(ArrayRef<Operation *> ops) : ops(ops) {
  llvm::SmallPtrSet<Operation *, 16> inside(ops.begin(), ops.end());
  auto isInside = [&](Operation *user) {
    for (; user; user = user->getParentOp())
      if (inside.contains(user))
        return true;
    return false;
  };
  for (Operation *op : ops) {
    for (Value value : getReadValues(op))
      if (matchPattern(value, m_Constant()))
        (getBlobBytes(value) ? inputs : literals).insert(value);
    for (Value result : op->getResults())
      if (getTensorBytes(result.getType()) && !isa<tensor::EmptyOp>(op) &&
          !llvm::all_of(result.getUsers(), isInside))
        results.push_back(result);
  }
}

/// What an importer says of an input or output, but for its type's name, which
/// nobody asks for.
static DictionaryAttr describePort(OpBuilder &builder, const Twine &name,
                                   Type type) {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<StringRef> dims(tensor.getRank(), "");
  return builder.getDictionaryAttr(
      {builder.getNamedAttr("graph.name", builder.getStringAttr(name)),
       builder.getNamedAttr("graph.dims", builder.getStrArrayAttr(dims))});
}

OwningOpRef<ModuleOp> ConstantSubgraph::outline(ModuleOp parent) const {
  OpBuilder builder(parent.getContext());
  Location loc = parent.getLoc();
  OwningOpRef<ModuleOp> module(ModuleOp::create(builder, loc));
  (*module)->setAttr("graph.model", builder.getStringAttr("constants"));
  (*module)->setAttr("graph.open_dims", builder.getArrayAttr({}));
  builder.setInsertionPointToEnd(module->getBody());
  auto main = func::FuncOp::create(
      builder, loc, "main",
      builder.getFunctionType(ValueRange(inputs.getArrayRef()).getTypes(),
                              ValueRange(results).getTypes()));
  Block *body = main.addEntryBlock();
  builder.setInsertionPointToStart(body);
  IRMapping mapping;
  for (auto [i, input] : llvm::enumerate(inputs)) {
    main.setArgAttrs(i, describePort(builder, "input" + Twine(i), input.getType()));
    mapping.map(input, body->getArgument(i));
  }
  for (Value literal : literals)
    builder.clone(*literal.getDefiningOp(), mapping);
  for (Operation *op : ops)
    builder.clone(*op, mapping);
  SmallVector<Value> values;
  for (auto [i, result] : llvm::enumerate(results)) {
    main.setResultAttrs(i, describePort(builder, "result" + Twine(i), result.getType()));
    values.push_back(mapping.lookup(result));
  }
  func::ReturnOp::create(builder, loc, values);
  return module;
}
