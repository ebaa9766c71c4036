//===- Object.h - One module's code ---------------------------------------===//

#ifndef GRAPHOPT_LIB_EMIT_OBJECT_H
#define GRAPHOPT_LIB_EMIT_OBJECT_H

#include "Model.h"
#include "graphopt/Emit/Emit.h"

namespace graphopt {

struct Code {
  std::unique_ptr<llvm::MemoryBuffer> object;
  std::vector<Weight> weights;
  std::optional<Model> model;
  std::string triple;
  /// If it is the same for all dimensions.
  std::optional<int64_t> workspaceBytes;
};

/// emitObject, with what the writers of libraries and headers want to know.
llvm::Expected<Code> compileCode(mlir::ModuleOp module,
                                 const ObjectOptions &options);

} // namespace graphopt

#endif // GRAPHOPT_LIB_EMIT_OBJECT_H
