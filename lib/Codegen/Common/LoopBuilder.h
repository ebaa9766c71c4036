//===- LoopBuilder.h - Index arithmetic and loops, folded where fixed -----===//

#ifndef GRAPHOPT_LIB_CODEGEN_COMMON_LOOPBUILDER_H
#define GRAPHOPT_LIB_CODEGEN_COMMON_LOOPBUILDER_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace graphopt {

/// Builds loops over counts that are fixed (attributes) or open (values). What
/// is fixed is folded, so a nest for fixed sizes has no code for open ones.
class LoopBuilder : public mlir::ImplicitLocOpBuilder {
public:
  using Size = mlir::OpFoldResult;
  using mlir::ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  mlir::Value index(int64_t value);
  mlir::Value index(Size size);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, int64_t y) { return mul(x, index(y)); }
  mlir::Value min(mlir::Value x, mlir::Value y);
  mlir::Value max(mlir::Value x, mlir::Value y);
  mlir::Value div(mlir::Value x, mlir::Value y);
  mlir::Value ceilDiv(mlir::Value x, mlir::Value y);
  mlir::Value ceilDiv(mlir::Value x, int64_t y) { return ceilDiv(x, index(y)); }

  /// The product of sizes.
  mlir::Value product(llvm::ArrayRef<Size> sizes);
  /// The indices in a nest of loops at its turn number `turn`.
  mlir::SmallVector<mlir::Value> delinearize(mlir::Value turn,
                                             llvm::ArrayRef<Size> counts);

  /// Dimension `dim` of a memref.
  Size sizeOf(mlir::Value memref, int64_t dim);
  mlir::SmallVector<Size> sizesOf(mlir::Value memref);

  /// `body(i)` for i in 0 .. count - 1; no loop for a fixed 0 or 1.
  void forCount(Size count, llvm::function_ref<void(mlir::Value)> body);
  /// `body(i)` for i in begin .. end - 1.
  void forRange(mlir::Value begin, mlir::Value end,
                llvm::function_ref<void(mlir::Value)> body);
  /// `body(true)` where `condition` holds, `body(false)` where it does not.
  void forEither(mlir::Value condition, llvm::function_ref<void(bool)> body);
  /// `body(i...)` over a nest of loops.
  void forNest(llvm::ArrayRef<Size> counts,
               llvm::function_ref<void(mlir::ValueRange)> body);
};

/// The value of a fixed size.
std::optional<int64_t> getFixed(LoopBuilder::Size size);

} // namespace graphopt

#endif
