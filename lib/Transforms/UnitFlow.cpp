#include "UnitFlow.h"
#include "dialects/Graph/Attention.h"
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Normalization.h"
#include "dialects/Graph/Pooling.h"
#include "dialects/Graph/Reduction.h"
#include "dialects/Graph/Resize.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "dialects/Graph/ValueNames.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include <numeric>

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// The shortest list whose repetition is `units`.
static ArrayRef<int32_t> findPeriod(ArrayRef<int32_t> units) {
  size_t size = units.size();
  for (size_t period = 1; period < size; ++period)
    if (size % period == 0 &&
        llvm::equal(units.drop_front(period), units.drop_back(period)))
      return units.take_front(period);
  return units;
}

//===----------------------------------------------------------------------===//
// What is known
//===----------------------------------------------------------------------===//

LogicalResult UnitFlow::fail(Operation *op, const Twine &why) {
  StringRef node = op ? getNodeName(op->getLoc()) : StringRef();
  reason = (node.empty() ? why : "'" + node + "' " + why).str();
  return failure();
}

/// What one tensor would lose by two ways to it.
LogicalResult UnitFlow::meet(Operation *op, const UnitDim &known,
                             const UnitDim &units) {
  if (known == units)
    return success();
  if (meeting == Refused || known.dim != units.dim ||
      known.units.size() != units.units.size())
    return fail(op, "would lose two different parts");
  for (auto [a, b] : llvm::zip_equal(known.units, units.units))
    if (a != b)
      merged.unionSets(a, b);
  return success();
}

int64_t UnitFlow::renumber(MutableArrayRef<int32_t> units) {
  llvm::DenseMap<int32_t, int32_t> numbers;
  merged.insert(-1);
  auto number = [&](int32_t unit) -> int32_t {
    merged.insert(unit);
    if (merged.isEquivalent(unit, -1))
      return -1;
    return numbers.try_emplace(merged.getLeaderValue(unit), numbers.size())
        .first->second;
  };
  auto renumberAll = [&](MutableArrayRef<int32_t> list) {
    for (int32_t &unit : list)
      unit = number(unit);
  };
  renumberAll(units);
  for (auto &[value, found] : values)
    renumberAll(found.units);
  for (auto &[constant, found] : constants)
    renumberAll(found.units);
  for (UnitReader &reader : readers)
    renumberAll(reader.units);
  return numbers.size();
}

/// Static extents have a unit for each index, open ones the shortest period.
LogicalResult UnitFlow::normalize(Type type, UnitDim &units) {
  int64_t extent = cast<RankedTensorType>(type).getDimSize(units.dim);
  if (units.units.empty())
    return success(extent == 0);
  SmallVector<int32_t> period(findPeriod(units.units));
  if (ShapedType::isDynamic(extent)) {
    units.units = std::move(period);
    return success();
  }
  if (extent % int64_t(period.size()) != 0)
    return failure();
  units.units.resize(extent);
  for (int64_t i = 0; i < extent; ++i)
    units.units[i] = period[i % period.size()];
  return success();
}

std::optional<UnitDim> UnitFlow::get(OpOperand &operand) const {
  auto found = llvm::find_if(
      constants, [&](auto &entry) { return entry.first.first == &operand; });
  return found == constants.end() ? get(operand.get()) : found->second;
}

std::optional<UnitDim> UnitFlow::get(Value value) const {
  auto found = values.find(value);
  if (found == values.end())
    return std::nullopt;
  return found->second;
}

LogicalResult UnitFlow::set(OpOperand &operand, UnitDim units) {
  if (!isConstant(operand.get()))
    return set(operand.get(), std::move(units));
  Operation *op = operand.getOwner();
  if (failed(normalize(operand.get().getType(), units)))
    return fail(op, "has a constant that fits no head or neuron");
  if (llvm::all_of(units.units, [](int32_t unit) { return unit < 0; }))
    return success();
  auto [entry, isNew] = constants.insert({{&operand, units.dim}, units});
  if (!isNew && failed(meet(op, entry->second, units)))
    return failure();
  touched.insert(op);
  return success();
}

LogicalResult UnitFlow::set(Value value, UnitDim units) {
  Operation *source = value.getDefiningOp();
  if (failed(normalize(value.getType(), units)))
    return fail(source, "has an extent that fits no head or neuron");
  bool isEmpty =
      llvm::all_of(units.units, [](int32_t unit) { return unit < 0; });
  if (auto known = get(value))
    return meet(source, *known, units);
  if (isEmpty)
    return success();
  if (!source && !changesInterface)
    return fail(nullptr, "it comes from an input of the model");
  values.insert({value, std::move(units)});
  if (source)
    worklist.insert(source);
  for (Operation *user : value.getUsers())
    worklist.insert(user);
  return success();
}

