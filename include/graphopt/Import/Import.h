// From an ONNX file to the graph dialect.
#ifndef GRAPHOPT_IMPORT_IMPORT_H
#define GRAPHOPT_IMPORT_IMPORT_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace mlir {
class MLIRContext;
class ModuleOp;
template <typename OpTy> class OwningOpRef;
} // namespace mlir

namespace graphopt {

/// Fixed dimensions for one input of a model.
struct InputShape {
  std::string input;                  ///< ONNX name
  llvm::SmallVector<int64_t, 4> dims; ///< in elements; `open` is left as it is
  static constexpr int64_t open = -1;
};

/// Reads `input_ids=1x128`. A dimension `?` is left as it is, `x=` is a scalar.
llvm::Expected<InputShape> parseInputShape(llvm::StringRef text);
llvm::Expected<std::vector<InputShape>>
parseInputShapes(llvm::ArrayRef<std::string> texts);

struct ImportOptions {
  /// A dimension name bound here is bound in every input that has it.
  std::vector<InputShape> shapes;
  /// Largest number of nodes after model-local functions are inlined.
  uint64_t maxNodes = 1 << 18;
  /// Largest dense size of a sparse tensor.
  uint64_t maxSparseBytes = uint64_t(1) << 30;
};

/// Imports the model in `path` as a module with one function, `main`, of graph
/// ops. Weights are not copied: the module's resource blobs are mapped from the
/// file, which must stay unchanged while the module lives.
///
/// \param path     ONNX file, any opset up to 28: `.onnx`, or ONNX's text form
///                 if the name ends in `.onnxtxt`.
/// \param options  shapes to fix, limits.
/// \returns the verified module, or an error whose text names the file and, for
///          each node that could not be imported, node, operator and opset.
///
/// Loads the dialects that it needs. Thread-safe for different contexts.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
importModel(mlir::MLIRContext &context, llvm::StringRef path,
            const ImportOptions &options = {});

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_IMPORT_H
