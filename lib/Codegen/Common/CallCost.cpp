//===- CallCost.cpp - Operations and bytes of a kernel --------------------===//

#include "CallCost.h"
#include "dialects/Kernel/Kernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::kernel;

/// Floating-point operations of one turn of a body.
static int64_t countOperations(Region &body) {
  int64_t count = 0;
  body.walk([&](Operation *op) {
    if (op->getNumResults() != 1 || !isa<FloatType>(op->getResult(0).getType()))
      return;
    if (isa<math::FmaOp>(op))
      count += 2;
    else if (isa<math::MathDialect>(op->getDialect()) ||
             isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp,
                 arith::RemFOp, arith::NegFOp, arith::MaximumFOp,
                 arith::MinimumFOp, arith::MaxNumFOp, arith::MinNumFOp>(op))
      ++count;
  });
  return count;
}

static int64_t elementBytes(Type type) {
  return type.isIntOrFloat() ? llvm::divideCeil(type.getIntOrFloatBitWidth(), 8)
                             : sizeof(int64_t);
}

namespace {
class CostBuilder {
public:
  CostBuilder(OpBuilder &b, Operation *kernel, const IRMapping &values)
      : b(b), kernel(kernel), loc(kernel->getLoc()), values(values) {}

  CallCost build() {
    cost = {constant(0), constant(0)};
    SetVector<Value> operands(kernel->operand_begin(), kernel->operand_end());
    if (auto group = dyn_cast<scf::ExecuteRegionOp>(kernel)) {
      getUsedValuesDefinedAbove(group.getRegion(), operands);
      for (Operation &part : group.getRegion().front())
        addTurns(&part);
    } else {
      addTurns(kernel);
    }
    for (Value operand : operands)
      if (auto type = dyn_cast<MemRefType>(operand.getType()))
        addBytes(elements(operand), type.getElementType());
    return cost;
  }

private:
  /// What the body computes, and loads by itself.
  void addTurns(Operation *op) {
    Value points = constant(0);
    if (auto epilogue = dyn_cast<EpilogueOp>(op)) {
      points = elements(epilogue.getInitValue());
      Value each = add(multiply(constant(2), summands(epilogue)),
                       constant(countOperations(epilogue.getEpilogue())));
      cost.operations = add(cost.operations, multiply(points, each));
    } else if (auto loops = dyn_cast<linalg::LinalgOp>(op)) {
      points = turns(loops);
      Value each = constant(countOperations(loops->getRegion(0)));
      cost.operations = add(cost.operations, multiply(points, each));
    }
    op->walk([&](memref::LoadOp load) { addBytes(points, load.getType()); });
  }

  void addBytes(Value count, Type element) {
    cost.bytes = add(cost.bytes, multiply(count, constant(elementBytes(element))));
  }

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value add(Value x, Value y) {
    return b.createOrFold<arith::AddIOp>(loc, x, y);
  }
  Value multiply(Value x, Value y) {
    return b.createOrFold<arith::MulIOp>(loc, x, y);
  }

  Value extent(Value buffer, int64_t dim) {
    auto type = cast<MemRefType>(buffer.getType());
    if (!type.isDynamicDim(dim))
      return constant(type.getDimSize(dim));
    return memref::DimOp::create(b, loc, values.lookupOrDefault(buffer), dim);
  }

  Value elements(Value buffer) {
    Value count = constant(1);
    for (int64_t i = 0, rank = cast<MemRefType>(buffer.getType()).getRank();
         i < rank; ++i)
      count = multiply(count, extent(buffer, i));
    return count;
  }

  /// Products that make one value.
  Value summands(EpilogueOp op) {
    if (isa<GridMatMulOp, MatMulOp>(op.getOperation())) {
      Value lhs = op.getInputs().front();
      return extent(lhs, cast<MemRefType>(lhs.getType()).getRank() - 1);
    }
    if (auto attention = dyn_cast<AttentionOp>(op.getOperation())) {
      // Those of a query with all keys, for each of the result's columns.
      using Role = AttentionOp::Role;
      int64_t depth = attention.getSizes(Role::Key).back();
      int64_t width = attention.getSizes(Role::Value).back();
      Value keys =
          extent(attention.getKey(), attention.getDim(Role::Key, 2));
      Value products = multiply(keys, constant(depth + width));
      return b.createOrFold<arith::DivUIOp>(
          loc, products, constant(std::max<int64_t>(width, 1)));
    }
    if (auto conv = dyn_cast<WinogradConvOp>(op.getOperation())) {
      // Those of a tile make all of its pixels.
      SmallVector<Winograd> directions = conv.getDirections();
      int64_t channels = conv.getInput().getType().getShape().back();
      return constant(countProducts(directions) * channels /
                      countOutputs(directions));
    }
    // In a filter everything but channels: [O, ...] or, in panels, [O, ...,
    // NR].
    ArrayRef<int64_t> filter =
        cast<MemRefType>(op.getInputs()[1].getType()).getShape().drop_front();
    if (op.getPacked())
      filter = filter.drop_back();
    return constant(llvm::product_of(filter));
  }

  Value turns(linalg::LinalgOp op) {
    SmallVector<std::pair<Value, int64_t>> dims;
    for (OpOperand &operand : op->getOpOperands())
      for (int64_t i = 0; i < op.getRank(&operand); ++i)
        dims.emplace_back(operand.get(), i);
    Value count = constant(1);
    AffineMap loopsOfDims = op.getShapesToLoopsMap();
    for (auto [i, size] : llvm::enumerate(op.getStaticLoopRanges())) {
      if (!ShapedType::isDynamic(size)) {
        count = multiply(count, constant(size));
        continue;
      }
      auto [buffer, dim] = dims[loopsOfDims.getDimPosition(i)];
      count = multiply(count, extent(buffer, dim));
    }
    return count;
  }

  OpBuilder &b;
  Operation *kernel;
  Location loc;
  const IRMapping &values;
  CallCost cost;
};
} // namespace

CallCost graphopt::buildCallCost(OpBuilder &b, Operation *kernel,
                                 const IRMapping &values) {
  return CostBuilder(b, kernel, values).build();
}