LogicalResult UnitFlow::start(OpOperand &operand, UnitDim units) {
  return set(operand, std::move(units));
}

LogicalResult UnitFlow::start(Value result, UnitDim units) {
  return set(result, std::move(units));
}

LogicalResult UnitFlow::cut(OpOperand &operand, UnitDim units) {
  if (isConstant(operand.get()))
    return set(operand, std::move(units));
  if (failed(normalize(operand.get().getType(), units)))
    return fail(anchor, "has an operand that fits no head or neuron");
  cuts.insert({&operand, std::move(units)});
  return success();
}

LogicalResult UnitFlow::follow() {
  while (!worklist.empty() || !postponed.empty()) {
    if (worklist.empty()) {
      if (failed(resolve(postponed.pop_back_val())))
        return failure();
      continue;
    }
    Operation *op = worklist.pop_back_val();
    touched.insert(op);
    if (op != anchor && failed(visit(op)))
      return failure();
  }
  if (readers.empty())
    return fail(anchor, "is read by no product with constant weights");
  return checkComputedShapes();
}

//===----------------------------------------------------------------------===//
// One op
//===----------------------------------------------------------------------===//

LogicalResult UnitFlow::visit(Operation *op) {
  auto axisOf = [](auto norm) {
    int64_t axis = norm.getAxis();
    return axis < 0 ? axis + typeOf(norm.getInput()).getRank() : axis;
  };
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<UnaryOp, BinaryOp, WhereOp, CastOp, ExpandOp>(
          [&](auto) { return visitElementwise(op); })
      .Case([&](ReduceOp) { return visitReduce(op); })
      .Case<TransposeOp, UnsqueezeOp, SqueezeOp>(
          [&](auto) { return visitTranspose(op); })
      .Case([&](ReshapeOp) { return visitReshape(op); })
      .Case([&](SplitOp) { return visitSplit(op); })
      .Case([&](SliceOp) { return visitSlice(op); })
      .Case([&](PadOp) { return visitPad(op); })
      .Case([&](GatherOp) { return visitGather(op); })
      .Case([&](ConcatOp) { return visitConcat(op); })
      .Case([&](MatMulOp) { return visitMatMul(op); })
      .Case([&](GemmOp) { return visitGemm(op); })
      .Case([&](ConvOp) { return visitConv(op); })
      .Case([&](PoolOp pool) {
        int64_t rank = typeOf(pool.getInput()).getRank();
        bool isLast = pool.getChannelsLast();
        return visitSpatial(op, llvm::to_vector(llvm::seq<int64_t>(
                                    isLast ? 1 : 2, isLast ? rank - 1 : rank)));
      })
      .Case([&](ResizeOp) { return visitResize(op); })
      .Case([&](BatchNormalizationOp norm) {
        if (norm.getTraining())
          return fail(op, "is trained");
        return visitChannelNorm(op, norm.getAxis(), 0);
      })
      .Case([&](GroupNormalizationOp norm) {
        return visitChannelNorm(op, norm.getAxis(), norm.getGroups());
      })
      .Case<SoftmaxOp, LogSoftmaxOp>([&](auto norm) {
        return visitRows(op, axisOf(norm), /*hasTail=*/false);
      })
      .Case<LayerNormalizationOp, RMSNormalizationOp>([&](auto norm) {
        return visitRows(op, axisOf(norm), /*hasTail=*/true);
      })
      // Its elements are sizes: those along the dimension are smaller, as they
      // would be in a model that never had the units.
      .Case<ShapeOp, SizeOp>([&](auto) { return success(); })
      .Case([&](func::ReturnOp) {
        return changesInterface
                   ? success()
                   : fail(nullptr, "it is an output of the model");
      })
      .Case([&](AttentionOp) { return fail(op, "reads it too"); })
      .Default([&](Operation *) { return fail(op, "is not looked through"); });
}

/// Units of an operand and of a result are the same, dimension i of the operand
/// being dimension resultDimOf[i] of the result, -1 if it has none.
LogicalResult UnitFlow::relate(OpOperand &operand, Value result,
                               ArrayRef<int64_t> resultDimOf) {
  // Constants are told, and tell nothing.
  if (auto known = get(operand.get())) {
    int64_t dim = resultDimOf[known->dim];
    if (dim < 0)
      return fail(operand.getOwner(), "takes the dimension away");
    return set(result, {dim, known->units});
  }
  if (auto known = get(result)) {
    const int64_t *found = llvm::find(resultDimOf, known->dim);
    if (found == resultDimOf.end())
      return success(); // broadcast
    return set(operand, {found - resultDimOf.begin(), known->units});
  }
  return success();
}

