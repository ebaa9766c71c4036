//===- MapToGpu.cpp - Functions become kernels and launches ---------------===//

#include "../Common/LoopBuilder.h"
#include "HostLoops.h"
#include "dialects/Kernel/Kernel.h"
#include "graphopt/Codegen/GPU/Passes.h"
#include "graphopt/Target/CodeTargets.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"

namespace graphopt {
#define GEN_PASS_DEF_MAPTOGPU
#include "graphopt/Codegen/GPU/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;

static constexpr StringRef kModule = "kernels";

/// Turns of each loop of `nest`, `lookup` giving what its bounds are made of.
static SmallVector<LoopBuilder::Size>
countTurns(scf::ParallelOp nest, LoopBuilder &b,
           llvm::function_ref<Value(Value)> lookup) {
  SmallVector<LoopBuilder::Size> counts;
  for (auto [first, end, step] :
       llvm::zip(nest.getLowerBound(), nest.getUpperBound(), nest.getStep()))
    counts.push_back(
        b.ceilDiv(b.sub(lookup(end), lookup(first)), lookup(step)));
  return counts;
}

/// Clones what `value` is made of in front of `b`.
static Value cloneSlice(Value value, IRMapping &mapping, OpBuilder &b) {
  if (Value known = mapping.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    cloneSlice(operand, mapping, b);
  b.clone(*op, mapping);
  return mapping.lookup(value);
}

/// The number of this thread in its grid, or of threads.
static Value threadNumber(LoopBuilder &b) {
  Value block = gpu::BlockIdOp::create(b, gpu::Dimension::x);
  Value size = gpu::BlockDimOp::create(b, gpu::Dimension::x);
  Value thread = gpu::ThreadIdOp::create(b, gpu::Dimension::x);
  return b.add(b.mul(block, size), thread);
}
static Value threadCount(LoopBuilder &b) {
  Value blocks = gpu::GridDimOp::create(b, gpu::Dimension::x);
  return b.mul(blocks, gpu::BlockDimOp::create(b, gpu::Dimension::x));
}

/// Thread t takes the turns t, t + threads, t + 2 threads and so on.
static void distribute(scf::ParallelOp nest) {
  LoopBuilder b(nest.getLoc(), nest);
  auto same = [](Value value) { return value; };
  SmallVector<LoopBuilder::Size> counts = countTurns(nest, b, same);
  auto loop = scf::ForOp::create(b, threadNumber(b), b.product(counts), threadCount(b));
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> turns = b.delinearize(loop.getInductionVar(), counts);
  IRMapping mapping;
  for (auto [index, turn, first, step] : llvm::zip(nest.getInductionVars(), turns,
                                                   nest.getLowerBound(), nest.getStep()))
    mapping.map(index, b.add(first, b.mul(turn, step)));
  for (Operation &op : nest.getBody()->without_terminator())
    b.clone(op, mapping);
  nest.erase();
}

namespace {
struct MapToGpu : graphopt::impl::MapToGpuBase<MapToGpu> {
  using MapToGpuBase::MapToGpuBase;

  void runOnOperation() override {
    WalkResult calls = getOperation().walk([](kernel::CallOp call) {
      call.emitOpError("is not supported on GPUs: the runtime's functions read the host's memory");
      return WalkResult::interrupt();
    });
    if (calls.wasInterrupted())
      return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (failed(verifyPorts(function)))
        return signalPassFailure();
    outlineHostLoops(getOperation());
    makeModule();
    for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>())) {
      SmallVector<gpu::LaunchOp> launches;
      function.walk([&](gpu::LaunchOp launch) { launches.push_back(launch); });
      if (!launches.empty() && failed(verifyAssertsNothing(function)))
        return signalPassFailure();
      for (auto [i, launch] : llvm::enumerate(launches))
        outline(function, launch, i);
      if (launches.empty() && isKernel(function) && failed(map(function)))
        return signalPassFailure();
    }
  }

private:
  static bool isKernel(func::FuncOp function) {
    return function.isPrivate() && !function.isExternal() &&
           function.getNumResults() == 0 && llvm::hasSingleElement(function.getBody());
  }

  /// Strings lie behind addresses of the host's, the others are objects of the runtime.
  static LogicalResult verifyPorts(func::FuncOp function) {
    auto verify = [&](DictionaryAttr port) -> LogicalResult {
      auto dtype = port ? port.getAs<StringAttr>("graph.dtype") : nullptr;
      if (!dtype || (dtype != "string" && !port.contains("graph.kind")))
        return success();
      emitError(UnknownLoc::get(function.getContext())) // the model is no node
          << "'" << port.getAs<StringAttr>("graph.name").getValue()
          << "' is not supported on GPUs: strings, sequences and optionals are the host's";
      return failure();
    };
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      if (failed(verify(function.getArgAttrDict(i))))
        return failure();
    for (unsigned i = 0; i < function.getNumResults(); ++i)
      if (failed(verify(function.getResultAttrDict(i))))
        return failure();
    return success();
  }

  /// The host checks values; a kernel could tell no one.
  static LogicalResult verifyAssertsNothing(func::FuncOp function) {
    WalkResult asserts = function.walk([](cf::AssertOp assertion) {
      assertion.emitOpError("is not supported in kernels for GPUs");
      return WalkResult::interrupt();
    });
    return failure(asserts.wasInterrupted());
  }

  LogicalResult map(func::FuncOp function) {
    if (failed(verifyAssertsNothing(function)))
      return failure();
    Block &body = function.getBody().front();
    SmallVector<scf::ParallelOp> nests(body.getOps<scf::ParallelOp>());
    // A block does not wait for others: what comes after a nest may not read what
    // other threads wrote.
    if (nests.size() > 1)
      return function.emitError("has more than one parallel loop");
    scf::ParallelOp nest = nests.empty() ? nullptr : nests.front();
    if (nest)
      for (Operation &op : body.without_terminator())
        if (&op != nest && !isMemoryEffectFree(&op))
          return op.emitOpError("stands beside a parallel loop");

    gpu::GPUFuncOp kernel = makeKernel(function);
    launch(function, kernel, nest);
    for (auto inner : llvm::to_vector(kernel.getBody().getOps<scf::ParallelOp>()))
      distribute(inner);
    return success();
  }

  /// For kernels. Without any it tells that memory is the GPU's.
  void makeModule() {
    auto b = OpBuilder::atBlockEnd(getOperation().getBody());
    kernels = gpu::GPUModuleOp::create(b, getOperation().getLoc(), kModule);
    names.emplace(kernels);
    getOperation()->setAttr(gpu::GPUDialect::getContainerModuleAttrName(), b.getUnitAttr());
  }

  /// A kernel without a body, which has the arguments of `function` and `more`; of another
  /// name if there is one of this.
  gpu::GPUFuncOp declareKernel(func::FuncOp function, const Twine &name, TypeRange more = {}) {
    auto b = OpBuilder::atBlockEnd(kernels.getBody());
    SmallVector<Type> types(function.getArgumentTypes());
    llvm::append_range(types, more);
    auto kernel = gpu::GPUFuncOp::create(b, function.getLoc(), name.str(),
                                         b.getFunctionType(types, {}));
    kernel->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
    names->insert(kernel);
    return kernel;
  }

  /// Makes a kernel of the body of `launch`, the `number`-th of `function`.
  void outline(func::FuncOp function, gpu::LaunchOp launch, size_t number) {
    std::string name = function.getName().str();
    if (number)
      name += "_" + std::to_string(number);
    SetVector<Value> outer;
    getUsedValuesDefinedAbove(launch.getBody(), outer);
    SmallVector<Value> maps; // which only the host can make
    for (Value value : outer)
      if (isa<nvgpu::TensorMapDescriptorType>(value.getType()))
        maps.push_back(value);
    gpu::GPUFuncOp kernel = declareKernel(function, name, ValueRange(maps).getTypes());
    if (std::optional<int64_t> size = getConstantIntValue(launch.getBlockSizeX()))
      kernel.setKnownBlockSize(ArrayRef<int32_t>{int32_t(*size), 1, 1});
    // Else ptxas spills registers for the sake of more blocks.
    kernel->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                    IntegerAttr::get(IntegerType::get(&getContext(), 32), 1));
    if (Attribute targets = launch->getAttr(kTargetsAttr))
      kernel->setAttr(kTargetsAttr, targets);
    IRMapping mapping;
    Block &entry = kernel.getBody().front(), &body = launch.getBody().front();
    unsigned count = function.getNumArguments();
    mapping.map(function.getArguments(), kernel.getArguments().take_front(count));
    mapping.map(maps, kernel.getArguments().slice(count, maps.size()));
    for (BlockArgument memory : launch.getWorkgroupAttributions())
      mapping.map(memory, kernel.addWorkgroupAttribution(memory.getType(), memory.getLoc()));
    auto b = OpBuilder::atBlockEnd(&entry);
    for (Value value : outer)
      cloneSlice(value, mapping, b);
    for (Operation &op : body.without_terminator())
      b.clone(op, mapping);
    gpu::ReturnOp::create(b, launch.getLoc());
    copyCallees(kernel);

    OpBuilder host(launch);
    SmallVector<Value> operands(function.getArguments());
    llvm::append_range(operands, maps);
    gpu::LaunchFuncOp::create(host, launch.getLoc(), kernel, launch.getGridSizeOperandValues(),
                              launch.getBlockSizeOperandValues(),
                              launch.getDynamicSharedMemorySize(), operands);
    launch.erase();
  }

