//===- Windows.h - Borders for convolutions and poolings ------------------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_WINDOWS_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_WINDOWS_H

#include "Rows.h"
#include "dialects/Graph/Window.h"

namespace graphopt {

/// What is added around a tensor along one dimension.
struct Border {
  mlir::OpFoldResult before, after;
  /// Zeros between the elements: 1 is none.
  int64_t dilation = 1;
  /// An open number of elements may be less than 0, as a constant may: then
  /// elements are taken off.
  bool mayShrink = false;
};

/// The border that an input of `extent` needs, so that all windows lie inside.
Border buildBorder(Lowering &to, const graph::Window &window,
                   mlir::AffineExpr extent);

/// `value` with borders filled with `scalar` along the dimensions from
/// `firstDim` on.
mlir::Value addBorders(Lowering &to, mlir::Value value, int64_t firstDim,
                       llvm::ArrayRef<Border> borders, mlir::Value scalar);

/// Windows along dimension `dim` of a tensor.
struct WindowLoop {
  int64_t dim, kernel, stride = 1, dilation = 1;
};

/// Combines the elements of each window: `body` gets an element of `padded`, in
/// which all windows lie, those of `others`, which have the result's `sizes`,
/// and what was combined so far, first `neutral`. In the body, the loops over
/// the windows are behind those over the result.
mlir::Value reduceWindows(Lowering &to, mlir::Value padded,
                          mlir::ValueRange others,
                          llvm::ArrayRef<mlir::OpFoldResult> sizes,
                          llvm::ArrayRef<WindowLoop> windows,
                          mlir::Value neutral, Rows::Body body);

} // namespace graphopt

#endif
