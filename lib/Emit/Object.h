//===- Object.h - One module's code ---------------------------------------===//

#ifndef GRAPHOPT_LIB_EMIT_OBJECT_H
#define GRAPHOPT_LIB_EMIT_OBJECT_H

#include "Model.h"
#include "graphopt/Emit/Emit.h"

namespace graphopt {

struct Code {
  /// The first has the external symbols.
  std::vector<std::unique_ptr<llvm::MemoryBuffer>> objects;
  std::vector<Weight> weights;
  std::optional<Model> model;
  std::string triple;
  /// If it is the same for all dimensions.
  std::optional<int64_t> workspaceBytes;
};

/// emitObject, with what the writers of libraries and headers want to know. A
/// large model becomes several objects if it may.
llvm::Expected<Code> compileCode(mlir::ModuleOp module,
                                 const ObjectOptions &options,
                                 bool maySplit = false);

} // namespace graphopt

#endif // GRAPHOPT_LIB_EMIT_OBJECT_H
