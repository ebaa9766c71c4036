#include "graphopt/Driver/HostEvaluator.h"
#include "ChildProcess.h"
#include "Diagnostics.h"
#include "Jit.h"
#include "dialects/Graph/ConstantEvaluator.h"
#include "graphopt/Emit/Emit.h"
#include "graphopt/Pipeline/Pipelines.h"
#include "graphopt/Support/HostTensor.h"
#include "graphopt/Target/Target.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>
#include <fmt/format.h>
#include <sys/mman.h>

using namespace graphopt;
using namespace mlir;

/// The passes between the graph stage and the object.
static void buildPipeline(OpPassManager &passes, const CpuModel &cpu) {
  buildKernelPipeline(passes, cpu);
  buildMemoryPipeline(passes, cpu);
  buildLLVMPipeline(passes, cpu);
}

/// Lowers `module` and compiles it, as fast as that goes.
static llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
compileForHost(ModuleOp module, const CpuModel &host) {
  PassManager passes(module.getContext());
  buildPipeline(passes, host);
  if (llvm::Error error = runQuietly(passes, module, "it does not compile"))
    return error;
  ObjectOptions options;
  options.target = {host.triple, host.llvmCpu, host.features};
  options.optimize = false;
  return emitObject(module, options);
}

namespace {
/// Pages that a child process shares with this one.
class SharedMemory {
public:
  static llvm::Expected<SharedMemory> map(size_t bytes) {
    void *data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data == MAP_FAILED)
      return llvm::createStringError(
          fmt::format("no memory for results of {} bytes", bytes));
    return SharedMemory(static_cast<char *>(data), bytes);
  }
  SharedMemory(SharedMemory &&other)
      : data(std::exchange(other.data, nullptr)), bytes(other.bytes) {}
  ~SharedMemory() {
    if (data)
      munmap(data, bytes);
  }
  char *begin() const { return data; }

private:
  SharedMemory(char *data, size_t bytes) : data(data), bytes(bytes) {}
  char *data;
  size_t bytes;
};

/// One call of a compiled model whose shapes are all static.
class Evaluation {
public:
  Evaluation(const graphopt_model &model, ArrayRef<ArrayRef<char>> inputs,
             ArrayRef<MutableArrayRef<char>> results)
      : model(model), inputs(inputs), results(results) {}

  llvm::Error run(int64_t timeLimitMs) {
    size_t bytes = 0;
    for (MutableArrayRef<char> result : results)
      bytes += llvm::alignTo(result.size(), GRAPHOPT_ALIGNMENT);
    auto shared = SharedMemory::map(std::max<size_t>(bytes, 1));
    if (!shared)
      return shared.takeError();
    // Twice what is read and written, and room for what loops build up.
    constexpr int64_t spareBytes = int64_t(1) << 30;
    int64_t limit = spareBytes + 2 * int64_t(bytes);
    for (ArrayRef<char> input : inputs)
      limit += 2 * int64_t(input.size());
    auto status = runInChild([&] { return call(shared->begin()); },
                             {timeLimitMs, limit});
    if (!status)
      return status.takeError();
    if (*status != GRAPHOPT_OK)
      return llvm::createStringError(
          model.status_text(graphopt_status(*status)));
    char *data = shared->begin();
    for (MutableArrayRef<char> result : results) {
      std::memcpy(result.data(), data, result.size());
      data += llvm::alignTo(result.size(), GRAPHOPT_ALIGNMENT);
    }
    return llvm::Error::success();
  }

private:
  /// In the child process.
  int call(char *output) {
    SmallVector<graphopt_tensor> in, out;
    for (auto [i, input] : llvm::enumerate(inputs)) {
      void *data = const_cast<char *>(input.data());
      if (uintptr_t(data) % GRAPHOPT_ALIGNMENT != 0) {
        data = allocateAligned(input.size());
        if (!data)
          return GRAPHOPT_OUT_OF_MEMORY;
        std::memcpy(data, input.data(), input.size());
      }
      in.push_back(makeTensor(model.inputs[i], data));
    }
    for (auto [i, result] : llvm::enumerate(results)) {
      out.push_back(makeTensor(model.outputs[i], output));
      output += llvm::alignTo(result.size(), GRAPHOPT_ALIGNMENT);
    }
    int64_t workspaceBytes = model.workspace_bytes(nullptr);
    void *workspace = allocateAligned(workspaceBytes);
    if (!workspace)
      return GRAPHOPT_OUT_OF_MEMORY;
    return model.run(nullptr, in.data(), out.data(), workspace, workspaceBytes);
  }

  /// The run only reads the extents of inputs, and writes to those of outputs
  /// what is there.
  graphopt_tensor makeTensor(const graphopt_port &port, void *data) {
    auto &extents = dims.emplace_back(port.dims, port.dims + port.rank);
    return {data, extents.data(), port.rank, port.dtype};
  }

  const graphopt_model &model;
  ArrayRef<ArrayRef<char>> inputs;
  ArrayRef<MutableArrayRef<char>> results;
  std::deque<SmallVector<int64_t>> dims;
};

class HostEvaluator : public graph::ConstantEvaluator {
public:
  using ConstantEvaluator::ConstantEvaluator;

  llvm::Error evaluate(ModuleOp module, ArrayRef<ArrayRef<char>> inputs,
                       ArrayRef<MutableArrayRef<char>> results,
                       int64_t timeLimitMs) const override {
    llvm::Expected<CpuModel> host = findCpuModel("host");
    if (!host)
      return host.takeError();
    auto name = module->getAttrOfType<StringAttr>("graph.model");
    auto object = compileForHost(module, *host);
    if (!object)
      return object.takeError();
    auto jit = createJit();
    if (!jit)
      return jit.takeError();
    if (llvm::Error error = (*jit)->addObjectFile(std::move(*object)))
      return error;
    auto model = findModel(**jit, name);
    if (!model)
      return model.takeError();
    return Evaluation(**model, inputs, results).run(timeLimitMs);
  }
};
} // namespace

void graphopt::registerHostEvaluator(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, graph::GraphDialect *graph) {
    graph->addInterfaces<HostEvaluator>();
    // No dialect can be loaded any more when a pass asks for the evaluator.
    PassManager passes(context);
    buildPipeline(passes, CpuModel());
    DialectRegistry needed;
    passes.getDependentDialects(needed);
    context->appendDialectRegistry(needed);
    for (StringRef name : needed.getDialectNames())
      context->getOrLoadDialect(name);
  });
}
