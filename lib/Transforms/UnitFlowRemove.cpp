//===- UnitFlowRemove.cpp - Takes units out of a model --------------------===//

#include "ConstantSubgraph.h"
#include "UnitFlow.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Resize.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// Indices of units that stay.
static SmallVector<int64_t> listKept(ArrayRef<int32_t> units,
                                     const llvm::BitVector &removed) {
  SmallVector<int64_t> kept;
  for (auto [i, unit] : llvm::enumerate(units))
    if (unit < 0 || !removed.test(unit))
      kept.push_back(i);
  return kept;
}

static RankedTensorType narrow(RankedTensorType type, const UnitDim &units,
                               const llvm::BitVector &removed) {
  if (type.isDynamicDim(units.dim))
    return type;
  SmallVector<int64_t> shape(type.getShape());
  shape[units.dim] = listKept(units.units, removed).size();
  return type.clone(shape);
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// Rows of `bytes`, an array of outer x extent x inner elements, at `kept`.
static SmallVector<char> takeBytes(ArrayRef<char> bytes, int64_t extent,
                                   int64_t innerBytes, ArrayRef<int64_t> kept) {
  SmallVector<char> result;
  int64_t block = extent * innerBytes;
  for (int64_t at = 0; at + block <= int64_t(bytes.size()); at += block)
    for (int64_t index : kept)
      llvm::append_range(result,
                         bytes.slice(at + index * innerBytes, innerBytes));
  return result;
}

/// The constant's elements at `kept` along `dim`.
static TypedAttr takeElements(Value constant, int64_t dim,
                              ArrayRef<int64_t> kept) {
  auto type = typeOf(constant);
  SmallVector<int64_t> shape(type.getShape());
  int64_t extent = shape[dim], inner = 1;
  for (int64_t size : type.getShape().drop_front(dim + 1))
    inner *= size;
  shape[dim] = kept.size();
  RankedTensorType narrowed = type.clone(shape);
  ElementsAttr elements;
  matchPattern(constant, m_Constant(&elements));
  if (std::optional<ArrayRef<char>> blob = getBlobBytes(constant)) {
    int64_t width = *getTensorBytes(RankedTensorType::get({}, type.getElementType()));
    SmallVector<char> bytes = takeBytes(*blob, extent, inner * width, kept);
    AsmResourceBlob memory =
        HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, 64);
    auto &manager =
        DenseResourceElementsHandle::getManagerInterface(type.getContext());
    return DenseResourceElementsAttr::get(
        narrowed, manager.insert("pruned", std::move(memory)));
  }
  auto dense = cast<DenseElementsAttr>(elements);
  if (dense.isSplat())
    return dense.resizeSplat(narrowed);
  SmallVector<Attribute> values(dense.getValues<Attribute>());
  SmallVector<Attribute> taken;
  int64_t block = extent * inner;
  for (int64_t at = 0; at < int64_t(values.size()); at += block)
    for (int64_t index : kept)
      llvm::append_range(
          taken, ArrayRef(values).slice(at + index * inner, inner));
  return DenseElementsAttr::get(narrowed, taken);
}

static Value createIndices(OpBuilder &b, Location loc, Type element,
                           ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get({int64_t(values.size())}, element);
  SmallVector<APInt> elements = llvm::map_to_vector(values, [&](int64_t value) {
    return APInt(element.getIntOrFloatBitWidth(), value, /*isSigned=*/true);
  });
  return arith::ConstantOp::create(b, loc,
                                   DenseElementsAttr::get(type, elements));
}

//===----------------------------------------------------------------------===//
// Sizes that ops are told
//===----------------------------------------------------------------------===//

