//===- TransposeSquare.cpp - A square of vectors --------------------------===//

#include "TransposeSquare.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

/// Swaps blocks of size 1, 2, 4, ... across the diagonal of a square of vectors.
void graphopt::cpu::transposeSquare(OpBuilder &builder, Location loc,
                                    MutableArrayRef<Value> rows) {
  int64_t size = rows.size();
  for (int64_t block = 1; block < size; block *= 2) {
    SmallVector<int64_t> upper, lower;
    for (int64_t lane = 0; lane < size; ++lane) {
      bool isHigh = lane & block;
      upper.push_back(isHigh ? size + lane - block : lane);
      lower.push_back(isHigh ? size + lane : lane + block);
    }
    for (int64_t row = 0; row < size; ++row) {
      if (row & block)
        continue;
      Value first = rows[row], second = rows[row + block];
      rows[row] =
          vector::ShuffleOp::create(builder, loc, first, second, upper);
      rows[row + block] =
          vector::ShuffleOp::create(builder, loc, first, second, lower);
    }
  }
}
