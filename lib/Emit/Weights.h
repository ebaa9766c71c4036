//===- Weights.h - Weights as an object file of their own -----------------===//

#ifndef GRAPHOPT_LIB_EMIT_WEIGHTS_H
#define GRAPHOPT_LIB_EMIT_WEIGHTS_H

#include "graphopt/Emit/Emit.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"

namespace graphopt {

int64_t totalBytes(llvm::ArrayRef<Weight> weights);

/// Where the bytes of weights are stored already: symbols by contents.
using StoredWeights = llvm::StringMap<std::string>;

/// Weights that are stored already get the symbol under which they are; the
/// others are returned, and stored from now on.
std::vector<Weight> takeNewWeights(std::vector<Weight> &weights,
                                   StoredWeights &stored);

/// Makes code refer to the weights. Those of a model are hidden symbols of its
/// library, which has `bytes` of weights in all; too many for 32-bit offsets
/// have addresses of 64 bits. Others may be anywhere.
llvm::Error bindWeights(llvm::Module &module, llvm::ArrayRef<Weight> weights,
                        int64_t bytes, bool isModel);

/// Tells these weights, by content and place, from all others; never 0.
uint64_t weightsId(llvm::ArrayRef<Weight> weights);

/// Writes the file that lib/Runtime/WeightsFile.h describes.
void writeWeightsFile(llvm::raw_ostream &os, llvm::ArrayRef<Weight> weights,
                      bool compressed);

/// Writes an ELF object with one hidden symbol a weight. The machine is that of
/// `code`, an ELF object too.
llvm::Error writeWeightsObject(llvm::raw_ostream &os,
                               llvm::ArrayRef<Weight> weights,
                               llvm::MemoryBufferRef code);

} // namespace graphopt

#endif // GRAPHOPT_LIB_EMIT_WEIGHTS_H
