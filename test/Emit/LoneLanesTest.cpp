//===- LoneLanesTest.cpp - Masked stores of a single lane -----------------===//

#include "Machine.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Support/SourceMgr.h"
#include <gtest/gtest.h>

using namespace llvm;

/// A function that stores with `mask`, after storeLoneLanes.
static std::unique_ptr<Module> makeStore(LLVMContext &context, StringRef mask) {
  std::string text = (R"(
define void @f(ptr %p, <4 x i16> %v, <4 x i1> %open) {
  call void @llvm.masked.store.v4i16.p0(<4 x i16> %v, ptr align 8 %p, <4 x i1> )" +
                      mask + R"()
  ret void
})")
                         .str();
  SMDiagnostic problem;
  std::unique_ptr<Module> module = parseAssemblyString(text, problem, context);
  if (!module) {
    ADD_FAILURE() << problem.getMessage().str();
    return nullptr;
  }
  graphopt::storeLoneLanes(*module);
  return module;
}

static StoreInst *findStore(Module &module) {
  for (Instruction &instruction : instructions(*module.getFunction("f")))
    if (auto *store = dyn_cast<StoreInst>(&instruction))
      return store;
  return nullptr;
}

TEST(LoneLanesTest, loneLaneIsStoredAlone) {
  LLVMContext context;
  auto module = makeStore(
      context, "<i1 false, i1 false, i1 true, i1 false>");
  ASSERT_TRUE(module);
  StoreInst *store = findStore(*module);
  ASSERT_TRUE(store);
  EXPECT_TRUE(store->getValueOperand()->getType()->isIntegerTy(16));
  EXPECT_EQ(store->getAlign(), Align(4));
  APInt offset(64, 0);
  Value *base = store->getPointerOperand()->stripAndAccumulateConstantOffsets(
      module->getDataLayout(), offset, /*AllowNonInbounds=*/true);
  EXPECT_TRUE(isa<Argument>(base));
  EXPECT_EQ(offset, 4);
}

TEST(LoneLanesTest, otherMasksStay) {
  for (StringRef mask :
       {"<i1 true, i1 false, i1 true, i1 false>", "zeroinitializer", "%open",
        "<i1 true, i1 undef, i1 false, i1 false>"}) {
    LLVMContext context;
    auto module = makeStore(context, mask);
    ASSERT_TRUE(module);
    EXPECT_FALSE(findStore(*module)) << mask.str();
  }
}
