//===- Call.cpp - Calls of the runtime ------------------------------------===//

#include "dialects/Kernel/Bufferization.h"
#include "dialects/Kernel/Kernel.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace graphopt::kernel;

void CallOp::build(OpBuilder &builder, OperationState &state, StringRef callee,
                   ValueRange inputs, ValueRange inits, Type scalar) {
  state.addOperands(inputs);
  state.addOperands(inits);
  auto &properties = state.getOrAddProperties<Properties>();
  properties.callee = FlatSymbolRefAttr::get(builder.getContext(), callee);
  properties.operandSegmentSizes = {int32_t(inputs.size()),
                                    int32_t(inits.size())};
  for (Type type : inits.getTypes())
    if (isa<RankedTensorType>(type))
      state.addTypes(type);
  if (scalar)
    state.addTypes(scalar);
}

Type CallOp::getScalarType() {
  if (getNumResults() == 0)
    return {};
  Type last = getResults().back().getType();
  return isa<ShapedType>(last) ? Type() : last;
}

LogicalResult CallOp::verify() {
  SmallVector<Type> expected;
  for (Type type : getInits().getTypes())
    if (isa<RankedTensorType>(type))
      expected.push_back(type);
  if (Type scalar = getScalarType())
    expected.push_back(scalar);
  if (getResultTypes() != TypeRange(expected)) // C1
    return emitOpError("has results that are not its inits and a scalar");
  return success();
}

/// Not speculatable, so that none moves out of a branch or loop: it may fail.
void CallOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  auto add = [&](MutableOperandRange operands, MemoryEffects::Effect *effect) {
    for (OpOperand &operand : operands)
      if (isa<MemRefType>(operand.get().getType()))
        effects.emplace_back(effect, &operand,
                             SideEffects::DefaultResource::get());
  };
  add(getInputsMutable(), MemoryEffects::Read::get());
  add(getInitsMutable(), MemoryEffects::Write::get());
}

LogicalResult
CallOp::reifyResultShapes(OpBuilder &builder,
                          ReifiedRankedShapedTypeDims &shapes) {
  for (Value init : getInits())
    shapes.push_back(tensor::getMixedSizes(builder, getLoc(), init));
  if (getScalarType())
    shapes.emplace_back();
  return success();
}

/// `buffer`, or memory of its size if it has gaps.
static FailureOr<Value> makeDense(OpBuilder &builder, Location loc, Value buffer,
                                  const BufferizationOptions &options) {
  auto type = cast<MemRefType>(buffer.getType());
  return type.areTrailingDimsContiguous(type.getRank())
             ? buffer
             : allocateLike(builder, loc, buffer, options);
}

namespace {
struct CallModel : BufferizableOpInterface::ExternalModel<CallModel, CallOp> {
  static bool isInit(Operation *op, OpOperand &operand) {
    return operand.getOperandNumber() >= cast<CallOp>(op).getInputs().size();
  }
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &) const {
    return !isInit(op, operand);
  }
  bool bufferizesToMemoryWrite(Operation *op, OpOperand &operand,
                               const AnalysisState &) const {
    return isInit(op, operand);
  }
  AliasingValueList getAliasingValues(Operation *op, OpOperand &operand,
                                      const AnalysisState &) const {
    if (!isInit(op, operand))
      return {};
    auto call = cast<CallOp>(op);
    unsigned i = operand.getOperandNumber() - call.getInputs().size();
    return {{op->getResult(i), BufferRelation::Equivalent}};
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto call = cast<CallOp>(op);
    Location loc = op->getLoc();
    rewriter.setInsertionPoint(op);
    SmallVector<Value> inputs, inits, results;
    for (Value input : call.getInputs()) {
      if (!isa<RankedTensorType>(input.getType())) {
        inputs.push_back(input);
        continue;
      }
      FailureOr<Value> buffer = getBuffer(rewriter, input, options, state);
      FailureOr<Value> dense = failure();
      if (failed(buffer) ||
          failed(dense = makeDense(rewriter, loc, *buffer, options)) ||
          (*dense != *buffer &&
           failed(options.createMemCpy(rewriter, loc, *buffer, *dense))))
        return failure();
      inputs.push_back(*dense);
    }
    for (Value init : call.getInits()) {
      FailureOr<Value> buffer = getBuffer(rewriter, init, options, state);
      FailureOr<Value> dense = failure();
      if (failed(buffer) ||
          failed(dense = makeDense(rewriter, loc, *buffer, options)))
        return failure();
      results.push_back(*buffer);
      inits.push_back(*dense);
    }
    auto onBuffers = CallOp::create(rewriter, loc, call.getCallee(), inputs,
                                    inits, call.getScalarType());
    for (auto [buffer, dense] : llvm::zip_equal(results, inits))
      if (buffer != dense &&
          failed(options.createMemCpy(rewriter, loc, dense, buffer)))
        return failure();
    results.append(onBuffers.getResults().begin(), onBuffers.getResults().end());
    replaceOpWithBufferizedValues(rewriter, op, results);
    return success();
  }
};
} // namespace

void graphopt::kernel::registerCallBufferization(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, KernelDialect *) {
    CallOp::attachInterface<CallModel>(*context);
  });
}
