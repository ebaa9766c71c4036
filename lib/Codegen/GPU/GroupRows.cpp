//===- GroupRows.cpp - Softmaxes and norms become one kernel --------------===//

#include "ExpandRows.h"
#include "graphopt/Codegen/GPU/Passes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace graphopt {
#define GEN_PASS_DEF_GROUPROWS
#include "graphopt/Codegen/GPU/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using cuda::RowRole;
using linalg::LinalgOp;

/// Elements of a row that one block may as well go through again and again.
static constexpr int64_t kMostElements = 8192;
/// Numbers that describe a kernel's buffers, 8 bytes each: CUDA hands 4 KiB over.
static constexpr int64_t kMostParameters = 500;

static Value rootOf(Value value) {
  while (auto view = value.getDefiningOp<ViewLikeOpInterface>())
    value = view.getViewSource();
  return value;
}

namespace {
/// How an op uses a buffer: where the row's own number or element lies, or elsewhere.
enum class Place { Number, Element, Elsewhere };

struct Access {
  Value buffer;
  Place place;
  bool writes;
};

/// Ops in the order of the block that can be done row by row.
class Group {
public:
  explicit Group(LinalgOp reduction)
      : rank(reduction.getNumParallelLoops()), ops{reduction} {
    SmallVector<int64_t> ranges = reduction.getStaticLoopRanges();
    extents.assign(ranges.begin() + rank, ranges.end());
    record(reduction);
  }

  /// Not if it uses what one of `fills` sets, which comes after it.
  bool addBefore(LinalgOp op, ArrayRef<LinalgOp> fills) {
    for (LinalgOp fill : fills)
      for (Value operand : op->getOperands())
        if (rootOf(operand) == rootOf(fill.getDpsInits().front()))
          return false;
    return add(op, ops.begin());
  }

  /// With those of `fills` that set what it alone adds up in.
  bool addAfter(LinalgOp op, SmallVectorImpl<LinalgOp> &fills) {
    SmallVector<LinalgOp> own;
    for (LinalgOp fill : fills)
      if (llvm::is_contained(op.getDpsInits(), fill.getDpsInits().front()) && !touches(fill))
        own.push_back(fill);
    if (!add(op, ops.end()))
      return false;
    for (LinalgOp fill : own)
      if (add(fill, std::prev(ops.end())))
        llvm::erase(fills, fill);
    return true;
  }

  /// True if an op of the group uses memory that `fill` writes.
  bool touches(LinalgOp fill) const {
    return llvm::any_of(accesses, [&](const Access &access) {
      return rootOf(access.buffer) == rootOf(fill.getDpsInits().front());
    });
  }

  ArrayRef<LinalgOp> getOps() const { return ops; }

  /// False if a row's number is read from memory before the group writes it: one thread
  /// would write what others have yet to read. What a reduction adds to, its first
  /// thread reads alone.
  bool isOrdered() const {
    DenseSet<Value> read, written;
    for (LinalgOp op : ops) {
      for (OpOperand &operand : op->getOpOperands()) {
        bool isRead = op.payloadUsesValueFromOperand(&operand) &&
                      !(op.isDpsInit(&operand) && op.getNumReductionLoops() > 0);
        if (isRead && placeOf(op, operand) == Place::Number && !written.contains(operand.get()))
          read.insert(operand.get());
      }
      for (OpOperand &init : op.getDpsInitsMutable())
        if (placeOf(op, init) == Place::Number) {
          if (read.contains(init.get()))
            return false;
          written.insert(init.get());
        }
    }
    return true;
  }

private:
  bool add(LinalgOp op, SmallVector<LinalgOp>::iterator position) {
    std::optional<RowRole> role = cuda::getRowRole(op, rank);
    if (!role || !fits(op, *role) || !isFree(op) || countParameters(op) > kMostParameters)
      return false;
    ops.insert(position, op);
    record(op);
    return true;
  }

  Place placeOf(LinalgOp op, OpOperand &operand) const {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (!map.isProjectedPermutation())
      return Place::Elsewhere;
    for (auto [i, result] : llvm::enumerate(map.getResults()))
      if (cast<AffineDimExpr>(result).getPosition() != i)
        return Place::Elsewhere;
    if (map.getNumResults() == rank)
      return Place::Number;
    return map.getNumResults() == op.getNumLoops() ? Place::Element : Place::Elsewhere;
  }

  SmallVector<Access> accessesOf(LinalgOp op) const {
    SmallVector<Access> result;
    for (OpOperand &operand : op->getOpOperands())
      if (isa<MemRefType>(operand.get().getType()))
        result.push_back({operand.get(), placeOf(op, operand), op.isDpsInit(&operand)});
    return result;
  }

  /// True if rows and elements are those of the group: a buffer that both use says so.
  bool fits(LinalgOp op, RowRole role) const {
    bool sameRows = false, sameElements = role == RowRole::Number;
    for (const Access &access : accessesOf(op))
      for (const Access &other : accesses)
        if (access.buffer == other.buffer && access.place == other.place) {
          sameRows |= access.place != Place::Elsewhere;
          sameElements |= access.place == Place::Element;
        }
    if (!sameElements) {
      SmallVector<int64_t> ranges = op.getStaticLoopRanges();
      sameElements = !ShapedType::isDynamicShape(extents) &&
                     ArrayRef(ranges).drop_front(rank) == ArrayRef(extents);
    }
    return sameRows && sameElements;
  }

