// Sizes and strides of the loops of a linalg op; see IterationSpace.

#include "VectorizeLinalg.h"
#include "../Common/CollapseShape.h"

#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;

Monomial Monomial::symbol(unsigned id) {
  Monomial m(1);
  m.symbols.push_back(id);
  return m;
}

Monomial Monomial::operator*(const Monomial &other) const {
  Monomial product(factor * other.factor);
  if (product.factor == 0)
    return product;
  product.symbols = symbols;
  llvm::append_range(product.symbols, other.symbols);
  llvm::sort(product.symbols);
  return product;
}

bool Access::isNonlinearIn(unsigned loop) const {
  return llvm::any_of(nonlinear, [&](auto &term) {
    return term.first.isFunctionOfDim(loop);
  });
}

Monomial IterationSpace::newSymbol(Value value) {
  symbols.push_back(value);
  return Monomial::symbol(symbols.size() - 1);
}

Value IterationSpace::materialize(const Monomial &m, OpBuilder &builder,
                                  Location loc) const {
  Value product;
  for (unsigned id : m.symbols)
    product = product ? arith::MulIOp::create(builder, loc, product, symbols[id])
                            .getResult()
                      : symbols[id];
  if (product && m.factor == 1)
    return product;
  Value factor = arith::ConstantIndexOp::create(builder, loc, m.factor);
  return product ? arith::MulIOp::create(builder, loc, product, factor)
                       .getResult()
                 : factor;
}

Value IterationSpace::flatIndex(const Access &access, ValueRange ivs,
                                OpBuilder &builder, Location loc) const {
  Value sum;
  auto add = [&](Value term) {
    sum = sum ? arith::AddIOp::create(builder, loc, sum, term).getResult()
              : term;
  };
  auto addProduct = [&](Value value, const Monomial &stride) {
    if (!stride.is(1))
      value = arith::MulIOp::create(builder, loc, value,
                                    materialize(stride, builder, loc));
    add(value);
  };
  for (const Monomial &offset : access.offsets)
    add(materialize(offset, builder, loc));
  for (auto &[expr, stride] : access.nonlinear)
    addProduct(affine::expandAffineExpr(builder, loc, expr, ivs, {}), stride);
  for (auto [iv, stride] : llvm::zip_equal(ivs, access.strides))
    if (!stride.is(0))
      addProduct(iv, stride);
  return sum ? sum : arith::ConstantIndexOp::create(builder, loc, 0);
}

/// Coefficients of the dims, then the constant; none if `expr` is not linear.
static std::optional<SmallVector<int64_t>> linearForm(AffineExpr expr,
                                                      unsigned numDims) {
  SmallVector<int64_t> form(numDims + 1, 0);
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    form[dim.getPosition()] = 1;
    return form;
  }
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    form.back() = constant.getValue();
    return form;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  auto lhs = linearForm(binary.getLHS(), numDims);
  auto rhs = linearForm(binary.getRHS(), numDims);
  if (!lhs || !rhs)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Add) {
    for (auto [value, l, r] : llvm::zip_equal(form, *lhs, *rhs))
      value = l + r;
    return form;
  }
  auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (expr.getKind() != AffineExprKind::Mul || !factor)
    return std::nullopt;
  for (auto [value, l] : llvm::zip_equal(form, *lhs))
    value = l * factor.getValue();
  return form;
}

LogicalResult IterationSpace::addSizes(linalg::LinalgOp op,
                                       OpBuilder &builder) {
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  symbols.resize(sizes.size());
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    Loop loop;
    loop.isReduction = iterators[dim] == utils::IteratorType::reduction;
    loop.size = ShapedType::isDynamic(size) ? Monomial::symbol(dim)
                                            : Monomial(size);
    loops.push_back(loop);
    dimToLoop.push_back(dim);
    if (loop.size.isConstant())
      continue;
    for (OpOperand &operand : op->getOpOperands()) {
      AffineMap map = op.getMatchingIndexingMap(&operand);
      auto pos = map.getResultPosition(builder.getAffineDimExpr(dim));
      if (!pos)
        continue;
      symbols[dim] = memref::DimOp::create(builder, op.getLoc(), operand.get(),
                                           static_cast<int64_t>(*pos));
      break;
    }
    if (!symbols[dim])
      return failure();
  }
  op.getBlock()->walk([&](linalg::IndexOp index) {
    loops[index.getDim()].isIndexed = true;
  });
  return success();
}

Monomial IterationSpace::operandDim(OpOperand &operand, AffineMap map,
                                    unsigned pos, OpBuilder &builder) {
  auto type = cast<MemRefType>(operand.get().getType());
  if (auto dim = dyn_cast<AffineDimExpr>(map.getResult(pos)))
    return loops[dim.getPosition()].size;
  if (!type.isDynamicDim(pos))
    return type.getDimSize(pos);
  return newSymbol(memref::DimOp::create(builder, operand.getOwner()->getLoc(),
                                         operand.get(),
                                         static_cast<int64_t>(pos)));
}

/// A 1-D view of a memref without strides.
static Value flatten(Value memref, OpBuilder &builder, Location loc) {
  int64_t rank = cast<MemRefType>(memref.getType()).getRank();
  if (rank == 1)
    return memref;
  if (rank == 0)
    return memref::ExpandShapeOp::create(builder, loc, ArrayRef<int64_t>{1},
                                         memref,
                                         ArrayRef<ReassociationIndices>{});
  ReassociationIndices all =
      llvm::to_vector(llvm::seq<int64_t>(0, rank));
  return collapseShape(builder, loc, memref, all);
}

