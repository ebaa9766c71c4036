#include "dialects/Graph/Sequence.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Sequence.cpp.inc"

void GraphDialect::registerSequence() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Sequence.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

LogicalResult
SequenceType::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                     Type element) {
  if (isa<TensorType, StringType>(element) || element.isIntOrFloat())
    return success();
  return emitError() << "a sequence has tensors, not " << element;
}

LogicalResult
OptionalType::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                     Type value) {
  if (isa<TensorType, SequenceType>(value))
    return success();
  return emitError() << "an optional value is a tensor or a sequence, not "
                     << value;
}

/// The same for tensors of a list, of which there may be none.
static Type joinElements(Type left, Type right) {
  Type element = getElementTypeOrSelf(left);
  if (element != getElementTypeOrSelf(right))
    return {};
  if (left == element || right == element) // of a list that is empty
    return left == element ? right : left;
  Type joined = isa<RankedTensorType>(left) && isa<RankedTensorType>(right)
                    ? joinTypes(left, right)
                    : Type();
  return joined ? joined : UnrankedTensorType::get(element);
}

Type graphopt::graph::joinTypes(Type left, Type right) {
  if (left == right)
    return left;
  if (auto a = dyn_cast<RankedTensorType>(left)) {
    auto b = dyn_cast<RankedTensorType>(right);
    if (!b || a.getElementType() != b.getElementType() ||
        a.getRank() != b.getRank())
      return {};
    SmallVector<int64_t> shape(a.getShape());
    for (auto [extent, other] : llvm::zip_equal(shape, b.getShape()))
      if (extent != other)
        extent = ShapedType::kDynamic;
    return a.clone(shape);
  }
  if (auto a = dyn_cast<SequenceType>(left)) {
    auto b = dyn_cast<SequenceType>(right);
    Type element = b ? joinElements(a.getElement(), b.getElement()) : Type();
    return element ? SequenceType::get(a.getContext(), element) : Type();
  }
  if (auto a = dyn_cast<OptionalType>(left)) {
    auto b = dyn_cast<OptionalType>(right);
    if (!b)
      return {};
    Type value = isa<TensorType>(a.getValue()) && isa<TensorType>(b.getValue())
                     ? joinElements(a.getValue(), b.getValue())
                     : joinTypes(a.getValue(), b.getValue());
    return value ? OptionalType::get(a.getContext(), value) : Type();
  }
  return {};
}

bool graphopt::graph::fitsType(Type from, Type to) {
  if (from == to)
    return true;
  if (isa<SequenceType, OptionalType>(from))
    return joinTypes(from, to) == to;
  return isa<TensorType>(from) && isa<TensorType>(to) &&
         getElementTypeOrSelf(from) == getElementTypeOrSelf(to) &&
         succeeded(verifyCompatibleShape(from, to));
}

/// True if there may be a value of both types.
static bool isCompatible(Type left, Type right) {
  if (auto a = dyn_cast<SequenceType>(left)) {
    auto b = dyn_cast<SequenceType>(right); // an empty list may be both
    return b && getElementTypeOrSelf(a.getElement()) ==
                    getElementTypeOrSelf(b.getElement());
  }
  if (auto a = dyn_cast<OptionalType>(left)) {
    auto b = dyn_cast<OptionalType>(right);
    return b && isCompatible(a.getValue(), b.getValue());
  }
  return getElementTypeOrSelf(left) == getElementTypeOrSelf(right) &&
         succeeded(verifyCompatibleShape(left, right));
}

bool graphopt::graph::areCompatibleTypes(TypeRange inferred, TypeRange actual) {
  return inferred.size() == actual.size() &&
         llvm::equal(inferred, actual, isCompatible);
}

//===----------------------------------------------------------------------===//
// Sequences
//===----------------------------------------------------------------------===//

static LogicalResult verifyPosition(Operation *op, Value position) {
  auto type =
      position ? dyn_cast<RankedTensorType>(position.getType()) : RankedTensorType();
  if (type && type.hasStaticShape() && type.getNumElements() != 1)
    return op->emitOpError("position must have one element, not ")
           << type.getNumElements();
  return success();
}

static Type elementOf(Value sequence) {
  return cast<SequenceType>(sequence.getType()).getElement();
}

/// What a tensor of the list is known to be.
static Type tensorOf(Value sequence) {
  Type element = elementOf(sequence);
  return isa<TensorType>(element) ? element : UnrankedTensorType::get(element);
}

FailureOr<Type> SequenceEmptyOp::inferType(std::optional<Location>, Adaptor op) {
  return Type(SequenceType::get(op.getElement().getContext(), op.getElement()));
}

