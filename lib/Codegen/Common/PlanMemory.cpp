//===- PlanMemory.cpp - Allocations become parts of one workspace ---------===//
//
// With open dimensions, sizes are formulas: the placement is found for sample
// sizes, and only its order is kept. A buffer then begins where the highest of
// those ends that live with it and lie below it: no two overlap, whatever the
// sizes.

#include "OpenDims.h"
#include "Placement.h"
#include "graphopt/Codegen/Common/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace graphopt {
#define GEN_PASS_DEF_PLANMEMORY
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;

/// The runtime's GRAPHOPT_ALIGNMENT.
static constexpr int64_t kAlignment = 64;

namespace {
/// A planned allocation.
struct Buffer {
  memref::AllocOp op;
  /// The first and the last use, as positions in @main's block, and the bytes for
  /// the sample extents, a multiple of the alignment.
  Interval sample;
  int64_t sampleOffset = -1;
  Value size; // bytes, a multiple of the alignment
  Value offset;

  bool livesWith(const Buffer &other) const {
    return sample.livesWith(other.sample);
  }
};

struct PlanMemory : graphopt::impl::PlanMemoryBase<PlanMemory> {
  using PlanMemoryBase::PlanMemoryBase;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || !main.getBody().hasOneBlock()) {
      getOperation().emitError("has no function @main of one block");
      return signalPassFailure();
    }
    dims = OpenDims::get(getOperation(), main);
    buffers.clear();
    deallocs.clear();
    collectBuffers(main);
    if (buffers.empty())
      return;
    computeSizes(main);
    placeSamples();
    Value total = computeOffsets(main);
    dims.createFunction(main, "workspace_bytes", total);
    replaceAllocs(main);
    report(main);
  }

