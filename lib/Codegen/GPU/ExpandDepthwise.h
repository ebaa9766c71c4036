//===- ExpandDepthwise.h - Convolutions of single channels ----------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_EXPANDDEPTHWISE_H
#define GRAPHOPT_LIB_CODEGEN_GPU_EXPANDDEPTHWISE_H

#include "BlockBuilder.h"
#include "dialects/Kernel/Kernel.h"
#include "graphopt/Target/Target.h"

namespace graphopt::cuda {

/// A parallel loop whose turns have 16 bytes of channels of some neighbouring pixels each, for
/// which they read every pixel of the input and tap of the filter once. False where channels
/// cannot be read so, or the filter is too large.
bool emitDepthwise(kernel::DepthwiseConvOp op, const GpuModel &gpu, BlockBuilder &b);

} // namespace graphopt::cuda

#endif
