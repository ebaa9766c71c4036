//===- FuseQuantized.h - Parts of graph-fuse-quantized ---------------------===//

#ifndef GRAPHOPT_LIB_TRANSFORMS_FUSEQUANTIZED_H
#define GRAPHOPT_LIB_TRANSFORMS_FUSEQUANTIZED_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/PatternMatch.h"

namespace graphopt {

/// What a CPU multiplies: unsigned by signed bytes, pairs of 16 bits.
struct Products {
  bool bytes, pairs;

  /// Whether what is multiplied with `rhs` is to be 16 bits wide.
  bool widenFor(mlir::Value rhs) const {
    auto type = llvm::cast<mlir::RankedTensorType>(rhs.getType());
    return pairs && (!bytes || type.getElementType().isUnsignedInteger());
  }
};

/// A pattern that is a function of an op and of what the CPU multiplies.
template <typename Op> struct ProductPattern : mlir::OpRewritePattern<Op> {
  using Rewrite = llvm::LogicalResult (*)(Op, Products, mlir::PatternRewriter &);

  ProductPattern(mlir::MLIRContext *context, Rewrite rewrite, Products cpu)
      : mlir::OpRewritePattern<Op>(context), rewrite(rewrite), cpu(cpu) {}

  llvm::LogicalResult matchAndRewrite(Op op, mlir::PatternRewriter &rewriter) const override {
    return rewrite(op, cpu, rewriter);
  }

  Rewrite rewrite;
  Products cpu;
};

/// True if `value` is a constant of bytes or wider integers, each of them `number`.
bool isEach(mlir::Value value, uint8_t number);

/// True if `value` holds unsigned integers.
bool isUnsigned(mlir::Value value);

/// Convolutions of bytes, and results that become bytes again.
void populateFuseQuantizedConvPatterns(mlir::RewritePatternSet &patterns, Products cpu);

} // namespace graphopt

#endif
