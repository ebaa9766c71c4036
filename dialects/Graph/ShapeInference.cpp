#include "dialects/Graph/ShapeInference.h"
#include "dialects/Graph/Graph.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace graphopt::graph;

//===----------------------------------------------------------------------===//
// InferredTensor
//===----------------------------------------------------------------------===//

std::optional<int64_t> graphopt::graph::getConstant(AffineExpr expr) {
  if (auto constant = dyn_cast_or_null<AffineConstantExpr>(expr))
    return constant.getValue();
  return std::nullopt;
}

std::optional<SmallVector<double>>
graphopt::graph::getConstantFloats(Value value) {
  ElementsAttr attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  auto toDouble = [](const APFloat &number) {
    bool losesInfo;
    APFloat copy = number;
    copy.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                 &losesInfo);
    return copy.convertToDouble();
  };
  if (auto dense = dyn_cast<DenseFPElementsAttr>(attribute))
    return llvm::map_to_vector(dense.getValues<APFloat>(), toDouble);
  if (auto resource = dyn_cast<DenseF32ResourceElementsAttr>(attribute))
    if (std::optional<ArrayRef<float>> floats = resource.tryGetAsArrayRef())
      return SmallVector<double>(floats->begin(), floats->end());
  if (auto resource = dyn_cast<DenseF64ResourceElementsAttr>(attribute))
    if (std::optional<ArrayRef<double>> floats = resource.tryGetAsArrayRef())
      return SmallVector<double>(*floats);
  return std::nullopt;
}

static std::optional<SmallVector<int64_t>>
getConstants(ArrayRef<AffineExpr> exprs) {
  SmallVector<int64_t> values;
  for (AffineExpr expr : exprs) {
    std::optional<int64_t> value = getConstant(expr);
    if (!value)
      return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

RankedTensorType InferredTensor::getType() const {
  SmallVector<int64_t> shape;
  for (AffineExpr dim : dims)
    shape.push_back(getConstant(dim).value_or(ShapedType::kDynamic));
  return RankedTensorType::get(shape, elementType);
}

std::optional<SmallVector<int64_t>> InferredTensor::getStaticShape() const {
  return getConstants(dims);
}

std::optional<SmallVector<int64_t>>
InferredTensor::getConstantElements() const {
  if (!elements)
    return std::nullopt;
  return getConstants(*elements);
}

bool graphopt::graph::isSmallFloat(Type elementType) {
  auto type = dyn_cast<FloatType>(elementType);
  return type && type.getWidth() <= 8;
}

//===----------------------------------------------------------------------===//
// Inference
//===----------------------------------------------------------------------===//

void ShapeInference::forEachValue(
    AffineExpr expr, llvm::function_ref<void(const Symbol &)> visit) const {
  expr.walk([&](AffineExpr part) {
    if (!isa<AffineSymbolExpr>(part))
      return;
    const Symbol &symbol = getSymbol(part);
    if (symbol.positive)
      forEachValue(symbol.positive, visit);
    else
      visit(symbol);
  });
}

AffineExpr ShapeInference::symbol(Value value, int64_t index, bool isElement) {
  auto [it, isNew] =
      symbolOf[isElement].try_emplace({value, index}, symbols.size());
  if (isNew)
    symbols.push_back({value, index, isElement});
  return getAffineSymbolExpr(it->second, context);
}

const ShapeInference::Symbol &
ShapeInference::getSymbol(AffineExpr symbol) const {
  return symbols[cast<AffineSymbolExpr>(symbol).getPosition()];
}

/// Equal names of argument dimensions become one symbol.
void ShapeInference::name(FunctionOpInterface function) {
  llvm::StringMap<unsigned> named;
  for (BlockArgument argument : function.getArguments()) {
    auto dims = function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(),
                                                     "graph.dims");
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!dims || !type || static_cast<int64_t>(dims.size()) != type.getRank())
      continue;
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      auto name = dyn_cast<StringAttr>(dims[dim]);
      if (!name || name.empty() || !type.isDynamicDim(dim))
        continue;
      symbol(argument, dim, /*isElement=*/false);
      unsigned &position = symbolOf[false][{argument, dim}];
      position = named.try_emplace(name, position).first->second;
    }
  }
}

