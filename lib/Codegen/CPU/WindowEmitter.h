//===- WindowEmitter.h - What convolutions share --------------------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_CPU_WINDOWEMITTER_H
#define GRAPHOPT_LIB_CODEGEN_CPU_WINDOWEMITTER_H

#include "TileEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace graphopt::cpu {

/// A convolution whose rows are neighbours in the last spatial dimension.
template <typename Op>
class WindowEmitter : protected TileEmitter {
public:
  WindowEmitter(Op op, ExpandContext &context)
      : TileEmitter(llvm::cast<kernel::EpilogueOp>(op.getOperation()), context),
        op(op), input(op.getInput()), filter(op.getFilter()),
        spatialDims(op.getStrides().size()) {}

protected:
  static llvm::ArrayRef<int64_t> shapeOf(mlir::Value memref) {
    return llvm::cast<mlir::MemRefType>(memref.getType()).getShape();
  }
  int64_t panelColumns() { return shapeOf(filter).back() / interleave; }
  llvm::ArrayRef<int64_t> kernelShape() {
    return shapeOf(op.getFilter()).slice(1, spatialDims);
  }

  /// Batch and outer spatial sizes; none if rows are flat.
  mlir::SmallVector<Size> lineSizes() {
    mlir::SmallVector<Size> sizes = b.sizesOf(epilogue.init);
    sizes.pop_back_n(2);
    return sizes;
  }
  /// Moves to a line, in init and as the corner of its windows.
  void moveTo(mlir::ValueRange line) {
    epilogue.outer.assign(line.begin(), line.end());
    rowsBefore = b.index(0);
    for (auto [index, size] : llvm::zip(line, lineSizes()))
      rowsBefore = b.add(b.mul(rowsBefore, b.index(size)), index);
    rowsBefore = b.mul(rowsBefore, b.index(lineSize()));
    corner.assign(line.begin(), line.end());
    for (size_t dim = 1; dim < line.size(); ++dim)
      corner[dim] = b.mul(line[dim], op.getStrides()[dim - 1]);
  }
  Size lineSize() {
    return b.sizeOf(epilogue.init, shapeOf(epilogue.init).size() - 2);
  }

  /// Batch and outer spatial indices of the input under the window's `k`.
  mlir::SmallVector<mlir::Value> lineIndices(mlir::ValueRange k) {
    mlir::SmallVector<mlir::Value> indices{corner.front()};
    for (int64_t dim = 0; dim + 1 < spatialDims; ++dim)
      indices.push_back(
          b.add(corner[1 + dim], b.mul(k[dim], op.getDilations()[dim])));
    return indices;
  }

  Op op;
  mlir::Value input, filter;
  int64_t spatialDims;
  mlir::SmallVector<mlir::Value> corner;
};

} // namespace graphopt::cpu

#endif
