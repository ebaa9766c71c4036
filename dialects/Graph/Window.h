//===- Window.h - Windows of convolutions and poolings --------------------===//

#ifndef GRAPHOPT_DIALECTS_GRAPH_WINDOW_H
#define GRAPHOPT_DIALECTS_GRAPH_WINDOW_H

#include "dialects/Graph/Graph.h"

namespace graphopt::graph {

/// The windows along one spatial dimension.
struct Window {
  mlir::AffineExpr kernel; ///< elements in a window
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t inputDilation = 1;
  int64_t padBefore = 0, padAfter = 0;
  AutoPad autoPad = AutoPad::NotSet;
  bool ceilMode = false;
  std::optional<int64_t> fixedCount; ///< overrides what getCount() computes

  /// What a window covers of the dilated input.
  mlir::AffineExpr getSpan(const ShapeInference &shapes) const;
  /// The input's extent with zeros inserted.
  mlir::AffineExpr getDilated(const ShapeInference &shapes,
                              mlir::AffineExpr extent) const;
  /// Whether the only window may reach beyond an input of `extent`, by less than
  /// a stride: ONNX counts it then.
  bool isOvershot(const ShapeInference &shapes, mlir::AffineExpr extent) const;
  /// The number of windows on an input of `extent`.
  mlir::AffineExpr getCount(ShapeInference &shapes,
                            mlir::AffineExpr extent) const;
};

/// The dimension of spatial dimension `i`.
inline int64_t getSpatialDim(bool channelsLast, int64_t i) {
  return channelsLast ? 1 + i : 2 + i;
}
inline int64_t getChannelDim(bool channelsLast, int64_t rank) {
  return channelsLast ? rank - 1 : 1;
}

/// The windows of an op or its adaptor, one a spatial dimension; `kernel` has
/// their extents.
template <typename Op>
llvm::SmallVector<Window> getWindows(Op op,
                                     llvm::ArrayRef<mlir::AffineExpr> kernel) {
  llvm::SmallVector<Window> windows;
  for (size_t i = 0; i < kernel.size(); ++i) {
    Window window;
    window.kernel = kernel[i];
    window.stride = op.getStrides()[i];
    window.dilation = op.getDilations()[i];
    window.padBefore = op.getPads()[i];
    window.padAfter = op.getPads()[kernel.size() + i];
    window.autoPad = op.getAutoPad().value_or(AutoPad::NotSet);
    windows.push_back(window);
  }
  return windows;
}

/// C1 and C2 of ops on windows.
llvm::LogicalResult checkWindows(std::optional<mlir::Location> loc,
                                 int64_t inputRank,
                                 llvm::ArrayRef<int64_t> strides,
                                 llvm::ArrayRef<int64_t> dilations,
                                 llvm::ArrayRef<int64_t> pads);

/// Sets the spatial extents of `result`, which has those of the input; C3.
llvm::LogicalResult inferWindowCounts(ShapeInference &shapes,
                                      std::optional<mlir::Location> loc,
                                      llvm::ArrayRef<Window> windows,
                                      bool channelsLast,
                                      InferredTensor &result);

} // namespace graphopt::graph

#endif