private:
  /// Finds what can be planned and when it lives. The rest stays as it is.
  void collectBuffers(func::FuncOp main) {
    Block &body = main.getBody().front();
    BufferViewFlowAnalysis aliases(main);
    DenseMap<Operation *, int64_t> positions;
    for (auto [i, op] : llvm::enumerate(body))
      positions[&op] = i;
    main.walk([&](memref::AllocOp alloc) {
      int64_t first = INT64_MAX, last = -1;
      bool isReturned = false, isCarried = false, isFreed = false;
      SmallVector<Operation *> frees;
      for (Value alias : aliases.resolve(alloc)) {
        isCarried |= leavesLoop(alloc, alias);
        for (Operation *user : alias.getUsers()) {
          if (isa<memref::DeallocOp>(user)) {
            frees.push_back(user);
            continue;
          }
          isReturned |= isa<func::ReturnOp>(user);
          if (isa<ViewLikeOpInterface>(user)) // its users count
            continue;
          int64_t at = positions.lookup(body.findAncestorOpInBlock(*user));
          first = std::min(first, at);
          last = std::max(last, at);
        }
      }
      if (isReturned || isCarried || isPerThread(alloc) ||
          !llvm::all_of(alloc.getDynamicSizes(), [&](Value size) {
            return dims.canCompute(main, size);
          })) {
        ++numAllocations;
        if (!isReturned && !isCarried && !isFreed)
          freeAfterLastUse(alloc, aliases.resolve(alloc));
        return;
      }
      buffers.push_back({alloc, {std::min(first, last), last, 0}});
      deallocs.append(frees);
    });
  }

  /// `alias` may still be in use when the loop around `alloc` goes around: one
  /// place in the workspace would be two buffers at a time.
  static bool leavesLoop(memref::AllocOp alloc, Value alias) {
    auto loop = alloc->getParentOfType<LoopLikeOpInterface>();
    for (; loop; loop = loop->getParentOfType<LoopLikeOpInterface>()) {
      if (alias.getParentRegion() &&
          !loop->isProperAncestor(alias.getParentRegion()->getParentOp()) &&
          loop.getOperation() != alias.getParentRegion()->getParentOp())
        return true;
      if (auto argument = dyn_cast<BlockArgument>(alias))
        if (argument.getOwner()->getParentOp() == loop)
          return true;
    }
    return false;
  }

  static bool isPerThread(memref::AllocOp alloc) {
    return alloc->getParentOfType<scf::ParallelOp>() ||
           alloc->getParentOfType<scf::ForallOp>();
  }

  /// In a loop, memory of the runtime is given back each time around.
  static void freeAfterLastUse(memref::AllocOp alloc,
                               const BufferViewFlowAnalysis::ValueSetT &aliases) {
    Operation *last = alloc;
    for (Value alias : aliases)
      for (Operation *user : alias.getUsers()) {
        Operation *ancestor = alloc->getBlock()->findAncestorOpInBlock(*user);
        if (!ancestor)
          return;
        if (last->isBeforeInBlock(ancestor))
          last = ancestor;
      }
    if (last->hasTrait<OpTrait::IsTerminator>())
      return;
    OpBuilder builder(alloc->getContext());
    builder.setInsertionPointAfter(last);
    memref::DeallocOp::create(builder, alloc.getLoc(), alloc);
  }

  /// Sizes in bytes as values at the start of @main.
  void computeSizes(func::FuncOp main) {
    Block &body = main.getBody().front();
    OpBuilder builder = OpBuilder::atBlockBegin(&body);
    openDims.clear();
    for (unsigned i = 0; i < dims.size(); ++i)
      openDims.push_back(readOpenDim(main, i, builder));
    IRMapping copies;
    for (Buffer &buffer : buffers) {
      MemRefType type = buffer.op.getType();
      int64_t bytes = llvm::divideCeil(bitsOf(type.getElementType()), 8);
      for (int64_t extent : type.getShape())
        bytes *= ShapedType::isDynamic(extent) ? 1 : extent;
      Location loc = buffer.op.getLoc();
      if (type.hasStaticShape()) {
        bytes = llvm::alignTo(bytes, kAlignment);
        buffer.size = arith::ConstantIndexOp::create(builder, loc, bytes);
        buffer.sample.size = bytes;
        continue;
      }
      Value size = arith::ConstantIndexOp::create(builder, loc, bytes);
      for (Value extent : buffer.op.getDynamicSizes())
        size = arith::MulIOp::create(
            builder, loc, size,
            dims.rebuild(main, extent, openDims, builder, copies));
      buffer.sample.size = llvm::alignTo(evaluate(size), kAlignment);
      if (bytes % kAlignment) {
        Value more = arith::ConstantIndexOp::create(builder, loc,
                                                    kAlignment - 1);
        Value mask = arith::ConstantIndexOp::create(builder, loc, -kAlignment);
        size = arith::AddIOp::create(builder, loc, size, more);
        size = arith::AndIOp::create(builder, loc, size, mask);
      }
      buffer.size = size;
    }
    prologueEnd = builder.getInsertionPoint();
  }

  static int64_t bitsOf(Type element) {
    return element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
  }

  /// memref.dim of the first argument with open dimension `position`.
  Value readOpenDim(func::FuncOp main, unsigned position, OpBuilder &builder) {
    for (BlockArgument argument : main.getArguments()) {
      auto type = dyn_cast<MemRefType>(argument.getType());
      for (int64_t k = 0; type && k < type.getRank(); ++k)
        if (type.isDynamicDim(k) &&
            dims.find(main, argument.getArgNumber(), k) == position)
          return memref::DimOp::create(builder, main.getLoc(), argument, k);
    }
    // No input has it any more, so no size does.
    return arith::ConstantIndexOp::create(builder, main.getLoc(), 0);
  }

  /// The value of `value` when each open dimension has the sample extent.
  int64_t evaluate(Value value) {
    if (auto it = samples.find(value); it != samples.end())
      return it->second;
    int64_t result = sampleExtent;
    Operation *op = value.getDefiningOp();
    if (!isa<memref::DimOp>(op)) {
      SmallVector<Attribute> operands;
      SmallVector<OpFoldResult> results;
      for (Value operand : op->getOperands())
        operands.push_back(
            Builder(&getContext()).getIntegerAttr(operand.getType(),
                                                  evaluate(operand)));
      APInt constant;
      if (matchPattern(value, m_ConstantInt(&constant)))
        result = constant.getSExtValue();
      else if (succeeded(op->fold(operands, results)) && results.size() == 1)
        if (auto attr = dyn_cast_if_present<IntegerAttr>(
                dyn_cast<Attribute>(results[0])))
          result = attr.getValue().getSExtValue();
    }
    samples[value] = result;
    return result;
  }

  void placeSamples() {
    SmallVector<Interval> intervals;
    for (Buffer &buffer : buffers) {
      // A place of its own for each, also if the sample leaves it empty.
      buffer.sample.size = std::max(buffer.sample.size, kAlignment);
      intervals.push_back(buffer.sample);
    }
    Placement placement = placeBuffers(intervals);
    for (auto [buffer, offset] : llvm::zip_equal(buffers, placement.offsets))
      buffer.sampleOffset = offset;
    planned = placement.size;
    bound = livenessBound(intervals);
  }

  /// Offsets at the start of @main, in the order of the placement; the result
  /// is where the last buffer ends.
  Value computeOffsets(func::FuncOp main) {
    OpBuilder builder(&main.getBody().front(), prologueEnd);
    Location loc = main.getLoc();
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
    auto highest = [&](ArrayRef<Value> ends) {
      Value result = zero;
      for (Value end : ends)
        result = result == zero
                     ? end
                     : arith::MaxUIOp::create(builder, loc, result, end)
                           .getResult();
      return result;
    };
    SmallVector<Buffer *> order;
    for (Buffer &buffer : buffers)
      order.push_back(&buffer);
    llvm::sort(order, [](Buffer *a, Buffer *b) {
      return std::tie(a->sampleOffset, a) < std::tie(b->sampleOffset, b);
    });
    DenseMap<Buffer *, Value> ends;
    for (auto [i, buffer] : llvm::enumerate(order)) {
      ArrayRef<Buffer *> lower = ArrayRef(order).take_front(i);
      SmallVector<Buffer *> below = directlyBelow(*buffer, lower);
      SmallVector<Value> own;
      for (Buffer *other : below)
        own.push_back(ends[other]);
      buffer->offset = highest(own);
      ends[buffer] =
          buffer->offset == zero
              ? buffer->size
              : arith::AddIOp::create(builder, loc, buffer->offset,
                                      buffer->size)
                    .getResult();
    }
    SmallVector<Value> all;
    for (Buffer *buffer : order)
      if (llvm::none_of(order, [&](Buffer *other) {
            return other->sampleOffset > buffer->sampleOffset &&
                   other->livesWith(*buffer);
          }))
        all.push_back(ends[buffer]);
    return highest(all);
  }

  /// Those of `lower` that `buffer` must not overlap, without those that one of
  /// the others lies on.
  static SmallVector<Buffer *> directlyBelow(const Buffer &buffer,
                                             ArrayRef<Buffer *> lower) {
    SmallVector<Buffer *> below;
    for (Buffer *other : llvm::reverse(lower)) {
      if (!other->livesWith(buffer))
        continue;
      bool isCovered = llvm::any_of(below, [&](Buffer *upper) {
        return upper->sampleOffset > other->sampleOffset &&
               upper->livesWith(*other);
      });
      if (!isCovered)
        below.push_back(other);
    }
    return below;
  }

  /// False for what a loop or branch hands on: it may be memory of the runtime, and
  /// to free part of the workspace does nothing.
  bool isPlannedOnly(Value memref) {
    while (auto view = memref.getDefiningOp<ViewLikeOpInterface>())
      memref = view.getViewSource();
    auto alloc = memref.getDefiningOp<memref::AllocOp>();
    return llvm::any_of(buffers, [&](const Buffer &buffer) {
      return buffer.op == alloc;
    });
  }

  void replaceAllocs(func::FuncOp main) {
    auto bytes = MemRefType::get({ShapedType::kDynamic},
                                 IntegerType::get(&getContext(), 8));
    unsigned position = main.getNumArguments();
    (void)main.insertArgument(position, bytes, {}, main.getLoc());
    Value workspace = main.getArgument(position);
    for (Operation *dealloc : deallocs)
      if (isPlannedOnly(cast<memref::DeallocOp>(dealloc).getMemref()))
        dealloc->erase();
    for (Buffer &buffer : buffers) {
      OpBuilder builder(buffer.op);
      Value view = memref::ViewOp::create(
          builder, buffer.op.getLoc(), buffer.op.getType(), workspace,
          buffer.offset, buffer.op.getDynamicSizes());
      buffer.op.replaceAllUsesWith(view);
      buffer.op.erase();
    }
  }

  /// Size of the plan, of what lives at once at most (no plan can be smaller),
  /// and of all buffers together, for the sample extents.
  void report(func::FuncOp main) {
    int64_t sum = 0;
    for (Buffer &buffer : buffers)
      sum += buffer.sample.size;
    numPlanned += buffers.size();
    Builder builder(&getContext());
    SmallVector<NamedAttribute> entries = {
        builder.getNamedAttr("bytes", builder.getI64IntegerAttr(planned)),
        builder.getNamedAttr("lower_bound", builder.getI64IntegerAttr(bound)),
        builder.getNamedAttr("unshared", builder.getI64IntegerAttr(sum))};
    if (dims.size() > 0)
      entries.push_back(builder.getNamedAttr(
          "sample_extent", builder.getI64IntegerAttr(sampleExtent)));
    main->setAttr("graph.workspace", builder.getDictionaryAttr(entries));
  }

  OpenDims dims;
  SmallVector<Value> openDims; // their values at the start of @main
  SmallVector<Buffer> buffers;
  SmallVector<Operation *> deallocs;
  DenseMap<Value, int64_t> samples;
  int64_t planned = 0, bound = 0; // bytes for the sample extents
  Block::iterator prologueEnd;
};
} // namespace
