//===- ExtractWeights.cpp - Takes large constants out of the code ---------===//

#include "graphopt/Codegen/Common/Passes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace graphopt {
#define GEN_PASS_DEF_EXTRACTWEIGHTS
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

namespace {

struct ExtractWeights : graphopt::impl::ExtractWeightsBase<ExtractWeights> {
  using ExtractWeightsBase::ExtractWeightsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<NamedAttribute> weights;
    if (auto earlier =
            module->getAttrOfType<DictionaryAttr>("graphopt.weights"))
      llvm::append_range(weights, earlier.getValue());
    for (auto global : module.getOps<memref::GlobalOp>()) {
      auto value = dyn_cast_or_null<DenseResourceElementsAttr>(
          global.getInitialValueAttr());
      AsmResourceBlob *blob = value ? value.getRawHandle().getBlob() : nullptr;
      if (!blob || blob->getData().size() < minimumBytes)
        continue;
      weights.emplace_back(global.getSymNameAttr(), value);
      global.removeInitialValueAttr();
      // A private one without a value would become poison, not a declaration.
      global.setSymVisibility("public");
    }
    if (!weights.empty())
      module->setAttr("graphopt.weights",
                      DictionaryAttr::get(&getContext(), weights));
  }
};

} // namespace
