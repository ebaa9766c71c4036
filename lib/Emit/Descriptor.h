//===- Descriptor.h - A model's public symbols ----------------------------===//

#ifndef GRAPHOPT_LIB_EMIT_DESCRIPTOR_H
#define GRAPHOPT_LIB_EMIT_DESCRIPTOR_H

#include "Model.h"
#include "graphopt/Emit/Emit.h"
#include "llvm/IR/Module.h"

namespace graphopt {

/// Adds what graphopt.h promises of a model to its code, which has
/// `<model>_entry`, `<model>_workspace_bytes` and `<model>_result_dims`: the
/// descriptor `<model>_model`, and the functions that call the runtime.
///
/// \returns the symbols that stay visible.
llvm::SmallVector<std::string>
addDescriptor(llvm::Module &module, const Model &model,
              llvm::ArrayRef<Weight> weights, uint64_t cpuFeatures);

/// Links the runtime's bitcode into `module`, as much as it uses.
llvm::Error linkRuntime(llvm::Module &module);

} // namespace graphopt

#endif // GRAPHOPT_LIB_EMIT_DESCRIPTOR_H