/// The shape, which the run computes, with `kept` in place of `extent` in element
/// `index`, which is a multiple of that.
static Value scaleShape(OpBuilder &b, Value shape, int64_t index, int64_t extent,
                        int64_t kept) {
  Location loc = shape.getLoc();
  Type element = typeOf(shape).getElementType();
  auto type = [&](int64_t size) { return RankedTensorType::get({size}, element); };
  auto number = [&](int64_t value) {
    return createIndices(b, loc, element, {value});
  };
  auto part = [&](int64_t begin, int64_t end) -> Value {
    return SliceOp::create(b, loc, type(end - begin), shape, number(begin),
                           number(end), Value(), Value());
  };
  int64_t rank = typeOf(shape).getDimSize(0);
  Value size = BinaryOp::create(b, loc, type(1), BinaryKind::Div,
                                part(index, index + 1), number(extent));
  size = BinaryOp::create(b, loc, type(1), BinaryKind::Mul, size, number(kept));
  return ConcatOp::create(
      b, loc, typeOf(shape),
      ValueRange{part(0, index), size, part(index + 1, rank)}, 0);
}

/// The shape with element `index` changed to `extent`, unless it is one of `free`,
/// which mean whatever is left. UnitFlow::canPatchShape() holds.
static Value patchShape(OpBuilder &b, Value shape, int64_t index, int64_t extent,
                        int64_t free) {
  Location loc = shape.getLoc();
  DenseElementsAttr dense;
  if (matchPattern(shape, m_Constant(&dense))) {
    SmallVector<int64_t> values;
    for (APInt value : dense.getValues<APInt>())
      values.push_back(value.getSExtValue());
    if (values[index] == free)
      return shape;
    values[index] = extent;
    return createIndices(b, loc, typeOf(shape).getElementType(), values);
  }
  auto concat = shape.getDefiningOp<ConcatOp>();
  SmallVector<Value> parts(concat.getInputs());
  for (Value &part : parts) {
    int64_t size = typeOf(part).getDimSize(0);
    if (index < size) {
      part = patchShape(b, part, index, extent, free);
      break;
    }
    index -= size;
  }
  return ConcatOp::create(b, loc, typeOf(shape), parts, concat.getAxis());
}

static int64_t countKept(ArrayRef<int32_t> units, const llvm::BitVector &removed) {
  return listKept(units, removed).size();
}

int64_t UnitFlow::countParameters(const llvm::BitVector &removed) const {
  llvm::MapVector<OpOperand *, int64_t> kept;
  for (auto &[constant, units] : constants) {
    auto type = typeOf(constant.first->get());
    int64_t extent = type.getDimSize(units.dim);
    int64_t &count =
        kept.try_emplace(constant.first, type.getNumElements()).first->second;
    count = count / extent * countKept(units.units, removed);
  }
  int64_t count = 0;
  for (auto [operand, left] : kept)
    if (auto type = typeOf(operand->get()); isa<FloatType>(type.getElementType()))
      count += type.getNumElements() - left;
  return count;
}

