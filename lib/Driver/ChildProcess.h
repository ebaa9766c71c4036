#ifndef GRAPHOPT_LIB_DRIVER_CHILDPROCESS_H
#define GRAPHOPT_LIB_DRIVER_CHILDPROCESS_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include <cstdint>

namespace graphopt {

struct ChildLimits {
  int64_t timeMs;      ///< until the child is killed
  int64_t memoryBytes; ///< beyond what this process has mapped
};

/// Runs `body` in a copy of this process that cannot harm it: only memory that
/// was mapped to be shared tells of the copy.
///
/// \param body  gives a number of 0 .. 255. It must not rely on other threads,
///              which the copy lacks, nor on locks that they may hold.
/// \returns body's number, or an error that tells how the child ended instead:
///          the signal, or the limit.
llvm::Expected<int> runInChild(llvm::function_ref<int()> body,
                               ChildLimits limits);

} // namespace graphopt
#endif
