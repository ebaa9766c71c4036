#include "Lowering.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

TensorTypeConverter::TensorTypeConverter() {
  addConversion([](Type type) { return type; });
  addConversion([](IntegerType type) -> Type {
    unsigned width = std::max(type.getWidth(), 8u);
    return IntegerType::get(type.getContext(), width);
  });
  addConversion([](FloatType type) -> Type {
    return isSmallFloat(type) ? IntegerType::get(type.getContext(), 8) : Type(type);
  });
  addConversion([](StringType type) -> Type {
    return IntegerType::get(type.getContext(), 64);
  });
  addConversion([this](RankedTensorType type) -> Type {
    return type.clone(convertType(type.getElementType()));
  });
  // What no tensor type says is a number that the runtime knows.
  addConversion([](Type type) -> std::optional<Type> {
    if (isa<SequenceType, OptionalType, UnrankedTensorType>(type))
      return IntegerType::get(type.getContext(), 64);
    return std::nullopt;
  });
  auto cast = [](OpBuilder &builder, Type type, ValueRange inputs,
                 Location loc) -> Value {
    return UnrealizedConversionCastOp::create(builder, loc, type, inputs)
        .getResult(0);
  };
  addSourceMaterialization(cast);
  addTargetMaterialization(cast);
}

Value Lowering::lowered(Value graphValue) {
  Value value = b.getRemappedValue(graphValue);
  return value ? value : graphValue;
}

Value Lowering::known(Value graphValue) {
  Value value = lowered(graphValue);
  Type type = types.convertType(get(graphValue).getType());
  if (value.getType() == type)
    return value;
  return tensor::CastOp::create(b, loc, type, value);
}

OpFoldResult Lowering::size(AffineExpr expr) {
  return shapes.materialize(b, loc, expr,
                            [&](Value value) { return lowered(value); });
}

SmallVector<OpFoldResult> Lowering::sizes(ArrayRef<AffineExpr> dims) {
  return llvm::map_to_vector(dims, [&](AffineExpr dim) { return size(dim); });
}

Value Lowering::entry(Value graphList, int64_t position) {
  const InferredTensor &list = get(graphList);
  if (list.elements && isComputable((*list.elements)[position]))
    return asIndex(size((*list.elements)[position]));
  Value element = tensor::ExtractOp::create(b, loc, lowered(graphList),
                                            constantIndex(position));
  return math().index(element);
}

bool Lowering::isComputable(AffineExpr expr) {
  bool computable = static_cast<bool>(expr);
  if (expr)
    shapes.forEachValue(expr, [&](const ShapeInference::Symbol &symbol) {
      computable &= symbol.value.getDefiningOp() != op;
    });
  return computable;
}

Type Lowering::element(Type graphElement) {
  return types.convertType(graphElement);
}

Value Lowering::empty(ArrayRef<OpFoldResult> sizes, Type loweredElement) {
  return tensor::EmptyOp::create(b, loc, sizes, loweredElement);
}

Value Lowering::filled(ArrayRef<OpFoldResult> sizes, Value scalar) {
  Value init = empty(sizes, scalar.getType());
  return linalg::FillOp::create(b, loc, scalar, init).getResult(0);
}