  /// A copy of `function`, in which nothing is distributed yet.
  gpu::GPUFuncOp makeKernel(func::FuncOp function) {
    gpu::GPUFuncOp kernel = declareKernel(function, function.getName());
    OpBuilder b(&getContext());
    IRMapping mapping;
    Block &entry = kernel.getBody().front(), &body = function.getBody().front();
    mapping.map(body.getArguments(), entry.getArguments());
    b.setInsertionPointToStart(&entry);
    for (Operation &op : body.without_terminator())
      b.clone(op, mapping);
    gpu::ReturnOp::create(b, function.getLoc());
    copyCallees(kernel);
    return kernel;
  }

  /// Functions that kernels call, as powers of integers are.
  void copyCallees(Operation *caller) {
    caller->walk([&](func::CallOp call) {
      if (kernels.lookupSymbol(call.getCallee()))
        return;
      auto callee = getOperation().lookupSymbol<func::FuncOp>(call.getCallee());
      auto copy = OpBuilder::atBlockEnd(kernels.getBody()).clone(*callee);
      copyCallees(copy);
    });
  }

  /// Puts the launch in the place of what `function` does.
  void launch(func::FuncOp function, gpu::GPUFuncOp kernel, scf::ParallelOp nest) {
    Block &body = function.getBody().front();
    auto *start = new Block;
    function.getBody().push_front(start);
    IRMapping mapping;
    for (BlockArgument argument : body.getArguments())
      mapping.map(argument, start->addArgument(argument.getType(), argument.getLoc()));
    LoopBuilder b(function.getLoc(), &getContext());
    b.setInsertionPointToStart(start);
    Value one = b.index(1), blocks = one, size = one;
    if (nest) {
      auto copy = [&](Value value) { return cloneSlice(value, mapping, b); };
      size = b.index(threads);
      blocks = b.ceilDiv(b.product(countTurns(nest, b, copy)), size);
      blocks = b.min(blocks, b.index(mostBlocks));
    }
    gpu::LaunchFuncOp::create(b, kernel, {blocks, one, one}, {size, one, one},
                                    /*dynamicSharedMemorySize=*/Value(),
                                    start->getArguments());
    func::ReturnOp::create(b);
    body.erase();
  }

  gpu::GPUModuleOp kernels;
  std::optional<SymbolTable> names; ///< of what it has
};
} // namespace
