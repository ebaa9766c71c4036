//===- ForwardCopies.cpp - Computes in the place a copy would write -------===//

#include "CollapseShape.h"
#include "graphopt/Codegen/Common/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace graphopt {
#define GEN_PASS_DEF_FORWARDCOPIES
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;

/// The memref that `value` is a view of; null if it is none.
static Value viewSource(Value value) {
  auto view = value.getDefiningOp<ViewLikeOpInterface>();
  return view ? view.getViewSource() : Value();
}

/// True if `op` only looks at the elements of its memrefs, and hands none on to
/// what comes after it here.
static bool isAccess(Operation *op) {
  return isa<DestinationStyleOpInterface, func::ReturnOp, memref::CopyOp,
             memref::DimOp, memref::LoadOp, memref::StoreOp>(op);
}

static bool writes(OpOperand &use) {
  Operation *op = use.getOwner();
  if (auto destination = dyn_cast<DestinationStyleOpInterface>(op))
    return destination.isDpsInit(&use);
  if (auto copy = dyn_cast<memref::CopyOp>(op))
    return &use == &copy.getTargetMutable();
  return isa<memref::StoreOp>(op);
}

static Value rootOf(Value value) {
  while (Value source = viewSource(value))
    value = source;
  return value;
}

/// Collects the uses of a buffer, also through views of it; false if there is one
/// of another kind than these.
static bool collectUses(Value buffer, SmallVectorImpl<OpOperand *> &uses) {
  for (OpOperand &use : buffer.getUses()) {
    Operation *user = use.getOwner();
    if (isa<ViewLikeOpInterface>(user)) {
      if (!collectUses(user->getResult(0), uses))
        return false;
      continue;
    }
    if (!isAccess(user))
      return false;
    if (!isa<memref::DimOp>(user))
      uses.push_back(&use);
  }
  return true;
}

/// True if two views of one buffer share no element for certain.
static bool areDisjoint(Value a, Value b) {
  SmallVector<Value> chain = {a};
  while (Value source = viewSource(chain.back()))
    chain.push_back(source);
  // The nearest memref that both are views of, and the views of it.
  for (Value view = b; view; view = viewSource(view)) {
    auto common = llvm::find(chain, viewSource(view));
    if (common == chain.begin() || common == chain.end())
      continue;
    auto first = std::prev(common)->getDefiningOp<memref::SubViewOp>();
    auto second = view.getDefiningOp<memref::SubViewOp>();
    if (!first || !second)
      return false;
    FailureOr<bool> overlap = ValueBoundsConstraintSet::areOverlappingSlices(
        first.getContext(), HyperrectangularSlice(first),
        HyperrectangularSlice(second));
    return succeeded(overlap) && !*overlap;
  }
  return false;
}

namespace {
/// One copy of what has just been computed.
class Forwarding {
public:
  explicit Forwarding(memref::CopyOp copy)
      : copy(copy), target(copy.getTarget()) {}

  LogicalResult run() {
    SmallVector<Operation *> hoisted;
    if (!findComputed() || !isTargetFree() || !collectHoisted(target, hoisted))
      return failure();
    auto type = cast<MemRefType>(target.getType());
    for (Operation *reshape : reshapes)
      if (!(type = reshapedType(reshape, type)))
        return failure();
    if (!keepsRows(computed, type) || !canRetype(computed, type))
      return failure();
    for (Operation *op : hoisted)
      op->moveBefore(start);
    replace();
    return success();
  }

private:
  /// Finds what is computed to be copied: an allocation, or a part of one that
  /// has no other; and from when to when it is used.
  bool findComputed() {
    auto type = cast<MemRefType>(target.getType());
    if (type.getRank() == 0 || !type.isLastDimUnitStride() ||
        type.getShape() != cast<MemRefType>(copy.getSource().getType()).getShape())
      return false;
    computed = copy.getSource();
    while (isa_and_present<memref::CollapseShapeOp, memref::ExpandShapeOp>(
        computed.getDefiningOp())) {
      // Its sizes are asked for in front of it.
      auto source = cast<MemRefType>(viewSource(computed).getType());
      if (!source.hasStaticShape() &&
          !viewSource(computed).getDefiningOp<memref::AllocOp>())
        return false;
      reshapes.push_back(computed.getDefiningOp());
      computed = viewSource(computed);
    }
    Value buffer = computed;
    while (auto part = buffer.getDefiningOp<memref::SubViewOp>()) {
      buffer = part.getSource();
      if (!buffer.hasOneUse())
        return false;
    }
    auto alloc = buffer.getDefiningOp<memref::AllocOp>();
    return alloc && alloc->getBlock() == copy->getBlock() && findInterval();
  }

