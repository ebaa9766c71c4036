//===- EpilogueEmitter.h - The end of a kernel: body, extras, stores ------===//

#ifndef GRAPHOPT_LIB_CODEGEN_CPU_EPILOGUEEMITTER_H
#define GRAPHOPT_LIB_CODEGEN_CPU_EPILOGUEEMITTER_H

#include "../Common/LoopBuilder.h"
#include "dialects/Kernel/Kernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

namespace graphopt::cpu {

/// One vector of columns of a tile.
struct Column {
  mlir::Value index;  ///< its first column in init
  mlir::Value mask;   ///< of the columns that exist; null: all
  mlir::Value offset; ///< its first column in the panel
};

/// Emits a kernel's epilogue on vectors of neighbours in init's last dimension.
class EpilogueEmitter {
public:
  EpilogueEmitter(kernel::EpilogueOp op, int64_t lanes, LoopBuilder &b);

  mlir::VectorType vectorOf(mlir::Type element) const {
    return mlir::VectorType::get(lanes, element);
  }
  /// A vector, or 0 in the lanes that `mask` (may be null) leaves out.
  mlir::Value load(mlir::Value memref, mlir::ValueRange indices,
                   mlir::Value mask);

  /// What the body adds to integer sums first, if that depends on the column only:
  /// sums that begin with it need no addition. Null: nothing.
  mlir::Value start(Column column);
  /// Applies the body to `value` at (outer..., row, column) and returns what
  /// is to be stored.
  mlir::Value apply(mlir::Value value, mlir::Value row, Column column);
  void store(mlir::Value value, mlir::Value row, Column column);
  /// Extras are loaded once in each stretch of straight code.
  void forgetLoads() { loaded.clear(); }

  /// Makes one dimension of all of init's but the last, with `input` following
  /// it; false if a memref or the map of an extra does not allow that.
  bool flattenRows(mlir::Value &input);

  /// Gives init's dimensions another order: `layout` maps the new ones to those
  /// that it has.
  void reorderInit(mlir::AffineMap layout);

  mlir::Value init;
  /// Coordinates in all dimensions of init but the last two.
  mlir::SmallVector<mlir::Value> outer;

private:
  mlir::Value loadExtra(unsigned i, mlir::Value row, Column column);

  struct Extra {
    mlir::Value source;
    mlir::AffineMap map;
  };
  mlir::Block &body;
  mlir::arith::AddIOp addition; ///< of what sums begin with; null: none
  int64_t lanes;
  LoopBuilder &b;
  mlir::SmallVector<Extra> extras;
  // (extra, row or null, column or null) -> vector already loaded
  llvm::DenseMap<std::tuple<unsigned, mlir::Value, mlir::Value>, mlir::Value>
      loaded;
};

/// A view of `memref` whose dimensions `layout` maps to those that it has.
mlir::Value reorderDims(LoopBuilder &b, mlir::Value memref,
                        mlir::AffineMap layout);

/// True if a body costs so much that it is not worth a copy for each vector of
/// a tile.
bool isHeavyEpilogue(mlir::Block &body);

} // namespace graphopt::cpu

#endif
