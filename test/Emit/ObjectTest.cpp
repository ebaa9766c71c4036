// emitObject for modules that are no models, as the evaluation of constants
// uses it.
#include "Harness.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include <gtest/gtest.h>

using namespace graphopt;

namespace {

TEST(Object, runsInProcess) {
  LoweredModule module(R"mlir(
    module attributes {graphopt.weights = {w = dense_resource<w> : tensor<2xi64>}} {
      llvm.mlir.global external constant @w() : !llvm.array<2 x i64>
      llvm.func @second() -> i64 {
        %w = llvm.mlir.addressof @w : !llvm.ptr
        %p = llvm.getelementptr %w[1] : (!llvm.ptr) -> !llvm.ptr, i64
        %v = llvm.load %p : !llvm.ptr -> i64
        llvm.return %v : i64
      }
    }
    {-# dialect_resources: {builtin: {w: "0x4000000005000000000000000700000000000000"}} #-}
  )mlir");
  ObjectOptions options;
  options.optimize = false;
  auto object = emitObject(module.get(), options);
  ASSERT_TRUE(bool(object)) << toString(object.takeError());

  auto jit = cantFail(llvm::orc::LLJITBuilder().create());
  std::vector<Weight> weights = listWeights(module.get());
  ASSERT_EQ(weights.size(), 1u);
  EXPECT_EQ(weights[0].symbol, "w");
  cantFail(jit->getMainJITDylib().define(llvm::orc::absoluteSymbols(
      {{jit->mangleAndIntern("w"),
        {llvm::orc::ExecutorAddr::fromPtr(weights[0].bytes.data()),
         llvm::JITSymbolFlags::Exported}}})));
  cantFail(jit->addObjectFile(std::move(*object)));
  auto second = cantFail(jit->lookup("second")).toPtr<int64_t()>();
  EXPECT_EQ(second(), 7);
}

} // namespace
