//===- ExpandAttention.h - Attention by blocks of queries -----------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_EXPANDATTENTION_H
#define GRAPHOPT_LIB_CODEGEN_GPU_EXPANDATTENTION_H

#include "TensorCore.h"
#include "dialects/Kernel/Kernel.h"
#include "graphopt/Target/Target.h"

namespace graphopt::cuda {

/// A block for some queries of a head. Keys and values pass through shared memory once,
/// scores stay in registers. Halves, and f32 that `precision` allows to round to them, are
/// multiplied by tensor cores if there are some queries; where their number is open the host
/// chooses. False for what it has no form for.
bool emitAttention(kernel::AttentionOp op, const GpuModel &gpu, Precision precision,
                   BlockBuilder &b);

/// The form for tensor cores takes supported types, unless a row is too long for it or `factor` is
/// not of halves.
bool fitsTensorCores(kernel::AttentionOp op, const Factor &factor);
void emitTensorAttention(kernel::AttentionOp op, const Factor &factor, BlockBuilder &b);

} // namespace graphopt::cuda

#endif
