//===- Selection.h - Loops over elements one by one, in order -------------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_SELECTION_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_SELECTION_H

#include "Lowering.h"

namespace graphopt {

/// Calls `body` with each position below `sizes`, in row-major order, and with
/// the tensor that it turns into the next one, first `init`.
mlir::Value forEachPosition(
    Lowering &to, llvm::ArrayRef<mlir::OpFoldResult> sizes, mlir::Value init,
    llvm::function_ref<mlir::Value(IndexMath, mlir::ValueRange position,
                                   mlir::Value state)>
        body);

/// The elements of a tensor for which a condition holds. How many only the run
/// knows: `count` says it, for a result that `write` then fills.
class Selection {
public:
  /// An i1.
  using Holds = llvm::function_ref<mlir::Value(
      IndexMath, mlir::ValueRange position, mlir::Value element)>;
  /// The tensor after something was put at `place` for an element.
  using Write = llvm::function_ref<mlir::Value(
      IndexMath, mlir::ValueRange position, mlir::Value element,
      mlir::Value place, mlir::Value result)>;

  Selection(Lowering &to, mlir::Value tensor) : to(to), tensor(tensor) {}

  /// The number of elements as an index.
  mlir::Value count(Holds holds) const;
  /// The places are 0, 1, ... in the order of the elements, from `first` on.
  /// Also gives the place after the last one.
  std::pair<mlir::Value, mlir::Value> write(mlir::Value result,
                                            mlir::Value first, Holds holds,
                                            Write write) const;

private:
  Lowering &to;
  mlir::Value tensor;
};

/// Slices along `axis` of `input` at `positions`, an i64 each; `sizes` are the
/// result's.
mlir::Value takeSlices(Lowering &to, mlir::Value input, mlir::Value positions,
                       int64_t axis, llvm::ArrayRef<mlir::OpFoldResult> sizes);

} // namespace graphopt

#endif
