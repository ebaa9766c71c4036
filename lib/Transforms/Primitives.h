//===- Primitives.h - Looking at what operators are written out as --------===//

#ifndef GRAPHOPT_LIB_TRANSFORMS_PRIMITIVES_H
#define GRAPHOPT_LIB_TRANSFORMS_PRIMITIVES_H

#include "Attention.h"
#include "dialects/Graph/Elementwise.h"

namespace graphopt {

/// The op that computes `value`, if it is of this kind; else null.
inline graph::UnaryOp getUnary(mlir::Value value, graph::UnaryKind kind) {
  auto op = value.getDefiningOp<graph::UnaryOp>();
  return op && op.getKind() == kind ? op : graph::UnaryOp();
}

inline graph::BinaryOp getBinary(mlir::Value value, graph::BinaryKind kind) {
  auto op = value.getDefiningOp<graph::BinaryOp>();
  return op && op.getKind() == kind ? op : graph::BinaryOp();
}

/// A value and a number, as a binary op has them.
struct Scaled {
  mlir::Value value;
  double number;
};

/// The operands of `op` if one of them is a number; the second one, unless the kind
/// commutes. The value has the result's type.
std::optional<Scaled> matchWithNumber(graph::BinaryOp op);

/// `value` as a multiple of another value.
std::optional<Scaled> matchMultiple(mlir::Value value);

/// The only op that reads `value`, shapes apart; null if there are others.
mlir::Operation *getOnlyReader(mlir::Value value);

/// Equal but for what a constant loses in a narrow type.
inline bool isAbout(double number, double expected) {
  return std::abs(number - expected) <= 5e-4 * std::abs(expected);
}

} // namespace graphopt

#endif // GRAPHOPT_LIB_TRANSFORMS_PRIMITIVES_H
