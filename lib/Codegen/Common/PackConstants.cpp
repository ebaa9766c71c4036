//===- PackConstants.cpp - kernel-pack-constants --------------------------===//

#include "Constants.h"
#include "GridPanels.h"
#include "Panels.h"
#include "PassCpu.h"
#include "dialects/Kernel/Kernel.h"
#include "graphopt/Codegen/Common/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include <cstring>
#include <map>

namespace graphopt {
#define GEN_PASS_DEF_PACKCONSTANTS
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::kernel;

/// Makes subnormal numbers 0: a multiplication with one takes a CPU a hundred
/// times as long, and adds less than 2^-126 times the other factor.
template <typename Bits, unsigned kMantissaBits>
static void flushSubnormals(MutableArrayRef<char> data) {
  constexpr Bits kSign = Bits(1) << (8 * sizeof(Bits) - 1);
  constexpr Bits kLeastNormal = Bits(1) << kMantissaBits;
  for (size_t at = 0; at < data.size(); at += sizeof(Bits)) {
    Bits bits;
    std::memcpy(&bits, data.data() + at, sizeof bits);
    if ((bits & ~kSign) < kLeastNormal) {
      bits &= kSign;
      std::memcpy(data.data() + at, &bits, sizeof bits);
    }
  }
}

static void flushSubnormals(Type element, MutableArrayRef<char> data) {
  if (element.isF32())
    flushSubnormals<uint32_t, 23>(data);
  else if (element.isF64())
    flushSubnormals<uint64_t, 52>(data);
}

namespace {
struct PackConstants : graphopt::impl::PackConstantsBase<PackConstants> {
  using PackConstantsBase::PackConstantsBase;

  LogicalResult initialize(MLIRContext *context) override {
    return graphopt::findPassCpu(context, cpu, model);
  }

  void runOnOperation() override {
    packed.clear();
    replaced = ReplacedConstants();
    GridPacker grids(replaced);
    getOperation()->walk([&](Operation *op) {
      if (whole)
        packWhole(op);
      else if (auto matmul = dyn_cast<MatMulOp>(op))
        packMatMul(matmul);
      else if (auto matmul = dyn_cast<GridMatMulOp>(op))
        numPacked += !matmul.getPacked() && grids.pack(matmul, getGridColumns(matmul));
      else if (auto conv = dyn_cast<ConvOp>(op))
        packFilter(conv, conv.getFilterMutable(), getFilterOrder(conv),
                   conv.getGroups(), getConvVectors(conv), getInterleave(conv));
      else if (auto conv = dyn_cast<DepthwiseConvOp>(op))
        packFilter(conv, conv.getFilterMutable(), getFilterOrder(conv), 1,
                   getDepthwiseVectors(conv));
      else if (auto conv = dyn_cast<WinogradConvOp>(op))
        packFilter(conv, conv.getFilterMutable(), {0, 1, 2}, 1,
                   getWinogradVectors(conv));
    });
    replaced.dropUnread(getOperation());
  }

private:
  int64_t lanesOf(EpilogueOp op) {
    return model.lanes(op.getValueType().getIntOrFloatBitWidth());
  }

  /// Static rows of all of init's dimensions but the last, or -1.
  static int64_t getRows(EpilogueOp op) {
    int64_t rows = 1;
    for (int64_t size : op.getInitType().getShape().drop_back()) {
      if (ShapedType::isDynamic(size))
        return -1;
      rows *= size;
    }
    return rows;
  }

  int64_t getVectors(EpilogueOp op, int64_t rows, int64_t columns,
                     int64_t depth = -1) {
    return model.panelVectors(rows, columns,
                              op.getValueType().getIntOrFloatBitWidth(), depth);
  }
  int64_t getConvVectors(ConvOp op) {
    auto kernel = cast<EpilogueOp>(op.getOperation());
    ArrayRef<int64_t> shape = kernel.getInitType().getShape();
    ArrayRef<int64_t> filter = op.getFilter().getType().getShape();
    int64_t columns = shape.back() / op.getGroups(), rows = getRows(kernel);
    int64_t terms = llvm::product_of(filter.drop_front()) / getInterleave(op);
    constexpr int64_t kFewRows = 3; // they need wide panels
    if (isPointwise(op) || (rows >= 0 && rows <= kFewRows))
      return getVectors(kernel, rows, columns);
    return model.linePanelVectors(shape[shape.size() - 2], terms, columns,
                                  op.getValueType().getIntOrFloatBitWidth());
  }
  /// True if rows of all lines are cut into tiles as one.
  static bool isPointwise(ConvOp op) {
    auto isOne = [](int64_t size) { return size == 1; };
    return op.getGroups() == 1 && llvm::all_of(op.getStrides(), isOne) &&
           llvm::all_of(op.getFilter().getType().getShape().drop_front(2), isOne);
  }
  /// A cache line of channels: the pixels of a line are read once a panel. More
  /// than two vectors leave too few registers for pixels.
  int64_t getDepthwiseVectors(DepthwiseConvOp op) {
    constexpr int64_t kLineBytes = 64;
    auto kernel = cast<EpilogueOp>(op.getOperation());
    int64_t channels = kernel.getInitType().getShape().back();
    return std::min<int64_t>(
        std::clamp<int64_t>(kLineBytes / model.vectorBytes, 1, 2),
        std::max<int64_t>(1, llvm::divideCeil(channels, lanesOf(kernel))));
  }

