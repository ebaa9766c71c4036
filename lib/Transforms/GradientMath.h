//===- GradientMath.h - Short names for ops that gradients are made of ----===//

#ifndef GRAPHOPT_LIB_TRANSFORMS_GRADIENTMATH_H
#define GRAPHOPT_LIB_TRANSFORMS_GRADIENTMATH_H

#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Reduction.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace graphopt {

/// Builds graph ops whose types follow from their operands, which must fit.
class GradientMath : public mlir::ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;
  using Value = mlir::Value;
  using Type = mlir::Type;

  static mlir::RankedTensorType type(Value value) {
    return mlir::cast<mlir::RankedTensorType>(value.getType());
  }
  static Type element(Value value) { return type(value).getElementType(); }
  static int64_t rank(Value value) { return type(value).getRank(); }

  // Constants.
  Value scalar(Type element, double value);
  /// Of the element type of `like`.
  Value scalar(Value like, double value) { return scalar(element(like), value); }
  Value ints(llvm::ArrayRef<int64_t> values);

  Value unary(graph::UnaryKind kind, Value x);
  Value binary(graph::BinaryKind kind, Value x, Value y);
  Value add(Value x, Value y) { return binary(graph::BinaryKind::Add, x, y); }
  Value sub(Value x, Value y) { return binary(graph::BinaryKind::Sub, x, y); }
  Value mul(Value x, Value y) { return binary(graph::BinaryKind::Mul, x, y); }
  Value div(Value x, Value y) { return binary(graph::BinaryKind::Div, x, y); }
  Value add(Value x, double y) { return add(x, scalar(x, y)); }
  Value sub(double x, Value y) { return sub(scalar(y, x), y); }
  Value mul(Value x, double y) { return mul(x, scalar(x, y)); }
  Value div(double x, Value y) { return div(scalar(y, x), y); }
  Value compare(graph::BinaryKind kind, Value x, double y) {
    return binary(kind, x, scalar(x, y));
  }
  Value neg(Value x) { return unary(graph::UnaryKind::Neg, x); }
  Value sqrt(Value x) { return unary(graph::UnaryKind::Sqrt, x); }
  Value square(Value x) { return mul(x, x); }
  Value where(Value condition, Value x, Value y);
  /// `x` where the condition is true, else 0.
  Value keep(Value condition, Value x) { return where(condition, x, scalar(x, 0)); }
  Value cast(Value x, Type element);
  Value reduce(graph::ReduceKind kind, Value x, llvm::ArrayRef<int64_t> axes,
               bool keepdims = false);
  Value sum(Value x, llvm::ArrayRef<int64_t> axes, bool keepdims = false) {
    return reduce(graph::ReduceKind::Sum, x, axes, keepdims);
  }
  Value mean(Value x, llvm::ArrayRef<int64_t> axes) {
    return reduce(graph::ReduceKind::Mean, x, axes, /*keepdims=*/true);
  }
  Value matmul(Value x, Value y);

  Value shape(Value x);
  /// Extents `begin` .. `end - 1`, as a list.
  Value extents(Value x, int64_t begin, int64_t end);
  Value extent(Value x, int64_t dim) { return extents(x, dim, dim + 1); }
  /// The product of a list's elements, as a list of one.
  Value product(Value list);
  Value concat(llvm::ArrayRef<Value> parts, int64_t axis = 0);
  /// A 0 in the shape stands for no elements.
  Value reshape(Value x, Value shape);
  Value reshapeLike(Value x, Value like) { return reshape(x, shape(like)); }
  Value transpose(Value x, llvm::ArrayRef<int64_t> permutation);
  /// Dimension `from` becomes dimension `to`; the others keep their order.
  Value moveDim(Value x, int64_t from, int64_t to);
  Value unsqueeze(Value x, llvm::ArrayRef<int64_t> axes);
  Value squeeze(Value x, llvm::ArrayRef<int64_t> axes);
  Value expand(Value x, Value shape);
  Value full(Value shape, Type element, double value);
  Value zerosLike(Value x) { return full(shape(x), element(x), 0); }
  /// Positions `begin` up to, without, `end` of one dimension.
  Value slice(Value x, int64_t axis, Value begin, Value end);
  /// Zeros before and after one dimension, or, where less than 0, elements off it.
  Value pad(Value x, int64_t axis, Value before, Value after);
  Value gather(Value data, Value indices, int64_t axis);
  /// 0, 1, ... for each position of a dimension.
  Value positions(Value x, int64_t dim);
};

} // namespace graphopt

#endif // GRAPHOPT_LIB_TRANSFORMS_GRADIENTMATH_H
