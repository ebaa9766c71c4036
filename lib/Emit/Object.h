//===- Object.h - One module's code ---------------------------------------===//

#ifndef GRAPHOPT_LIB_EMIT_OBJECT_H
#define GRAPHOPT_LIB_EMIT_OBJECT_H

#include "Descriptor.h"
#include "Weights.h"
#include "graphopt/Emit/Emit.h"

namespace graphopt {

struct Code {
  Code() = default;
  Code(Code &&) = default;
  Code &operator=(Code &&) = default;

  /// The first has the external symbols.
  std::vector<std::unique_ptr<llvm::MemoryBuffer>> objects;
  std::vector<Weight> weights; ///< those that are stored with this code
  std::optional<Model> model;
  std::string triple;
  std::optional<Listing> listing;
  /// If it is the same for all dimensions.
  std::optional<int64_t> workspaceBytes;
  Variant variant;
  llvm::ArrayRef<llvm::StringRef> libraries; ///< see librariesOf
};

/// What the code of one of several CPUs has to know of the others.
struct Siblings {
  std::string name;      ///< of this one, part of a C identifier
  StoredWeights &stored; ///< weights of those before
  size_t count;
};

/// emitObject, with what the writers of libraries and headers want to know. A
/// large model becomes several objects if it may. With `siblings` the code has
/// no descriptor, and others may link with its variant's functions.
llvm::Expected<Code> compileCode(mlir::ModuleOp module,
                                 const ObjectOptions &options, bool maySplit,
                                 const Siblings *siblings = nullptr);

/// The descriptor of a model whose code is in `variants`, best first, and the
/// functions that choose among them.
llvm::Expected<Code> compileDispatcher(llvm::ArrayRef<Code> variants,
                                       const std::string &triple,
                                       int64_t weightsBytes);

} // namespace graphopt

#endif // GRAPHOPT_LIB_EMIT_OBJECT_H
