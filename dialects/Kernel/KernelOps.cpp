//===- KernelOps.cpp - Builders and verifiers of the kernel ops -----------===//

#include "dialects/Kernel/Kernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace graphopt::kernel;

#define GET_OP_CLASSES
#include "dialects/Kernel/KernelOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Builders
//===----------------------------------------------------------------------===//

/// The result for a tensor init, and an epilogue that stores the value.
static void buildKernel(OpBuilder &builder, OperationState &state, Value input,
                        Value init) {
  if (isa<RankedTensorType>(init.getType()))
    state.addTypes(init.getType());
  Type element = getElementTypeOrSelf(init);
  Type valueType = getAccumulationType(getElementTypeOrSelf(input), element);
  Region *region = state.addRegion();
  OpBuilder::InsertionGuard guard(builder);
  Block *body = builder.createBlock(region, {}, valueType, state.location);
  Value value = body->getArgument(0);
  if (valueType != element) {
    if (element.getIntOrFloatBitWidth() < valueType.getIntOrFloatBitWidth())
      value = arith::TruncFOp::create(builder, state.location, element, value);
    else
      value = arith::ExtFOp::create(builder, state.location, element, value);
  }
  YieldOp::create(builder, state.location, value);
}

void MatMulOp::build(OpBuilder &builder, OperationState &state, Value lhs,
                     Value rhs, Value init) {
  state.addOperands({lhs, rhs, init});
  buildKernel(builder, state, lhs, init);
}

void GridMatMulOp::build(OpBuilder &builder, OperationState &state, Value lhs,
                         Value rhs, Value scale, Value zero, Value init,
                         int64_t bits, int64_t blockSize) {
  state.addOperands({lhs, rhs, scale});
  if (zero)
    state.addOperands(zero);
  state.addOperands(init);
  auto &properties = state.getOrAddProperties<Properties>();
  properties.bits = builder.getI64IntegerAttr(bits);
  properties.block_size = builder.getI64IntegerAttr(blockSize);
  properties.operandSegmentSizes = {1, 1, 1, zero ? 1 : 0, 0, 1};
  buildKernel(builder, state, lhs, init);
}

void ConvOp::build(OpBuilder &builder, OperationState &state, Value input,
                   Value filter, Value init, ArrayRef<int64_t> strides,
                   ArrayRef<int64_t> dilations, int64_t groups) {
  state.addOperands({input, filter, init});
  auto &properties = state.getOrAddProperties<Properties>();
  properties.strides = builder.getDenseI64ArrayAttr(strides);
  properties.dilations = builder.getDenseI64ArrayAttr(dilations);
  properties.groups = builder.getI64IntegerAttr(groups);
  buildKernel(builder, state, input, init);
}

void DepthwiseConvOp::build(OpBuilder &builder, OperationState &state,
                            Value input, Value filter, Value init,
                            ArrayRef<int64_t> strides,
                            ArrayRef<int64_t> dilations) {
  state.addOperands({input, filter, init});
  auto &properties = state.getOrAddProperties<Properties>();
  properties.strides = builder.getDenseI64ArrayAttr(strides);
  properties.dilations = builder.getDenseI64ArrayAttr(dilations);
  buildKernel(builder, state, input, init);
}

void WinogradConvOp::build(OpBuilder &builder, OperationState &state,
                           Value input, Value filter, Value init,
                           ArrayRef<Winograd> directions, int64_t block) {
  state.addOperands({input, filter, init});
  auto &properties = state.getOrAddProperties<Properties>();
  auto attribute = [&](int64_t (Winograd::*size)() const) {
    return builder.getDenseI64ArrayAttr(llvm::map_to_vector(
        directions, [&](const Winograd &it) { return (it.*size)(); }));
  };
  properties.taps = attribute(&Winograd::getTaps);
  properties.tile = attribute(&Winograd::getOutputs);
  properties.block = builder.getI64IntegerAttr(block);
  properties.operandSegmentSizes = {1, 1, 0, 0, 1};
  buildKernel(builder, state, input, init);
}

void AttentionOp::build(OpBuilder &builder, OperationState &state, Value query,
                        Value key, Value value, Value init, APFloat scale) {
  state.addOperands({query, key, value, init});
  auto &properties = state.getOrAddProperties<Properties>();
  SmallVector<AffineMap> layouts(4, builder.getMultiDimIdentityMap(4));
  properties.layouts = builder.getAffineMapArrayAttr(layouts);
  properties.scale = FloatAttr::get(builder.getF32Type(), scale);
  properties.operandSegmentSizes = {1, 1, 1, 0, 0, 0, 1};
  buildKernel(builder, state, query, init);
}

