#ifndef GRAPHOPT_LIB_DRIVER_JIT_H
#define GRAPHOPT_LIB_DRIVER_JIT_H

#include "graphopt/Runtime/graphopt.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"

namespace graphopt {

/// A JIT that links compiled code for this process. What the code needs from
/// outside comes from this process (libc and libm), and before that from
/// `archive`, if there is one.
llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>>
createJit(std::unique_ptr<llvm::MemoryBuffer> archive = nullptr);

/// The descriptor of the model `name`, which is linked now.
llvm::Expected<const graphopt_model *> findModel(llvm::orc::LLJIT &jit,
                                                 llvm::StringRef name);

} // namespace graphopt
#endif
