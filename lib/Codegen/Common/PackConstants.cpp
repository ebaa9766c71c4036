//===- PackConstants.cpp - kernel-pack-constants --------------------------===//

#include "Panels.h"
#include "PassCpu.h"
#include "dialects/Kernel/Kernel.h"
#include "graphopt/Codegen/Common/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"
#include <map>

namespace graphopt {
#define GEN_PASS_DEF_PACKCONSTANTS
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::kernel;

namespace {
/// A constant as an op reads it: dimension i is `permutation[i]` of a row-major
/// array of `shape`.
struct ReadConstant {
  ElementsAttr value;
  SmallVector<int64_t> shape;
  SmallVector<int64_t> permutation;
};
} // namespace

/// What `op` is a transpose of, with its permutation; null if it is none.
static Value getTransposed(Operation *op, SmallVector<int64_t> &permutation) {
  if (auto transpose = dyn_cast_or_null<linalg::TransposeOp>(op)) {
    permutation = llvm::to_vector(transpose.getPermutation());
    return transpose.getInput();
  }
  auto generic = dyn_cast_or_null<linalg::GenericOp>(op);
  if (!generic || generic.getNumDpsInputs() != 1 || generic.getNumDpsInits() != 1)
    return {};
  OpOperand *input = generic.getDpsInputOperand(0);
  AffineMap map = generic.getMatchingIndexingMap(input);
  bool isCopy = generic.getBody()->getTerminator()->getOperand(0) ==
                generic.getMatchingBlockArgument(input);
  if (!isCopy || !map.isPermutation() ||
      !generic.getMatchingIndexingMap(generic.getDpsInitOperand(0)).isIdentity())
    return {};
  permutation.clear();
  AffineMap inverse = inversePermutation(map);
  for (unsigned i = 0; i < inverse.getNumResults(); ++i)
    permutation.push_back(inverse.getDimPosition(i));
  return input->get();
}

/// Looks through transposes of reshapes of a constant.
static std::optional<ReadConstant> readConstant(Value value) {
  ReadConstant read;
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  read.permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  SmallVector<int64_t> permutation;
  while (Value input = getTransposed(value.getDefiningOp(), permutation)) {
    read.permutation = applyPermutation(permutation, read.permutation);
    value = input;
  }
  auto type = cast<RankedTensorType>(value.getType());
  if (!type.hasStaticShape())
    return std::nullopt;
  llvm::append_range(read.shape, type.getShape());
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op))
      break;
    value = op->getOperand(0);
  }
  if (!matchPattern(value, m_Constant(&read.value)))
    return std::nullopt;
  return read;
}

/// The bytes of a constant; one element for a splat. None for elements that are
/// not whole bytes.
static std::optional<ArrayRef<char>> getBytes(ElementsAttr value,
                                              bool &isSplat) {
  unsigned bits = value.getElementType().isIntOrFloat()
                      ? value.getElementType().getIntOrFloatBitWidth()
                      : 0;
  if (bits == 0 || bits % 8 != 0)
    return std::nullopt;
  isSplat = false;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    // A file whose blobs were left out has none.
    if (!blob || int64_t(blob->getData().size()) !=
                     value.getNumElements() * int64_t(bits / 8))
      return std::nullopt;
    return blob->getData();
  }
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense)
    return std::nullopt;
  isSplat = dense.isSplat();
  return dense.getRawData();
}

namespace {
struct PackConstants : graphopt::impl::PackConstantsBase<PackConstants> {
  using PackConstantsBase::PackConstantsBase;

  LogicalResult initialize(MLIRContext *context) override {
    auto found = graphopt::findPassCpu(context, cpu);
    if (failed(found))
      return failure();
    model = *found;
    return success();
  }