//===----------------------------------------------------------------------===//
// matmul
//===----------------------------------------------------------------------===//

/// True if products of `group` neighbours can be summed at once, see C4 of matmul.
static bool canInterleave(int64_t group, EpilogueOp op, bool isUnsignedLhs,
                          bool isUnsignedRhs, ShapedType rhs) {
  bool isOfIntegers = rhs.getElementType().isInteger(8) && op.getValueType().isInteger(32);
  bool isOfBytes = group == 4 && isOfIntegers && isUnsignedLhs && !isUnsignedRhs;
  bool isOfPairs = group == 2 && isOfIntegers && !isUnsignedLhs &&
                   getElementTypeOrSelf(op.getInputs().front()).isInteger(16);
  bool isOfHalves = group == 2 && rhs.getElementType().isBF16();
  return group == 1 || (op.getPacked() && (isOfBytes || isOfPairs || isOfHalves) &&
                        rhs.getShape().back() % group == 0);
}

/// C2 for one operand of matmul.
static LogicalResult verifyBatch(MatMulOp op, StringRef name, ShapedType type) {
  ArrayRef<int64_t> batch = type.getShape().drop_back(2);
  ArrayRef<int64_t> all = op.getInit().getType().getShape().drop_back(2);
  if (batch.size() > all.size())
    return op.emitOpError() << name << " has " << batch.size()
                            << " batch dimensions, init has " << all.size();
  for (auto [size, expected] :
       llvm::zip(batch, all.take_back(batch.size())))
    if (size != 1 && failed(verifyCompatibleDims({size, expected})))
      return op.emitOpError() << name << " has batch size " << size
                              << ", init has " << expected;
  return success();
}

LogicalResult MatMulOp::verify() {
  ShapedType lhs = getLhs().getType(), rhs = getRhs().getType(),
             init = getInit().getType();
  if (lhs.getRank() < 2 || init.getRank() < 2 ||
      (getPacked() ? rhs.getRank() != 3 : rhs.getRank() < 2)) // C1
    return emitOpError("needs lhs [..., M, K], init [..., M, N] and rhs ")
           << (getPacked() ? "[panels, K, NR]" : "[..., K, N]");
  int64_t k = lhs.getShape().back(), n = init.getShape().back();
  int64_t group = getInterleave();
  if (!canInterleave(group, cast<EpilogueOp>(getOperation()), getUnsignedLhs(),
                     getUnsignedRhs(), rhs)) // C4
    return emitOpError("cannot interleave ") << group << " of this rhs";
  int64_t rhsK = rhs.getShape().take_back(2).front();
  int64_t nr = rhs.getShape().back() / group;
  if (getPacked() && (!rhs.hasStaticShape() || nr < 1 ||
                      ShapedType::isDynamic(k) || ShapedType::isDynamic(n))) // C3
    return emitOpError("with packed rhs needs static K, N and NR");
  int64_t steps = ShapedType::isDynamic(k) ? k : llvm::divideCeil(k, group);
  if (failed(verifyCompatibleDims({steps, rhsK}))) // C1
    return emitOpError("lhs has K = ") << k << ", rhs has K = " << rhsK;
  if (failed(verifyCompatibleDims(
          {lhs.getShape().take_back(2).front(),
           init.getShape().take_back(2).front()}))) // C1
    return emitOpError("lhs and init have different M");
  if (getPacked()) {
    int64_t panels = llvm::divideCeil(n, nr);
    if (rhs.getDimSize(0) != panels) // C1
      return emitOpError("N = ") << n << " needs " << panels << " panels of "
                                 << nr << ", rhs has " << rhs.getDimSize(0);
  } else if (failed(verifyCompatibleDims({n, nr}))) { // C1
    return emitOpError("rhs has N = ") << nr << ", init has N = " << n;
  } else if (failed(verifyBatch(*this, "rhs", rhs))) { // C2
    return failure();
  }
  return verifyBatch(*this, "lhs", lhs); // C2
}

//===----------------------------------------------------------------------===//
// grid_matmul
//===----------------------------------------------------------------------===//

