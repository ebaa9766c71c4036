// Short names for the graph ops that importers build others of.
#ifndef GRAPHOPT_IMPORT_GRAPHMATH_H
#define GRAPHOPT_IMPORT_GRAPHMATH_H

#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Reduction.h"
#include "lib/Import/NodeImporter.h"

namespace graphopt {

/// Each function gives null after an error, and where an operand is null.
struct GraphMath {
  using Value = mlir::Value;
  using Type = mlir::Type;

  NodeImporter &node;

  Type f32() const { return node.getBuilder().getF32Type(); }
  Type f64() const { return node.getBuilder().getF64Type(); }
  Type i64() const { return node.getBuilder().getI64Type(); }
  static mlir::RankedTensorType type(Value value) {
    return mlir::cast<mlir::RankedTensorType>(value.getType());
  }
  static Type element(Value value) { return type(value).getElementType(); }

  Value scalar(Type element, double value) { return node.createScalar(element, value); }
  /// Of the element type of `like`.
  Value scalar(Value like, double value) {
    return like ? scalar(element(like), value) : Value();
  }
  Value integer(int64_t value) { return node.createScalar(i64(), value); }

  // Constant tensors, in the form that a model's own have.
  Value floats(llvm::ArrayRef<double> values, llvm::ArrayRef<int64_t> shape,
               Type element);
  Value integers(llvm::ArrayRef<int32_t> values, llvm::ArrayRef<int64_t> shape);
  Value booleans(llvm::ArrayRef<bool> values);

  Value unary(graph::UnaryKind kind, Value x);
  Value binary(graph::BinaryKind kind, Value x, Value y);
  Value add(Value x, Value y) { return binary(graph::BinaryKind::Add, x, y); }
  Value sub(Value x, Value y) { return binary(graph::BinaryKind::Sub, x, y); }
  Value mul(Value x, Value y) { return binary(graph::BinaryKind::Mul, x, y); }
  Value div(Value x, Value y) { return binary(graph::BinaryKind::Div, x, y); }
  Value where(Value condition, Value x, Value y);
  Value cast(Value x, Type element);
  Value reduce(graph::ReduceKind kind, Value x, llvm::ArrayRef<int64_t> axes,
               bool keepdims = false);

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
  Value slice(Value x, int64_t axis, int64_t begin, int64_t end);
  Value gather(Value data, Value indices, int64_t axis);
  /// 0, 1, ... `count - 1`, where `count` is an i64 scalar.
  Value range(Value count);
  Value matmul(Value x, Value y);

  /// At most `trips` times what `body` makes of the number of the iteration and of the
  /// carried values, whose types stay: the next ones and, if it gives one more, whether
  /// there is a next iteration. Gives the last ones; none after an error.
  llvm::SmallVector<Value>
  repeat(int64_t trips, llvm::ArrayRef<Value> inits,
         llvm::function_ref<llvm::SmallVector<Value>(Value, mlir::ValueRange)> body);
};

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_GRAPHMATH_H