  /// Constant filters in one panel a group, as (k..., c, o).
  void packWhole(Operation *op) {
    if (auto conv = dyn_cast<ConvOp>(op); conv && readConstant(conv.getFilter()))
      packColumns(conv, conv.getFilterMutable(), getFilterOrder(conv), conv.getGroups(),
                  conv.getFilter().getType().getDimSize(0) / conv.getGroups());
    else if (auto conv = dyn_cast<DepthwiseConvOp>(op); conv && readConstant(conv.getFilter()))
      packColumns(conv, conv.getFilterMutable(), getFilterOrder(conv), 1,
                  conv.getFilter().getType().getDimSize(0));
  }

  /// Few: the products of all tiles of a turn are on the stack.
  int64_t getWinogradVectors(WinogradConvOp op) {
    constexpr int64_t kMostBytes = 128;
    auto kernel = cast<EpilogueOp>(op.getOperation());
    int64_t columns = kernel.getInitType().getShape().back();
    return std::min(getVectors(kernel, /*rows=*/-1, columns),
                    kMostBytes / model.vectorBytes);
  }

  /// A constant rhs that all batches share.
  void packMatMul(MatMulOp op) {
    auto type = cast<ShapedType>(op.getRhs().getType());
    auto isOne = [](int64_t size) { return size == 1; };
    if (op.getPacked() || !isa<RankedTensorType>(type) ||
        !type.hasStaticShape() ||
        ShapedType::isDynamic(op.getInit().getType().getShape().back()) ||
        ShapedType::isDynamic(op.getLhs().getType().getShape().back()) ||
        !llvm::all_of(type.getShape().drop_back(2), isOne))
      return;
    std::optional<ReadConstant> read = readConstant(op.getRhs());
    if (!read)
      return;
    auto kernel = cast<EpilogueOp>(op.getOperation());
    int64_t vectors =
        getVectors(kernel, getRows(kernel), type.getShape().back(),
                   type.getShape().drop_back().back());
    int64_t interleave = getInterleave(op);
    Value panels = makePanels(op.getRhs(), *read, read->permutation, 1,
                              vectors * lanesOf(kernel), /*isMatrix=*/true,
                              interleave);
    if (!panels)
      return;
    replaced.replace(op.getRhsMutable(), panels);
    op.setPacked(true);
    op.setInterleave(interleave);
  }

  /// Neighbours of a column lie together where an instruction adds up their products.
  int64_t getInterleave(EpilogueOp op, bool isUnsignedLhs, bool isUnsignedRhs) {
    Type left = getElementTypeOrSelf(op.getInputs().front());
    if (model.dotBFloat16 && left.isBF16())
      return 2;
    if (!getElementTypeOrSelf(op.getInputs().back()).isInteger(8) ||
        !op.getValueType().isInteger(32))
      return 1;
    if (model.dotInt16 && left.isInteger(16) && !isUnsignedLhs)
      return 2;
    bool isDot = model.dotInt8 && isUnsignedLhs && !isUnsignedRhs && left.isInteger(8);
    return isDot ? 4 : 1;
  }
  int64_t getInterleave(MatMulOp op) {
    return getInterleave(cast<EpilogueOp>(op.getOperation()), op.getUnsignedLhs(),
                         op.getUnsignedRhs());
  }
  int64_t getInterleave(ConvOp op) {
    int64_t together = getInterleave(cast<EpilogueOp>(op.getOperation()),
                                     op.getUnsignedInput(), op.getUnsignedFilter());
    bool isWhole = op.getFilter().getType().getDimSize(1) % together == 0;
    return isWhole && readConstant(op.getFilter()) ? together : 1;
  }

  /// Few sums at a time leave registers to unpack words.
  int64_t getGridColumns(GridMatMulOp op) {
    constexpr int64_t kMostVectors = 4;
    int64_t lanes = lanesOf(cast<EpilogueOp>(op.getOperation()));
    int64_t vectors = llvm::divideCeil(op.getInit().getType().getShape().back(), lanes);
    return llvm::divideCeil(vectors, llvm::divideCeil(vectors, kMostVectors)) * lanes;
  }

  /// A filter [o, c, k...] as (k..., c, o).
  template <typename Op>
  static SmallVector<int64_t> getFilterOrder(Op op) {
    auto order =
        llvm::to_vector(llvm::seq<int64_t>(2, 2 + op.getStrides().size()));
    order.append({1, 0});
    return order;
  }

