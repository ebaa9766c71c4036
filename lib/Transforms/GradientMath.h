//===- GradientMath.h - What gradients are made of --------------------------===//

#ifndef GRAPHOPT_LIB_TRANSFORMS_GRADIENTMATH_H
#define GRAPHOPT_LIB_TRANSFORMS_GRADIENTMATH_H

#include "dialects/Graph/ShortNames.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace graphopt {

/// Of a pass: the types of the operands must fit.
class GradientMath : public mlir::ImplicitLocOpBuilder, public graph::ShortNames {
public:
  template <typename... Args>
  explicit GradientMath(mlir::Location loc, Args &&...args)
      : ImplicitLocOpBuilder(loc, std::forward<Args>(args)...), ShortNames(loc) {}

  using ShortNames::add;
  using ShortNames::div;
  using ShortNames::mul;
  using ShortNames::sub;
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
  /// `x` where the condition is true, else 0.
  Value keep(Value condition, Value x) { return where(condition, x, scalar(x, 0)); }
  Value sum(Value x, llvm::ArrayRef<int64_t> axes, bool keepdims = false) {
    return reduce(graph::ReduceKind::Sum, x, axes, keepdims);
  }
  Value mean(Value x, llvm::ArrayRef<int64_t> axes) {
    return reduce(graph::ReduceKind::Mean, x, axes, /*keepdims=*/true);
  }

  Value extent(Value x, int64_t dim) { return extents(x, dim, dim + 1); }
  /// The product of a list's elements, as a list of one.
  Value product(Value list);
  Value reshapeLike(Value x, Value like) { return reshape(x, shape(like)); }
  /// Dimension `from` becomes dimension `to`; the others keep their order.
  Value moveDim(Value x, int64_t from, int64_t to);
  Value full(Value shape, Type element, double value);
  Value zerosLike(Value x) { return full(shape(x), element(x), 0); }
  /// Zeros before and after one dimension, or, where less than 0, elements off it.
  Value pad(Value x, int64_t axis, Value before, Value after);
  /// 0, 1, ... for each position of a dimension.
  Value positions(Value x, int64_t dim) { return range(squeeze(extent(x, dim), 0)); }

private:
  Value insert(mlir::OperationState &state) override;
  Value makeScalar(Type element, double value) override;
  Value makeInts(llvm::ArrayRef<int64_t> values) override;
};

} // namespace graphopt

#endif // GRAPHOPT_LIB_TRANSFORMS_GRADIENTMATH_H
