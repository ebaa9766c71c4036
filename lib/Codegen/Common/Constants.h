//===- Constants.h - Constants to other constants -------------------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_COMMON_CONSTANTS_H
#define GRAPHOPT_LIB_CODEGEN_COMMON_CONSTANTS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SetVector.h"
#include <optional>

namespace graphopt {

/// A constant as an op reads it: dimension i is `permutation[i]` of a row-major
/// array of `shape`.
struct ReadConstant {
  mlir::ElementsAttr value;
  llvm::SmallVector<int64_t> shape;
  llvm::SmallVector<int64_t> permutation;
};

/// Looks through transposes of reshapes of a constant.
std::optional<ReadConstant> readConstant(mlir::Value value);

/// The bytes of a constant; one element for a splat. None for elements that are
/// not whole bytes.
std::optional<llvm::ArrayRef<char>> getBytes(mlir::ElementsAttr value,
                                             bool &isSplat);

/// A constant that `fill` makes of another one, named after it.
mlir::ElementsAttr
makeConstant(mlir::RankedTensorType type, mlir::ElementsAttr original,
             llvm::StringRef suffix,
             llvm::function_ref<void(llvm::MutableArrayRef<char>)> fill);

/// Frees what ops no longer read once they read other constants.
class ReplacedConstants {
public:
  void replace(mlir::OpOperand &operand, mlir::Value constant);
  /// A constant whose bytes are of no use any more if nobody reads it.
  void addOriginal(mlir::ElementsAttr value) { originals.insert(value); }
  /// Erases ops whose results nobody reads now, and frees the bytes of
  /// constants that nothing in `module` has.
  void dropUnread(mlir::ModuleOp module);

private:
  llvm::SetVector<mlir::Operation *> replaced; // what ops read before
  llvm::SetVector<mlir::Attribute> originals;
};

} // namespace graphopt

#endif
