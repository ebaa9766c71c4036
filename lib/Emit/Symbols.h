//===- Symbols.h - What an object may need from outside -------------------===//

#ifndef GRAPHOPT_LIB_EMIT_SYMBOLS_H
#define GRAPHOPT_LIB_EMIT_SYMBOLS_H

#include "graphopt/Emit/Emit.h"
#include "llvm/ADT/StringSet.h"

namespace graphopt {

/// An error that lists the undefined symbols of `object` that are neither in
/// the C library, nor its mathematics, nor in libraries that decode images, nor in
/// `weights`, nor `shared` with other objects of the model.
llvm::Error verifySymbols(llvm::MemoryBufferRef object,
                          llvm::ArrayRef<Weight> weights,
                          const llvm::StringSet<> &shared);

} // namespace graphopt

#endif // GRAPHOPT_LIB_EMIT_SYMBOLS_H
