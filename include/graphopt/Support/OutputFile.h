#ifndef GRAPHOPT_SUPPORT_OUTPUTFILE_H
#define GRAPHOPT_SUPPORT_OUTPUTFILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace graphopt {

/// Writes `path` as a whole or not at all: to a temporary file beside it, which
/// takes its name once everything is on disk. A full disk is an error.
llvm::Error
writeOutputFile(llvm::StringRef path,
                llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);

} // namespace graphopt
#endif
