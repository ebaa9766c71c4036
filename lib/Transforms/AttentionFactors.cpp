//===- AttentionFactors.cpp - Queries, keys and values of products --------===//

#include "Attention.h"
#include "dialects/Graph/Einsum.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Reduction.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Dimension `index` of a factor, as one of a product's batch of `extent`.
/// Nothing if the run may have to broadcast it.
static std::optional<Matrices::Dim>
alignDim(Extents dims, std::optional<int64_t> index, AffineExpr extent) {
  if (!index)
    return Matrices::Dim{extent, index, getConstant(extent) != 1};
  if (dims[*index] == extent)
    return Matrices::Dim{extent, index};
  if (getConstant(dims[*index]) == 1)
    return Matrices::Dim{extent, index, /*isRepeated=*/true};
  return std::nullopt;
}

static std::optional<Matrices> alignFactor(Value value, Extents batch,
                                           bool transposes,
                                           ShapeInference &shapes) {
  Extents dims = shapes.get(value).dims;
  int64_t rank = dims.size(), missing = int64_t(batch.size()) + 2 - rank;
  Matrices factor{value, {}, rank - 2, rank - 1};
  if (transposes)
    std::swap(factor.rows, factor.columns);
  for (auto [i, extent] : llvm::enumerate(batch)) {
    std::optional<int64_t> index;
    if (int64_t(i) >= missing)
      index = i - missing;
    std::optional<Matrices::Dim> dim = alignDim(dims, index, extent);
    if (!dim)
      return std::nullopt;
    factor.batch.push_back(*dim);
  }
  return factor;
}

static SmallVector<int64_t> getIdentity(int64_t rank) {
  return llvm::to_vector(llvm::seq<int64_t>(0, rank));
}

static std::optional<Product> matchMatMul(MatMulOp op, bool transposesRhs,
                                          ShapeInference &shapes) {
  if (op.getLhs().getType().getRank() < 2 ||
      op.getRhs().getType().getRank() < 2)
    return std::nullopt;
  SmallVector<AffineExpr> dims = shapes.get(op.getResult()).dims;
  Extents batch = Extents(dims).drop_back(2);
  auto lhs = alignFactor(op.getLhs(), batch, false, shapes);
  auto rhs = alignFactor(op.getRhs(), batch, transposesRhs, shapes);
  if (!lhs || !rhs)
    return std::nullopt;
  return Product{op, *lhs, *rhs, 1, getIdentity(dims.size())};
}

static std::optional<Product> matchGemm(GemmOp op, bool transposesRhs,
                                        ShapeInference &shapes) {
  if (op.getBias())
    return std::nullopt;
  auto lhs = alignFactor(op.getLhs(), {}, op.getTransA(), shapes);
  auto rhs =
      alignFactor(op.getRhs(), {}, op.getTransB() != transposesRhs, shapes);
  return Product{op, *lhs, *rhs, op.getAlpha().convertToDouble(),
                 getIdentity(2)};
}

namespace {
/// An einsum of two inputs, by the roles that its labels have.
class EinsumProduct {
public:
  EinsumProduct(EinsumOp op, ShapeInference &shapes) : op(op), shapes(shapes) {}

  std::optional<Product> match(bool transposesRhs) {
    if (op.getInputs().size() != 2)
      return std::nullopt;
    auto rankOf = [](Value value) {
      return cast<RankedTensorType>(value.getType()).getRank();
    };
    FailureOr<EinsumEquation> equation = EinsumEquation::parse(
        std::nullopt, op.getEquation(),
        {rankOf(op.getInputs()[0]), rankOf(op.getInputs()[1])});
    if (failed(equation))
      return std::nullopt;
    output = equation->output;
    // The last dimension of the result is the right factor's.
    bool swaps = !output.empty() &&
                 !llvm::is_contained(equation->inputs[1], output.back());
    left = equation->inputs[swaps], right = equation->inputs[!swaps];
    Value lhs = op.getInputs()[swaps], rhs = op.getInputs()[!swaps];
    // Scores lie as the softmax reads them; weights as it wrote them.
    if (!findRoles(transposesRhs ? output : left))
      return std::nullopt;
    auto leftFactor = getFactor(lhs, left, row, depth);
    auto rightFactor = transposesRhs ? getFactor(rhs, right, column, depth)
                                     : getFactor(rhs, right, depth, column);
    if (!leftFactor || !rightFactor)
      return std::nullopt;
    Product product{op, *leftFactor, *rightFactor, 1, {}};
    SmallVector<int> all(batch);
    all.append({row, column});
    for (int label : output)
      product.order.push_back(llvm::find(all, label) - all.begin());
    return product;
  }

private:
  using Labels = EinsumEquation::Labels;

