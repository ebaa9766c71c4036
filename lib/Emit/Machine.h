//===- Machine.h - LLVM's code generator for a target ---------------------===//

#ifndef GRAPHOPT_LIB_EMIT_MACHINE_H
#define GRAPHOPT_LIB_EMIT_MACHINE_H

#include "graphopt/Emit/Emit.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

namespace graphopt {

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createMachine(const EmitTarget &target, bool optimize);

/// Every function of `module` is compiled for the machine, to its full vector
/// width, and throws nothing.
void setTarget(llvm::Module &module, const llvm::TargetMachine &machine);

/// `function` runs on every CPU of the architecture. For what must work before
/// the runtime has looked which CPU it is.
void setLeastTarget(llvm::Function &function);

/// Who looks at the stack, in any instruction of `module`, finds the callers.
void makeUnwindable(llvm::Module &module);

/// What code for the machine may need of a CPU, as bits of the runtime's
/// CpuFeatures.def.
uint64_t getCpuFeatures(const llvm::TargetMachine &machine);

/// LLVM's passes across functions, as far as they help generated code.
void optimizeCalls(llvm::Module &module, llvm::TargetMachine &machine);

/// LLVM's passes on each function, as far as they help generated loops.
void optimizeFunctions(llvm::Module &module, llvm::TargetMachine &machine);

/// Masked stores of one lane become stores of an element. LLVM 22 stores an i32 for
/// one of i8 or i16 that a vector of i32 is truncated to: AVX-512 has such stores.
void storeLoneLanes(llvm::Module &module);

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
generateObject(llvm::Module &module, llvm::TargetMachine &machine);

} // namespace graphopt

#endif // GRAPHOPT_LIB_EMIT_MACHINE_H
