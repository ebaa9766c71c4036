//===- OutlineKernels.cpp - Equal kernels become one function -------------===//

#include "dialects/Graph/NodeNames.h"
#include "dialects/Kernel/Kernel.h"
#include "graphopt/Codegen/Common/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/Support/MathExtras.h"

namespace graphopt {
#define GEN_PASS_DEF_OUTLINEKERNELS
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt::kernel;

/// Whether `op` becomes a loop nest on buffers.
static bool isKernel(Operation *op) {
  if (isa<memref::CopyOp>(op))
    return true;
  if (auto group = dyn_cast<scf::ExecuteRegionOp>(op)) // of graphopt-group-rows
    return group.getNoInline();
  return isa<EpilogueOp, PackOp, linalg::LinalgOp>(op) &&
         cast<DestinationStyleOpInterface>(op).hasPureBufferSemantics();
}

/// Whether the code of `op` is hardly more than a call of it.
static bool isTiny(Operation *op) {
  constexpr uint64_t kFewPoints = 32;
  uint64_t points = 1;
  auto multiply = [&](ArrayRef<int64_t> sizes) {
    for (int64_t size : sizes)
      points = ShapedType::isDynamic(size)
                   ? UINT64_MAX
                   : llvm::SaturatingMultiply<uint64_t>(points, size);
  };
  if (auto copy = dyn_cast<memref::CopyOp>(op))
    multiply(cast<BaseMemRefType>(copy.getTarget().getType()).getShape());
  else if (auto loops = dyn_cast<linalg::LinalgOp>(op))
    multiply(loops.getStaticLoopRanges());
  else
    return false;
  return points <= kFewPoints;
}

/// Where a buffer begins in memory is data of a call, not code.
static Type withOpenOffset(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  auto layout =
      memref ? dyn_cast<StridedLayoutAttr>(memref.getLayout()) : nullptr;
  if (!layout || layout.getOffset() == 0)
    return type;
  auto open = StridedLayoutAttr::get(type.getContext(), ShapedType::kDynamic,
                                     layout.getStrides());
  return MemRefType::get(memref.getShape(), memref.getElementType(), open,
                         memref.getMemorySpace());
}

/// "matmul_128x384": the kernel and the shape that it writes.
static std::string nameOf(Operation *op) {
  std::string name = op->getName().stripDialect().str();
  if (auto group = dyn_cast<scf::ExecuteRegionOp>(op)) {
    name = "rows";
    op = group.getRegion().front().getTerminator()->getPrevNode();
  }
  auto type =
      dyn_cast<MemRefType>(op->getOperand(op->getNumOperands() - 1).getType());
  if (!type)
    return name;
  for (auto [i, size] : llvm::enumerate(type.getShape()))
    name += (i == 0 ? "_" : "x") +
            (ShapedType::isDynamic(size) ? "n" : std::to_string(size));
  return name;
}

namespace {
/// A function, and where each of its ops comes from in each of its calls.
struct SharedFunction {
  explicit SharedFunction(func::FuncOp function) : function(function) {
    addCall(function);
  }

  /// `other` does the same.
  void addCall(func::FuncOp other) {
    size_t i = 0;
    other.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (i == locs.size())
        locs.emplace_back();
      locs[i++].push_back(op->getLoc());
    });
  }

  void setLocations() {
    auto *next = locs.begin();
    function.walk<WalkOrder::PreOrder>(
        [&](Operation *op) { op->setLoc(graphopt::getSharedLoc(*next++)); });
  }

  func::FuncOp function;
  SmallVector<SmallVector<Location>> locs;
};

struct OutlineKernels : graphopt::impl::OutlineKernelsBase<OutlineKernels> {
  using OutlineKernelsBase::OutlineKernelsBase;

  void runOnOperation() override {
    functions.clear();
    SmallVector<Operation *> kernels;
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<scf::ParallelOp, scf::ForallOp>(op))
        return WalkResult::skip(); // becomes a function of its own
      if (!isKernel(op))
        return WalkResult::advance();
      if (tiny || !isTiny(op))
        kernels.push_back(op);
      return WalkResult::skip();
    });
    SymbolTable symbols(getOperation());
    for (Operation *kernel : kernels)
      outline(kernel, symbols);
    for (auto &[type, alike] : functions)
      for (SharedFunction &shared : alike)
        shared.setLocations();
    numOutlined += kernels.size();
  }

private:
  /// What `kernel` uses: values to hand over, each once, and constants to
  /// repeat.
  static void findUses(Operation *kernel, SetVector<Value> &arguments,
                       SetVector<Value> &constants) {
    SetVector<Value> used(kernel->operand_begin(), kernel->operand_end());
    getUsedValuesDefinedAbove(kernel->getRegions(), used);
    for (Value value : used)
      (matchPattern(value, m_Constant()) ? constants : arguments).insert(value);
  }

  void outline(Operation *kernel, SymbolTable &symbols) {
    SetVector<Value> arguments, constants;
    findUses(kernel, arguments, constants);
    SmallVector<Type> types;
    for (Value value : arguments)
      types.push_back(withOpenOffset(value.getType()));

    OpBuilder b(&getContext());
    Location loc = kernel->getLoc();
    auto function = func::FuncOp::create(
        b, loc, nameOf(kernel), FunctionType::get(&getContext(), types, {}));
    function.setPrivate();
    // One call is no reason to make the caller longer. The conversion to the
    // LLVM dialect would lose `no_inline`.
    function->setAttr("passthrough", b.getStrArrayAttr({"noinline"}));
    b.setInsertionPointToStart(function.addEntryBlock());
    IRMapping mapping;
    for (auto [value, argument] :
         llvm::zip(arguments, function.getArguments()))
      mapping.map(value, argument);
    for (Value constant : constants)
      b.clone(*constant.getDefiningOp(), mapping);
    b.clone(*kernel, mapping);
    func::ReturnOp::create(b, loc);

    b.setInsertionPoint(kernel);
    SmallVector<Value> operands;
    for (auto [value, type] : llvm::zip(arguments, types))
      operands.push_back(value.getType() == type
                             ? value
                             : memref::CastOp::create(b, loc, type, value));
    func::CallOp::create(b, loc, share(function, symbols), operands);
    kernel->erase();
  }

  /// An earlier function that does the same, or else `function`.
  func::FuncOp share(func::FuncOp function, SymbolTable &symbols) {
    SmallVector<SharedFunction, 0> &alike =
        functions[function.getFunctionType()];
    for (SharedFunction &earlier : alike)
      if (OperationEquivalence::isRegionEquivalentTo(
              &earlier.function.getBody(), &function.getBody(),
              OperationEquivalence::IgnoreLocations)) {
        earlier.addCall(function);
        function.erase();
        return earlier.function;
      }
    symbols.insert(function, getOperation().getBody()->end());
    alike.emplace_back(function);
    ++numFunctions;
    return function;
  }

  /// The functions made so far.
  DenseMap<Type, SmallVector<SharedFunction, 0>> functions;
};
} // namespace