/// Dimensions are aligned at the last; an extent of 1 serves all indices.
LogicalResult UnitFlow::visitElementwise(Operation *op) {
  Value result = op->getResult(0);
  int64_t rank = typeOf(result).getRank();
  MutableArrayRef<OpOperand> operands = op->getOpOperands();
  if (isa<ExpandOp>(op))
    operands = operands.take_front();
  // Twice: what one operand tells reaches the others through the result.
  for (int pass = 0; pass < 2; ++pass)
    for (OpOperand &operand : operands) {
      auto type = typeOf(operand.get());
      SmallVector<int64_t> dims;
      for (int64_t i = 0; i < type.getRank(); ++i) {
        int64_t dim = i + rank - type.getRank();
        bool isRepeated =
            type.getDimSize(i) == 1 && typeOf(result).getDimSize(dim) != 1;
        dims.push_back(isRepeated ? -1 : dim);
      }
      if (failed(relate(operand, result, dims)))
        return failure();
    }
  auto known = get(result);
  if (isa<ExpandOp>(op) && known && !get(op->getOpOperand(0)))
    return fail(op, "repeats it");
  return isa<ExpandOp>(op) && known ? checkShape(op, known->dim) : success();
}

/// Rows along the dimensions from `axis` on must stay whole.
LogicalResult UnitFlow::visitRows(Operation *op, int64_t axis, bool hasTail) {
  Value input = op->getOperand(0);
  auto known = get(input);
  if (!known)
    known = get(op->getResult(0));
  if (!known)
    return fail(op, "is not looked through");
  bool isRow = hasTail ? known->dim >= axis : known->dim == axis;
  if (isRow)
    return fail(op, "normalizes over it");
  if (failed(set(op->getOpOperand(0), *known)))
    return failure();
  for (Value result : op->getResults())
    if (failed(set(result, *known)))
      return failure();
  int64_t rank = typeOf(input).getRank();
  for (OpOperand &operand : op->getOpOperands().drop_front()) {
    auto type = typeOf(operand.get());
    int64_t dim = known->dim - (rank - type.getRank());
    if (dim >= 0 && type.getDimSize(dim) != 1 &&
        failed(set(operand, {dim, known->units})))
      return failure();
  }
  return success();
}

LogicalResult UnitFlow::visitReduce(Operation *op) {
  auto reduce = cast<ReduceOp>(op);
  int64_t rank = typeOf(reduce.getInput()).getRank(), left = 0;
  auto axes = normalizeAxes(std::nullopt, reduce.getAxes(), rank);
  SmallVector<int64_t> dims;
  for (int64_t i = 0; i < rank; ++i) {
    bool isReduced = llvm::is_contained(*axes, i);
    dims.push_back(isReduced ? -1 : left);
    left += !isReduced || reduce.getKeepdims();
  }
  if (auto known = get(op->getOpOperand(0)); known && dims[known->dim] < 0)
    return fail(op, "reduces over it");
  return relate(op->getOpOperand(0), reduce.getResult(), dims);
}

/// Ops that only move dimensions.
LogicalResult UnitFlow::visitTranspose(Operation *op) {
  int64_t rank = typeOf(op->getOperand(0)).getRank();
  SmallVector<int64_t> dims(rank, -1);
  if (auto transpose = dyn_cast<TransposeOp>(op)) {
    for (auto [to, from] : llvm::enumerate(transpose.getPermutation()))
      dims[from] = to;
    return relate(op->getOpOperand(0), op->getResult(0), dims);
  }
  bool inserts = isa<UnsqueezeOp>(op);
  int64_t larger = inserts ? typeOf(op->getResult(0)).getRank() : rank;
  ArrayRef<int64_t> given = inserts ? cast<UnsqueezeOp>(op).getAxes()
                                    : cast<SqueezeOp>(op).getAxes();
  auto axes = normalizeAxes(std::nullopt, given, larger);
  int64_t smaller = 0;
  for (int64_t i = 0; i < larger; ++i) {
    if (llvm::is_contained(*axes, i))
      continue;
    (inserts ? dims[smaller] : dims[i]) = inserts ? i : smaller;
    ++smaller;
  }
  return relate(op->getOpOperand(0), op->getResult(0), dims);
}