/// C4.
static bool hasGridElements(GridMatMulOp op) {
  int64_t bits = op.getBits();
  Type element = op.getRhs().getType().getElementType();
  bool isHalf = bits == 16 && !op.getZero() && (element.isBF16() || element.isF16());
  return (bits == 2 || bits == 4 || bits == 8 || bits == 16) &&
         (op.getPacked() ? element.isSignlessInteger(32) || (isHalf && element.isF16())
                         : isHalf || (bits <= 8 && element.isSignlessInteger(8))) &&
         isa<FloatType>(op.getScale().getType().getElementType()) &&
         (!op.getZero() || op.getZero().getType().getElementType().isSignlessInteger(8));
}

LogicalResult GridMatMulOp::verify() {
  ShapedType lhs = getLhs().getType(), init = getInit().getType();
  int64_t rank = init.getRank();
  if (lhs.getRank() != rank || rank < 2 ||
      failed(verifyCompatibleShape(lhs.getShape().drop_back(),
                                   init.getShape().drop_back()))) // C1
    return emitOpError("needs lhs [..., M, K] and init [..., M, N]");
  int64_t n = init.getShape().back(), k = getDepth();
  if (ShapedType::isDynamic(n) || ShapedType::isDynamic(k) || n == 0 || k == 0) // C1
    return emitOpError("needs static K and N that are not 0");
  if (!hasGridElements(*this)) // C4
    return emitOpError("has weights of ")
           << getBits() << " bits in " << getRhs().getType().getElementType()
           << ", scales of " << getScale().getType().getElementType();
  if (getBlockSize() < 1 || int64_t(getBlockSize()) > k) // C5
    return emitOpError("has blocks of ") << getBlockSize() << " of " << k;
  SmallVector<int64_t> weights{k, n}, grid{getBlocks(), n};
  if (getPacked()) {
    ArrayRef<int64_t> panels = getRhs().getType().getShape();
    int64_t width = panels.empty() ? 0 : panels.back();
    int64_t nr = getRhs().getType().getElementType().isF16() ? width / 2 : width;
    if (nr < 1) // C3
      return emitOpError("has no columns in its panels");
    weights = {int64_t(llvm::divideCeil(n, nr)), getWords(), width};
    grid = {weights.front(), getBlocks(), nr};
  }
  if (getRhs().getType().getShape() != ArrayRef(weights) ||
      getScale().getType().getShape() != ArrayRef(grid) ||
      (getZero() && getZero().getType().getShape() != ArrayRef(grid))) // C2, C3
    return emitOpError("needs rhs [")
           << weights << "], scale and zero [" << grid << "]";
  return success();
}

//===----------------------------------------------------------------------===//
// conv, depthwise_conv
//===----------------------------------------------------------------------===//

/// C3 and C4: windows of size `kernel` over the dimensions between the first
/// and the last.
static LogicalResult verifyWindows(Operation *op, ShapedType input,
                                   ShapedType init, ArrayRef<int64_t> kernel,
                                   ArrayRef<int64_t> strides,
                                   ArrayRef<int64_t> dilations) {
  auto positive = [](int64_t size) { return size > 0; };
  if (strides.size() != kernel.size() || dilations.size() != kernel.size() ||
      !llvm::all_of(strides, positive) || !llvm::all_of(dilations, positive)) // C3
    return op->emitOpError("needs ")
           << kernel.size() << " positive strides and dilations";
  if (failed(verifyCompatibleDims({input.getDimSize(0), init.getDimSize(0)}))) // C4
    return op->emitOpError("input has batch size ")
           << input.getDimSize(0) << ", init has " << init.getDimSize(0);
  for (size_t d = 0; d < kernel.size(); ++d) {
    int64_t size = input.getDimSize(1 + d);
    if (ShapedType::isDynamic(size))
      continue;
    int64_t span = (kernel[d] - 1) * dilations[d] + 1;
    int64_t expected = size < span ? 0 : (size - span) / strides[d] + 1;
    if (failed(verifyCompatibleDims({expected, init.getDimSize(1 + d)}))) // C4
      return op->emitOpError("init has size ")
             << init.getDimSize(1 + d) << " in spatial dimension " << d
             << ", not " << expected;
  }
  return success();
}