void UnitFlow::remove(const llvm::BitVector &removed) {
  // While types are those of before.
  struct Patch {
    OpOperand *operand;
    Value value;
  };
  SmallVector<Patch> patches;
  for (auto &[constant, units] : constants) {
    OpOperand *operand = constant.first;
    OpBuilder b(operand->getOwner());
    Patch *same = llvm::find_if(
        patches, [&](Patch &patch) { return patch.operand == operand; });
    Value value = same == patches.end() ? operand->get() : same->value;
    Value taken = arith::ConstantOp::create(
        b, value.getLoc(),
        takeElements(value, units.dim, listKept(units.units, removed)));
    if (same == patches.end())
      patches.push_back({operand, taken});
    else
      same->value = taken;
  }
  for (auto &[operand, units] : cuts) {
    OpBuilder b(operand->getOwner());
    Location loc = operand->getOwner()->getLoc();
    Value kept = createIndices(b, loc, b.getI64Type(),
                               listKept(units.units, removed));
    patches.push_back(
        {operand, GatherOp::create(b, loc, narrow(typeOf(operand->get()), units,
                                                  removed),
                                   operand->get(), kept, units.dim)});
  }
  for (Operation *op : touched) {
    OpBuilder b(op);
    Location loc = op->getLoc();
    if (auto size = findGroupSize(op)) {
      auto units = get(op->getResult(0));
      op->setAttr("groups", b.getI64IntegerAttr(
                                countKept(units->units, removed) / *size));
    } else if (auto resize = dyn_cast<ResizeOp>(op)) {
      auto units = get(resize.getResult());
      const int64_t *axis = llvm::find(resize.getAxes(), units ? units->dim : -1);
      if (units && resize.getSizes() && axis != resize.getAxes().end())
        patches.push_back(
            {&resize.getSizesMutable()[0],
             patchShape(b, resize.getSizes(), axis - resize.getAxes().begin(),
                        countKept(units->units, removed), -1)});
    } else if (isa<ReshapeOp, ExpandOp>(op)) {
      Value result = op->getResult(0);
      auto units = get(result);
      if (!units)
        continue;
      OpOperand &shape = op->getOpOperand(1);
      auto like = shape.get().getDefiningOp<ShapeOp>();
      if (like && get(like.getInput()) == units)
        continue;
      int64_t kept = countKept(units->units, removed);
      if (computedShapes.contains(op))
        patches.push_back({&shape, scaleShape(b, shape.get(), units->dim,
                                              units->units.size(), kept)});
      else if (!typeOf(result).isDynamicDim(units->dim))
        patches.push_back(
            {&shape, patchShape(b, shape.get(), units->dim, kept,
                                isa<ExpandOp>(op) ? 1 : -1)});
    } else if (auto split = dyn_cast<SplitOp>(op)) {
      auto whole = get(split.getInput());
      int64_t axis = split.getAxis(), rank = typeOf(split.getInput()).getRank();
      axis = axis < 0 ? axis + rank : axis;
      if (!whole || whole->dim != axis)
        continue;
      SmallVector<int64_t> sizes;
      for (Value result : op->getResults()) {
        auto units = get(result);
        sizes.push_back(units ? countKept(units->units, removed)
                              : typeOf(result).getDimSize(axis));
      }
      split.getSizesMutable().assign(
          createIndices(b, loc, b.getI64Type(), sizes));
    } else if (auto slice = dyn_cast<SliceOp>(op)) {
      auto whole = get(slice.getInput());
      auto starts = shapes.get(slice.getStarts()).getConstantElements();
      auto axes = slice.getAxes()
                      ? shapes.get(slice.getAxes()).getConstantElements()
                      : std::optional<SmallVector<int64_t>>({0});
      if (!whole || !axes || !starts)
        continue;
      int64_t rank = typeOf(slice.getInput()).getRank();
      int64_t axis = axes->front() < 0 ? axes->front() + rank : axes->front();
      if (axis != whole->dim)
        continue;
      int64_t extent = whole->units.size();
      int64_t begin = starts->front();
      begin = std::clamp<int64_t>(begin < 0 ? begin + extent : begin, 0, extent);
      int64_t size = slice.getType().getDimSize(axis);
      ArrayRef<int32_t> units(whole->units);
      int64_t newBegin = countKept(units.take_front(begin), removed);
      int64_t newEnd = newBegin + countKept(units.slice(begin, size), removed);
      Type element = typeOf(slice.getStarts()).getElementType();
      patches.push_back({&slice.getStartsMutable(),
                         createIndices(b, loc, element, {newBegin})});
      patches.push_back({&slice.getEndsMutable(),
                         createIndices(b, loc, element, {newEnd})});
    }
  }
  for (Patch &patch : patches)
    patch.operand->set(patch.value);
  for (auto &[value, units] : values)
    value.setType(narrow(typeOf(value), units, removed));
  if (changesInterface)
    removeFromInterface(removed);
}

/// Arguments remember which indices of the model's own inputs they take.
void UnitFlow::removeFromInterface(const llvm::BitVector &removed) {
  auto main = anchor->getParentOfType<func::FuncOp>();
  OpBuilder b(main.getContext());
  for (BlockArgument argument : main.getArguments()) {
    auto units = get(argument);
    if (!units)
      continue;
    SmallVector<int64_t> kept = listKept(units->units, removed);
    main.setArgAttr(argument.getArgNumber(), "graph.kept",
                    b.getDictionaryAttr(
                        {b.getNamedAttr("dim", b.getI64IntegerAttr(units->dim)),
                         b.getNamedAttr("indices", b.getDenseI64ArrayAttr(kept)),
                         b.getNamedAttr("extent", b.getI64IntegerAttr(
                                                      units->units.size()))}));
  }
  main.setFunctionType(b.getFunctionType(
      main.front().getArgumentTypes(),
      main.front().getTerminator()->getOperandTypes()));
}