void ShapeInference::run(FunctionOpInterface function) {
  wholeFunction = true;
  name(function);
  function->walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (BlockArgument argument : block.getArguments())
          get(argument);
    for (Value result : op->getResults())
      get(result);
  });
}

/// Each extent that one of the two types knows.
static RankedTensorType meet(RankedTensorType type, RankedTensorType other) {
  SmallVector<int64_t> shape(type.getShape());
  for (auto [extent, otherExtent] : llvm::zip_equal(shape, other.getShape()))
    if (ShapedType::isDynamic(extent))
      extent = otherExtent;
  return type.clone(shape);
}

int64_t ShapeInference::narrowTypes(FunctionOpInterface function) {
  int64_t narrowed = 0;
  function->walk([&](InferResultsOpInterface op) {
    for (Value result : op->getResults()) {
      auto type = dyn_cast<RankedTensorType>(result.getType());
      if (!type || type.hasStaticShape())
        continue;
      RankedTensorType known = meet(type, get(result).getType());
      narrowed += known != type;
      result.setType(known);
    }
  });
  Operation *terminator = function.front().getTerminator();
  if (terminator->hasTrait<OpTrait::ReturnLike>())
    function.setType(FunctionType::get(context, function.getArgumentTypes(),
                                       terminator->getOperandTypes()));
  return narrowed;
}

const InferredTensor &ShapeInference::get(Value value) {
  std::unique_ptr<InferredTensor> &slot = known[value];
  if (slot)
    return *slot;
  // `infer` may grow the map, so the slot is looked up again.
  auto inferred = std::make_unique<InferredTensor>(infer(value));
  return *(known[value] = std::move(inferred));
}

/// Small integer tensors of the types that shapes and conditions on them have
/// get their elements tracked.
static bool tracksElements(RankedTensorType type) {
  Type element = type.getElementType();
  bool isShapeLike =
      element.isInteger(64) || element.isInteger(32) || element.isInteger(1);
  return type.hasStaticShape() && isShapeLike &&
         type.getNumElements() <= InferredTensor::maxElements;
}

/// Elements that only the run can tell get symbols in tensors that may be a
/// shape: longer ones are data.
static bool mayBeShape(RankedTensorType type) {
  constexpr int64_t maxRank = 8;
  return type.getRank() <= 1 && type.getNumElements() <= maxRank &&
         !type.getElementType().isInteger(1);
}

InferredTensor ShapeInference::infer(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return {value.getType(), {}, std::nullopt};
  InferredTensor inferred{type.getElementType(), {}, std::nullopt};

  std::optional<InferredTensor> computed;
  bool elements = tracksElements(type);
  if (auto result = dyn_cast<OpResult>(value); result && (elements || wholeFunction))
    computed = fromOp(result);

  for (auto [i, size] : llvm::enumerate(type.getShape())) {
    if (!ShapedType::isDynamic(size))
      inferred.dims.push_back(constant(size));
    else if (wholeFunction && computed && computed->dims[i])
      inferred.dims.push_back(computed->dims[i]);
    else
      inferred.dims.push_back(symbol(value, i, /*isElement=*/false));
  }
  if (!elements)
    return inferred;
  if (computed && computed->elements)
    inferred.elements = std::move(computed->elements);
  else
    inferred.elements.emplace(type.getNumElements());
  if (wholeFunction && mayBeShape(type))
    for (auto [i, element] : llvm::enumerate(*inferred.elements))
      if (!element)
        element = symbol(value, i, /*isElement=*/true);
  return inferred;
}