//===----------------------------------------------------------------------===//
// Reshapes
//===----------------------------------------------------------------------===//

/// The units along dimension `e` of the new shape, whose indices are `run` of the
/// old ones long, or of which `parts` make an old one; nothing if they differ in
/// an index, or end elsewhere.
static std::optional<SmallVector<int32_t>>
regroup(ArrayRef<int32_t> units, int64_t extent, int64_t run, int64_t parts) {
  ArrayRef<int32_t> period = findPeriod(units);
  int64_t size = period.size();
  if (parts > 1) {
    if (!ShapedType::isDynamic(extent) && extent % (size * parts) != 0)
      return std::nullopt;
    SmallVector<int32_t> result;
    for (int32_t unit : period)
      result.append(parts, unit);
    return result;
  }
  int64_t count = ShapedType::isDynamic(extent)
                      ? (size % run == 0 ? size / run : 1)
                      : extent;
  SmallVector<int32_t> result;
  for (int64_t i = 0; i < count; ++i)
    result.push_back(period[i * run % size]);
  // Both repeat by then.
  for (int64_t i = 0, end = std::lcm(size, count * run); i < end; ++i)
    if (period[i % size] != result[i / run % count])
      return std::nullopt;
  return result;
}

/// Row-major order stays: the distance between neighbours along the dimensions
/// tells which one holds the units.
std::optional<UnitDim> UnitFlow::reshape(const UnitDim &units, Value from,
                                         Value to) {
  SmallVector<AffineExpr> source = shapes.get(from).dims;
  SmallVector<AffineExpr> target = shapes.get(to).dims;
  ArrayRef<AffineExpr> inner = ArrayRef(source).drop_front(units.dim + 1);
  for (int64_t dim = 0; dim < int64_t(target.size()); ++dim) {
    int64_t extent = typeOf(to).getDimSize(dim);
    if (extent == 1)
      continue;
    ArrayRef<AffineExpr> below = ArrayRef(target).drop_front(dim + 1);
    auto parts = getConstant(shapes.quotient(inner, below));
    auto run = getConstant(shapes.quotient(below, inner));
    if (!parts && !run)
      continue;
    if (auto found =
            regroup(units.units, extent, run.value_or(1), parts.value_or(1)))
      return UnitDim{dim, std::move(*found)};
  }
  return std::nullopt;
}

bool UnitFlow::canPatchShape(Value shape, int64_t index) const {
  if (isConstant(shape))
    return true;
  auto concat = shape.getDefiningOp<ConcatOp>();
  if (!concat)
    return false;
  for (Value part : concat.getInputs()) {
    int64_t size = typeOf(part).getDimSize(0);
    if (ShapedType::isDynamic(size))
      return false;
    if (index < size)
      return canPatchShape(part, index);
    index -= size;
  }
  return false;
}

/// A size that the run computes is one that can be scaled if it is a number of
/// dimensions, as no -1 is, and none of those that are smaller afterwards.
LogicalResult UnitFlow::checkShape(Operation *op, int64_t dim) {
  Value shape = op->getOperand(1);
  if (canPatchShape(shape, dim))
    return success();
  const auto &elements = shapes.get(shape).elements;
  if (!elements || !(*elements)[dim] ||
      (*elements)[dim] != shapes.get(op->getResult(0)).dims[dim])
    return fail(op, "has a shape that is computed");
  computedShapes.insert(op);
  return success();
}

LogicalResult UnitFlow::checkComputedShapes() {
  for (Operation *op : computedShapes) {
    // The shape of what loses the same units is right by itself.
    auto shape = op->getOperand(1).getDefiningOp<ShapeOp>();
    if (shape && get(shape.getInput()) == get(op->getResult(0)))
      continue;
    SetVector<Operation *> slice;
    BackwardSliceOptions options;
    options.inclusive = true;
    options.omitUsesFromAbove = false;
    // Sizes do not depend on elements.
    options.filter = [](Operation *source) {
      return !source->getNumResults() || isa<ShapeOp, SizeOp>(source) ||
             typeOf(source->getResult(0)).getElementType().isIntOrIndex();
    };
    (void)getBackwardSlice(op->getOperand(1), &slice, options);
    for (Operation *source : slice)
      if (isa<ShapeOp, SizeOp>(source) && isKnown(source->getOperand(0)))
        return fail(op, "has a shape that is computed from others");
  }
  return success();
}

