//===- ExpandAttention.h - Attention by blocks of queries -----------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_EXPANDATTENTION_H
#define GRAPHOPT_LIB_CODEGEN_GPU_EXPANDATTENTION_H

#include "BlockBuilder.h"
#include "dialects/Kernel/Kernel.h"

namespace graphopt::cuda {

/// A block for some queries of a head. Keys and values pass through shared memory once,
/// scores stay in registers. False for what it has no form for.
bool emitAttention(kernel::AttentionOp op, BlockBuilder &b);

} // namespace graphopt::cuda

#endif
