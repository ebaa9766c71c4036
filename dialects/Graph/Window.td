#ifndef GRAPHOPT_GRAPH_WINDOW
#define GRAPHOPT_GRAPH_WINDOW

include "dialects/Graph/GraphEnums.td"

/// An op on windows over the spatial dimensions of an image.
class Graph_WindowOp<string mnemonic> : Graph_PureOp<mnemonic> {
  string windows = [{
    The input is [batch, channels, spatial...] or, with `channels_last`, [batch,
    spatial..., channels]; so is the result. `pads` holds what is added before
    each spatial dimension, then what is added after each; less than 0 is taken
    off. With `auto_pad` `pads` are 0, and the result's extents are
    `ceil(extent / stride)`: what is missing is added, an odd element after
    (`SameUpper`) or before (`SameLower`) the input.

    Constraints:
    - (C1) The input has at least one spatial dimension.
    - (C2) There is a positive entry of `strides` and of `dilations`, and there are
      two of `pads`, for each spatial dimension.
    - (C3) The padded input has room for the windows: no extent of the result would
      be negative.
  }];
  code getWindows = [{
    /// The windows along each spatial dimension.
    ::llvm::SmallVector<Window> getWindows(ShapeInference &shapes);
  }];
}

#endif
