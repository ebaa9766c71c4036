//===- KernelDialect.cpp - The kernel dialect and its interface -----------===//

#include "dialects/Kernel/Kernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace graphopt::kernel;

#include "dialects/Kernel/KernelDialect.cpp.inc"
#include "dialects/Kernel/KernelInterfaces.cpp.inc"

void KernelDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Kernel/KernelOps.cpp.inc"
      >();
}

bool graphopt::kernel::isEpilogueMap(AffineMap map) {
  if (map.getNumSymbols() != 0 ||
      !map.isProjectedPermutation(/*allowZeroInResults=*/true))
    return false;
  if (map.getNumDims() == 0 || map.getNumResults() == 0)
    return true;
  return llvm::none_of(map.getResults().drop_back(), [&](AffineExpr expr) {
    return expr.isFunctionOfDim(map.getNumDims() - 1);
  });
}

Type graphopt::kernel::getAccumulationType(Type element, Type initElement) {
  if (!isa<FloatType>(element))
    return initElement;
  return element.isF64() ? element : Float32Type::get(element.getContext());
}

/// C1 to C3: what the extras are and how they are read.
static LogicalResult verifyExtras(EpilogueOp op) {
  ShapedType init = op.getInitType();
  if (op.getMaps().size() != op.getExtras().size()) // C1
    return op->emitOpError("has ") << op.getExtras().size() << " extras, but "
                                  << op.getMaps().size() << " maps";
  for (auto [i, extra] : llvm::enumerate(op.getExtras())) {
    auto type = cast<ShapedType>(extra.getType());
    AffineMap map = op.getMap(i);
    if (map.getNumDims() != init.getRank() || !isEpilogueMap(map) ||
        map.getNumResults() != type.getRank()) // C2
      return op->emitOpError("cannot read extra ")
             << i << " of type " << type << " through "
             << AffineMapAttr::get(map);
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      auto position = dyn_cast<AffineDimExpr>(expr);
      int64_t expected = position ? init.getDimSize(position.getPosition()) : 1;
      if (failed(verifyCompatibleDims({expected, type.getDimSize(dim)}))) // C3
        return op->emitOpError("extra ")
               << i << " has size " << type.getDimSize(dim) << " in dimension "
               << dim << ", not " << expected;
    }
  }
  return success();
}

/// C4 to C6: the body's arguments, result and ops.
static LogicalResult verifyBody(EpilogueOp op) {
  Block *body = op.getBody();
  if (body->getNumArguments() != 1 + op.getExtras().size()) // C4
    return op->emitOpError("epilogue needs ")
           << 1 + op.getExtras().size() << " arguments, but has "
           << body->getNumArguments();
  for (auto [extra, arg] :
       llvm::zip(op.getExtras(), body->getArguments().drop_front()))
    if (getElementTypeOrSelf(extra) != arg.getType()) // C4
      return op->emitOpError("epilogue argument type ")
             << arg.getType() << " is not the element type of "
             << extra.getType();
  auto yield = dyn_cast<YieldOp>(body->getTerminator());
  if (!yield ||
      yield.getValue().getType() != op.getInitType().getElementType()) // C5
    return op->emitOpError("epilogue must yield ")
           << op.getInitType().getElementType() << ", init's element type";
  for (Operation &inner : body->without_terminator())
    if (!matchPattern(&inner, m_Constant()) &&
        !OpTrait::hasElementwiseMappableTraits(&inner)) { // C6
      InFlightDiagnostic diag =
          op->emitOpError("epilogue may hold constants and element-wise ops only");
      diag.attachNote(inner.getLoc()) << "see this op";
      return diag;
    }
  return success();
}

/// C7 and C8: the types of the inputs and of the value.
static LogicalResult verifyValueType(EpilogueOp op) {
  Type element = getElementTypeOrSelf(op.getInputs().front());
  auto fitsFirst = [&](Type other) {
    return other == element || isa<GridMatMulOp>(op.getOperation()) ||
           (element.isInteger(16) && other.isInteger(8));
  };
  for (Value input : op.getInputs().drop_front())
    if (!fitsFirst(getElementTypeOrSelf(input))) // C8
      return op->emitOpError("inputs have different element types: ")
             << element << " and " << getElementTypeOrSelf(input);
  Type value = op.getValueType();
  bool fits = isa<FloatType>(element)
                  ? value == getAccumulationType(element, value)
                  : isa<IntegerType>(element) && isa<IntegerType>(value) &&
                        value.getIntOrFloatBitWidth() >=
                            element.getIntOrFloatBitWidth();
  if (!fits) // C7
    return op->emitOpError("cannot sum products of ") << element << " in " << value;
  return success();
}

LogicalResult graphopt::kernel::detail::verifyEpilogue(Operation *operation) {
  auto op = cast<EpilogueOp>(operation);
  if (failed(verifyExtras(op)) || failed(verifyBody(op)))
    return failure();
  return verifyValueType(op);
}

void graphopt::kernel::detail::getDestinationStyleEffects(Operation *operation,
                                                          Effects &effects) {
  auto op = cast<DestinationStyleOpInterface>(operation);
  for (OpOperand &operand : operation->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    MemoryEffects::Effect *effect = MemoryEffects::Read::get();
    if (op.isDpsInit(&operand))
      effect = MemoryEffects::Write::get();
    effects.emplace_back(effect, &operand, SideEffects::DefaultResource::get());
  }
}
