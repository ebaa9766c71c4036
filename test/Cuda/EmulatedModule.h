//===- EmulatedModule.h - LLVM IR of GPU kernels as code for this CPU -----===//

#ifndef GRAPHOPT_TEST_CUDA_EMULATEDMODULE_H
#define GRAPHOPT_TEST_CUDA_EMULATEDMODULE_H

#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

/// For each kernel k, `emulated_k(void **arguments)` runs one thread, and
/// `emulated_k_facts` says what Emulator/Abi.h does. Instructions that only
/// GPUs have are calls of Emulator/, addresses are the GPU's.
///
/// \returns an error for what cannot be emulated.
llvm::Error emulateKernels(llvm::Module &code);

#endif
