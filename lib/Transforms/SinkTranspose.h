//===- SinkTranspose.h - Ops on images in another order of dimensions -----===//

#ifndef GRAPHOPT_LIB_TRANSFORMS_SINKTRANSPOSE_H
#define GRAPHOPT_LIB_TRANSFORMS_SINKTRANSPOSE_H

#include "mlir/IR/PatternMatch.h"

namespace graphopt {

/// [batch, channels, spatial...] to [batch, spatial..., channels].
llvm::SmallVector<int64_t> getChannelsLastOrder(int64_t rank);

mlir::RankedTensorType getPermuted(mlir::Type type,
                                   llvm::ArrayRef<int64_t> order);
mlir::Value createTranspose(mlir::OpBuilder &b, mlir::Location loc,
                            mlir::Value value, llvm::ArrayRef<int64_t> order);

/// A transpose of a channels-last image into ONNX's order, known as such until
/// `forgetRestored`.
mlir::Value restoreOrder(mlir::OpBuilder &b, mlir::Location loc,
                         mlir::Value channelsLast);
void forgetRestored(mlir::Operation *root);

/// op(transpose(x))  =>  transpose(op'(x)), for transposes of images into ONNX's
/// order.
llvm::LogicalResult sinkTranspose(mlir::Operation *op,
                                  mlir::PatternRewriter &rewriter);

} // namespace graphopt

#endif