std::optional<InferredTensor> ShapeInference::fromOp(OpResult value) {
  auto type = cast<RankedTensorType>(value.getType());
  DenseIntElementsAttr constants;
  if (matchPattern(value, m_Constant(&constants))) {
    InferredTensor inferred{type.getElementType(), {}, std::nullopt};
    for (int64_t size : type.getShape())
      inferred.dims.push_back(constant(size));
    if (tracksElements(type)) {
      inferred.elements.emplace();
      for (const APInt &element : constants.getValues<APInt>())
        inferred.elements->push_back(
            constant(type.getElementType().isUnsignedInteger() ||
                             type.getElementType().isInteger(1)
                         ? static_cast<int64_t>(element.getZExtValue())
                         : element.getSExtValue()));
    }
    return inferred;
  }
  // A cast only forgets extents.
  if (auto cast = value.getDefiningOp<tensor::CastOp>())
    if (isa<RankedTensorType>(cast.getSource().getType()))
      return get(cast.getSource());
  // A chain of computed shapes this long is no shape computation.
  constexpr unsigned maxDepth = 100;
  auto op = dyn_cast<InferResultsOpInterface>(value.getOwner());
  if (!op || depth >= maxDepth)
    return std::nullopt;
  ++depth;
  SmallVector<InferredTensor> results;
  LogicalResult inferred = op.inferResultsOf(*this, results);
  --depth;
  if (overflowed && !overflowedOp)
    overflowedOp = op;
  if (failed(inferred) || value.getResultNumber() >= results.size())
    return std::nullopt;
  InferredTensor &result = results[value.getResultNumber()];
  if (result.getRank() != type.getRank())
    return std::nullopt;
  if (result.elements &&
      (!tracksElements(type) ||
       static_cast<int64_t>(result.elements->size()) != type.getNumElements()))
    result.elements.reset();
  return std::move(result);
}

//===----------------------------------------------------------------------===//
// Materialization
//===----------------------------------------------------------------------===//

OpFoldResult ShapeInference::materialize(
    OpBuilder &builder, Location loc, AffineExpr expr,
    llvm::function_ref<Value(Value)> remap) const {
  if (std::optional<int64_t> value = getConstant(expr))
    return builder.getIndexAttr(*value);
  if (isa<AffineSymbolExpr>(expr)) {
    const Symbol &symbol = getSymbol(expr);
    if (symbol.positive) {
      Value operand = getValueOrCreateConstantIndexOp(
          builder, loc, materialize(builder, loc, symbol.positive, remap));
      return builder.createOrFold<arith::MaxSIOp>(
          loc, operand, arith::ConstantIndexOp::create(builder, loc, 0));
    }
    Value value = remap(symbol.value);
    if (!symbol.isElement)
      return tensor::getMixedSize(builder, loc, value, symbol.index);
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<Value> indices;
    int64_t rest = symbol.index;
    for (int64_t size : llvm::reverse(type.getShape())) {
      indices.push_back(
          arith::ConstantIndexOp::create(builder, loc, rest % size));
      rest /= size;
    }
    std::reverse(indices.begin(), indices.end());
    Value element = tensor::ExtractOp::create(builder, loc, value, indices);
    return builder.createOrFold<arith::IndexCastOp>(loc, builder.getIndexType(),
                                                    element);
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  auto operand = [&](AffineExpr side) {
    return getValueOrCreateConstantIndexOp(
        builder, loc, materialize(builder, loc, side, remap));
  };
  Value lhs = operand(binary.getLHS()), rhs = operand(binary.getRHS());
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return builder.createOrFold<arith::AddIOp>(loc, lhs, rhs);
  case AffineExprKind::Mul:
    return builder.createOrFold<arith::MulIOp>(loc, lhs, rhs);
  default:
    break;
  }
  // A size of 0 makes the quotient meaningless, not the program undefined.
  if (!getConstant(binary.getRHS()))
    rhs = builder.createOrFold<arith::MaxSIOp>(
        loc, rhs, arith::ConstantIndexOp::create(builder, loc, 1));
  switch (expr.getKind()) {
  case AffineExprKind::FloorDiv:
    return isNonNegative(expr)
               ? builder.createOrFold<arith::DivUIOp>(loc, lhs, rhs)
               : builder.createOrFold<arith::FloorDivSIOp>(loc, lhs, rhs);
  case AffineExprKind::CeilDiv:
    return isNonNegative(expr)
               ? builder.createOrFold<arith::CeilDivUIOp>(loc, lhs, rhs)
               : builder.createOrFold<arith::CeilDivSIOp>(loc, lhs, rhs);
  default:
    return builder.createOrFold<arith::RemSIOp>(loc, lhs, rhs);
  }
}

