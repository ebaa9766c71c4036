//===- LoneLanes.cpp - Masked stores of a single lane ---------------------===//

#include "Machine.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

/// The only lane that `mask` has for certain, if there are no others.
static std::optional<unsigned> findLoneLane(Value *mask) {
  auto *constant = dyn_cast<Constant>(mask);
  auto *type = dyn_cast<FixedVectorType>(mask->getType());
  if (!constant || !type)
    return std::nullopt;
  std::optional<unsigned> lone;
  for (unsigned i = 0; i < type->getNumElements(); ++i) {
    Constant *lane = constant->getAggregateElement(i);
    if (lane && lane->isNullValue())
      continue;
    if (!lane || !lane->isOneValue() || lone)
      return std::nullopt;
    lone = i;
  }
  return lone;
}

void graphopt::storeLoneLanes(Module &module) {
  for (Function &function : module)
    for (Instruction &instruction : make_early_inc_range(instructions(function))) {
      auto *call = dyn_cast<IntrinsicInst>(&instruction);
      if (!call || call->getIntrinsicID() != Intrinsic::masked_store)
        continue;
      Value *value = call->getArgOperand(0);
      std::optional<unsigned> lane = findLoneLane(call->getArgOperand(2));
      if (!lane || value->getType()->getScalarSizeInBits() % 8)
        continue;
      IRBuilder<> b(call);
      Value *element = b.CreateExtractElement(value, *lane);
      Value *address = b.CreateConstInBoundsGEP1_64(
          element->getType(), call->getArgOperand(1), *lane);
      Align align = commonAlignment(
          call->getParamAlign(1).valueOrOne(),
          *lane * module.getDataLayout().getTypeStoreSize(element->getType()));
      b.CreateAlignedStore(element, address, align)
          ->setAAMetadata(call->getAAMetadata());
      call->eraseFromParent();
    }
}
