//===- ShortNames.h - Short names for the graph ops that others are made of ===//

#ifndef GRAPHOPT_DIALECTS_GRAPH_SHORTNAMES_H
#define GRAPHOPT_DIALECTS_GRAPH_SHORTNAMES_H

#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Reduction.h"

namespace graphopt::graph {

/// Builds graph ops with constants of its own. Where an op fails, its value is null,
/// and so is what is built of a null value; a builder whose operands must fit ends the
/// program instead.
class ShortNames {
public:
  using Value = mlir::Value;
  using Type = mlir::Type;

  static mlir::RankedTensorType type(Value value) {
    return mlir::cast<mlir::RankedTensorType>(value.getType());
  }
  static Type element(Value value) { return type(value).getElementType(); }
  static int64_t rank(Value value) { return type(value).getRank(); }

  Value scalar(Type element, double value) { return makeScalar(element, value); }
  /// Of the element type of `like`.
  Value scalar(Value like, double value) {
    return like ? makeScalar(element(like), value) : Value();
  }
  /// A list.
  Value ints(llvm::ArrayRef<int64_t> values) { return makeInts(values); }

  Value unary(UnaryKind kind, Value x);
  Value binary(BinaryKind kind, Value x, Value y);
  Value add(Value x, Value y) { return binary(BinaryKind::Add, x, y); }
  Value sub(Value x, Value y) { return binary(BinaryKind::Sub, x, y); }
  Value mul(Value x, Value y) { return binary(BinaryKind::Mul, x, y); }
  Value div(Value x, Value y) { return binary(BinaryKind::Div, x, y); }
  Value where(Value condition, Value x, Value y);
  Value cast(Value x, Type element);
  Value reduce(ReduceKind kind, Value x, llvm::ArrayRef<int64_t> axes,
               bool keepdims = false);
  Value matmul(Value x, Value y);

  Value shape(Value x);
  /// Extents `begin` .. `end - 1`, as a list.
  Value extents(Value x, int64_t begin, int64_t end);
  Value concat(llvm::ArrayRef<Value> parts, int64_t axis = 0);
  /// A 0 in the shape stands for no elements.
  Value reshape(Value x, Value shape);
  Value transpose(Value x, llvm::ArrayRef<int64_t> permutation);
  Value unsqueeze(Value x, llvm::ArrayRef<int64_t> axes);
  Value squeeze(Value x, llvm::ArrayRef<int64_t> axes);
  Value expand(Value x, Value shape);
  /// Positions `begin` up to, without, `end` of one dimension.
  Value slice(Value x, int64_t axis, Value begin, Value end);
  Value slice(Value x, int64_t axis, int64_t begin, int64_t end) {
    return slice(x, axis, ints(begin), ints(end));
  }
  Value gather(Value data, Value indices, int64_t axis);
  /// 0, 1, ... `count - 1`, where `count` is a scalar.
  Value range(Value count);

protected:
  explicit ShortNames(mlir::Location loc) : loc(loc) {}
  ~ShortNames() = default;

  /// Builds an op from its other builder arguments.
  template <typename OpTy, typename... Args> Value make(Args &&...args) {
    mlir::OpBuilder attributes(loc->getContext());
    mlir::OperationState state(loc, OpTy::getOperationName());
    // Types to be replaced: builders that infer them abort where that fails.
    OpTy::build(attributes, state, mlir::TypeRange(attributes.getNoneType()),
                std::forward<Args>(args)...);
    return insert(state);
  }

private:
  /// Builds an op of one result, whose type is yet to be inferred.
  virtual Value insert(mlir::OperationState &state) = 0;
  virtual Value makeScalar(Type element, double value) = 0;
  virtual Value makeInts(llvm::ArrayRef<int64_t> values) = 0;

  mlir::Location loc;
};

} // namespace graphopt::graph

#endif // GRAPHOPT_DIALECTS_GRAPH_SHORTNAMES_H