LogicalResult UnitFlow::visitReshape(Operation *op) {
  OpOperand &input = op->getOpOperand(0);
  Value result = op->getResult(0);
  auto known = get(result);
  if (auto from = get(input)) {
    auto to = reshape(*from, input.get(), result);
    if (!to)
      return fail(op, "mixes it with others");
    if (failed(set(result, *to)))
      return failure();
    known = get(result);
  } else if (known) {
    auto back = reshape(*known, result, input.get());
    if (!back)
      return fail(op, "mixes it with others");
    if (failed(set(input, *back)))
      return failure();
  }
  return known ? checkShape(op, known->dim) : success();
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

LogicalResult UnitFlow::addReader(Operation *op, const UnitDim &units) {
  if (!isConstant(op->getOperand(1)))
    return fail(op, "multiplies it with what is no constant");
  bool isKnown = llvm::any_of(
      readers, [&](const UnitReader &reader) { return reader.op == op; });
  if (!isKnown)
    readers.push_back({op, units.units});
  return success();
}

LogicalResult UnitFlow::visitMatMul(Operation *op) {
  OpOperand &lhs = op->getOpOperand(0), &rhs = op->getOpOperand(1);
  Value result = op->getResult(0);
  int64_t lhsRank = typeOf(lhs.get()).getRank();
  int64_t rhsRank = typeOf(rhs.get()).getRank();
  int64_t rank = typeOf(result).getRank();
  if (lhsRank < 2 || rhsRank < 2)
    return fail(op, "is a product with a vector");
  if (auto known = get(lhs); known && known->dim == lhsRank - 1) {
    if (failed(addReader(op, *known)) ||
        failed(set(rhs, {rhsRank - 2, known->units})))
      return failure();
    auto out = get(result);
    return out && out->dim == rank - 1 ? set(rhs, {rhsRank - 1, out->units})
                                       : success();
  }
  if (auto known = get(rhs.get()); known && known->dim == rhsRank - 2)
    return fail(op, "sums over it");
  // The other dimensions of both are those of the result.
  SmallVector<int64_t> lhsDims, rhsDims;
  for (int64_t i = 0; i < lhsRank; ++i)
    lhsDims.push_back(i == lhsRank - 1 ? -1 : i + rank - lhsRank);
  for (int64_t i = 0; i < rhsRank; ++i)
    rhsDims.push_back(i == rhsRank - 2 ? -1 : i + rank - rhsRank);
  auto hideOnes = [&](OpOperand &operand, SmallVector<int64_t> &dims) {
    for (auto [i, dim] : llvm::enumerate(dims))
      if (dim >= 0 && typeOf(operand.get()).getDimSize(i) == 1 &&
          typeOf(result).getDimSize(dim) != 1)
        dim = -1;
  };
  hideOnes(lhs, lhsDims);
  hideOnes(rhs, rhsDims);
  for (int pass = 0; pass < 2; ++pass)
    if (failed(relate(lhs, result, lhsDims)) ||
        failed(relate(rhs, result, rhsDims)))
      return failure();
  return success();
}

LogicalResult UnitFlow::visitGemm(Operation *op) {
  auto gemm = cast<GemmOp>(op);
  OpOperand &lhs = op->getOpOperand(0), &rhs = op->getOpOperand(1);
  int64_t lhsSum = gemm.getTransA() ? 0 : 1, rhsSum = gemm.getTransB() ? 1 : 0;
  SmallVector<int64_t, 2> lhsDims = {0, 0}, rhsDims = {1, 1};
  lhsDims[lhsSum] = -1;
  rhsDims[rhsSum] = -1;
  bool isReader = false;
  if (auto known = get(lhs); known && known->dim == lhsSum) {
    if (failed(addReader(op, *known)) || failed(set(rhs, {rhsSum, known->units})))
      return failure();
    isReader = true; // what else the result has comes from rhs and bias
  }
  if (auto known = get(rhs.get()); known && known->dim == rhsSum)
    return fail(op, "sums over it");
  for (int pass = 0; pass < 2; ++pass)
    if ((!isReader && failed(relate(lhs, gemm.getResult(), lhsDims))) ||
        failed(relate(rhs, gemm.getResult(), rhsDims)))
      return failure();
  auto known = get(gemm.getResult());
  if (!known || !gemm.getBias())
    return success();
  OpOperand &bias = op->getOpOperand(2);
  auto type = typeOf(bias.get());
  int64_t dim = known->dim - (2 - type.getRank());
  if (dim < 0 || type.getDimSize(dim) == 1)
    return success();
  return set(bias, {dim, known->units});
}
