//===- GridPanels.h - Weights of few bits to panels of words --------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_COMMON_GRIDPANELS_H
#define GRAPHOPT_LIB_CODEGEN_COMMON_GRIDPANELS_H

#include "Constants.h"
#include "dialects/Kernel/Kernel.h"
#include <map>

namespace graphopt {

/// Packs constant weights, scales and zero points of kernel.grid_matmul.
class GridPacker {
public:
  explicit GridPacker(ReplacedConstants &replaced) : replaced(replaced) {}

  /// In panels of so many columns; false if an operand is no constant that can be
  /// read.
  bool pack(kernel::GridMatMulOp op, int64_t columns);

private:
  using Fill = llvm::function_ref<void(llvm::MutableArrayRef<char>)>;
  /// `operand` becomes a constant that `fill` makes, or made for another op that
  /// reads the same one as `key` says.
  void replace(mlir::OpOperand &operand, const ReadConstant &read,
               mlir::RankedTensorType type, llvm::ArrayRef<int64_t> key, Fill fill);

  ReplacedConstants &replaced;
  std::map<std::pair<const void *, std::vector<int64_t>>, mlir::ElementsAttr> packed;
};

} // namespace graphopt

#endif