  /// Each label once a term, one for rows, columns and depth each.
  bool findRoles(const Labels &batchOrder) {
    SmallVector<int> rows, columns, depths;
    for (const Labels *labels : {&left, &right, &output})
      for (auto [i, label] : llvm::enumerate(*labels))
        if (llvm::is_contained(ArrayRef(*labels).drop_front(i + 1), label))
          return false;
    for (int label : left) {
      bool isRight = llvm::is_contained(right, label);
      bool isOutput = llvm::is_contained(output, label);
      if (!isRight && !isOutput)
        return false;
      if (!isRight)
        rows.push_back(label);
      else if (!isOutput)
        depths.push_back(label);
    }
    for (int label : right)
      if (!llvm::is_contained(left, label)) {
        if (!llvm::is_contained(output, label))
          return false;
        columns.push_back(label);
      }
    if (rows.size() != 1 || columns.size() != 1 || depths.size() != 1)
      return false;
    row = rows.front(), column = columns.front(), depth = depths.front();
    for (int label : batchOrder)
      if (label != row && label != column && label != depth)
        batch.push_back(label);
    return true;
  }

  std::optional<Matrices> getFactor(Value value, const Labels &labels, int rows,
                                    int columns) {
    auto find = [&](int label) -> int64_t {
      return llvm::find(labels, label) - labels.begin();
    };
    Extents dims = shapes.get(value).dims;
    Extents result = shapes.get(op.getResult()).dims;
    Matrices factor{value, {}, find(rows), find(columns)};
    for (int label : batch) {
      auto dim = alignDim(dims, find(label),
                          result[llvm::find(output, label) - output.begin()]);
      if (!dim)
        return std::nullopt;
      factor.batch.push_back(*dim);
    }
    return factor;
  }

  EinsumOp op;
  ShapeInference &shapes;
  Labels left, right, output;
  SmallVector<int> batch;
  int row = 0, column = 0, depth = 0;
};
} // namespace

