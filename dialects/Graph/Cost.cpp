#include "dialects/Graph/Cost.h"
#include "dialects/Graph/Attention.h"
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Einsum.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Quantization.h"
#include "dialects/Graph/Recurrent.h"
#include "dialects/Graph/Window.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace graphopt::graph;

namespace {
class MacCounter {
public:
  explicit MacCounter(ShapeInference &shapes) : shapes(shapes) {}

  AffineExpr count(Operation *op) {
    return llvm::TypeSwitch<Operation *, AffineExpr>(op)
        .Case<AttentionOp, ConvOp, EinsumOp, GemmOp, GridMatMulOp, MatMulOp,
              RecurrentOp>([&](auto op) { return countOp(op); })
        .Default([&](Operation *) { return shapes.constant(0); });
  }

private:
  ArrayRef<AffineExpr> dims(Value value) { return shapes.get(value).dims; }
  AffineExpr elements(Value value) { return shapes.product(dims(value)); }

  /// Each element of the result is a sum of a filter's elements of one output.
  AffineExpr countOp(ConvOp op) {
    AffineExpr taps = shapes.product(dims(op.getFilter()).drop_front());
    // Where zeros are inserted, each place of the input meets the whole filter.
    if (op.getInputDilations() || op.getOutputShape()) {
      SmallVector<AffineExpr> factors(dims(op.getInput()));
      factors.erase(factors.begin() + getChannelDim(op.getChannelsLast(), factors.size()));
      factors.push_back(elements(op.getFilter()));
      return shapes.product(factors);
    }
    return shapes.mul(elements(op.getResult()), taps);
  }

  AffineExpr countOp(GridMatMulOp op) {
    return shapes.mul(elements(op.getResult()), shapes.constant(op.getDepth()));
  }

  AffineExpr countOp(MatMulOp op) {
    return shapes.mul(elements(op.getResult()), dims(op.getLhs()).back());
  }

  AffineExpr countOp(GemmOp op) {
    return shapes.mul(elements(op.getResult()), dims(op.getLhs())[!op.getTransA()]);
  }

  /// A product for each place in the space of all labels, of two inputs; of more
  /// inputs, one less than there are.
  AffineExpr countOp(EinsumOp op) {
    SmallVector<int64_t> ranks;
    SmallVector<ArrayRef<AffineExpr>> inputs;
    for (Value input : op.getInputs()) {
      inputs.push_back(dims(input));
      ranks.push_back(inputs.back().size());
    }
    auto equation = EinsumEquation::parse(std::nullopt, op.getEquation(), ranks);
    if (failed(equation))
      return {};
    auto extents = equation->getExtents(shapes, std::nullopt, inputs);
    if (failed(extents))
      return {};
    SmallVector<int> labels = llvm::to_vector(llvm::make_first_range(*extents));
    llvm::sort(labels);
    AffineExpr count = shapes.constant(inputs.size() - 1);
    for (int label : labels)
      count = shapes.mul(count, extents->lookup(label));
    return count;
  }

  /// The products with both weight matrices, at each step.
  AffineExpr countOp(RecurrentOp op) {
    ArrayRef<AffineExpr> input = dims(op.getInput());
    AffineExpr weights =
        shapes.add(elements(op.getWeights()), elements(op.getRecurrence()));
    return shapes.product({input[0], input[1], weights});
  }

  AffineExpr countOp(AttentionOp op) {
    ArrayRef<AffineExpr> query = dims(op.getQuery()), value = dims(op.getValue());
    AffineExpr depth = shapes.add(query[3], value[3]);
    return shapes.product({query[0], query[1], query[2], value[2], depth});
  }

  ShapeInference &shapes;
};
} // namespace

AffineExpr graphopt::graph::countMacs(ShapeInference &shapes, Operation *op) {
  return MacCounter(shapes).count(op);
}

int64_t graphopt::graph::countParameters(ElementsAttr constant) {
  Type type = constant.getElementType();
  bool isTrained = isa<FloatType>(type) ||
                   (type.isInteger() && type.getIntOrFloatBitWidth() > 1 && type.getIntOrFloatBitWidth() <= 16);
  int64_t count = constant.getNumElements();
  return isTrained && count > 1 ? count : 0;
}

ParameterCount graphopt::graph::countParameters(Operation *root) {
  ParameterCount count;
  root->walk([&](arith::ConstantOp op) {
    auto elements = dyn_cast<ElementsAttr>(op.getValue());
    if (!elements || op->use_empty())
      return;
    bool isTable = llvm::all_of(op->getUses(), [](OpOperand &use) {
      return isa<GatherOp>(use.getOwner()) && use.getOperandNumber() == 0;
    });
    (isTable ? count.tables : count.others) += countParameters(elements);
  });
  return count;
}

std::optional<double> graphopt::graph::evaluate(
    const ShapeInference &shapes, AffineExpr expr,
    llvm::function_ref<std::optional<double>(const ShapeInference::Symbol &)>
        valueOf) {
  if (!expr)
    return std::nullopt;
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return double(constant.getValue());
  if (isa<AffineSymbolExpr>(expr)) {
    const ShapeInference::Symbol &symbol = shapes.getSymbol(expr);
    if (!symbol.positive)
      return valueOf(symbol);
    auto positive = evaluate(shapes, symbol.positive, valueOf);
    return positive ? std::optional(std::max(*positive, 0.0)) : std::nullopt;
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  auto lhs = evaluate(shapes, binary.getLHS(), valueOf);
  auto rhs = evaluate(shapes, binary.getRHS(), valueOf);
  if (!lhs || !rhs)
    return std::nullopt;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return *lhs + *rhs;
  case AffineExprKind::Mul:
    return *lhs * *rhs;
  case AffineExprKind::FloorDiv:
    return *rhs == 0 ? 0 : std::floor(*lhs / *rhs);
  case AffineExprKind::CeilDiv:
    return *rhs == 0 ? 0 : std::ceil(*lhs / *rhs);
  default:
    return *rhs == 0 ? 0 : std::fmod(*lhs, *rhs);
  }
}

AffineExpr graphopt::graph::countBytes(ShapeInference &shapes, Value value) {
  if (!isa<RankedTensorType>(value.getType()))
    return {}; // a sequence
  const InferredTensor &tensor = shapes.get(value);
  Type element = tensor.elementType;
  int64_t bits = element.isIntOrFloat() ? element.getIntOrFloatBitWidth() : 64;
  int64_t bytes = llvm::divideCeil(bits, 8);
  return shapes.mul(shapes.product(tensor.dims), shapes.constant(bytes));
}
