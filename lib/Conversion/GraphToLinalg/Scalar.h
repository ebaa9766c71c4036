//===- Scalar.h - Element-wise operators on one element -------------------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_SCALAR_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_SCALAR_H

#include "dialects/Graph/Elementwise.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace graphopt {

/// Short names for the ops that bodies are made of.
struct Scalar {
  mlir::OpBuilder &b;
  mlir::Location loc;

  template <typename Op> mlir::Value op(mlir::ValueRange operands) {
    return Op::create(b, loc, mlir::TypeRange{operands[0].getType()}, operands,
                      llvm::ArrayRef<mlir::NamedAttribute>{})
        ->getResult(0);
  }
  mlir::Value constant(mlir::Type type, double value) {
    mlir::TypedAttr attr = llvm::isa<mlir::FloatType>(type)
                               ? mlir::TypedAttr(b.getFloatAttr(type, value))
                               : mlir::TypedAttr(b.getIntegerAttr(
                                     type, static_cast<int64_t>(value)));
    return mlir::arith::ConstantOp::create(b, loc, attr);
  }
  mlir::Value constant(mlir::Value like, double value) {
    return constant(like.getType(), value);
  }
  mlir::Value add(mlir::Value x, mlir::Value y) {
    return op<mlir::arith::AddFOp>({x, y});
  }
  mlir::Value sub(mlir::Value x, mlir::Value y) {
    return op<mlir::arith::SubFOp>({x, y});
  }
  mlir::Value mul(mlir::Value x, mlir::Value y) {
    return op<mlir::arith::MulFOp>({x, y});
  }
  mlir::Value div(mlir::Value x, mlir::Value y) {
    return op<mlir::arith::DivFOp>({x, y});
  }
  mlir::Value exp(mlir::Value x) { return op<mlir::math::ExpOp>({x}); }
  mlir::Value log(mlir::Value x) { return op<mlir::math::LogOp>({x}); }
  mlir::Value sqrt(mlir::Value x) { return op<mlir::math::SqrtOp>({x}); }
  /// NaN if one of both is.
  mlir::Value max(mlir::Value x, mlir::Value y) {
    return op<mlir::arith::MaximumFOp>({x, y});
  }
  /// A float as another float type.
  mlir::Value convert(mlir::Value x, mlir::Type type);
  mlir::Value cmp(mlir::arith::CmpFPredicate predicate, mlir::Value x,
                  mlir::Value y) {
    return mlir::arith::CmpFOp::create(b, loc, predicate, x, y);
  }
  mlir::Value cmp(mlir::arith::CmpIPredicate predicate, mlir::Value x,
                  mlir::Value y) {
    return mlir::arith::CmpIOp::create(b, loc, predicate, x, y);
  }
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y) {
    return mlir::arith::SelectOp::create(b, loc, condition, x, y);
  }
  /// A condition as the byte that stands for a boolean in memory.
  mlir::Value boolean(mlir::Value condition) {
    return mlir::arith::ExtUIOp::create(b, loc, b.getI8Type(), condition);
  }
};

/// What `graph.cast` says of floats of 8 bits and less.
struct CastMode {
  bool unsaturated = false;
  graph::Rounding rounding = graph::Rounding::Up;
};

/// Values are of lowered types; `type` is the graph's element type, which says
/// whether an integer is unsigned or a boolean.
mlir::Value buildUnary(mlir::OpBuilder &b, mlir::Location loc,
                       graph::UnaryKind kind, mlir::Type type, mlir::Value x);
mlir::Value buildBinary(mlir::OpBuilder &b, mlir::Location loc,
                        graph::BinaryKind kind, mlir::Type type, mlir::Value x,
                        mlir::Value y);
mlir::Value buildCast(mlir::OpBuilder &b, mlir::Location loc, mlir::Type from,
                      mlir::Type to, mlir::Value x, const CastMode &mode = {});
/// The bits of `x`, of as many as `to` has, as the lowered `to`.
mlir::Value buildBitcast(mlir::OpBuilder &b, mlir::Location loc, mlir::Type to, mlir::Value x);
/// A lowered boolean (i8) as i1.
mlir::Value buildCondition(mlir::OpBuilder &b, mlir::Location loc,
                           mlir::Value x);

} // namespace graphopt

#endif
