//===- ElementLoops.cpp - An element of a kernel op, computed alone -------===//

#include "ElementLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::kernel;

static Type sumType(EpilogueOp op) { return op.getValueType(); }

static Value constantOf(LoopBuilder &b, Type type, double value) {
  if (isa<FloatType>(type))
    return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
  return arith::ConstantOp::create(b, b.getIntegerAttr(type, int64_t(value)));
}

Value graphopt::widen(LoopBuilder &b, Value input, Type type, bool isUnsigned) {
  Type from = input.getType();
  if (from == type)
    return input;
  if (isa<FloatType>(getElementTypeOrSelf(from)))
    return arith::ExtFOp::create(b, type, input);
  if (isa<FloatType>(getElementTypeOrSelf(type)))
    return isUnsigned ? arith::UIToFPOp::create(b, type, input).getResult()
                      : arith::SIToFPOp::create(b, type, input).getResult();
  return isUnsigned ? arith::ExtUIOp::create(b, type, input).getResult()
                    : arith::ExtSIOp::create(b, type, input).getResult();
}

Value graphopt::addProduct(LoopBuilder &b, Value sum, Value x, Value y) {
  if (isa<FloatType>(getElementTypeOrSelf(sum.getType())))
    return math::FmaOp::create(b, x, y, sum);
  return arith::AddIOp::create(b, sum, arith::MulIOp::create(b, x, y));
}

using Counts = ArrayRef<LoopBuilder::Size>;

/// `start` after `step(i..., value)` for all i of a nest of loops.
static Value fold(LoopBuilder &b, Counts counts, Value start,
                  llvm::function_ref<Value(ArrayRef<Value>, Value)> step) {
  SmallVector<Value> indices;
  std::function<Value(Value)> descend = [&](Value value) -> Value {
    if (indices.size() == counts.size())
      return step(indices, value);
    auto loop = scf::ForOp::create(b, b.index(0), b.index(counts[indices.size()]),
                                   b.index(1), value);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    indices.push_back(loop.getInductionVar());
    Value next = descend(loop.getRegionIterArg(0));
    indices.pop_back();
    scf::YieldOp::create(b, next);
    return loop.getResult(0);
  };
  return descend(start);
}

static Value load(LoopBuilder &b, Value memref, ValueRange indices) {
  return memref::LoadOp::create(b, memref, indices);
}

/// Indices of the batch dimensions of an operand of `rank` dimensions, the last two
/// of which are a matrix: those of `at`, counted from the right; 0 where it has one
/// matrix for all.
static SmallVector<Value> batchIndices(LoopBuilder &b, Value operand, ValueRange at) {
  ArrayRef<int64_t> shape = cast<MemRefType>(operand.getType()).getShape();
  SmallVector<Value> indices;
  for (size_t i = 0; i + 2 < shape.size(); ++i)
    indices.push_back(shape[i] == 1 ? b.index(0) : at[at.size() - shape.size() + i]);
  return indices;
}

static Value emitMatMul(MatMulOp op, ValueRange at, LoopBuilder &b) {
  Value lhs = op.getLhs(), rhs = op.getRhs();
  Type type = sumType(op);
  SmallVector<Value> left = batchIndices(b, lhs, at), right = batchIndices(b, rhs, at);
  LoopBuilder::Size depth = b.sizesOf(lhs).back();
  return fold(b, Counts(depth), constantOf(b, type, 0), [&](ArrayRef<Value> k, Value sum) {
    SmallVector<Value> row(left), column(right);
    row.append({at[at.size() - 2], k[0]});
    column.append({k[0], at.back()});
    return addProduct(b, sum, widen(b, load(b, lhs, row), type, op.getUnsignedLhs()),
                      widen(b, load(b, rhs, column), type, op.getUnsignedRhs()));
  });
}

static Value emitGridMatMul(GridMatMulOp op, ValueRange at, LoopBuilder &b) {
  Type type = sumType(op);
  Value column = at.back(), block = b.index(op.getBlockSize());
  LoopBuilder::Size depth = b.getIndexAttr(op.getDepth());
  return fold(b, Counts(depth), constantOf(b, type, 0), [&](ArrayRef<Value> k, Value sum) {
    SmallVector<Value> row(at.drop_back());
    row.push_back(k[0]);
    SmallVector<Value> cell = {b.div(k[0], block), column};
    Value weight = widen(b, load(b, op.getRhs(), {k[0], column}), type, op.getUnsignedRhs());
    Value zero = op.getZero() ? widen(b, load(b, op.getZero(), cell), type, op.getUnsignedRhs())
                              : constantOf(b, type, op.getOffset());
    weight = arith::SubFOp::create(b, weight, zero);
    weight = arith::MulFOp::create(b, weight, widen(b, load(b, op.getScale(), cell), type));
    return addProduct(b, sum, widen(b, load(b, op.getLhs(), row), type), weight);
  });
}

