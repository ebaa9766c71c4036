//===- ResidualBlocks.h - Where a model adds a branch to its own input ----===//
//
// x + f(x), the norm behind it or not: without f the model computes with x. So a
// block is two values of one type, its input and its output, and removing it means
// to read the one where the other was read.
//
//===----------------------------------------------------------------------===//

#ifndef GRAPHOPT_TRANSFORMS_RESIDUALBLOCKS_H
#define GRAPHOPT_TRANSFORMS_RESIDUALBLOCKS_H

#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/ModelRunner.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace graphopt {

struct ResidualBlock {
  graph::BinaryOp sum; ///< of the branch, or of the layer's last
  graph::Bypass bypass;
  int64_t channelAxis = -1; ///< of both values
  bool attends = false;     ///< the branch has attention to its own input
  std::string reason = {};  ///< why it cannot be taken out; empty: it can
};

/// All sums whose one side is computed, with weights, from the other side or from
/// what that was added to, in program order. Sums of two branches are among them,
/// with a reason.
std::vector<ResidualBlock> findResidualBlocks(mlir::func::FuncOp main);

/// Blocks that follow each other, joined from each that attends to itself to the
/// next: the layers of a transformer. Norms behind sums go with them.
std::vector<ResidualBlock>
joinLayers(llvm::ArrayRef<ResidualBlock> blocks);

/// Elements of the constants that nothing reads any more without the block.
int64_t countParameters(graph::Bypass bypass);

} // namespace graphopt

#endif // GRAPHOPT_TRANSFORMS_RESIDUALBLOCKS_H
