//===- Pipelines.h - The order of the passes, one pipeline a stage --------===//

#ifndef GRAPHOPT_PIPELINE_PIPELINES_H
#define GRAPHOPT_PIPELINE_PIPELINES_H

#include "graphopt/Target/Target.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassManager.h"
#include <string>
#include <vector>

namespace graphopt {

/// What a user may ask of the stage graph.
struct GraphOptions {
  std::vector<std::string> outputs; ///< to keep, by ONNX name; all if empty
  /// For running what depends on constants only; 0: nothing is run.
  int64_t evaluateMs = 10000;
  bool listNodes = false; ///< for the listing of the stage llvm
  bool portable = false;  ///< only what ONNX can say: no layouts of our own
  bool onGpu = false;     ///< products of bytes and of bf16 are fast, whatever the host has
};

/// What a user may ask of the stage kernel.
struct KernelOptions {
  bool winograd = true; ///< where it is faster
  bool onGpu = false;   ///< filters in one panel; other weights stay as they are
  Precision precision = Precision::F32; ///< of factors, on GPUs
};

/// The part of the next pipeline that leaves the model's own operators: what is
/// observed and compressed.
void buildModelPipeline(mlir::OpPassManager &pm, const GraphOptions &options = {});

/// Graph to graph, nothing dead, constant or twice: stage graph.
void buildGraphPipeline(mlir::OpPassManager &pm, const CpuModel &cpu,
                        const GraphOptions &options = {});

/// Graph to linalg and kernel ops on tensors, the next pipeline included: stage
/// kernel.
void buildKernelPipeline(mlir::OpPassManager &pm, const CpuModel &cpu,
                         const KernelOptions &options = {});

/// Tensors to tensors: linalg and kernel ops are merged, constants packed.
void buildTensorPipeline(mlir::OpPassManager &pm, const CpuModel &cpu,
                         const KernelOptions &options = {});

/// Tensors to buffers in one workspace: stage memory.
/// Where it is for GPUs, which `gpus` lists as --sm does, ops that become one kernel are together.
void buildMemoryPipeline(mlir::OpPassManager &pm, const CpuModel &cpu, llvm::StringRef gpus = "");

/// What a user may ask of the stage llvm.
struct LLVMOptions {
  bool profile = false; ///< each call tells the context when it begins and ends
  bool separateWeights = false; ///< weights come from a file at run time
  /// Makes debug information that points to the file `<model>.<listing>`; none
  /// if empty.
  std::string listing;
  bool onGpu = false; ///< kernels for CUDA GPUs, which the CPU launches
  std::string gpus = "80"; ///< which, as --sm lists them
  Precision precision = Precision::F32;
};

/// Buffers to the LLVM dialect with the model's C entry: stage llvm.
void buildLLVMPipeline(mlir::OpPassManager &pm, const CpuModel &cpu,
                       const LLVMOptions &options = {});

/// The dialects and interfaces that the stages need.
void registerCompilerDialects(mlir::DialectRegistry &registry);

/// Makes the pipelines known by name: graphopt-tensor-pipeline and so on, with the option
/// `cpu` (`host`, a row of CpuModels.def, or LLVM's name).
void registerPipelines();

} // namespace graphopt

#endif // GRAPHOPT_PIPELINE_PIPELINES_H