  bool findInterval() {
    SmallVector<OpOperand *> uses;
    if (!collectUses(computed, uses))
      return false;
    first = end = copy;
    for (OpOperand *use : uses) {
      Operation *user = use->getOwner();
      // A buffer that is returned becomes the caller's, all of it.
      if (user->getBlock() != copy->getBlock() || isa<func::ReturnOp>(user) ||
          (writes(*use) && copy->isBeforeInBlock(user)))
        return false;
      first = user->isBeforeInBlock(first) ? user : first;
      end = end->isBeforeInBlock(user) ? user : end;
    }
    start = first;
    for (Operation *user : computed.getUsers()) {
      if (user->getBlock() != copy->getBlock())
        return false;
      start = user->isBeforeInBlock(start) ? user : start;
    }
    return first != copy;
  }

  /// True if nobody else uses the place that the copy writes, while what is
  /// computed lives; behind the copy it may be read.
  bool isTargetFree() {
    Value root = rootOf(target);
    SmallVector<OpOperand *> others;
    bool isOwn = isa<BlockArgument>(root)
                     ? isa<func::FuncOp>(root.getParentBlock()->getParentOp())
                     : root.getDefiningOp<memref::AllocOp>() != nullptr;
    if (!isOwn || root == rootOf(computed) || !collectUses(root, others))
      return false;
    return llvm::all_of(others, [&](OpOperand *use) {
      Operation *user = copy->getBlock()->findAncestorOpInBlock(*use->getOwner());
      if (!user)
        return false;
      bool isLateRead = copy->isBeforeInBlock(user) && !writes(*use);
      return user == copy || user->isBeforeInBlock(first) ||
             end->isBeforeInBlock(user) || isLateRead ||
             areDisjoint(target, use->get());
    });
  }

  /// What makes `value` and is behind the first use of what is computed, in
  /// order; false if it cannot be there.
  bool collectHoisted(Value value, SmallVectorImpl<Operation *> &hoisted) {
    // Its own size may tell where it goes.
    if (value == computed)
      return false;
    Operation *op = value.getDefiningOp();
    if (!op || op->getBlock() != start->getBlock() ||
        op->isBeforeInBlock(start) || llvm::is_contained(hoisted, op))
      return true;
    if (op->getNumRegions() != 0 ||
        !(isa<memref::AllocOp>(op) || isPure(op)))
      return false;
    for (Value operand : op->getOperands())
      if (!collectHoisted(operand, hoisted))
        return false;
    hoisted.push_back(op);
    return true;
  }

  /// The type of a buffer like `type`, were it not for `reshape`; null if there is
  /// none.
  static MemRefType reshapedType(Operation *reshape, MemRefType type) {
    if (auto collapse = dyn_cast<memref::CollapseShapeOp>(reshape)) {
      FailureOr<MemRefType> expanded = memref::ExpandShapeOp::computeExpandedType(
          type, collapse.getSrcType().getShape(),
          collapse.getReassociationIndices());
      return succeeded(expanded) ? *expanded : MemRefType();
    }
    auto groups = cast<memref::ExpandShapeOp>(reshape).getReassociationIndices();
    if (!memref::CollapseShapeOp::isGuaranteedCollapsible(type, groups))
      return {};
    return collapseType(type, groups);
  }

  /// Kernels want the elements of a row side by side.
  static bool keepsRows(Value value, MemRefType type) {
    return type.isLastDimUnitStride() ||
           !cast<MemRefType>(value.getType()).isLastDimUnitStride();
  }

  /// True if all views of `value` but those that are only copied can be views of a
  /// memref of `type`.
  bool canRetype(Value value, MemRefType type) {
    return llvm::all_of(value.getUsers(), [&](Operation *user) {
      bool isCopied = llvm::is_contained(reshapes, user) && user->hasOneUse();
      if (!isa<ViewLikeOpInterface>(user) || isCopied)
        return true;
      MemRefType view = retypedView(user, type);
      return view && keepsRows(user->getResult(0), view) &&
             canRetype(user->getResult(0), view);
    });
  }

