//===- GrowingScan.h - Outputs whose number of rows a loop decides --------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_GROWINGSCAN_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_GROWINGSCAN_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace graphopt {

/// A scan output of rows of one type, as a buffer that a loop carries: that grows
/// by doubling, so each row is copied about once. As a tensor, which
/// bufferization copies in each turn of scf.while, it would be copied whole.
class GrowingScan {
public:
  explicit GrowingScan(mlir::RankedTensorType row) : row(row) {}

  /// The type of the buffer: rows of `row`, any number of them.
  mlir::MemRefType getType() const;

  /// A buffer without rows.
  mlir::Value create(mlir::OpBuilder &b, mlir::Location loc) const;

  /// `value` as row `count`, which is the next one; gives the buffer, another one
  /// if there was no room.
  mlir::Value append(mlir::OpBuilder &b, mlir::Location loc, mlir::Value buffer,
                     mlir::Value value, mlir::Value count) const;

  /// The first `count` rows as a tensor.
  mlir::Value finish(mlir::OpBuilder &b, mlir::Location loc, mlir::Value buffer,
                     mlir::Value count) const;

private:
  mlir::Value makeRoom(mlir::OpBuilder &b, mlir::Location loc, mlir::Value buffer,
                       mlir::Value value, mlir::Value count) const;

  mlir::RankedTensorType row;
};

} // namespace graphopt

#endif // GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_GROWINGSCAN_H
