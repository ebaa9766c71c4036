#include "lib/Import/Windows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

FailureOr<WindowAttributes> WindowAttributes::get(NodeImporter &node) {
  size_t spatial = std::max<int64_t>(node.getInputRank(0) - 2, 0);
  SmallVector<int64_t> ones(spatial, 1), zeros(2 * spatial, 0);
  WindowAttributes windows{node.getInts("strides", ones),
                           node.getInts("dilations", ones),
                           node.getInts("pads", zeros),
                           {}};
  StringRef mode = node.getString("auto_pad", "NOTSET");
  if (mode == "NOTSET")
    return windows;
  windows.pads = zeros;
  if (mode == "VALID")
    return windows;
  if (mode != "SAME_UPPER" && mode != "SAME_LOWER")
    return node.emitError() << "attribute 'auto_pad' is '" << mode << "'";
  windows.autoPad = AutoPadAttr::get(node.getContext(),
                                     mode == "SAME_UPPER" ? AutoPad::SameUpper
                                                          : AutoPad::SameLower);
  return windows;
}