LogicalResult ConvOp::verify() {
  ShapedType input = getInput().getType(), filter = getFilter().getType(),
             init = getInit().getType();
  int64_t rank = input.getRank();
  if (rank < 3 || init.getRank() != rank ||
      filter.getRank() != rank + (getPacked() ? 1 : 0)) // C1
    return emitOpError("needs input [B, S..., C], init [B, Y..., O] and filter ")
           << (getPacked() ? "[panels, K..., C / G, NR]" : "[O, C / G, K...]");
  int64_t groups = getGroups();
  if (groups < 1) // C3
    return emitOpError("groups must be positive");
  int64_t c = input.getShape().back(), o = init.getShape().back();
  if (!filter.hasStaticShape() || ShapedType::isDynamic(c) ||
      ShapedType::isDynamic(o) || c % groups != 0 || o % groups != 0) // C2
    return emitOpError("needs a static filter, and static C and O that are "
                       "multiples of groups");
  ArrayRef<int64_t> shape = filter.getShape();
  int64_t filterC = getPacked() ? shape[rank - 1] : shape[1], group = getInterleave();
  if (!canInterleave(group, cast<EpilogueOp>(getOperation()), getUnsignedInput(),
                     getUnsignedFilter(), filter)) // C5
    return emitOpError("cannot interleave ") << group << " of this filter";
  if (filterC * groups * group != c) // C1
    return emitOpError("input has ")
           << c << " channels, filter has " << filterC * groups * group;
  int64_t expected = o;
  if (getPacked()) {
    if (shape.back() < group) // C1
      return emitOpError("panels of filter are empty");
    expected = groups * llvm::divideCeil(o / groups, shape.back() / group);
  }
  if (shape.front() != expected) // C1
    return emitOpError("filter has size ")
           << shape.front() << " in dimension 0, not " << expected;
  ArrayRef<int64_t> kernel =
      getPacked() ? shape.slice(1, rank - 2) : shape.drop_front(2);
  return verifyWindows(*this, input, init, kernel, getStrides(), getDilations());
}

LogicalResult DepthwiseConvOp::verify() {
  ShapedType input = getInput().getType(), filter = getFilter().getType(),
             init = getInit().getType();
  int64_t rank = input.getRank();
  if (rank < 3 || init.getRank() != rank ||
      filter.getRank() != rank + (getPacked() ? 1 : 0)) // C1
    return emitOpError("needs input [B, S..., C], init [B, Y..., C] and filter ")
           << (getPacked() ? "[panels, K..., 1, NR]" : "[C, 1, K...]");
  int64_t c = init.getShape().back();
  if (!filter.hasStaticShape() || ShapedType::isDynamic(c)) // C2
    return emitOpError("needs a static filter and static C");
  ArrayRef<int64_t> shape = filter.getShape();
  if (failed(verifyCompatibleDims({input.getShape().back(), c})) ||
      (getPacked() ? shape[rank - 1] : shape[1]) != 1 ||
      (getPacked() && shape.back() < 1) ||
      shape.front() !=
          (getPacked() ? int64_t(llvm::divideCeil(c, shape.back())) : c)) // C1
    return emitOpError("input, filter and init do not agree on C = ") << c;
  ArrayRef<int64_t> kernel =
      getPacked() ? shape.slice(1, rank - 2) : shape.drop_front(2);
  return verifyWindows(*this, input, init, kernel, getStrides(), getDilations());
}

//===----------------------------------------------------------------------===//
// winograd_conv
//===----------------------------------------------------------------------===//

SmallVector<Winograd> WinogradConvOp::getDirections() {
  SmallVector<Winograd> directions;
  for (auto [outputs, taps] : llvm::zip(getTile(), getTaps()))
    directions.emplace_back(outputs, taps);
  return directions;
}

MemRefType WinogradConvOp::getScratchType() {
  Type element = getElementTypeOrSelf(getInput());
  int64_t pitch = getWinogradPitch(getInput().getType().getShape().back(),
                                   element.getIntOrFloatBitWidth());
  return MemRefType::get(
      {int64_t(getBlock()), countProducts(getDirections()), pitch}, element);
}