FailureOr<Type> SequenceConstructOp::inferType(std::optional<Location> loc,
                                               Adaptor op) {
  if (op.getValues().empty()) // C1
    return emitOptionalError(loc, "a list of no tensors has no type");
  Type element = op.getValues().front().getType();
  for (Type type : op.getValues().getTypes()) {
    Type joined = joinElements(element, type);
    if (!joined) // C1
      return emitOptionalError(loc, "tensors of type ", element, " and ", type,
                               " are in one sequence");
    element = joined;
  }
  return Type(SequenceType::get(element.getContext(), element));
}

FailureOr<Type> SequenceInsertOp::inferType(std::optional<Location> loc,
                                            Adaptor op) {
  Type own = elementOf(op.getSequence()), added = op.getValue().getType();
  Type element = joinElements(own, added);
  if (!element) // C1
    return emitOptionalError(loc, "a tensor of type ", added,
                             " is put into a sequence of ", own);
  return Type(SequenceType::get(element.getContext(), element));
}

LogicalResult SequenceInsertOp::verify() {
  return verifyPosition(*this, getPosition()); // C2
}

FailureOr<Type> SequenceEraseOp::inferType(std::optional<Location>, Adaptor op) {
  return op.getSequence().getType();
}

LogicalResult SequenceEraseOp::verify() {
  return verifyPosition(*this, getPosition()); // C1
}

FailureOr<Type> SequenceAtOp::inferType(std::optional<Location>, Adaptor op) {
  return tensorOf(op.getSequence());
}

LogicalResult SequenceAtOp::verify() {
  return verifyPosition(*this, getPosition()); // C1
}

FailureOr<Type> SequenceLengthOp::inferType(std::optional<Location>, Adaptor op) {
  Builder b(op.getSequence().getContext());
  return Type(RankedTensorType::get({}, b.getI64Type()));
}

FailureOr<Type> SplitToSequenceOp::inferType(std::optional<Location> loc,
                                             Adaptor op) {
  auto type = cast<RankedTensorType>(op.getInput().getType());
  FailureOr<int64_t> axis = normalizeAxis(loc, op.getAxis(), type.getRank()); // C1
  if (failed(axis))
    return failure();
  SmallVector<int64_t> shape(type.getShape());
  if (!op.getSizes() && op.getKeepDims()) {
    shape[*axis] = 1;
  } else if (!op.getSizes()) {
    shape.erase(shape.begin() + *axis);
  } else {
    if (cast<RankedTensorType>(op.getSizes().getType()).getRank() > 1) // C2
      return emitOptionalError(loc, "split must have one dimension or none");
    shape[*axis] = ShapedType::kDynamic;
  }
  return Type(SequenceType::get(type.getContext(), type.clone(shape)));
}

FailureOr<Type> ConcatFromSequenceOp::inferType(std::optional<Location> loc,
                                                Adaptor op) {
  auto type = dyn_cast<RankedTensorType>(elementOf(op.getSequence()));
  if (!type) // C1
    return emitOptionalError(loc, "the rank of the tensors that it joins must be "
                                  "known when the model is compiled");
  SmallVector<int64_t> shape(type.getShape());
  FailureOr<int64_t> axis =
      normalizeAxis(loc, op.getAxis(), type.getRank() + op.getNewAxis()); // C2
  if (failed(axis))
    return failure();
  if (op.getNewAxis())
    shape.insert(shape.begin() + *axis, ShapedType::kDynamic);
  else
    shape[*axis] = ShapedType::kDynamic;
  return Type(type.clone(shape));
}

//===----------------------------------------------------------------------===//
// Optional values
//===----------------------------------------------------------------------===//

FailureOr<Type> OptionalSomeOp::inferType(std::optional<Location>, Adaptor op) {
  Type type = op.getValue().getType();
  return Type(OptionalType::get(type.getContext(), type));
}

FailureOr<Type> OptionalNoneOp::inferType(std::optional<Location>, Adaptor op) {
  return Type(OptionalType::get(op.getType().getContext(), op.getType()));
}

FailureOr<Type> OptionalHasElementOp::inferType(std::optional<Location>,
                                                Adaptor op) {
  Builder b(op.getValue().getContext());
  return Type(RankedTensorType::get({}, b.getI1Type()));
}

FailureOr<Type> OptionalGetElementOp::inferType(std::optional<Location>,
                                                Adaptor op) {
  return cast<OptionalType>(op.getValue().getType()).getValue();
}

LogicalResult RetypeOp::verify() {
  Type from = getValue().getType(), to = getType();
  if (isa<RankedTensorType>(from) || !isCompatible(from, to)) // C1
    return emitOpError("cannot make ") << to << " of " << from;
  return success();
}

OpFoldResult RetypeOp::fold(FoldAdaptor) {
  if (getValue().getType() == getType())
    return getValue();
  auto inner = getValue().getDefiningOp<RetypeOp>();
  // A tensor between may be of a rank that the run has to look at.
  if (!inner || isa<TensorType>(getType()))
    return {};
  setOperand(inner.getValue());
  return getResult();
}
