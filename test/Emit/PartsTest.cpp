// How code is cut into parts, and that they fit together again.
#include "Parts.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

using namespace graphopt;
using namespace llvm;

namespace {

class PartsTest : public testing::Test {
protected:
  Function *addFunction(StringRef name, GlobalValue::LinkageTypes linkage,
                        int instructions, ArrayRef<Function *> callees = {}) {
    auto *type = FunctionType::get(Type::getVoidTy(context),
                                   {PointerType::get(context, 0)}, false);
    auto *function = Function::Create(type, linkage, name, module);
    IRBuilder<> b(BasicBlock::Create(context, "", function));
    for (Function *callee : callees)
      b.CreateCall(callee, {function->getArg(0)});
    for (int i = 0; i < instructions; ++i)
      b.CreateStore(b.getInt32(i), function->getArg(0));
    b.CreateRetVoid();
    return function;
  }

  /// A model of `kernels` kernels that are called in turn.
  void makeModel(int kernels, int instructions) {
    SmallVector<Function *> callees = {
        addFunction("graphopt_fail", GlobalValue::InternalLinkage, 1)};
    for (int i = 0; i < kernels; ++i)
      callees.push_back(addFunction("m_kernel" + std::to_string(i),
                                    GlobalValue::InternalLinkage, instructions,
                                    callees.front()));
    Function *main =
        addFunction("m_main", GlobalValue::InternalLinkage, 10, callees);
    addFunction("m_run", GlobalValue::ExternalLinkage, 1, main);
  }

  LLVMContext context;
  Module module{"m", context};
};

TEST_F(PartsTest, littleCodeStaysTogether) {
  makeModel(3, 100);
  EXPECT_EQ(splitFunctions(module).size(), 1u);
}

TEST_F(PartsTest, partsAreEqual) {
  makeModel(40, 1000);
  Parts parts = splitFunctions(module);
  ASSERT_EQ(parts.size(), 10u);
  EXPECT_TRUE(parts[0].contains("m_run"));
  EXPECT_TRUE(parts[0].contains("graphopt_fail"));
  size_t functions = 0;
  for (const StringSet<> &part : parts) {
    EXPECT_LE(part.size(), 7u);
    functions += part.size();
  }
  EXPECT_EQ(functions, 43u);
}

// What other parts use gets hidden names of the model; the rest stays local.
TEST_F(PartsTest, sharedFunctionsAreHidden) {
  makeModel(40, 1000);
  Parts parts = splitFunctions(module);
  StringSet<> shared = shareFunctions(module, parts, "m_");
  EXPECT_EQ(module.getFunction("graphopt_fail"), nullptr);
  Function *fail = module.getFunction("m_graphopt_fail");
  ASSERT_TRUE(fail);
  EXPECT_TRUE(fail->hasHiddenVisibility() && fail->hasExternalLinkage());
  EXPECT_TRUE(shared.contains("m_graphopt_fail"));
  EXPECT_TRUE(parts[0].contains("m_graphopt_fail"));
  EXPECT_FALSE(shared.contains("m_run"));
  EXPECT_FALSE(module.getFunction("m_run")->hasHiddenVisibility());
}

// Each function is defined in one part, and what a part needs is declared.
TEST_F(PartsTest, partsAreComplete) {
  makeModel(40, 1000);
  auto *table = new GlobalVariable(
      module, Type::getInt32Ty(context), /*isConstant=*/true,
      GlobalValue::ExternalLinkage,
      ConstantInt::get(Type::getInt32Ty(context), 7), "m_model");
  table->setDSOLocal(true);
  Parts parts = splitFunctions(module);
  shareFunctions(module, parts, "m_");
  std::string bitcode;
  raw_string_ostream stream(bitcode);
  WriteBitcodeToFile(module, stream);
  StringSet<> defined;
  for (size_t i = 0; i < parts.size(); ++i) {
    LLVMContext own;
    auto part = readPart(MemoryBufferRef(bitcode, "m"), parts[i], i == 0, own);
    ASSERT_TRUE(bool(part)) << toString(part.takeError());
    EXPECT_FALSE(verifyModule(**part, &errs()));
    for (Function &function : **part)
      if (!function.isDeclaration())
        EXPECT_TRUE(defined.insert(function.getName()).second);
    EXPECT_EQ(bool((*part)->getNamedValue("m_model")), i == 0);
  }
  EXPECT_EQ(defined.size(), 43u);
}

} // namespace