/// The place in a spatial dimension of the input that tap `k` of the filter meets.
static SmallVector<Value> windowIndices(LoopBuilder &b, ValueRange at, ArrayRef<Value> taps,
                                        ArrayRef<int64_t> strides, ArrayRef<int64_t> dilations) {
  SmallVector<Value> indices = {at.front()};
  for (auto [i, k] : llvm::enumerate(taps))
    indices.push_back(b.add(b.mul(at[1 + i], strides[i]), b.mul(k, dilations[i])));
  return indices;
}

/// Indices of a filter [O, C, K...], or packed [G, K..., C, O / G], at (c, k...).
template <typename Conv>
static SmallVector<Value> filterIndices(Conv op, Value column, ArrayRef<Value> c, LoopBuilder &b) {
  SmallVector<Value> indices;
  if (!op.getPacked()) {
    indices.push_back(column);
    llvm::append_range(indices, c);
    return indices;
  }
  LoopBuilder::Size columns = b.sizesOf(op.getFilter()).back();
  indices.push_back(b.div(column, b.index(columns)));
  llvm::append_range(indices, c.drop_front());
  indices.push_back(c.front());
  indices.push_back(b.createOrFold<arith::RemUIOp>(column, b.index(columns)));
  return indices;
}

/// Sums over channels, if `channels` is not 1, and taps of a filter [O, C, K...].
/// `channel(c)` is the channel of the input.
template <typename Conv>
static Value emitWindow(Conv op, ValueRange at, LoopBuilder &b,
                        llvm::function_ref<Value(Value)> channel) {
  Value input = op.getInput(), filter = op.getFilter();
  Type type = sumType(op);
  SmallVector<LoopBuilder::Size> counts = b.sizesOf(filter);
  counts.erase(counts.begin()); // (c, k...)
  if (op.getPacked()) { // (k..., c, o)
    counts.pop_back();
    std::rotate(counts.begin(), std::prev(counts.end()), counts.end());
  }
  return fold(b, counts, constantOf(b, type, 0), [&](ArrayRef<Value> c, Value sum) {
    SmallVector<Value> from =
        windowIndices(b, at, c.drop_front(), op.getStrides(), op.getDilations());
    from.push_back(channel(c[0]));
    SmallVector<Value> weight = filterIndices(op, at.back(), c, b);
    return addProduct(b, sum, widen(b, load(b, input, from), type, op.getUnsignedInput()),
                      widen(b, load(b, filter, weight), type, op.getUnsignedFilter()));
  });
}

static Value emitConv(ConvOp op, ValueRange at, LoopBuilder &b) {
  auto sizeOf = [](Value memref) { return cast<MemRefType>(memref.getType()).getShape().back(); };
  int64_t perGroup = sizeOf(op.getInit()) / op.getGroups();
  Value first = b.mul(b.div(at.back(), b.index(perGroup)), sizeOf(op.getInput()) / op.getGroups());
  return emitWindow(op, at, b, [&](Value c) { return b.add(first, c); });
}

namespace {
/// One element of attention: the scores of a row are computed once for their maximum
/// and once for the sums.
class AttentionElement {
public:
  AttentionElement(AttentionOp op, ValueRange at, LoopBuilder &b)
      : op(op), b(b), type(sumType(op)) {
    for (unsigned i = 0; i < 4; ++i)
      place.push_back(at[op.getDim(AttentionOp::Role::Init, i)]);
    Value heads = sizeOf(AttentionOp::Role::Query, 1);
    Value shared = b.div(heads, sizeOf(AttentionOp::Role::Key, 1));
    group = b.div(place[1], shared);
    keys = sizeOf(AttentionOp::Role::Key, 2);
    limit = findLimit();
  }