  /// A filter whose dimensions `order` brings into the order (k..., c, o).
  template <typename Op>
  void packFilter(Op op, OpOperand &filter, ArrayRef<int64_t> order,
                  int64_t groups, int64_t vectors, int64_t interleave = 1) {
    packColumns(op, filter, order, groups,
                vectors * lanesOf(cast<EpilogueOp>(op.getOperation())), interleave);
  }
  template <typename Op>
  void packColumns(Op op, OpOperand &filter, ArrayRef<int64_t> order, int64_t groups,
                   int64_t columns, int64_t interleave = 1) {
    Value plain = filter.get();
    auto type = dyn_cast<RankedTensorType>(plain.getType());
    if (op.getPacked() || !type)
      return;
    Value panels;
    if (std::optional<ReadConstant> read = readConstant(plain))
      panels = makePanels(plain, *read,
                          applyPermutation(read->permutation, order), groups,
                          columns, /*isMatrix=*/false, interleave);
    if constexpr (std::is_same_v<Op, ConvOp>)
      if (panels)
        op.setInterleave(interleave);
    if (!panels)
      panels = packAtRunTime(op, plain, order, groups, columns);
    replaced.replace(filter, panels);
    op.setPacked(true);
  }

  /// [groups * ceil(n / groups / columns), r..., columns] for sizes (r..., n).
  static RankedTensorType getPanelsType(Type element, ArrayRef<int64_t> sizes,
                                        int64_t groups, int64_t columns,
                                        int64_t interleave = 1) {
    SmallVector<int64_t> shape(sizes);
    shape.insert(shape.begin(),
                 groups * llvm::divideCeil(sizes.back() / groups, columns));
    shape.back() = columns * interleave;
    int64_t &last = shape[shape.size() - 2];
    last = llvm::divideCeil(last, interleave);
    return RankedTensorType::get(shape, element);
  }

  Value packAtRunTime(Operation *op, Value plain, ArrayRef<int64_t> order,
                      int64_t groups, int64_t columns) {
    OpBuilder builder(op);
    auto type = cast<RankedTensorType>(plain.getType());
    auto panels =
        getPanelsType(type.getElementType(),
                      applyPermutation(type.getShape(), order), groups, columns);
    Value empty = tensor::EmptyOp::create(
        builder, op->getLoc(), panels.getShape(), panels.getElementType());
    return PackOp::create(builder, op->getLoc(), panels, plain, empty,
                          builder.getDenseI64ArrayAttr(order),
                          builder.getI64IntegerAttr(groups))
        .getResult();
  }

  /// The panels of a constant as a new constant next to `plain`; null if its
  /// bytes cannot be read. `order` orders read.shape's dimensions; all but the
  /// last two may be batches of size 1, which are dropped if `isMatrix`.
  Value makePanels(Value plain, const ReadConstant &read,
                   SmallVector<int64_t> order, int64_t groups, int64_t columns,
                   bool isMatrix, int64_t interleave = 1) {
    bool isSplat;
    std::optional<ArrayRef<char>> bytes = getBytes(read.value, isSplat);
    if (!bytes)
      return {};
    SmallVector<int64_t> sizes = applyPermutation(read.shape, order);
    if (isMatrix)
      sizes.erase(sizes.begin(), sizes.end() - 2);
    RankedTensorType type =
        getPanelsType(read.value.getElementType(), sizes, groups, columns, interleave);
    ElementsAttr &panels =
        packed[{read.value, read.shape, order, groups, columns, interleave}];
    if (!panels) {
      Panels layout{read.shape, order, groups, columns, interleave,
                    type.getElementTypeBitWidth() / 8, isSplat};
      panels = makeConstant(type, read.value, "_packed",
                            [&](MutableArrayRef<char> data) {
                              packPanels(layout, *bytes, data);
                              flushSubnormals(type.getElementType(), data);
                            });
      replaced.addOriginal(read.value);
      ++numPacked;
    }
    OpBuilder builder(plain.getContext());
    builder.setInsertionPointAfterValue(plain);
    return arith::ConstantOp::create(builder, plain.getLoc(), panels);
  }

  struct Less {
    template <typename Key>
    bool operator()(const Key &a, const Key &b) const {
      auto view = [](const Key &key) {
        auto &[value, shape, order, groups, columns, interleave] = key;
        return std::make_tuple(value.getAsOpaquePointer(), ArrayRef(shape),
                               ArrayRef(order), groups, columns, interleave);
      };
      return view(a) < view(b);
    }
  };
  /// What has been packed: a weight that two ops read has one copy.
  std::map<std::tuple<Attribute, SmallVector<int64_t>, SmallVector<int64_t>,
                      int64_t, int64_t, int64_t>,
           ElementsAttr, Less>
      packed;
  ReplacedConstants replaced;
  CpuModel model;
};
} // namespace
