//===- Weights.h - Weights as an object file of their own -----------------===//

#ifndef GRAPHOPT_LIB_EMIT_WEIGHTS_H
#define GRAPHOPT_LIB_EMIT_WEIGHTS_H

#include "graphopt/Emit/Emit.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"

namespace graphopt {

int64_t totalBytes(llvm::ArrayRef<Weight> weights);

/// What a model puts in front of its weights' symbols; nothing if the module is
/// no model.
std::string weightPrefix(mlir::ModuleOp module);

/// Makes the code refer to the weights: by their symbols, and with addresses of
/// 64 bits if there are too many of them for anything less. Without a prefix
/// they may be anywhere, otherwise in the same library.
llvm::Error bindWeights(llvm::Module &module, llvm::ArrayRef<Weight> weights,
                        llvm::StringRef prefix);

/// Tells these weights, by content and place, from all others; never 0.
uint64_t weightsId(llvm::ArrayRef<Weight> weights);

/// Writes the file that lib/Runtime/WeightsFile.h describes.
void writeWeightsFile(llvm::raw_ostream &os, llvm::ArrayRef<Weight> weights);

/// Writes an ELF object with one hidden symbol a weight. The machine is that of
/// `code`, an ELF object too.
llvm::Error writeWeightsObject(llvm::raw_ostream &os,
                               llvm::ArrayRef<Weight> weights,
                               llvm::MemoryBufferRef code);

} // namespace graphopt

#endif // GRAPHOPT_LIB_EMIT_WEIGHTS_H
