// emitObject for modules that are no models, as the evaluation of constants
// uses it.
#include "Harness.h"
#include "Models.h"
#include "graphopt/Runtime/graphopt.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include <gtest/gtest.h>

using namespace graphopt;

namespace {

TEST(Object, runsInProcess) {
  LoweredModule module(R"mlir(
    module attributes {graphopt.weights = [{w = dense_resource<w> : tensor<2xi64>}]} {
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

// The archive of a model without a linker, as `graphopt run` loads it.
TEST(Object, archiveRunsInProcess) {
  TemporaryFolder folder;
  LibraryOptions options = intoFolder(folder);
  emit(addWeightsModel("m"), options);
  auto jit = cantFail(llvm::orc::LLJITBuilder().create());
  jit->getMainJITDylib().addGenerator(
      cantFail(llvm::orc::StaticLibraryDefinitionGenerator::Load(
          jit->getObjLinkingLayer(), (folder / "libm.a").c_str())));
  jit->getMainJITDylib().addGenerator(
      cantFail(llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
          jit->getDataLayout().getGlobalPrefix())));
  auto *model =
      cantFail(jit->lookup("m_model")).toPtr<const graphopt_model *>();
  alignas(64) float x[32] = {0.5f}, y[32];
  alignas(64) char workspace[128];
  int64_t xDims[1] = {32}, yDims[1];
  graphopt_tensor in = {x, xDims, 1, GRAPHOPT_FLOAT};
  graphopt_tensor out = {y, yDims, 1, GRAPHOPT_FLOAT};
  ASSERT_EQ(model->run(nullptr, &in, &out, workspace, 128), GRAPHOPT_OK);
  EXPECT_EQ(y[0], 0.5f);
  EXPECT_EQ(y[31], 31.0f);
}

} // namespace
