//===- Header.h - The C header of a model ---------------------------------===//

#ifndef GRAPHOPT_LIB_EMIT_HEADER_H
#define GRAPHOPT_LIB_EMIT_HEADER_H

#include "Model.h"

namespace graphopt {

/// Numbers that the header states.
struct HeaderFacts {
  std::optional<int64_t> workspaceBytes; ///< if the same for all dimensions
  int64_t weightsBytes = 0;
  bool hasThreads = true; ///< `<model>_pool_create` exists
  llvm::ArrayRef<llvm::StringRef> libraries; ///< to be linked with the model
};

/// Text of `<model>.h`: constants, typed structs for inputs and outputs, and
/// `<model>_run`.
std::string writeHeader(const Model &model, const HeaderFacts &facts);

/// `names` as identifiers of C and C++ that differ, even without regard to
/// case, from each other and from `taken`.
llvm::SmallVector<std::string>
makeIdentifiers(llvm::ArrayRef<std::string> names,
                llvm::ArrayRef<std::string> taken = {});

} // namespace graphopt

#endif // GRAPHOPT_LIB_EMIT_HEADER_H
