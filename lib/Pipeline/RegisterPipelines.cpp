//===- RegisterPipelines.cpp - The pipelines by name ----------------------===//

#include "graphopt/Pipeline/Pipelines.h"

#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace {
struct StageOptions : PassPipelineOptions<StageOptions> {
  Option<std::string> cpu{*this, "cpu",
                          llvm::cl::desc("CPU to make code for"),
                          llvm::cl::init("host")};
};
} // namespace

using Build = void (*)(OpPassManager &, const graphopt::CpuModel &);

static void registerStage(StringRef name, StringRef description, Build build) {
  registerPassPipeline(
      name, description,
      [build](OpPassManager &pm, StringRef text,
              function_ref<LogicalResult(const Twine &)> fail) {
        StageOptions options;
        if (failed(options.parseFromString(text)))
          return failure();
        auto cpu = graphopt::findCpuModel(options.cpu);
        if (!cpu)
          return fail(llvm::toString(cpu.takeError()));
        build(pm, *cpu);
        return success();
      },
      [](function_ref<void(const detail::PassOptions &)> visit) {
        visit(StageOptions());
      });
}

void graphopt::registerPipelines() {
  registerStage("graphopt-graph-pipeline", "What is done on the graph dialect",
                [](OpPassManager &pm, const CpuModel &cpu) {
                  buildGraphPipeline(pm, cpu);
                });
  registerStage("graphopt-kernel-pipeline",
                "Graph dialect to linalg and kernel ops",
                [](OpPassManager &pm, const CpuModel &cpu) {
                  buildKernelPipeline(pm, cpu);
                });
  registerStage("graphopt-tensor-pipeline",
                "Merges linalg and kernel ops on tensors",
                [](OpPassManager &pm, const CpuModel &cpu) {
                  buildTensorPipeline(pm, cpu);
                });
  registerStage("graphopt-memory-pipeline",
                "Tensors to buffers in one workspace",
                [](OpPassManager &pm, const CpuModel &cpu) {
                  buildMemoryPipeline(pm, cpu);
                });
  registerStage("graphopt-llvm-pipeline",
                "Buffers to the LLVM dialect and a C entry",
                [](OpPassManager &pm, const CpuModel &cpu) {
                  buildLLVMPipeline(pm, cpu);
                });
  registerStage("graphopt-cuda-pipeline",
                "Buffers to CUDA kernels and, in the LLVM dialect, their host",
                [](OpPassManager &pm, const CpuModel &cpu) {
                  LLVMOptions options;
                  options.onGpu = true;
                  buildLLVMPipeline(pm, cpu, options);
                });
}
