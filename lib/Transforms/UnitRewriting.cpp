#include "UnitRewriting.h"
#include "UnitFlow.h"
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/ValueNames.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

Value graphopt::createConstant(OpBuilder &b, Location loc, RankedTensorType type,
                               ArrayRef<char> bytes) {
  constexpr int64_t mostInline = 64;
  if (type.getNumElements() <= mostInline)
    return arith::ConstantOp::create(
        b, loc, DenseElementsAttr::getFromRawBuffer(type, bytes));
  auto &manager =
      DenseResourceElementsHandle::getManagerInterface(type.getContext());
  return arith::ConstantOp::create(
      b, loc,
      DenseResourceElementsAttr::get(
          type, manager.insert("refitted",
                               HeapAsmResourceBlob::allocateAndCopyWithAlign(
                                   bytes, 64))));
}

Value graphopt::createConstant(OpBuilder &b, Location loc, RankedTensorType type,
                               ArrayRef<float> values) {
  return createConstant(b, loc, type,
                        ArrayRef(reinterpret_cast<const char *>(values.data()),
                                 values.size() * sizeof(float)));
}

void graphopt::replaceWeights(Operation *product, ArrayRef<float> weights) {
  Value old = product->getOperand(1);
  OpBuilder b(product);
  product->setOperand(1, createConstant(b, old.getLoc(), typeOf(old), weights));
}

/// The operand of the one op that adds a constant vector to the product's result.
static OpOperand *findBias(Operation *product) {
  auto isVector = [&](Value value) {
    return typeOf(value).getRank() == 1 && readFloats(value) &&
           typeOf(value).getDimSize(0) ==
               typeOf(product->getResult(0)).getShape().back();
  };
  if (auto conv = dyn_cast<ConvOp>(product))
    return conv.getBias() && readFloats(conv.getBias())
               ? &product->getOpOperand(2)
               : nullptr;
  auto gemm = dyn_cast<GemmOp>(product);
  if (gemm && gemm.getBias())
    return isVector(gemm.getBias()) && gemm.getBeta().isExactlyValue(1)
               ? &product->getOpOperand(2)
               : nullptr;
  if (!product->hasOneUse())
    return nullptr;
  auto sum = dyn_cast<BinaryOp>(*product->user_begin());
  if (!sum || sum.getKind() != BinaryKind::Add)
    return nullptr;
  for (OpOperand &operand : sum->getOpOperands())
    if (isVector(operand.get()))
      return &operand;
  return nullptr;
}

void graphopt::addBias(Operation *product, ArrayRef<double> bias) {
  Location loc = product->getLoc();
  OpBuilder b(product);
  if (OpOperand *operand = findBias(product)) {
    std::vector<float> sums = *readFloats(operand->get());
    for (auto [sum, more] : llvm::zip_equal(sums, bias))
      sum += float(more);
    operand->set(createConstant(b, loc, typeOf(operand->get()), sums));
    return;
  }
  Value result = product->getResult(0);
  auto type = RankedTensorType::get({int64_t(bias.size())},
                                    typeOf(result).getElementType());
  std::vector<float> values(bias.begin(), bias.end());
  Value constant = createConstant(b, loc, type, values);
  if (auto conv = dyn_cast<ConvOp>(product); conv && !conv.getBias())
    return conv.getBiasMutable().assign(constant);
  b.setInsertionPointAfter(product);
  auto sum = BinaryOp::create(b, loc, result.getType(), BinaryKind::Add, result,
                              constant);
  result.replaceAllUsesExcept(sum, sum);
}

//===----------------------------------------------------------------------===//
// A block without units
//===----------------------------------------------------------------------===//

/// The last op of those that add constant vectors to `value`, one after the other.
static Value skipBiases(Value value, SmallVectorImpl<Value> &biases) {
  while (value.hasOneUse()) {
    auto sum = dyn_cast<BinaryOp>(*value.user_begin());
    if (!sum || sum.getKind() != BinaryKind::Add)
      break;
    Value other = sum.getLhs() == value ? sum.getRhs() : sum.getLhs();
    if (!matchPattern(other, m_Constant()))
      break;
    biases.push_back(other);
    value = sum.getResult();
  }
  return value;
}

bool graphopt::canReplaceByZeros(Operation *product) {
  if (isa<ConvOp>(product))
    return false;
  auto gemm = dyn_cast<GemmOp>(product);
  if (gemm && gemm.getBias() && !gemm.getBeta().isExactlyValue(1))
    return false;
  SmallVector<Value> biases;
  Value value = skipBiases(product->getResult(0), biases);
  return !value.use_empty() &&
         llvm::all_of(value.getUsers(), [&](Operation *user) {
           auto sum = dyn_cast<BinaryOp>(user);
           return sum && sum.getKind() == BinaryKind::Add &&
                  sum.getLhs() != sum.getRhs() &&
                  sum.getLhs().getType() == sum.getRhs().getType();
         });
}

void graphopt::replaceByZeros(Operation *product) {
  SmallVector<Value> biases;
  if (auto gemm = dyn_cast<GemmOp>(product); gemm && gemm.getBias())
    biases.push_back(gemm.getBias());
  Value value = skipBiases(product->getResult(0), biases);
  SmallVector<Operation *> users(value.getUsers());
  for (Operation *user : users) {
    OpBuilder b(user);
    Value result = user->getOperand(user->getOperand(0) == value ? 1 : 0);
    for (Value bias : biases)
      result = BinaryOp::create(b, user->getLoc(), user->getResult(0).getType(),
                                BinaryKind::Add, result, bias);
    user->getResult(0).replaceAllUsesWith(result);
  }
}

void graphopt::eraseDeadOps(ModuleOp module) {
  module.walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op) && !isa<ModuleOp>(op))
      op->erase();
  });
}
