#include "lib/Import/Weights.h"
#include "dialects/Graph/ShapeInference.h"
#include "graphopt/Support/PackedElements.h"
#include "lib/Import/Types.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/Process.h"
#include <sys/mman.h>

using namespace mlir;
using namespace graphopt;

static size_t elementBytes(Type type) {
  return llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
}

/// Takes the pages of a mapped file out of memory; they can be read again.
/// LLVM's dontNeedIfMmap does nothing on Linux, as glibc's posix_madvise does
/// not.
static void releasePages(const WeightBytes &weight) {
  if (!weight.file ||
      weight.file->getBufferKind() != llvm::MemoryBuffer::MemoryBuffer_MMap)
    return;
  uintptr_t page = llvm::sys::Process::getPageSizeEstimate();
  auto start = reinterpret_cast<uintptr_t>(weight.bytes.data());
  uintptr_t first = llvm::alignTo(start, page);
  uintptr_t end = llvm::alignDown(start + weight.bytes.size(), page);
  if (first < end)
    ::madvise(reinterpret_cast<void *>(first), end - first, MADV_DONTNEED);
}

/// A blob on `weight`. Raw data lies anywhere in a model file; elements that
/// are not aligned there are copied. The alignment that the blob states must
/// not depend on where memory happens to lie: it is part of a dump's bytes.
static AsmResourceBlob makeBlob(const WeightBytes &weight,
                                size_t elementBytes) {
  ArrayRef<char> bytes(weight.bytes.data(), weight.bytes.size());
  if (reinterpret_cast<uintptr_t>(bytes.data()) % elementBytes != 0) {
    AsmResourceBlob copy = HeapAsmResourceBlob::allocateAndCopyWithAlign(
        bytes, elementBytes, /*dataIsMutable=*/false);
    releasePages(weight);
    return copy;
  }
  return AsmResourceBlob(
      bytes, elementBytes,
      /*deleter=*/[owner = weight.owner](void *, size_t, size_t) {},
      /*dataIsMutable=*/false);
}

static DenseElementsAttr makeDense(RankedTensorType type, StringRef bytes) {
  if (isPacked(type.getElementType()) && type.getElementType().isInteger()) {
    unsigned bits = type.getElementTypeBitWidth();
    return DenseElementsAttr::get(type, llvm::map_to_vector(bytes, [&](char byte) {
      return APInt(bits, uint8_t(byte), /*isSigned=*/false, /*implicitTrunc=*/true);
    }));
  }
  if (!type.getElementType().isInteger(1))
    return DenseElementsAttr::getFromRawBuffer(
        type, ArrayRef<char>(bytes.data(), bytes.size()));
  SmallVector<bool> values =
      llvm::map_to_vector(bytes, [](char byte) { return byte != 0; });
  return DenseElementsAttr::get(type, values);
}

/// Nonzero bytes become 1: whoever reads a blob of booleans relies on it.
static WeightBytes normalizeBools(const WeightBytes &weight) {
  if (llvm::all_of(weight.bytes, [](char byte) { return byte == (byte & 1); }))
    return weight;
  auto owned = std::make_shared<std::string>(weight.bytes);
  for (char &byte : *owned)
    byte = byte != 0;
  return {owned, *owned};
}

ElementsAttr graphopt::convertTensor(MLIRContext *context,
                                     const OnnxModel &model,
                                     const onnx::TensorProto &tensor,
                                     StringRef name) {
  Type elementType = convertDataType(context, tensor.data_type());
  if (!elementType)
    return {};
  auto type = RankedTensorType::get(
      SmallVector<int64_t>(tensor.dims().begin(), tensor.dims().end()),
      elementType);
  if (tensor.data_type() == onnx::TensorProto::STRING)
    return DenseElementsAttr::get(
        type, SmallVector<StringRef>(tensor.string_data().begin(),
                                     tensor.string_data().end()));
  std::optional<size_t> index = weightIndex(tensor);
  StringRef bytes =
      index ? model.weights[*index].bytes : StringRef(tensor.raw_data());
  WeightBytes weight;
  if (isPacked(elementType)) {
    bool isSigned = elementType.isSignlessInteger();
    auto owned = std::make_shared<std::string>(unpackElements(
        bytes, elementType.getIntOrFloatBitWidth(), isSigned, type.getNumElements()));
    weight = {owned, *owned};
    bytes = weight.bytes;
    index.reset();
  }
  // Zero points: passes look whether there is anything to make up for.
  bool isZero = llvm::all_of(bytes, [](char byte) { return byte == 0; });
  if (isZero && elementType.isInteger())
    return DenseElementsAttr::get(type, APInt::getZero(elementType.getIntOrFloatBitWidth()));
  if (isZero && graph::isSmallFloat(elementType) && !bytes.empty())
    return DenseElementsAttr::getFromRawBuffer(type, bytes.front());
  bool isScalar = type.getNumElements() <= 1;
  if (isScalar ||
      (elementType.isInteger() && type.getNumElements() <= maxDenseElements))
    return makeDense(type, bytes);

  if (index) {
    weight = model.weights[*index];
  } else if (!weight.owner) {
    auto owned = std::make_shared<std::string>(bytes);
    weight = {owned, *owned};
  }
  if (elementType.isInteger(1))
    weight = normalizeBools(weight);
  return DenseResourceElementsAttr::get(
      type, name, makeBlob(weight, elementBytes(elementType)));
}
