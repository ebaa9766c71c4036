//===- Bufferization.cpp - Kernel ops from tensors to memrefs -------------===//

#include "dialects/Kernel/Bufferization.h"
#include "dialects/Kernel/Kernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace graphopt::kernel;

/// True if kernels cannot address neighbours in the last dimension of `buffer`
/// as a vector.
static bool isSparse(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  return type.getRank() != 0 && !type.isLastDimUnitStride();
}

FailureOr<Value>
graphopt::kernel::allocateLike(OpBuilder &builder, Location loc, Value buffer,
                               const BufferizationOptions &options) {
  auto type = cast<MemRefType>(buffer.getType());
  SmallVector<Value> sizes;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (type.isDynamicDim(dim))
      sizes.push_back(memref::DimOp::create(builder, loc, buffer, dim));
  auto dense = MemRefType::get(type.getShape(), type.getElementType(), nullptr,
                               type.getMemorySpace());
  return options.createAlloc(builder, loc, dense, sizes);
}

/// `size` / `by`, rounded up.
static Value ceilDiv(OpBuilder &b, Location loc, Value size, int64_t by) {
  Value divisor = arith::ConstantIndexOp::create(b, loc, by);
  return b.createOrFold<arith::CeilDivUIOp>(loc, size, divisor);
}

/// The scratch memory of `op` on `buffers`; null if it has none.
static FailureOr<Value> allocateScratch(OpBuilder &b, Operation *op,
                                        ArrayRef<Value> buffers,
                                        const BufferizationOptions &options) {
  Location loc = op->getLoc();
  MemRefType type;
  SmallVector<Value> sizes;
  if (auto conv = dyn_cast<WinogradConvOp>(op))
    type = conv.getScratchType();
  if (auto attention = dyn_cast<AttentionOp>(op))
    type = attention.getScratchType();
  if (!type)
    return Value();
  for (auto [dim, size] : llvm::enumerate(type.getShape())) {
    if (!ShapedType::isDynamic(size))
      continue;
    auto attention = cast<AttentionOp>(op);
    Value keys = memref::DimOp::create(
        b, loc, buffers[1], attention.getDim(AttentionOp::Role::Key, dim));
    bool isPanels = dim == 2;
    sizes.push_back(isPanels ? ceilDiv(b, loc, keys, attention.getPanelKeys())
                             : keys);
  }
  return options.createAlloc(b, loc, type, sizes);
}

/// Scratch memory is the segment before the last, init.
static void addScratchSegment(OperationState &state) {
  constexpr StringRef kName = "operandSegmentSizes";
  auto segments = cast<DenseI32ArrayAttr>(state.attributes.get(kName));
  SmallVector<int32_t> sizes(segments.asArrayRef());
  sizes[sizes.size() - 2] = 1;
  state.attributes.set(kName, DenseI32ArrayAttr::get(segments.getContext(), sizes));
}

namespace {
/// One model for all kernel ops.
template <typename Op>
struct KernelModel : DstBufferizableOpInterfaceExternalModel<KernelModel<Op>, Op> {
  /// init is overwritten: a tensor.empty, or an old value, costs no copy.
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &) const {
    return !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  /// The elements of an extra read through the identity are loaded before the
  /// same elements of init are stored, so the two may be one buffer (a residual
  /// in place).
  bool bufferizesToElementwiseAccess(Operation *op, const AnalysisState &,
                                     ArrayRef<OpOperand *> operands) const {
    auto kernel = dyn_cast<EpilogueOp>(op);
    if (!kernel)
      return false;
    unsigned firstExtra = kernel.getInputs().size();
    return llvm::all_of(operands, [&](OpOperand *operand) {
      unsigned number = operand->getOperandNumber();
      return kernel.isDpsInit(operand) ||
             (number >= firstExtra &&
              kernel.getMap(number - firstExtra).isIdentity());
    });
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto destination = cast<DestinationStyleOpInterface>(op);
    if (!destination.hasPureTensorSemantics())
      return success();
    rewriter.setInsertionPoint(op);
    SmallVector<Value> buffers;
    Value result;
    for (OpOperand &operand : op->getOpOperands()) {
      FailureOr<Value> buffer =
          getBuffer(rewriter, operand.get(), options, state);
      if (failed(buffer))
        return failure();
      result = *buffer; // init comes last
      if (isSparse(*buffer)) {
        FailureOr<Value> dense =
            allocateLike(rewriter, op->getLoc(), *buffer, options);
        if (failed(dense))
          return failure();
        if (!destination.isDpsInit(&operand) &&
            failed(options.createMemCpy(rewriter, op->getLoc(), *buffer, *dense)))
          return failure();
        buffer = dense;
      }
      buffers.push_back(*buffer);
    }
    FailureOr<Value> scratch = allocateScratch(rewriter, op, buffers, options);
    if (failed(scratch))
      return failure();
    OperationState newState(op->getLoc(), op->getName(), buffers, TypeRange(),
                            op->getAttrs());
    if (*scratch) {
      newState.operands.insert(newState.operands.end() - 1, *scratch);
      addScratchSegment(newState);
    }
    if (op->getNumRegions() != 0)
      newState.addRegion()->takeBody(op->getRegion(0));
    rewriter.create(newState);
    if (buffers.back() != result &&
        failed(options.createMemCpy(rewriter, op->getLoc(), buffers.back(), result)))
      return failure();
    replaceOpWithBufferizedValues(rewriter, op, result);
    return success();
  }
};
} // namespace

void graphopt::kernel::registerBufferizationModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, KernelDialect *) {
    AttentionOp::attachInterface<KernelModel<AttentionOp>>(*context);
    GridMatMulOp::attachInterface<KernelModel<GridMatMulOp>>(*context);
    MatMulOp::attachInterface<KernelModel<MatMulOp>>(*context);
    ConvOp::attachInterface<KernelModel<ConvOp>>(*context);
    DepthwiseConvOp::attachInterface<KernelModel<DepthwiseConvOp>>(*context);
    WinogradConvOp::attachInterface<KernelModel<WinogradConvOp>>(*context);
    PackOp::attachInterface<KernelModel<PackOp>>(*context);
  });
  registerCallBufferization(registry);
}
