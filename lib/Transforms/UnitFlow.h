//===- UnitFlow.h - Where heads, neurons and channels lie in a model ------===//
//
// A unit, a head, neuron or channel, is a set of indices along one dimension of many
// tensors: columns of a weight, elements of a bias, a slice of what they make,
// rows of the weight that reads it. Removing it means to take all of them away.
//
//===----------------------------------------------------------------------===//

#ifndef GRAPHOPT_LIB_TRANSFORMS_UNITFLOW_H
#define GRAPHOPT_LIB_TRANSFORMS_UNITFLOW_H

#include "dialects/Graph/ShapeInference.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace graphopt {

inline mlir::RankedTensorType typeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}

inline bool isConstant(mlir::Value value) {
  return mlir::matchPattern(value, mlir::m_Constant());
}

/// The unit of each index along one dimension: index i belongs to units[i % n],
/// -1 to none. n is the extent if that is static.
struct UnitDim {
  int64_t dim;
  llvm::SmallVector<int32_t> units;

  bool operator==(const UnitDim &other) const {
    return dim == other.dim && units == other.units;
  }
};

/// A product whose sum runs over units: what is lost without a unit is lost here.
struct UnitReader {
  mlir::Operation *op; ///< matmul, gemm or conv; operand 0 has the units
  llvm::SmallVector<int32_t> units; ///< of each term of the sum
};

/// Finds all tensors that the units of one op lie in, from constant weights that
/// make them to constant weights that read them, whatever transposes, reshapes,
/// splits and element-wise ops are between.
class UnitFlow {
public:
  /// Whether units that meet in a tensor become one, which goes as a whole, or
  /// cannot be taken away.
  enum Meeting { Refused, Merged };

  /// \param anchor  the op that the units are of; it is given, not followed. Null:
  ///                all are followed.
  /// \param changesInterface  inputs and outputs of the model may lose units, too.
  UnitFlow(mlir::Operation *anchor, graph::ShapeInference &shapes,
           bool changesInterface = false, Meeting meeting = Refused)
      : anchor(anchor), shapes(shapes), changesInterface(changesInterface),
        meeting(meeting) {}

  llvm::LogicalResult start(mlir::OpOperand &operand, UnitDim units);
  llvm::LogicalResult start(mlir::Value result, UnitDim units);
  /// Units of an operand of the anchor that are not followed: what it reads is
  /// cut for it alone.
  llvm::LogicalResult cut(mlir::OpOperand &operand, UnitDim units);

  /// Follows the units to their ends. On failure getReason() says, with the node
  /// at fault, why they cannot be taken away; nothing has changed then.
  llvm::LogicalResult follow();
  llvm::StringRef getReason() const { return reason; }

  /// Numbers what has merged from 0, in all that was found. `units` that were given
  /// become the numbers; those that met what belongs to no unit -1.
  ///
  /// \returns how many units there are now.
  int64_t renumber(llvm::MutableArrayRef<int32_t> units);

  bool isKnown(mlir::Value value) const { return values.count(value); }
  llvm::ArrayRef<UnitReader> getReaders() const { return readers; }
  /// Ops that have units among their operands or results.
  llvm::ArrayRef<mlir::Operation *> getTouched() const {
    return touched.getArrayRef();
  }
  /// Elements of constants that go with the units.
  int64_t countParameters(const llvm::BitVector &removed) const;

  /// Takes the units away. Constants are replaced by new ones, so that others who
  /// read them keep theirs.
  void remove(const llvm::BitVector &removed);

private:
  std::optional<UnitDim> get(mlir::OpOperand &operand) const;
  std::optional<UnitDim> get(mlir::Value value) const;
  llvm::LogicalResult set(mlir::OpOperand &operand, UnitDim units);
  llvm::LogicalResult set(mlir::Value value, UnitDim units);
  llvm::LogicalResult normalize(mlir::Type type, UnitDim &units);
  llvm::LogicalResult fail(mlir::Operation *op, const llvm::Twine &why);
  llvm::LogicalResult meet(mlir::Operation *op, const UnitDim &known,
                           const UnitDim &units);

  llvm::LogicalResult visit(mlir::Operation *op);
  llvm::LogicalResult visitElementwise(mlir::Operation *op);
  llvm::LogicalResult visitRows(mlir::Operation *op, int64_t axis, bool hasTail);
  llvm::LogicalResult visitReduce(mlir::Operation *op);
  llvm::LogicalResult visitTranspose(mlir::Operation *op);
  llvm::LogicalResult visitReshape(mlir::Operation *op);
  llvm::LogicalResult visitSplit(mlir::Operation *op);
  llvm::LogicalResult visitSlice(mlir::Operation *op);
  llvm::LogicalResult visitPad(mlir::Operation *op);
  llvm::LogicalResult visitGather(mlir::Operation *op);
  llvm::LogicalResult visitConcat(mlir::Operation *op);
  llvm::LogicalResult visitMatMul(mlir::Operation *op);
  llvm::LogicalResult visitGemm(mlir::Operation *op);
  llvm::LogicalResult visitConv(mlir::Operation *op);
  llvm::LogicalResult visitSpatial(mlir::Operation *op,
                                   llvm::ArrayRef<int64_t> spatial);
  llvm::LogicalResult visitResize(mlir::Operation *op);
  llvm::LogicalResult visitChannelNorm(mlir::Operation *op, int64_t axis,
                                       int64_t groups);
  llvm::LogicalResult visitGroups(mlir::Operation *op, mlir::OpOperand &input,
                                  int64_t axis, int64_t groups);
  llvm::SmallVector<int32_t> joinGroups(llvm::ArrayRef<int32_t> units,
                                        int64_t groups);
  llvm::LogicalResult relate(mlir::OpOperand &operand, mlir::Value result,
                             llvm::ArrayRef<int64_t> resultDimOf);
  llvm::LogicalResult addReader(mlir::Operation *op, const UnitDim &units);
  llvm::LogicalResult resolve(mlir::Operation *op);

  std::optional<UnitDim> reshape(const UnitDim &units, mlir::Value from,
                                 mlir::Value to);
  bool canPatchShape(mlir::Value shape, int64_t index) const;
  llvm::LogicalResult checkShape(mlir::Operation *op, int64_t dim);
  llvm::LogicalResult checkComputedShapes();
  void removeFromInterface(const llvm::BitVector &removed);
  std::optional<int64_t> findGroupSize(mlir::Operation *op) const;

  mlir::Operation *anchor;
  graph::ShapeInference &shapes;
  bool changesInterface;
  Meeting meeting;
  std::string reason;
  llvm::MapVector<mlir::Value, UnitDim> values;
  /// Constants, which each reader has a copy of, by the dimension.
  llvm::MapVector<std::pair<mlir::OpOperand *, int64_t>, UnitDim> constants;
  /// Units that go together; with -1, not at all.
  llvm::EquivalenceClasses<int32_t> merged;
  llvm::MapVector<mlir::OpOperand *, UnitDim> cuts;
  llvm::SmallVector<UnitReader> readers;
  llvm::SetVector<mlir::Operation *> worklist, postponed, touched;
  /// Ops with a shape that the run computes.
  llvm::SetVector<mlir::Operation *> computedShapes;
};

} // namespace graphopt

#endif // GRAPHOPT_LIB_TRANSFORMS_UNITFLOW_H
