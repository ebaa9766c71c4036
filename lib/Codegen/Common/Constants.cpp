//===- Constants.cpp - Constants to other constants -----------------------===//

#include "Constants.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace graphopt;

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

std::optional<ReadConstant> graphopt::readConstant(Value value) {
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

std::optional<ArrayRef<char>> graphopt::getBytes(ElementsAttr value,
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

ElementsAttr
graphopt::makeConstant(RankedTensorType type, ElementsAttr original,
                       StringRef suffix,
                       llvm::function_ref<void(MutableArrayRef<char>)> fill) {
  constexpr int64_t kAlignment = 64;
  if (type.getNumElements() == 0) // LLVM's translation divides by the bytes of a blob
    return DenseElementsAttr::get(type, ArrayRef<Attribute>());
  auto resource = dyn_cast<DenseResourceElementsAttr>(original);
  std::string name =
      (resource ? resource.getRawHandle().getKey() : "constant").str();
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(
      type.getNumElements() * type.getElementTypeBitWidth() / 8, kAlignment);
  fill(blob.getMutableData());
  return DenseResourceElementsAttr::get(type, name + suffix.str(),
                                        std::move(blob));
}

void ReplacedConstants::replace(OpOperand &operand, Value constant) {
  if (Operation *plain = operand.get().getDefiningOp())
    replaced.insert(plain);
  operand.set(constant);
}

void ReplacedConstants::dropUnread(ModuleOp module) {
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
  module.walk([&](Operation *op) { walker.walk(op->getAttrDictionary()); });
  for (Attribute attr : originals) {
    auto original = dyn_cast<DenseResourceElementsAttr>(attr);
    if (!original || used.contains(original))
      continue;
    DenseResourceElementsHandle handle = original.getRawHandle();
    DenseResourceElementsHandle::getManagerInterface(module.getContext())
        .getBlobManager()
        .update(handle.getKey(), AsmResourceBlob());
  }
  originals.clear();
}
