//===- Descriptor.h - A model's public symbols ----------------------------===//

#ifndef GRAPHOPT_LIB_EMIT_DESCRIPTOR_H
#define GRAPHOPT_LIB_EMIT_DESCRIPTOR_H

#include "Cuda.h"
#include "Model.h"
#include "llvm/IR/Module.h"

namespace graphopt {

/// The code of a model for one CPU: `<prefix>entry`, `<prefix>workspace_bytes`
/// and `<prefix>result_dims`.
struct Variant {
  std::string prefix; ///< of all its symbols, "<model>_" if it is the only one
  uint64_t cpuFeatures; ///< that it needs, as bits of CpuFeatures.def
};

/// What a model for GPUs carries.
struct CudaCode {
  std::vector<CudaImage> images;
  std::string weights; ///< symbol of the first; empty: none, or in a file
};

/// Adds what graphopt.h promises of a model to code that has or declares
/// `<model>_workspace_bytes`, `<model>_result_dims` and the entries of its
/// variants, best first: the descriptor `<model>_model`, and the functions that
/// call the runtime. `weightsId` is that of a file with the weights, or 0; `cuda` is
/// there for a model for GPUs.
///
/// \returns the symbols that stay visible.
llvm::SmallVector<std::string> addDescriptor(llvm::Module &module,
                                             const Model &model,
                                             int64_t weightsBytes,
                                             uint64_t weightsId,
                                             llvm::ArrayRef<Variant> variants,
                                             const CudaCode *cuda = nullptr);

/// Links the runtime's bitcode into `module`, as much as it uses.
llvm::Error linkRuntime(llvm::Module &module);

/// The libraries that the code of `module` needs, with its runtime, apart from those of C.
llvm::ArrayRef<llvm::StringRef> librariesOf(const llvm::Module &module);

} // namespace graphopt

#endif // GRAPHOPT_LIB_EMIT_DESCRIPTOR_H
