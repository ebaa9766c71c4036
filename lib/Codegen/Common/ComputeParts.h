//===- ComputeParts.h - Computes the parts of a concat each for itself ----===//

#ifndef GRAPHOPT_LIB_CODEGEN_COMMON_COMPUTEPARTS_H
#define GRAPHOPT_LIB_CODEGEN_COMMON_COMPUTEPARTS_H

#include "mlir/IR/PatternMatch.h"

namespace graphopt {

/// Element-wise readers of a tensor.concat compute each part for itself: it needs
/// no buffer of its own, and what makes the part may take the reader in.
void populateComputePartsPatterns(mlir::RewritePatternSet &patterns);

} // namespace graphopt

#endif // GRAPHOPT_LIB_CODEGEN_COMMON_COMPUTEPARTS_H
