//===- SharedLibrary.h - From an archive to a shared library --------------===//

#ifndef GRAPHOPT_LIB_EMIT_SHAREDLIBRARY_H
#define GRAPHOPT_LIB_EMIT_SHAREDLIBRARY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/TargetParser/Triple.h"

namespace graphopt {

/// Links all of `archive` into `library`, by the C compiler if the code is for
/// this machine's architecture, else by lld. It loads the shared `libraries`, which are
/// named as for -l. The library takes its name when it is complete. An error holds what the
/// linker said.
llvm::Error linkSharedLibrary(llvm::StringRef archive, llvm::StringRef library,
                              const llvm::Triple &triple,
                              llvm::ArrayRef<llvm::StringRef> libraries = {});

} // namespace graphopt

#endif // GRAPHOPT_LIB_EMIT_SHAREDLIBRARY_H