  /// True if no thread reads what another one writes.
  bool isFree(LinalgOp op) const {
    SmallVector<Access> own = accessesOf(op);
    auto agree = [](const Access &a, const Access &b) {
      return (!a.writes && !b.writes) || rootOf(a.buffer) != rootOf(b.buffer) ||
             (a.buffer == b.buffer && a.place == b.place && a.place != Place::Elsewhere);
    };
    for (const Access &access : own)
      for (ArrayRef<Access> others : {ArrayRef(accesses), ArrayRef(own)})
        for (const Access &other : others)
          if (!agree(access, other))
            return false;
    return true;
  }

  /// Of a kernel that does `op`, too.
  int64_t countParameters(LinalgOp op) const {
    SmallVector<Access> all = accessesOf(op);
    llvm::append_range(all, accesses);
    SmallPtrSet<Value, 16> buffers;
    int64_t count = 0;
    for (const Access &access : all)
      if (buffers.insert(access.buffer).second)
        count += 3 + 2 * cast<MemRefType>(access.buffer.getType()).getRank();
    return count;
  }

  void record(LinalgOp op) { llvm::append_range(accesses, accessesOf(op)); }

  unsigned rank;
  SmallVector<LinalgOp> ops;
  SmallVector<int64_t> extents; ///< of a row
  SmallVector<Access> accesses;
};
} // namespace

/// What sets a buffer, reading none.
static bool isFill(LinalgOp op) {
  return op.getNumReductionLoops() == 0 && op.getNumDpsInits() == 1 &&
         llvm::none_of(op.getDpsInputs(), [](Value input) { return isa<MemRefType>(input.getType()); });
}

/// What stands between the ops of a group without being in their way.
static bool isAside(Operation *op) {
  return isa<memref::AllocOp>(op) || isMemoryEffectFree(op);
}

static Group collect(LinalgOp reduction) {
  Group group(reduction);
  SmallVector<LinalgOp> fills; // of a reduction that may come
  // Whether the group can go on beyond `op`.
  auto pass = [&](Operation *op, llvm::function_ref<bool(LinalgOp)> add) {
    auto linalg = dyn_cast<LinalgOp>(op);
    if (!linalg || add(linalg))
      return linalg || isAside(op);
    if (!isFill(linalg) || group.touches(linalg))
      return false;
    fills.push_back(linalg);
    return true;
  };
  for (Operation *op = reduction->getPrevNode(); op; op = op->getPrevNode())
    if (!pass(op, [&](LinalgOp op) { return group.addBefore(op, fills); }))
      break;
  for (Operation *op = reduction->getNextNode(); op; op = op->getNextNode())
    if (!pass(op, [&](LinalgOp op) { return group.addAfter(op, fills); }))
      break;
  return group;
}

/// Rows of known, moderate length, or of open length.
static bool isRowOfSomeElements(LinalgOp reduction) {
  unsigned rank = reduction.getNumParallelLoops();
  int64_t elements = 1;
  for (int64_t extent : ArrayRef(reduction.getStaticLoopRanges()).drop_front(rank))
    elements *= ShapedType::isDynamic(extent) ? 1 : extent;
  return rank > 0 && elements <= kMostElements;
}

namespace {
struct GroupRows : graphopt::impl::GroupRowsBase<GroupRows> {
  using GroupRowsBase::GroupRowsBase;

  void runOnOperation() override {
    getOperation().walk([&](Block *block) {
      if (isa<LinalgOp>(block->getParentOp()))
        return;
      for (Operation *op = block->empty() ? nullptr : &block->front(); op;) {
        Operation *next = op->getNextNode();
        auto linalg = dyn_cast<LinalgOp>(op);
        if (linalg && cuda::reducesRows(linalg) && isRowOfSomeElements(linalg) &&
            cuda::getRowRole(linalg, linalg.getNumParallelLoops()))
          next = group(collect(linalg), next);
        op = next;
      }
    });
  }

private:
  /// Gives what comes after the group.
  static Operation *group(const Group &group, Operation *next) {
    ArrayRef<LinalgOp> ops = group.getOps();
    if (ops.size() < 2 || !group.isOrdered())
      return next;
    OpBuilder b(ops.back());
    auto region = scf::ExecuteRegionOp::create(b, ops.back()->getLoc(), TypeRange());
    region.setNoInline(true);
    Block &body = region.getRegion().emplaceBlock();
    SmallVector<Location> locs;
    for (LinalgOp op : ops) {
      op->moveBefore(&body, body.end());
      locs.push_back(op->getLoc());
    }
    b.setInsertionPointToEnd(&body);
    scf::YieldOp::create(b, region.getLoc());
    region->setLoc(b.getFusedLoc(locs));
    return region->getNextNode();
  }
};
} // namespace