  Value emit() {
    Value lowest = constantOf(b, type, -std::numeric_limits<double>::infinity());
    Value most = fold(b, Counts(LoopBuilder::Size(limit)), lowest,
                      [&](ArrayRef<Value> n, Value value) -> Value {
                        return arith::MaximumFOp::create(b, value, score(n[0]));
                      });
    Value zero = constantOf(b, type, 0);
    auto loop = scf::ForOp::create(b, b.index(0), limit, b.index(1), ValueRange{zero, zero});
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      Value n = loop.getInductionVar();
      Value weight = math::ExpOp::create(b, arith::SubFOp::create(b, score(n), most));
      Value sum = arith::AddFOp::create(b, loop.getRegionIterArg(0), weight);
      Value value = addProduct(b, loop.getRegionIterArg(1), weight,
                               read(AttentionOp::Role::Value, n, place[3]));
      scf::YieldOp::create(b, ValueRange{sum, value});
    }
    Value quotient = arith::DivFOp::create(b, loop.getResult(1), loop.getResult(0));
    Value none = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, keys, b.index(0));
    return arith::SelectOp::create(b, none, zero, quotient);
  }

private:
  Value operand(AttentionOp::Role role) {
    switch (role) {
    case AttentionOp::Role::Query:
      return op.getQuery();
    case AttentionOp::Role::Key:
      return op.getKey();
    case AttentionOp::Role::Value:
      return op.getValue();
    case AttentionOp::Role::Init:
      return op.getInit();
    }
    llvm_unreachable("not a role");
  }

  /// Of dimension `dim` of (b, h, s, d).
  Value sizeOf(AttentionOp::Role role, int64_t dim) {
    return b.index(b.sizeOf(operand(role), op.getDim(role, dim)));
  }

  Value read(AttentionOp::Role role, Value s, Value d) {
    Value head = role == AttentionOp::Role::Query ? place[1] : group;
    Value logical[] = {place[0], head, s, d};
    SmallVector<Value> indices(4);
    for (int64_t i = 0; i < 4; ++i)
      indices[op.getDim(role, i)] = logical[i];
    return widen(b, load(b, operand(role), indices), type);
  }

  /// So many keys of the first are seen by the row.
  Value findLimit() {
    if (!op.getCausal())
      return keys;
    Value end = b.add(place[2], b.index(1));
    if (op.getFromEnd()) {
      Value queries = sizeOf(AttentionOp::Role::Query, 2);
      end = b.sub(b.add(end, keys), queries);
      end = arith::MaxSIOp::create(b, end, b.index(0));
    }
    return arith::MinSIOp::create(b, end, keys);
  }

  Value score(Value n) {
    Value depth = sizeOf(AttentionOp::Role::Query, 3);
    Value sum = fold(b, Counts(LoopBuilder::Size(depth)), constantOf(b, type, 0),
                     [&](ArrayRef<Value> d, Value value) {
                       return addProduct(b, value, read(AttentionOp::Role::Query, place[2], d[0]),
                                         read(AttentionOp::Role::Key, n, d[0]));
                     });
    double scale = op.getScale().convertToDouble();
    if (std::optional<APFloat> cap = op.getSoftcap()) {
      double most = cap->convertToDouble();
      sum = arith::MulFOp::create(b, sum, constantOf(b, type, scale / most));
      sum = arith::MulFOp::create(b, math::TanhOp::create(b, sum), constantOf(b, type, most));
    } else {
      sum = arith::MulFOp::create(b, sum, constantOf(b, type, scale));
    }
    if (!op.getMask())
      return sum;
    Value logical[] = {place[0], place[1], place[2], n};
    SmallVector<Value> indices;
    for (AffineExpr result : op.getMaskMap()->getResults()) {
      auto dim = dyn_cast<AffineDimExpr>(result);
      indices.push_back(dim ? logical[dim.getPosition()] : b.index(0));
    }
    return arith::AddFOp::create(b, sum, widen(b, load(b, op.getMask(), indices), type));
  }

  AttentionOp op;
  LoopBuilder &b;
  Type type;
  SmallVector<Value> place; ///< (b, h, m, e)
  Value group, keys, limit;
};
} // namespace

Value graphopt::emitElement(EpilogueOp op, ValueRange at, LoopBuilder &b) {
  Operation *kernel = op.getOperation();
  // Filters in one panel are read as they are, other panels are for CPUs.
  if (op.getPacked() && !isa<ConvOp, DepthwiseConvOp>(kernel))
    return {};
  if (auto matmul = dyn_cast<MatMulOp>(kernel))
    return emitMatMul(matmul, at, b);
  if (auto matmul = dyn_cast<GridMatMulOp>(kernel))
    return emitGridMatMul(matmul, at, b);
  if (auto conv = dyn_cast<ConvOp>(kernel))
    return emitConv(conv, at, b);
  if (auto conv = dyn_cast<DepthwiseConvOp>(kernel))
    return emitWindow(conv, at, b, [&](Value) { return at.back(); });
  if (auto attention = dyn_cast<AttentionOp>(kernel))
    return AttentionElement(attention, at, b).emit();
  return {};
}
