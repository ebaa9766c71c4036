// Attributes that convolutions and poolings share.
#ifndef GRAPHOPT_EXPORT_WINDOWS_H
#define GRAPHOPT_EXPORT_WINDOWS_H

#include "lib/Export/NodeExporter.h"

namespace graphopt {

/// With `pads` in place of the op's own.
template <typename Op>
void setWindows(OnnxNode &node, Op op, llvm::ArrayRef<int64_t> pads) {
  node.set("strides", op.getStrides()).set("dilations", op.getDilations());
  switch (op.getAutoPad().value_or(graph::AutoPad::NotSet)) {
  case graph::AutoPad::NotSet:
    node.set("pads", pads);
    return;
  case graph::AutoPad::SameUpper:
    node.set("auto_pad", "SAME_UPPER");
    return;
  case graph::AutoPad::SameLower:
    node.set("auto_pad", "SAME_LOWER");
    return;
  }
}

} // namespace graphopt

#endif // GRAPHOPT_EXPORT_WINDOWS_H
