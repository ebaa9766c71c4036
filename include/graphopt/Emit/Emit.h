//===- Emit.h - From the LLVM dialect to files ----------------------------===//

#ifndef GRAPHOPT_EMIT_EMIT_H
#define GRAPHOPT_EMIT_EMIT_H

#include "graphopt/Target/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>
#include <string>
#include <vector>

namespace graphopt {

/// The machine that code is made for, in LLVM's terms.
struct EmitTarget {
  std::string triple;   ///< empty: this machine's
  std::string cpu;      ///< as in "znver4"; empty: the architecture's least
  std::string features; ///< as in "+avx512vnni,-amx-tile"
};

struct ObjectOptions {
  EmitTarget target;
  /// LLVM's own passes. Without them code is there in a tenth of the
  /// time, which suits code that runs once.
  bool optimize = true;
  /// Threads of LLVM; 0: one a CPU. The bytes do not depend on it.
  unsigned jobs = 0;
  /// Of a model for GPUs, least first: each gets code of its own, and later ones
  /// that of the least.
  std::vector<GpuModel> gpus;
  /// Of a model for GPUs: weights in a file. Of one for CPUs the module says it.
  bool separateWeights = false;
};

/// A large constant that lives outside the code.
struct Weight {
  std::string symbol;         ///< what the object refers to
  llvm::ArrayRef<char> bytes; ///< alive as long as the module
  std::string name;           ///< what the module calls it
};

/// The constants that graphopt-extract-weights took out of `module`, ordered by
/// symbol. Their object needs them at addresses that are multiples of 64.
std::vector<Weight> listWeights(mlir::ModuleOp module);

/// Compiles `module`, which holds the LLVM dialect only, into an object file.
///
/// If graphopt-emit-entry made it a model, the object defines `<model>_model`,
/// `<model>_run_tensors` and the other functions of the model's header; all
/// else is local, the runtime included. Any other module defines its external
/// functions.
///
/// \returns the object, or an error if the target is unknown, the module cannot
/// be
///          translated, or the object would need a symbol that is neither a
///          weight nor a function of the C library.
///
/// Thread-safe for modules of different contexts.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
emitObject(mlir::ModuleOp module, const ObjectOptions &options);

enum class LibraryKind {
  Object,  ///< <model>.o, and <model>.weights.o if there are weights
  Archive, ///< lib<model>.a
  Shared   ///< lib<model>.so, by the C compiler or lld found in PATH
};

struct LibraryOptions {
  ObjectOptions object;
  LibraryKind kind = LibraryKind::Archive;
  std::string folder = "."; ///< made if it does not exist
  bool compressWeights = false; ///< those in a file of their own
};

/// Writes a model's library and its headers: `<model>.h`, and the `graphopt.h`
/// and `graphopt.hpp` that all models share; and `<model>.weights`, if
/// graphopt-extract-weights made the weights an argument of the model, and the
/// listing of graphopt-locate-nodes, if it ran.
///
/// Weights are streamed, never copied in memory. Equal modules give equal
/// bytes.
///
/// \returns the paths written, the library first, or an error; then none of
/// them
///          is left.
///
/// Thread-safe for modules of different contexts.
llvm::Expected<std::vector<std::string>>
emitLibrary(mlir::ModuleOp module, const LibraryOptions &options);

/// The same with code for several CPUs of one architecture: each run takes the
/// best that the CPU is good for. Weights that several have are stored once; the
/// workspace suits all.
///
/// \param targets     what differs in `cpu`; `options.object.target` is not used.
/// \param makeModule  the model for a target, alive until the next call.
llvm::Expected<std::vector<std::string>> emitLibrary(
    llvm::ArrayRef<EmitTarget> targets,
    llvm::function_ref<llvm::Expected<mlir::ModuleOp>(size_t target)> makeModule,
    const LibraryOptions &options);

enum class KernelKind { Ptx, Cubin };

/// Writes the kernels of a model for GPUs, `<model>.sm_<N>.ptx` or `.cubin` for each of
/// `gpus`.
///
/// \returns the paths written, or an error, as where there is no ptxas for cubins; then none
///          of them is left.
///
/// Thread-safe for modules of different contexts.
llvm::Expected<std::vector<std::string>> emitKernels(mlir::ModuleOp module, KernelKind kind,
                                                     llvm::ArrayRef<GpuModel> gpus,
                                                     llvm::StringRef folder);

} // namespace graphopt

#endif // GRAPHOPT_EMIT_EMIT_H
