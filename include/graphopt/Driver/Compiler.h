#ifndef GRAPHOPT_DRIVER_COMPILER_H
#define GRAPHOPT_DRIVER_COMPILER_H

#include "graphopt/Target/Target.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <optional>
#include <string>
#include <vector>

namespace graphopt {

/// Where the compiler may stop; see docs/Tour.md. Object writes the object file
/// alone, Shared a shared library in place of the archive, Onnx a model again, after
/// the passes of Graph whose results other tools can read.
enum class Stage {
  Import, Graph, Kernel, Memory, LLVM, Object, Archive, Shared, Onnx, Ptx, Cubin
};
constexpr Stage greatestStage = Stage::Cubin;

/// "import", "graph", ..., as --emit takes it.
llvm::StringRef stageName(Stage stage);

/// Whether a compiled model's weights are part of its library, or a file
/// `<model>.weights` beside it that is mapped at run time, or a smaller one that is
/// expanded in memory.
enum class WeightsPlace { Library, File, Compressed };

enum class Processor { Cpu, Cuda };

struct CompileOptions {
#define COMPILE_OPTION(type, field, flag, initial, value, help)                \
  type field = initial;
#include "graphopt/Driver/Options.def"
};

/// Told about the compiler's progress, on the thread that compiles.
class CompileObserver {
public:
  virtual ~CompileObserver() = default;
  virtual void beginStage(llvm::StringRef stage) {}
  virtual void endStage(llvm::StringRef stage) {}
  /// Errors are returned, not told here.
  virtual void warn(llvm::StringRef text) {}
  /// Of interest to who asks why, such as an op that is not vectorized.
  virtual void remark(llvm::StringRef text) {}
  /// The model ran on `done` of `total` samples. Called in a child process.
  virtual void progress(llvm::StringRef task, size_t done, size_t total) {}
};

/// The memory that a run needs for intermediate values, in bytes.
struct WorkspacePlan {
  int64_t bytes;
  int64_t lowerBound;   ///< what lives at one time: no plan can be smaller
  int64_t sampleExtent; ///< of each open dimension; 0 if there is none
};

/// The files that a compilation wrote.
struct Artifact {
  std::string modelName;
  std::vector<std::string> files;
  std::optional<WorkspacePlan> workspace; ///< from stage memory on, if any
};

/// Compiles the model in `modelPath` into `lib<name>.a` and `<name>.h`.
///
/// Dimensions that the model leaves open stay open: the compiled function takes
/// them at run time, in elements. Weights are copied into the archive.
///
/// \param modelPath  ONNX file, any opset up to 28; its text form (.onnxtxt); or
///                   a dump of --dump-stages, from which compilation goes on.
/// \param options    where to stop, the target, where to write.
/// \param observer   may be null.
/// \returns the files written, or an error whose text names the ONNX node that
///          could not be compiled. On error no file is left behind.
///
/// Thread-safe: calls share nothing.
llvm::Expected<Artifact> compileModel(llvm::StringRef modelPath,
                                      const CompileOptions &options,
                                      CompileObserver *observer = nullptr);

/// Writes, for each stage from `graph` on, its passes as a line that graphopt-opt
/// takes: `--pass-pipeline='builtin.module(...)'`.
llvm::Error printPipelines(const CompileOptions &options,
                           llvm::raw_ostream &os);

} // namespace graphopt
#endif
