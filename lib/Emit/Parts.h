//===- Parts.h - Code in parts that are compiled at the same time ---------===//

#ifndef GRAPHOPT_LIB_EMIT_PARTS_H
#define GRAPHOPT_LIB_EMIT_PARTS_H

#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"
#include <memory>
#include <vector>

namespace graphopt {

/// Names of functions: each function that `module` defines is in one part.
using Parts = std::vector<llvm::StringSet<>>;

/// Cuts `module` into parts of about equal amounts of code. Their number
/// depends on the code alone, and so do they. The first has all external
/// functions and the runtime.
Parts splitFunctions(const llvm::Module &module);

/// Makes local functions that another part uses hidden ones, under names that
/// begin with `prefix`.
///
/// \returns their names.
llvm::StringSet<> shareFunctions(llvm::Module &module, Parts &parts,
                                 llvm::StringRef prefix);

/// Reads `part` out of the bitcode of a module; all else is declared only.
/// Constants that are local come along, external ones if `isFirst`.
llvm::Expected<std::unique_ptr<llvm::Module>>
readPart(llvm::MemoryBufferRef bitcode, const llvm::StringSet<> &part,
         bool isFirst, llvm::LLVMContext &context);

} // namespace graphopt

#endif // GRAPHOPT_LIB_EMIT_PARTS_H