  void runOnOperation() override {
    packed.clear();
    replaced.clear();
    getOperation()->walk([&](Operation *op) {
      if (auto matmul = dyn_cast<MatMulOp>(op))
        packMatMul(matmul);
      else if (auto conv = dyn_cast<ConvOp>(op))
        packFilter(conv, conv.getFilterMutable(), conv.getGroups(),
                   getConvVectors(conv));
      else if (auto conv = dyn_cast<DepthwiseConvOp>(op))
        packFilter(conv, conv.getFilterMutable(), 1, getDepthwiseVectors(conv));
    });
    dropOriginals();
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

  int64_t getVectors(EpilogueOp op, int64_t rows, int64_t columns) {
    return model.panelVectors(rows, columns,
                              op.getValueType().getIntOrFloatBitWidth());
  }
  int64_t getConvVectors(ConvOp op) {
    auto kernel = cast<EpilogueOp>(op.getOperation());
    return getVectors(kernel, getRows(kernel),
                      kernel.getInitType().getShape().back() / op.getGroups());
  }
  /// A cache line of channels: the pixels of a line are read once a panel.
  int64_t getDepthwiseVectors(DepthwiseConvOp op) {
    constexpr int64_t kLineBytes = 64;
    auto kernel = cast<EpilogueOp>(op.getOperation());
    int64_t channels = kernel.getInitType().getShape().back();
    return std::min<int64_t>(
        std::max<int64_t>(1, kLineBytes / model.vectorBytes),
        std::max<int64_t>(1, llvm::divideCeil(channels, lanesOf(kernel))));
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
        getVectors(kernel, getRows(kernel), type.getShape().back());
    Value panels = makePanels(op.getRhs(), *read, read->permutation, 1,
                              vectors * lanesOf(kernel), /*isMatrix=*/true);
    if (!panels)
      return;
    replace(op.getRhsMutable(), panels);
    op.setPacked(true);
  }

  /// A filter, in the order (k..., c, o).
  template <typename Op>
  void packFilter(Op op, OpOperand &filter, int64_t groups, int64_t vectors) {
    Value plain = filter.get();
    auto type = dyn_cast<RankedTensorType>(plain.getType());
    if (op.getPacked() || !type)
      return;
    int64_t columns =
        vectors * lanesOf(cast<EpilogueOp>(op.getOperation()));
    auto order = llvm::to_vector(llvm::seq<int64_t>(2, type.getRank()));
    order.append({1, 0});
    Value panels;
    if (std::optional<ReadConstant> read = readConstant(plain))
      panels = makePanels(plain, *read,
                          applyPermutation(read->permutation, order), groups,
                          columns, /*isMatrix=*/false);
    if (!panels)
      panels = packAtRunTime(op, plain, order, groups, columns);
    replace(filter, panels);
    op.setPacked(true);
  }

  void replace(OpOperand &operand, Value panels) {
    if (Operation *plain = operand.get().getDefiningOp())
      replaced.insert(plain);
    operand.set(panels);
  }

  /// [groups * ceil(n / groups / columns), r..., columns] for sizes (r..., n).
  static RankedTensorType getPanelsType(Type element, ArrayRef<int64_t> sizes,
                                        int64_t groups, int64_t columns) {
    SmallVector<int64_t> shape(sizes);
    shape.insert(shape.begin(),
                 groups * llvm::divideCeil(sizes.back() / groups, columns));
    shape.back() = columns;
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
                   bool isMatrix) {
    bool isSplat;
    std::optional<ArrayRef<char>> bytes = getBytes(read.value, isSplat);
    if (!bytes)
      return {};
    SmallVector<int64_t> sizes = applyPermutation(read.shape, order);
    if (isMatrix)
      sizes.erase(sizes.begin(), sizes.end() - 2);
    RankedTensorType type =
        getPanelsType(read.value.getElementType(), sizes, groups, columns);
    ElementsAttr &panels =
        packed[{read.value, read.shape, order, groups, columns}];
    if (!panels) {
      Panels layout{read.shape, order, groups, columns,
                    type.getElementTypeBitWidth() / 8, isSplat};
      AsmResourceBlob blob = HeapAsmResourceBlob::allocate(
          type.getNumElements() * layout.elementBytes, kAlignment);
      packPanels(layout, *bytes, blob.getMutableData());
      panels = DenseResourceElementsAttr::get(type, getName(read.value),
                                              std::move(blob));
      ++numPacked;
    }
    OpBuilder builder(plain.getContext());
    builder.setInsertionPointAfterValue(plain);
    return arith::ConstantOp::create(builder, plain.getLoc(), panels);
  }

  static std::string getName(ElementsAttr value) {
    auto resource = dyn_cast<DenseResourceElementsAttr>(value);
    return (resource ? resource.getRawHandle().getKey() : "constant").str() +
           "_packed";
  }

  /// Erases what nobody reads now, and frees the bytes of such constants.
  void dropOriginals() {
    while (!replaced.empty()) {
      Operation *op = replaced.pop_back_val();
      if (!isOpTriviallyDead(op))
        continue;
      for (Value operand : op->getOperands())
        if (Operation *source = operand.getDefiningOp())
          replaced.insert(source);
      op->erase();
    }
    llvm::DenseSet<Attribute> used;
    AttrTypeWalker walker;
    walker.addWalk([&](DenseResourceElementsAttr attr) { used.insert(attr); });
    getOperation()->walk([&](Operation *op) { walker.walk(op->getAttrDictionary()); });
    for (auto &[key, panels] : packed) {
      auto original = dyn_cast<DenseResourceElementsAttr>(std::get<0>(key));
      if (!original || used.contains(original))
        continue;
      DenseResourceElementsHandle handle = original.getRawHandle();
      DenseResourceElementsHandle::getManagerInterface(&getContext())
          .getBlobManager()
          .update(handle.getKey(), AsmResourceBlob());
    }
  }

  static constexpr int64_t kAlignment = 64;
  struct Less {
    template <typename Key>
    bool operator()(const Key &a, const Key &b) const {
      auto view = [](const Key &key) {
        auto &[value, shape, order, groups, columns] = key;
        return std::make_tuple(value.getAsOpaquePointer(), ArrayRef(shape),
                               ArrayRef(order), groups, columns);
      };
      return view(a) < view(b);
    }
  };
  /// What has been packed: a weight that two ops read has one copy.
  std::map<std::tuple<Attribute, SmallVector<int64_t>, SmallVector<int64_t>,
                      int64_t, int64_t>,
           ElementsAttr, Less>
      packed;
  /// What ops read before.
  llvm::SetVector<Operation *> replaced;
  CpuModel model;
};
} // namespace
