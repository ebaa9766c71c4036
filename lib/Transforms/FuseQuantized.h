//===- FuseQuantized.h - Parts of graph-fuse-quantized ---------------------===//

#ifndef GRAPHOPT_LIB_TRANSFORMS_FUSEQUANTIZED_H
#define GRAPHOPT_LIB_TRANSFORMS_FUSEQUANTIZED_H

#include "mlir/IR/PatternMatch.h"

namespace graphopt {

/// True if `value` is a constant of bytes or wider integers, each of them `number`.
bool isEach(mlir::Value value, uint8_t number);

/// Convolutions of bytes, and results that become bytes again.
void populateFuseQuantizedConvPatterns(mlir::RewritePatternSet &patterns);

} // namespace graphopt

#endif
