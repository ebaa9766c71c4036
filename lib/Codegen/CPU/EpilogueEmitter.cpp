//===- EpilogueEmitter.cpp - Body, extras and stores of a kernel ----------===//

#include "EpilogueEmitter.h"
#include "../Common/CollapseShape.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;
using namespace graphopt::kernel;

bool graphopt::cpu::isHeavyEpilogue(Block &body) {
  constexpr int kMost = 12; // instructions a vector
  int cost = 0;
  for (Operation &op : body.without_terminator()) {
    bool isFunction =
        isa<math::MathDialect>(op.getDialect()) &&
        !isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp,
             math::FloorOp, math::FmaOp, math::RoundEvenOp, math::SqrtOp,
             math::TruncOp>(op);
    if (isFunction)
      cost += kMost;
    else if (!matchPattern(&op, m_Constant()))
      ++cost;
  }
  return cost > kMost;
}

static BlockArgument getAddend(arith::AddIOp op) {
  auto lhs = dyn_cast<BlockArgument>(op.getLhs()), rhs = dyn_cast<BlockArgument>(op.getRhs());
  return lhs && lhs.getArgNumber() != 0 ? lhs : rhs;
}

/// The addition to the value of an extra that is one vector for all rows.
static arith::AddIOp findAddition(EpilogueOp op) {
  BlockArgument value = op.getBody()->getArgument(0);
  auto add = value.hasOneUse() ? dyn_cast<arith::AddIOp>(*value.user_begin()) : arith::AddIOp();
  BlockArgument addend = add ? getAddend(add) : BlockArgument();
  if (!addend || addend == value || addend.getOwner() != op.getBody())
    return {};
  AffineMap map = op.getMap(addend.getArgNumber() - 1);
  unsigned last = map.getNumDims() - 1;
  for (unsigned dim = 0; dim < last; ++dim)
    if (map.isFunctionOfDim(dim))
      return {};
  return map.isFunctionOfDim(last) ? add : arith::AddIOp();
}

EpilogueEmitter::EpilogueEmitter(EpilogueOp op, int64_t lanes, LoopBuilder &b)
    : init(op.getInitValue()), body(*op.getBody()), lanes(lanes), b(b) {
  for (auto [i, extra] : llvm::enumerate(op.getExtras()))
    extras.push_back({extra, op.getMap(i)});
  addition = findAddition(op);
}

Value EpilogueEmitter::start(Column column) {
  if (!addition)
    return {};
  return loadExtra(getAddend(addition).getArgNumber() - 1, Value(), column);
}

Value EpilogueEmitter::load(Value memref, ValueRange indices, Value mask) {
  VectorType type = vectorOf(cast<MemRefType>(memref.getType()).getElementType());
  if (!mask)
    return vector::LoadOp::create(b, type, memref, indices);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return vector::MaskedLoadOp::create(b, type, memref, indices, mask, zero);
}

/// Every op of the body is elementwise mappable, so the same op with vector
/// types is its vector form.
Value EpilogueEmitter::apply(Value value, Value row, Column column) {
  IRMapping mapping;
  mapping.map(body.getArgument(0), value);
  for (unsigned i = 0; i < extras.size(); ++i)
    if (!addition || getAddend(addition) != body.getArgument(1 + i) ||
        !getAddend(addition).hasOneUse())
      mapping.map(body.getArgument(1 + i), loadExtra(i, row, column));
  for (Operation &scalar : body.without_terminator()) {
    if (&scalar == addition) {
      mapping.map(addition.getResult(), value);
      continue;
    }
    if (Attribute constant; matchPattern(&scalar, m_Constant(&constant))) {
      auto splat = DenseElementsAttr::get(
          vectorOf(scalar.getResult(0).getType()), constant);
      mapping.map(scalar.getResult(0), arith::ConstantOp::create(b, splat));
      continue;
    }
    for (OpResult result : b.clone(scalar, mapping)->getResults())
      result.setType(vectorOf(result.getType()));
  }
  return mapping.lookup(body.getTerminator()->getOperand(0));
}