//===----------------------------------------------------------------------===//
// Rules that many ops share
//===----------------------------------------------------------------------===//

/// The extent that two become, neither of them 1; null if only the run can tell.
static AffineExpr joinExtents(const ShapeInference &shapes, AffineExpr lhs,
                              AffineExpr rhs) {
  if (getConstant(lhs) || lhs == rhs)
    return lhs;
  if (getConstant(rhs) || shapes.isOneUnlessEmpty(lhs))
    return rhs;
  if (shapes.isOneUnlessEmpty(rhs))
    return lhs;
  if (!shapes.areEqualUnlessClamped(lhs, rhs))
    return {};
  return shapes.isClamped(lhs) ? rhs : lhs;
}

FailureOr<SmallVector<AffineExpr>> graphopt::graph::inferBroadcast(
    const ShapeInference &shapes, std::optional<Location> loc,
    ArrayRef<ArrayRef<AffineExpr>> operands) {
  size_t rank = 0;
  for (ArrayRef<AffineExpr> dims : operands)
    rank = std::max(rank, dims.size());
  SmallVector<AffineExpr> result(rank);
  for (size_t fromEnd = 1; fromEnd <= rank; ++fromEnd) {
    AffineExpr extent;
    bool isFirst = true;
    for (ArrayRef<AffineExpr> dims : operands) {
      if (dims.size() < fromEnd)
        continue;
      AffineExpr dim = dims[dims.size() - fromEnd];
      std::optional<int64_t> own = getConstant(dim), other = getConstant(extent);
      if (isFirst || other == 1)
        extent = dim;
      else if (own && other && own != 1 && own != other)
        return emitOptionalError(loc, "cannot broadcast extents ", *other,
                                 " and ", *own);
      else if (own != 1)
        extent = joinExtents(shapes, extent, dim);
      isFirst = false;
    }
    result[rank - fromEnd] = extent;
  }
  return result;
}

FailureOr<int64_t>
graphopt::graph::normalizeAxis(std::optional<Location> loc, int64_t axis,
                               int64_t rank) {
  if (axis < -rank || axis >= rank)
    return emitOptionalError(loc, "axis ", axis, " is not in [-", rank, ", ",
                             rank, ")");
  return axis < 0 ? axis + rank : axis;
}

FailureOr<SmallVector<int64_t>>
graphopt::graph::normalizeAxes(std::optional<Location> loc,
                               ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t axis : axes) {
    FailureOr<int64_t> normalized = normalizeAxis(loc, axis, rank);
    if (failed(normalized))
      return failure();
    if (llvm::is_contained(result, *normalized))
      return emitOptionalError(loc, "axes [", axes, "] name dimension ",
                               *normalized, " twice");
    result.push_back(*normalized);
  }
  return result;
}

FailureOr<int64_t> graphopt::graph::inferLength(std::optional<Location> loc,
                                                const InferredTensor &list,
                                                StringRef name) {
  if (list.getRank() == 1)
    if (std::optional<int64_t> length = getConstant(list.dims[0])) {
      // A hostile model must not make us build a shape that fills memory.
      if (*length > InferredTensor::maxElements)
        return emitOptionalError(loc, name, " has ", *length,
                                 " elements; tensors have at most ",
                                 InferredTensor::maxElements, " dimensions");
      return *length;
    }
  return emitOptionalError(loc, name,
                           " must have one dimension of static extent, but "
                           "its type is ",
                           list.getType());
}