  static MemRefType retypedView(Operation *view, MemRefType source) {
    if (auto expand = dyn_cast<memref::ExpandShapeOp>(view)) {
      FailureOr<MemRefType> type = memref::ExpandShapeOp::computeExpandedType(
          source, expand.getResultType().getShape(),
          expand.getReassociationIndices());
      return succeeded(type) ? *type : MemRefType();
    }
    if (auto collapse = dyn_cast<memref::CollapseShapeOp>(view)) {
      auto groups = collapse.getReassociationIndices();
      if (!memref::CollapseShapeOp::isGuaranteedCollapsible(source, groups))
        return {};
      return collapseType(source, groups);
    }
    if (auto part = dyn_cast<memref::SubViewOp>(view))
      return memref::SubViewOp::inferRankReducedResultType(
          part.getType().getShape(), source, part.getMixedOffsets(),
          part.getMixedSizes(), part.getMixedStrides());
    return {};
  }

  static void retypeViews(ArrayRef<Operation *> users, MemRefType source) {
    for (Operation *user : users) {
      if (!isa<ViewLikeOpInterface>(user))
        continue;
      MemRefType type = retypedView(user, source);
      user->getResult(0).setType(type);
      retypeViews(llvm::to_vector(user->getUsers()), type);
    }
  }

  /// The sizes of what `reshape` is made of.
  SmallVector<OpFoldResult> sourceSizes(memref::CollapseShapeOp reshape,
                                        OpBuilder &b) {
    Operation *source = reshape.getSrc().getDefiningOp();
    if (auto alloc = dyn_cast<memref::AllocOp>(source))
      return alloc.getMixedSizes();
    return memref::getMixedSizes(b, copy.getLoc(), reshape.getSrc());
  }

  void replace() {
    OpBuilder b(start);
    Value place = target;
    for (Operation *reshape : reshapes) {
      auto type = reshapedType(reshape, cast<MemRefType>(place.getType()));
      if (auto collapse = dyn_cast<memref::CollapseShapeOp>(reshape))
        place = memref::ExpandShapeOp::create(
            b, copy.getLoc(), type, place, collapse.getReassociationIndices(),
            sourceSizes(collapse, b));
      else
        place = collapseShape(
            b, copy.getLoc(), place,
            cast<memref::ExpandShapeOp>(reshape).getReassociationIndices());
    }
    copy.erase();
    for (Operation *reshape : reshapes)
      if (reshape->use_empty())
        reshape->erase();
    SmallVector<Operation *> users(computed.getUsers());
    Operation *origin = computed.getDefiningOp();
    computed.replaceAllUsesWith(place);
    retypeViews(users, cast<MemRefType>(place.getType()));
    while (origin && origin->use_empty() &&
           isa<memref::AllocOp, memref::SubViewOp>(origin)) {
      Operation *next = origin->getNumOperands()
                            ? origin->getOperand(0).getDefiningOp()
                            : nullptr;
      bool isView = isa<memref::SubViewOp>(origin);
      origin->erase();
      origin = isView ? next : nullptr;
    }
  }

  memref::CopyOp copy;
  Value target;
  Value computed;
  /// From the source of the copy to what is computed.
  SmallVector<Operation *> reshapes;
  /// Where what is computed is first used, as a view or not; where its elements
  /// are first and last.
  Operation *start = nullptr, *first = nullptr, *end = nullptr;
};

struct ForwardCopies : graphopt::impl::ForwardCopiesBase<ForwardCopies> {
  using ForwardCopiesBase::ForwardCopiesBase;

  void runOnOperation() override {
    SmallVector<memref::CopyOp> copies;
    getOperation().walk([&](memref::CopyOp copy) { copies.push_back(copy); });
    for (memref::CopyOp copy : copies)
      // Of what was computed in place, once its views are one value.
      if (copy.getSource() == copy.getTarget())
        copy.erase();
      else if (succeeded(Forwarding(copy).run()))
        ++numForwarded;
  }
};
} // namespace