Value Lowering::constantIndex(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

Value Lowering::asIndex(OpFoldResult size) {
  return getValueOrCreateConstantIndexOp(b, loc, size);
}

Value Lowering::constant(Type type, double value) {
  TypedAttr attr;
  if (isa<FloatType>(type))
    attr = b.getFloatAttr(type, value);
  else
    attr = b.getIntegerAttr(type, static_cast<int64_t>(value));
  return arith::ConstantOp::create(b, loc, attr);
}

/// Whether a slice surely holds nothing; its verifier wants it inside the tensor.
static bool isEmpty(Value tensor, ArrayRef<OpFoldResult> sizes) {
  return llvm::is_contained(cast<RankedTensorType>(tensor.getType()).getShape(),
                            0) ||
         llvm::any_of(sizes, [](OpFoldResult s) { return isZeroInteger(s); });
}

Value Lowering::insert(Value part, Value whole, ArrayRef<OpFoldResult> offsets,
                       ArrayRef<OpFoldResult> sizes) {
  if (isEmpty(whole, sizes))
    return whole;
  SmallVector<OpFoldResult> ones(sizes.size(), b.getIndexAttr(1));
  // The sizes may know extents that the part's type leaves open.
  auto type = cast<RankedTensorType>(part.getType());
  if (type.getRank() == static_cast<int64_t>(sizes.size())) {
    SmallVector<int64_t> shape;
    SmallVector<Value> dynamic;
    dispatchIndexOpFoldResults(sizes, dynamic, shape);
    if (type.getShape() != ArrayRef<int64_t>(shape))
      part = tensor::CastOp::create(b, loc, type.clone(shape), part);
  }
  return tensor::InsertSliceOp::create(b, loc, part, whole, offsets, sizes,
                                       ones);
}

Value Lowering::slice(Value source, ArrayRef<OpFoldResult> offsets,
                      ArrayRef<OpFoldResult> sizes,
                      ArrayRef<OpFoldResult> strides) {
  auto type = cast<RankedTensorType>(source.getType());
  if (isEmpty(source, sizes))
    return empty(sizes, type.getElementType());
  SmallVector<OpFoldResult> at(offsets), steps(strides);
  for (auto [offset, extent] : llvm::zip_equal(at, type.getShape()))
    if (!ShapedType::isDynamic(extent) &&
        getConstantIntValue(offset).value_or(0) >= extent)
      offset = b.getIndexAttr(extent - 1);
  if (steps.empty())
    steps.assign(at.size(), b.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(b, loc, source, at, sizes, steps);
}

Value Lowering::map(ValueRange inputs, ArrayRef<AffineMap> maps,
                    ArrayRef<OpFoldResult> resultSizes, Type resultElement,
                    Body body) {
  Value init = empty(resultSizes, resultElement);
  SmallVector<AffineMap> allMaps(maps);
  allMaps.push_back(b.getMultiDimIdentityMap(resultSizes.size()));
  SmallVector<utils::IteratorType> loops(resultSizes.size(),
                                         utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             b, loc, init.getType(), inputs, init, allMaps, loops,
             [&](OpBuilder &inner, Location loc, ValueRange scalars) {
               Value value = body(inner, loc, scalars.drop_back());
               linalg::YieldOp::create(inner, loc, value);
             })
      .getResult(0);
}

Value Lowering::expand(Value graphInput, ArrayRef<AffineExpr> resultDims,
                          ArrayRef<OpFoldResult> resultSizes, AffineMap &map) {
  const InferredTensor &input = get(graphInput);
  Value value = known(graphInput);
  IndexMath m = math();
  int64_t rank = resultDims.size(), offset = rank - input.getRank();
  SmallVector<AffineExpr> exprs;
  SmallVector<OpFoldResult> fullSizes;
  SmallVector<Value> isRepeated(input.getRank()); // null: certainly not
  bool isUnknown = false;
  for (int64_t i = 0; i < input.getRank(); ++i) {
    AffineExpr dim = input.dims[i], resultDim = resultDims[offset + i];
    bool isOne = getConstant(dim) == 1 && getConstant(resultDim) != 1;
    exprs.push_back(isOne ? b.getAffineConstantExpr(0)
                          : b.getAffineDimExpr(offset + i));
    fullSizes.push_back(isOne ? OpFoldResult(b.getIndexAttr(1))
                              : resultSizes[offset + i]);
    if (isOne || dim == resultDim)
      continue;
    if (shapes.isOneUnlessEmpty(dim)) {
      auto equals = [&](OpFoldResult size, int64_t value) {
        return m.compare(arith::CmpIPredicate::eq, asIndex(size),
                         constantIndex(value));
      };
      require(m.orI(equals(this->size(dim), 1),
                    equals(resultSizes[offset + i], 0)),
              "shapes do not broadcast");
      auto type = cast<RankedTensorType>(value.getType());
      SmallVector<int64_t> shape(type.getShape());
      shape[i] = 1;
      value = tensor::CastOp::create(b, loc, type.clone(shape), value);
      exprs.back() = b.getAffineConstantExpr(0);
      fullSizes.back() = b.getIndexAttr(1);
      continue;
    }
    if (shapes.areEqualUnlessClamped(dim, resultDim)) {
      requireEqual(dim, resultDim, "shapes do not broadcast");
      continue;
    }
    isUnknown = true;
    Value extent = asIndex(size(dim)), full = asIndex(resultSizes[offset + i]);
    isRepeated[i] =
        m.compare(arith::CmpIPredicate::eq, extent, constantIndex(1));
    require(m.orI(isRepeated[i],
                  m.compare(arith::CmpIPredicate::eq, extent, full)),
            "shapes do not broadcast");
  }
  map = AffineMap::get(rank, 0, exprs, b.getContext());
  if (!isUnknown)
    return value;

  Value zero = constantIndex(0);
  Type elementType = cast<RankedTensorType>(value.getType()).getElementType();
  return generate(
      fullSizes, elementType,
      [&](OpBuilder &inner, Location loc, ValueRange position) {
        SmallVector<Value> indices(position);
        for (auto [index, repeated] : llvm::zip_equal(indices, isRepeated))
          if (repeated)
            index = IndexMath{inner, loc}.select(repeated, zero, index);
        return tensor::ExtractOp::create(inner, loc, value, indices).getResult();
      });
}

SmallVector<OpFoldResult>
Lowering::broadcastSizes(ArrayRef<ArrayRef<AffineExpr>> shapes,
                         ArrayRef<AffineExpr> resultDims) {
  SmallVector<OpFoldResult> sizes;
  for (auto [i, dim] : llvm::enumerate(resultDims)) {
    if (isComputable(dim)) {
      sizes.push_back(size(dim));
      continue;
    }
    // Which of the extents is repeated shows only at run time.
    Value extent;
    for (ArrayRef<AffineExpr> shape : shapes) {
      size_t missing = resultDims.size() - shape.size();
      if (i < missing || getConstant(shape[i - missing]) == 1)
        continue;
      Value own = asIndex(size(shape[i - missing]));
      if (!extent) {
        extent = own;
        continue;
      }
      Value repeats = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                            extent, constantIndex(1));
      extent = arith::SelectOp::create(b, loc, repeats, own, extent);
    }
    sizes.push_back(extent);
  }
  return sizes;
}

Value Lowering::broadcastMap(ValueRange graphInputs, Value graphResult,
                             Type resultElement, Body body) {
  const InferredTensor &result = get(graphResult);
  SmallVector<ArrayRef<AffineExpr>> shapes;
  for (Value input : graphInputs)
    shapes.push_back(get(input).dims);
  SmallVector<OpFoldResult> resultSizes = broadcastSizes(shapes, result.dims);
  SmallVector<Value> values;
  SmallVector<AffineMap> maps(graphInputs.size());
  for (auto [input, map] : llvm::zip_equal(graphInputs, maps))
    values.push_back(expand(input, result.dims, resultSizes, map));
  return this->map(values, maps, resultSizes, resultElement, body);
}

Value Lowering::generate(ArrayRef<OpFoldResult> resultSizes, Type resultElement,
                         Body body) {
  return map({}, {}, resultSizes, resultElement,
             [&](OpBuilder &inner, Location loc, ValueRange) {
               SmallVector<Value> position;
               for (size_t dim = 0; dim < resultSizes.size(); ++dim)
                 position.push_back(linalg::IndexOp::create(inner, loc, dim));
               return body(inner, loc, position);
             });
}

void Lowering::require(Value condition, StringRef message) {
  cf::AssertOp::create(b, loc, condition, message);
}

void Lowering::requireNonNegative(AffineExpr expr, StringRef message) {
  if (shapes.isNonNegative(expr))
    return;
  Value isNonNegative = arith::CmpIOp::create(
      b, loc, arith::CmpIPredicate::sge, asIndex(size(expr)), constantIndex(0));
  require(isNonNegative, message);
}

void Lowering::requireEqual(AffineExpr lhs, AffineExpr rhs, StringRef message) {
  if (lhs == rhs)
    return;
  Value isEqual =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                            asIndex(size(lhs)), asIndex(size(rhs)));
  require(isEqual, message);
}

std::optional<SmallVector<Value>> Lowering::emptyResults() {
  SmallVector<Value> values;
  for (Value result : op->getResults()) {
    const InferredTensor &tensor = get(result);
    bool isEmpty = llvm::any_of(
        tensor.dims, [](AffineExpr dim) { return getConstant(dim) == 0; });
    if (!isEmpty || !llvm::all_of(tensor.dims, [&](AffineExpr dim) {
          return isComputable(dim);
        }))
      return std::nullopt;
  }
  for (Value result : op->getResults())
    values.push_back(empty(sizes(result), element(get(result).elementType)));
  return values;
}

Value Lowering::conform(Value value, Value graphResult) {
  Type type = types.convertType(graphResult.getType());
  if (value.getType() == type)
    return value;
  return tensor::CastOp::create(b, loc, type, value);
}