LogicalResult WinogradConvOp::verify() {
  ShapedType input = getInput().getType(), filter = getFilter().getType(),
             init = getInit().getType();
  int64_t rank = input.getRank();
  if (rank < 3 || rank > 4 || init.getRank() != rank ||
      filter.getRank() != (getPacked() ? 4 : 3)) // C1
    return emitOpError("needs input [B, S..., C], init [B, Y..., O] with one or "
                       "two spatial dimensions and filter ")
           << (getPacked() ? "[panels, T, C, NR]" : "[T, C, O]");
  ArrayRef<int64_t> taps = getTaps(), tile = getTile();
  if (int64_t(taps.size()) != rank - 2 || int64_t(tile.size()) != rank - 2 ||
      !llvm::all_of_zip(tile, taps, Winograd::isPossible)) // C6
    return emitOpError("has no F(tile, taps) for tile ")
           << getTileAttr() << " and taps " << getTapsAttr();
  int64_t c = input.getShape().back(), o = init.getShape().back();
  if (!filter.hasStaticShape() || ShapedType::isDynamic(c) ||
      ShapedType::isDynamic(o)) // C2
    return emitOpError("needs a static filter, C and O");
  ArrayRef<int64_t> shape = filter.getShape();
  int64_t products = countProducts(getDirections()), nr = shape.back();
  if (shape.take_back(3).front() != products) // C1
    return emitOpError("has a filter of ")
           << shape.take_back(3).front() << " products a tile, not " << products;
  if (shape.take_back(2).front() != c ||
      (getPacked() ? nr < 1 || shape.front() != int64_t(llvm::divideCeil(o, nr))
                   : nr != o)) // C1
    return emitOpError("input, filter and init do not agree on C = ")
           << c << " and O = " << o;
  if (!input.getElementType().isF32() && !input.getElementType().isF64()) // C3
    return emitOpError("transforms f32 or f64, not ") << input.getElementType();
  int64_t block = getBlock();
  if (block < 1) // C5
    return emitOpError("has a block of ") << block << " tiles";
  if (getScratch() && getScratch().getType() != getScratchType()) // C5
    return emitOpError("needs scratch of ")
           << getScratchType() << ", not " << getScratch().getType();
  if (!getScratch() && isa<MemRefType>(init)) // C5
    return emitOpError("on memrefs needs scratch of ") << getScratchType();
  SmallVector<int64_t> ones(rank - 2, 1);
  return verifyWindows(*this, input, init, taps, ones, ones); // C4
}

//===----------------------------------------------------------------------===//
// attention
//===----------------------------------------------------------------------===//

bool AttentionOp::getPacked() { return false; }

int64_t AttentionOp::getDim(Role role, int64_t dim) {
  AffineExpr expr = getAffineDimExpr(dim, getContext());
  return *getLayout(role).getResultPosition(expr);
}

SmallVector<int64_t> AttentionOp::getSizes(Role role) {
  Value values[] = {getQuery(), getKey(), getValue(), getInit()};
  auto type = cast<ShapedType>(values[unsigned(role)].getType());
  SmallVector<int64_t> sizes;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    sizes.push_back(type.getDimSize(getDim(role, dim)));
  return sizes;
}

int64_t AttentionOp::getPanelKeys() {
  constexpr int64_t kLeast = 16;
  int64_t keys = getSizes(Role::Key)[2];
  if (ShapedType::isDynamic(keys))
    return mostPanelKeys;
  return std::clamp<int64_t>(llvm::PowerOf2Ceil(keys), kLeast, mostPanelKeys);
}

MemRefType AttentionOp::getScratchType() {
  int64_t queries = getSizes(Role::Query)[2];
  if (!ShapedType::isDynamic(queries) && queries <= fewQueries)
    return {};
  SmallVector<int64_t> key = getSizes(Role::Key);
  int64_t panels = ShapedType::isDynamic(key[2])
                       ? key[2]
                       : llvm::divideCeil(key[2], getPanelKeys());
  Type element = getElementTypeOrSelf(getQuery());
  return MemRefType::get({key[0], key[1], panels, key[3], getPanelKeys()},
                         getAccumulationType(element, element));
}

/// C1, C3 and C4: the sizes.
static LogicalResult verifySizes(AttentionOp op) {
  SmallVector<int64_t> query = op.getSizes(AttentionOp::Role::Query),
                       key = op.getSizes(AttentionOp::Role::Key),
                       value = op.getSizes(AttentionOp::Role::Value),
                       init = op.getSizes(AttentionOp::Role::Init);
  int64_t b[] = {query[0], key[0], value[0], init[0]};
  if (failed(verifyCompatibleDims(b)) ||
      failed(verifyCompatibleDims({query[1], init[1]})) ||
      failed(verifyCompatibleDims({key[1], value[1]})) ||
      failed(verifyCompatibleDims({query[2], init[2]})) ||
      failed(verifyCompatibleDims({key[2], value[2]})) ||
      failed(verifyCompatibleDims({query[3], key[3]})) ||
      failed(verifyCompatibleDims({value[3], init[3]}))) // C1
    return op.emitOpError("has a query [")
           << query << "], key [" << key << "], value [" << value
           << "] and init [" << init << "] that do not agree";
  if (ShapedType::isDynamic(query[3]) || ShapedType::isDynamic(key[3]) ||
      ShapedType::isDynamic(value[3]) || ShapedType::isDynamic(init[3])) // C3
    return op.emitOpError("needs static sizes in the last dimensions");
  if (!ShapedType::isDynamic(query[1]) && !ShapedType::isDynamic(key[1]) &&
      (key[1] == 0 ? query[1] != 0 : query[1] % key[1] != 0)) // C4
    return op.emitOpError() << key[1] << " heads of keys do not divide "
                            << query[1] << " of queries";
  return success();
}