Value EpilogueEmitter::loadExtra(unsigned i, Value row, Column column) {
  auto [source, map] = extras[i];
  unsigned rowDim = outer.size(), columnDim = rowDim + 1;
  bool usesColumn = map.isFunctionOfDim(columnDim);
  Value &vec = loaded[{i, map.isFunctionOfDim(rowDim) ? row : Value(),
                       usesColumn ? column.index : Value()}];
  if (vec)
    return vec;
  SmallVector<Value> coordinates(outer), indices;
  coordinates.append({row, column.index});
  for (AffineExpr expr : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    indices.push_back(dim ? coordinates[dim.getPosition()] : b.index(0));
  }
  if (usesColumn)
    return vec = load(source, indices, column.mask);
  Value scalar = memref::LoadOp::create(b, source, indices);
  return vec = vector::BroadcastOp::create(b, vectorOf(scalar.getType()), scalar);
}

void EpilogueEmitter::store(Value value, Value row, Column column) {
  SmallVector<Value> indices(outer);
  indices.append({row, column.index});
  if (column.mask)
    vector::MaskedStoreOp::create(b, init, indices, column.mask, value);
  else
    vector::StoreOp::create(b, value, init, indices);
}

Value graphopt::cpu::reorderDims(LoopBuilder &b, Value memref,
                                 AffineMap layout) {
  if (layout.isIdentity())
    return memref;
  return memref::TransposeOp::create(
      b, memref, AffineMapAttr::get(inversePermutation(layout)));
}

void EpilogueEmitter::reorderInit(AffineMap layout) {
  init = reorderDims(b, init, layout);
  for (Extra &extra : extras)
    extra.map = extra.map.compose(layout);
}

//===----------------------------------------------------------------------===//
// Flat rows
//===----------------------------------------------------------------------===//

/// The first `count` dimensions as one, the others as they are.
static SmallVector<ReassociationIndices> mergeLeading(int64_t rank,
                                                      int64_t count) {
  SmallVector<ReassociationIndices> groups(1);
  for (int64_t dim = 0; dim < rank; ++dim) {
    if (dim >= count)
      groups.emplace_back();
    groups.back().push_back(dim);
  }
  return groups;
}

static bool canMergeLeading(Value memref, int64_t count) {
  auto type = cast<MemRefType>(memref.getType());
  return type.getRank() >= count &&
         memref::CollapseShapeOp::isGuaranteedCollapsible(
             type, mergeLeading(type.getRank(), count));
}

/// Which of the `count` leading dimensions of its domain `map` reads: none, or
/// all of them in order before anything else.
static std::optional<bool> readsLeading(AffineMap map, unsigned count) {
  unsigned used = 0;
  for (unsigned dim = 0; dim < count; ++dim)
    used += map.isFunctionOfDim(dim);
  if (used == 0)
    return false;
  for (unsigned dim = 0; dim < count; ++dim)
    if (dim >= map.getNumResults() ||
        map.getResult(dim) != getAffineDimExpr(dim, map.getContext()))
      return std::nullopt;
  return true;
}

bool EpilogueEmitter::flattenRows(Value &input) {
  int64_t count = cast<MemRefType>(init.getType()).getRank() - 1;
  if (count == 1)
    return true;
  if (!canMergeLeading(init, count) || !canMergeLeading(input, count))
    return false;
  for (Extra &extra : extras) {
    std::optional<bool> reads = readsLeading(extra.map, count);
    if (!reads || (*reads && !canMergeLeading(extra.source, count)))
      return false;
  }
  auto merge = [&](Value &memref) {
    int64_t rank = cast<MemRefType>(memref.getType()).getRank();
    memref = collapseShape(b, b.getLoc(), memref, mergeLeading(rank, count));
  };
  merge(init);
  merge(input);
  MLIRContext *context = b.getContext();
  for (Extra &extra : extras) {
    bool reads = *readsLeading(extra.map, count);
    if (reads)
      merge(extra.source);
    SmallVector<AffineExpr> results;
    if (reads)
      results.push_back(getAffineDimExpr(0, context));
    for (AffineExpr expr : extra.map.getResults().drop_front(reads ? count : 0))
      results.push_back(isa<AffineDimExpr>(expr) ? getAffineDimExpr(1, context)
                                                 : expr);
    extra.map = AffineMap::get(2, 0, results, context);
  }
  return true;
}