LogicalResult IterationSpace::addAccess(linalg::LinalgOp op,
                                        OpOperand &operand,
                                        OpBuilder &builder) {
  Location loc = op.getLoc();
  AffineMap map = op.getMatchingIndexingMap(&operand);
  auto type = dyn_cast<MemRefType>(operand.get().getType());
  if (!type) { // a scalar operand
    Access scalar;
    scalar.strides.assign(loops.size(), Monomial(0));
    accesses.push_back(scalar);
    return success();
  }

  Access access;
  SmallVector<Monomial> memoryStrides(type.getRank());
  if (type.getLayout().isIdentity()) {
    Monomial stride(1);
    for (int64_t pos = type.getRank() - 1; pos >= 0; --pos) {
      memoryStrides[pos] = stride;
      if (pos > 0)
        stride = stride * operandDim(operand, map, pos, builder);
    }
    access.flat = flatten(operand.get(), builder, loc);
  } else {
    SmallVector<int64_t> strides;
    int64_t offset;
    if (failed(type.getStridesAndOffset(strides, offset)))
      return failure();
    auto metadata =
        memref::ExtractStridedMetadataOp::create(builder, loc, operand.get());
    Value span = arith::ConstantIndexOp::create(builder, loc, 1);
    Value one = span;
    for (int64_t pos = 0; pos < type.getRank(); ++pos) {
      memoryStrides[pos] = ShapedType::isDynamic(strides[pos])
                               ? newSymbol(metadata.getStrides()[pos])
                               : Monomial(strides[pos]);
      Value last = arith::SubIOp::create(builder, loc,
                                         metadata.getSizes()[pos], one);
      Value step = arith::MulIOp::create(
          builder, loc, last, materialize(memoryStrides[pos], builder, loc));
      span = arith::AddIOp::create(builder, loc, span, step);
    }
    OpFoldResult start = ShapedType::isDynamic(offset)
                             ? OpFoldResult(metadata.getOffset())
                             : builder.getIndexAttr(offset);
    auto flatType = MemRefType::get(
        {ShapedType::kDynamic}, type.getElementType(),
        StridedLayoutAttr::get(builder.getContext(), offset, {1}),
        type.getMemorySpace());
    access.flat = memref::ReinterpretCastOp::create(
        builder, loc, flatType, metadata.getBaseBuffer(), start,
        ArrayRef<OpFoldResult>{span},
        ArrayRef<OpFoldResult>{builder.getIndexAttr(1)});
  }

  access.strides.assign(loops.size(), Monomial(0));
  for (auto [expr, stride] : llvm::zip_equal(map.getResults(), memoryStrides)) {
    auto form = linearForm(expr, loops.size());
    if (!form) {
      access.nonlinear.push_back({expr, stride});
      for (unsigned d = 0; d < loops.size(); ++d)
        if (expr.isFunctionOfDim(d))
          loops[d].isIndexed = true;
      continue;
    }
    if (form->back() != 0)
      access.offsets.push_back(stride * form->back());
    for (unsigned d = 0; d < loops.size(); ++d) {
      Monomial step = stride * (*form)[d];
      Monomial &total = access.strides[d];
      if (step.is(0))
        continue;
      if (total.is(0))
        total = step;
      else if (total.symbols == step.symbols)
        total.factor += step.factor;
      else
        total = newSymbol(arith::AddIOp::create(
            builder, loc, materialize(total, builder, loc),
            materialize(step, builder, loc)));
    }
  }
  accesses.push_back(access);
  return success();
}

void IterationSpace::dropLoop(unsigned loop) {
  loops.erase(loops.begin() + loop);
  for (std::optional<unsigned> &target : dimToLoop) {
    if (target == loop)
      target = std::nullopt;
    else if (target && *target > loop)
      --*target;
  }
  for (Access &access : accesses)
    access.strides.erase(access.strides.begin() + loop);
}

void IterationSpace::dropUnitLoops() {
  for (unsigned l = loops.size(); l-- > 0;)
    if (loops[l].size.is(1) && !loops[l].isIndexed)
      dropLoop(l);
}

/// Two loops are one when each operand's stride in the outer loop is its stride
/// in the inner loop times the inner loop's size.
void IterationSpace::mergeLoops() {
  auto mergeable = [&](unsigned outer, unsigned inner) {
    if (outer == inner || loops[outer].isIndexed || loops[inner].isIndexed ||
        loops[outer].isReduction != loops[inner].isReduction)
      return false;
    return llvm::all_of(accesses, [&](const Access &access) {
      return access.strides[outer] ==
             access.strides[inner] * loops[inner].size;
    });
  };
  auto mergeOne = [&] {
    for (unsigned outer = 0; outer < loops.size(); ++outer)
      for (unsigned inner = 0; inner < loops.size(); ++inner)
        if (mergeable(outer, inner)) {
          loops[inner].size = loops[inner].size * loops[outer].size;
          dropLoop(outer);
          return true;
        }
    return false;
  };
  while (mergeOne()) {
  }
}

FailureOr<IterationSpace> IterationSpace::get(linalg::LinalgOp op,
                                              OpBuilder &builder) {
  IterationSpace space;
  if (failed(space.addSizes(op, builder)))
    return failure();
  for (OpOperand &operand : op->getOpOperands())
    if (failed(space.addAccess(op, operand, builder)))
      return failure();
  // The expressions of non-linear terms name loops by position.
  if (llvm::all_of(space.accesses,
                   [](const Access &a) { return a.nonlinear.empty(); })) {
    space.dropUnitLoops();
    space.mergeLoops();
  }
  return space;
}