/// C5.
static LogicalResult verifyMask(AttentionOp op) {
  auto type = cast<ShapedType>(op.getMask().getType());
  if (!op.getMaskMap())
    return op.emitOpError("has a mask, but no map for it");
  AffineMap map = *op.getMaskMap();
  SmallVector<int64_t> scores = op.getSizes(AttentionOp::Role::Query);
  scores[3] = op.getSizes(AttentionOp::Role::Key)[2];
  bool fits = map.getNumDims() == 4 && isEpilogueMap(map) &&
              map.getNumResults() == type.getRank();
  for (int64_t i = 0; fits && i < type.getRank(); ++i) {
    auto dim = dyn_cast<AffineDimExpr>(map.getResult(i));
    int64_t expected = dim ? scores[dim.getPosition()] : 1;
    fits = succeeded(verifyCompatibleDims({type.getDimSize(i), expected}));
  }
  if (fits)
    return success();
  return op.emitOpError("cannot read a mask of type ")
         << type << " through " << AffineMapAttr::get(map)
         << " for scores of sizes [" << scores << "]";
}

LogicalResult AttentionOp::verify() {
  SmallVector<ShapedType> types{getQuery().getType(), getKey().getType(),
                                getValue().getType(), getInit().getType()};
  if (getLayouts().size() != types.size())
    return emitOpError("needs 4 layouts, not ") << getLayouts().size();
  for (auto [i, type] : llvm::enumerate(types)) {
    AffineMap map = getLayout(Role(i));
    if (type.getRank() != 4) // C1
      return emitOpError("has an operand of rank ") << type.getRank() << ", not 4";
    if (map.getNumDims() != 4 || map.getNumResults() != 4 ||
        !map.isPermutation() || !map.getResult(3).isFunctionOfDim(3)) // C2
      return emitOpError("has no layout in ") << AffineMapAttr::get(map);
  }
  if (failed(verifySizes(*this))) // C1, C3, C4
    return failure();
  if (getMask() && failed(verifyMask(*this))) // C5
    return failure();
  if (getFromEnd() && !getCausal()) // C6
    return emitOpError("is from_end, but not causal");
  if (isa<RankedTensorType>(getInit().getType()))
    return success();
  MemRefType scratch = getScratchType();
  if (scratch ? !getScratch() || failed(verifyCompatibleShape(
                                     scratch, getScratch().getType()))
              : bool(getScratch())) // C7
    return emitOpError("on memrefs needs scratch of ") << scratch;
  return success();
}

//===----------------------------------------------------------------------===//
// pack
//===----------------------------------------------------------------------===//

void PackOp::getEffects(detail::Effects &effects) {
  detail::getDestinationStyleEffects(*this, effects);
}

LogicalResult PackOp::verify() {
  ShapedType source = getSource().getType(), init = getInit().getType();
  if (!source.hasStaticShape() || !init.hasStaticShape() ||
      source.getElementType() != init.getElementType()) // C2
    return emitOpError("needs static source and init of one element type");
  ArrayRef<int64_t> permutation = getPermutation();
  if (int64_t(permutation.size()) != source.getRank() || permutation.empty() ||
      !isPermutationVector(permutation)) // C1
    return emitOpError("permutation does not order the ")
           << source.getRank() << " dimensions of source";
  int64_t n = source.getDimSize(permutation.back()), groups = getGroups();
  if (groups < 1 || n % groups != 0) // C3
    return emitOpError() << groups << " groups do not divide " << n << " columns";
  SmallVector<int64_t> expected = {0};
  for (int64_t dim : permutation.drop_back())
    expected.push_back(source.getDimSize(dim));
  int64_t nr = init.getRank() == 0 ? 0 : init.getShape().back();
  expected.push_back(nr);
  if (nr > 0)
    expected[0] = groups * llvm::divideCeil(n / groups, nr);
  if (nr < 1 || ArrayRef(expected) != init.getShape()) // C4
    return emitOpError("init has shape [")
           << init.getShape() << "], not [" << expected << "]";
  return success();
}
