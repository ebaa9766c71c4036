//===- IndexMath.h - Arithmetic on integers that folds --------------------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_INDEXMATH_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_INDEXMATH_H

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace graphopt {

/// Short names for the ops that positions and sizes are computed with. Both
/// operands have the same type, an index or a signed integer.
struct IndexMath {
  using Value = mlir::Value;
  using Predicate = mlir::arith::CmpIPredicate;

  mlir::OpBuilder &b;
  mlir::Location loc;

  Value constant(int64_t value) {
    return mlir::arith::ConstantIndexOp::create(b, loc, value);
  }
  template <typename Op> Value op(Value x, Value y) {
    return b.createOrFold<Op>(loc, x, y);
  }
  Value add(Value x, Value y) { return op<mlir::arith::AddIOp>(x, y); }
  Value sub(Value x, Value y) { return op<mlir::arith::SubIOp>(x, y); }
  Value mul(Value x, Value y) { return op<mlir::arith::MulIOp>(x, y); }
  Value div(Value x, Value y) { return op<mlir::arith::DivSIOp>(x, y); }
  Value rem(Value x, Value y) { return op<mlir::arith::RemSIOp>(x, y); }
  Value min(Value x, Value y) { return op<mlir::arith::MinSIOp>(x, y); }
  Value max(Value x, Value y) { return op<mlir::arith::MaxSIOp>(x, y); }
  Value andI(Value x, Value y) { return op<mlir::arith::AndIOp>(x, y); }
  Value orI(Value x, Value y) { return op<mlir::arith::OrIOp>(x, y); }
  Value compare(Predicate predicate, Value x, Value y) {
    return b.createOrFold<mlir::arith::CmpIOp>(loc, predicate, x, y);
  }
  Value isNegative(Value x) {
    return compare(Predicate::slt, x, zero(x.getType()));
  }
  Value select(Value condition, Value x, Value y) {
    return b.createOrFold<mlir::arith::SelectOp>(loc, condition, x, y);
  }
  Value clamp(Value x, Value low, Value high) {
    return min(max(x, low), high);
  }
  Value zero(mlir::Type type) {
    return mlir::arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  }
  /// Between index and integer types, with sign.
  Value cast(mlir::Type type, Value x) {
    return x.getType() == type
               ? x
               : b.createOrFold<mlir::arith::IndexCastOp>(loc, type, x);
  }
  Value index(Value x) { return cast(b.getIndexType(), x); }
};

} // namespace graphopt

#endif