std::optional<Product> graphopt::matchProduct(Operation *op, bool transposesRhs,
                                              ShapeInference &shapes) {
  if (auto product = dyn_cast<MatMulOp>(op))
    return matchMatMul(product, transposesRhs, shapes);
  if (auto product = dyn_cast<GemmOp>(op))
    return matchGemm(product, transposesRhs, shapes);
  if (auto product = dyn_cast<EinsumOp>(op))
    return EinsumProduct(product, shapes).match(transposesRhs);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// What factors are made of
//===----------------------------------------------------------------------===//

static std::optional<Matrices> lookThroughTranspose(TransposeOp op,
                                                    Matrices m) {
  ArrayRef<int64_t> permutation = op.getPermutation();
  for (Matrices::Dim &dim : m.batch)
    if (dim.index)
      dim.index = permutation[*dim.index];
  m.rows = permutation[m.rows];
  m.columns = permutation[m.columns];
  m.value = op.getInput();
  return m;
}

/// A constant that all elements are multiplied with.
static std::optional<Matrices> lookThroughScale(BinaryOp op, Matrices m,
                                                ShapeInference &shapes) {
  bool isProduct = op.getKind() == BinaryKind::Mul;
  if (!isProduct && op.getKind() != BinaryKind::Div)
    return std::nullopt;
  for (auto [value, number] : {std::pair(op.getLhs(), op.getRhs()),
                               std::pair(op.getRhs(), op.getLhs())}) {
    std::optional<double> scale = getSplat(number);
    if (!scale || shapes.get(value).dims != shapes.get(m.value).dims ||
        (!isProduct && value != op.getLhs()))
      continue;
    m.scale = isProduct ? m.scale * *scale : m.scale / *scale;
    m.value = value;
    return m;
  }
  return std::nullopt;
}

/// [b..., m, n] to [c..., m, n]: only what counts matrices changes.
static std::optional<Matrices> lookThroughReshape(ReshapeOp op, Matrices m,
                                                  ShapeInference &shapes) {
  Extents from = shapes.get(op.getInput()).dims;
  Extents to = shapes.get(op.getResult()).dims;
  int64_t lead = int64_t(to.size()) - 2, fromLead = int64_t(from.size()) - 2;
  if (lead < 0 || fromLead < 0 || std::min(m.rows, m.columns) != lead ||
      from.take_back(2) != to.take_back(2))
    return std::nullopt;
  for (auto [i, dim] : llvm::enumerate(m.batch))
    if (dim.isRepeated || dim.index != int64_t(i))
      return std::nullopt;
  Matrices inner{op.getInput(),
                 {},
                 m.rows - lead + fromLead,
                 m.columns - lead + fromLead,
                 m.scale};
  for (int64_t i = 0; i < fromLead; ++i)
    inner.batch.push_back({from[i], i});
  return inner;
}

/// [..., b * h, ...] made of [..., b, h, ...], wherever that is among the others.
static std::optional<Matrices> lookThroughJoin(ReshapeOp op, Matrices m,
                                               ShapeInference &shapes) {
  SmallVector<AffineExpr> from = shapes.get(op.getInput()).dims;
  SmallVector<AffineExpr> to = shapes.get(op.getResult()).dims;
  int64_t more = int64_t(from.size()) - int64_t(to.size());
  for (int64_t at = 0; more > 0 && at < int64_t(to.size()); ++at) {
    size_t after = to.size() - at - 1;
    auto *dim = llvm::find_if(
        m.batch, [&](const Matrices::Dim &dim) { return dim.index == at; });
    Extents parts = Extents(from).slice(at, more + 1);
    if (dim == m.batch.end() || dim->isRepeated ||
        Extents(from).take_front(at) != Extents(to).take_front(at) ||
        Extents(from).take_back(after) != Extents(to).take_back(after) ||
        shapes.product(parts) != to[at])
      continue;
    auto move = [&](int64_t index) { return index > at ? index + more : index; };
    Matrices inner{op.getInput(), {}, move(m.rows), move(m.columns), m.scale};
    for (const Matrices::Dim &old : m.batch) {
      if (&old == dim) {
        for (auto [i, extent] : llvm::enumerate(parts))
          inner.batch.push_back({extent, at + int64_t(i)});
        continue;
      }
      inner.batch.push_back(old);
      if (old.index)
        inner.batch.back().index = move(*old.index);
    }
    return inner;
  }
  return std::nullopt;
}

static std::optional<Matrices> lookThroughUnsqueeze(UnsqueezeOp op, Matrices m,
                                                    ShapeInference &shapes) {
  int64_t rank = op.getType().getRank();
  SmallVector<int64_t> axes = *normalizeAxes(std::nullopt, op.getAxes(), rank);
  if (llvm::is_contained(axes, m.rows) || llvm::is_contained(axes, m.columns))
    return std::nullopt;
  auto indexBefore = [&](int64_t index) {
    return index -
           llvm::count_if(axes, [&](int64_t axis) { return axis < index; });
  };
  Matrices inner{
      op.getInput(), {}, indexBefore(m.rows), indexBefore(m.columns), m.scale};
  for (Matrices::Dim dim : m.batch) {
    bool isInserted = dim.index && llvm::is_contained(axes, *dim.index);
    if (isInserted && !dim.isRepeated)
      continue;
    if (isInserted)
      dim.index.reset();
    else if (dim.index)
      dim.index = indexBefore(*dim.index);
    inner.batch.push_back(dim);
  }
  return inner;
}

/// Repetition of whole matrices by `op`, graph.expand or graph.tile.
static std::optional<Matrices> lookThroughRepetition(Operation *op, Matrices m,
                                                     ShapeInference &shapes) {
  Value input = op->getOperand(0);
  Extents from = shapes.get(input).dims;
  Extents to = shapes.get(op->getResult(0)).dims;
  int64_t missing = int64_t(to.size()) - int64_t(from.size());
  auto isSame = [&](int64_t index) {
    return index >= missing && from[index - missing] == to[index];
  };
  if (missing < 0 || !isSame(m.rows) || !isSame(m.columns))
    return std::nullopt;
  for (Matrices::Dim &dim : m.batch) {
    if (!dim.index)
      continue;
    int64_t index = *dim.index - missing;
    bool isOne = index < 0 || getConstant(from[index]) == 1;
    if (!isSame(*dim.index) && !isOne)
      return std::nullopt;
    dim.isRepeated |= !isSame(*dim.index);
    if (index < 0)
      dim.index.reset();
    else
      dim.index = index;
  }
  m.rows -= missing;
  m.columns -= missing;
  m.value = input;
  return m;
}

static std::optional<Matrices> lookThroughOne(const Matrices &m,
                                              ShapeInference &shapes) {
  Operation *op = m.value.getDefiningOp();
  if (auto transpose = dyn_cast_or_null<TransposeOp>(op))
    return lookThroughTranspose(transpose, m);
  if (auto binary = dyn_cast_or_null<BinaryOp>(op))
    return lookThroughScale(binary, m, shapes);
  if (auto reshape = dyn_cast_or_null<ReshapeOp>(op)) {
    auto inner = lookThroughReshape(reshape, m, shapes);
    return inner ? inner : lookThroughJoin(reshape, m, shapes);
  }
  if (auto unsqueeze = dyn_cast_or_null<UnsqueezeOp>(op))
    return lookThroughUnsqueeze(unsqueeze, m, shapes);
  if (isa_and_nonnull<ExpandOp, TileOp>(op))
    return lookThroughRepetition(op, m, shapes);
  return std::nullopt;
}

SmallVector<Matrices> graphopt::lookThrough(const Matrices &matrices,
                                            ShapeInference &shapes) {
  SmallVector<Matrices> views{matrices};
  while (std::optional<Matrices> inner = lookThroughOne(views.back(), shapes))
    views.push_back(*inner);
  return views;
}

//===----------------------------------------------------------------------===//
// Batch and heads
//===----------------------------------------------------------------------===//

std::optional<HeadSplit> graphopt::splitHeads(ArrayRef<Matrices::Dim> batch,
                                              const Heads &wanted,
                                              ShapeInference &shapes) {
  auto getProduct = [&](ArrayRef<Matrices::Dim> dims) {
    return shapes.product(llvm::map_to_vector(
        dims, [](const Matrices::Dim &dim) { return dim.extent; }));
  };
  auto isRepeated = [](const Matrices::Dim &dim) { return dim.isRepeated; };
  // One dimension each comes first: extents of 1 may be on either side.
  SmallVector<size_t> choices{1};
  for (size_t numBatch = 0; numBatch <= batch.size(); ++numBatch)
    choices.push_back(numBatch);
  for (size_t numBatch : choices) {
    if (numBatch > batch.size())
      continue;
    ArrayRef<Matrices::Dim> first = batch.take_front(numBatch);
    ArrayRef<Matrices::Dim> heads = batch.drop_front(numBatch);
    if (getProduct(first) != wanted.batch ||
        getProduct(heads) != wanted.heads || llvm::any_of(first, isRepeated))
      continue;
    ArrayRef<Matrices::Dim> own = heads.take_until(
        [&](const Matrices::Dim &dim) { return dim.isRepeated; });
    if (llvm::all_of(heads.drop_front(own.size()), isRepeated))
      return HeadSplit{numBatch, getProduct(own)};
  }
  return std::nullopt;
}

static Value emitInts(ImplicitLocOpBuilder &b, ArrayRef<int64_t> values) {
  return arith::ConstantOp::create(b, b.getI64TensorAttr(values));
}

/// Elements [first, end) of a shape.
static Value emitSlice(ImplicitLocOpBuilder &b, Value shape, int64_t first,
                       int64_t end) {
  return SliceOp::create(b, shape, emitInts(b, {first}), emitInts(b, {end}),
                         Value(), Value());
}

Value graphopt::emitGrouped(ImplicitLocOpBuilder &b, Value value,
                            ArrayRef<int64_t> groups) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> inserted;
  for (auto [i, size] : llvm::enumerate(groups))
    if (size == 0)
      inserted.push_back(i);
  if (llvm::all_of(groups, [](int64_t size) { return size <= 1; }))
    return inserted.empty() ? value : UnsqueezeOp::create(b, value, inserted);
  SmallVector<int64_t> sizes;
  SmallVector<Value> parts;
  Value shape;
  if (!type.hasStaticShape())
    shape = ShapeOp::create(b, value);
  int64_t first = 0;
  for (int64_t size : groups) {
    int64_t end = first + size;
    if (!shape) {
      auto extents = type.getShape().slice(first, size);
      sizes.push_back(ShapedType::getNumElements(extents));
    } else if (size == 0) {
      parts.push_back(emitInts(b, {1}));
    } else {
      parts.push_back(ReduceOp::create(b, ReduceKind::Prod,
                                       emitSlice(b, shape, first, end),
                                       ArrayRef<int64_t>{0},
                                       /*keepdims=*/true));
    }
    first = end;
  }
  if (shape) {
    parts.push_back(emitSlice(b, shape, first, type.getRank()));
    shape = ConcatOp::create(b, parts, 0);
  } else {
    llvm::append_range(sizes, type.getShape().drop_front(first));
    shape = emitInts(b, sizes);
  }
  return ReshapeOp::create(b, value, shape, /*allowZero=*/true);
}

Value graphopt::emitMatrices(ImplicitLocOpBuilder &b, Value value,
                             const Matrices &matrices, const HeadSplit &split) {
  SmallVector<int64_t> order, single, groups{0, 0};
  for (auto [i, dim] : llvm::enumerate(matrices.batch)) {
    if (!dim.index)
      continue;
    if (dim.isRepeated)
      single.push_back(order.size());
    else
      ++groups[i >= split.numBatch];
    order.push_back(*dim.index);
  }
  order.append({matrices.rows, matrices.columns});
  if (!isIdentityPermutation(order))
    value = TransposeOp::create(b, value, order);
  if (!single.empty())
    value = SqueezeOp::create(b, value, single);
  return emitGrouped(b, value, groups);
}
