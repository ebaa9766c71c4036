//===- ExtractWeights.cpp - Takes large constants out of the code ---------===//

#include "graphopt/Codegen/Common/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;

/// Of each weight, lib/Emit's too.
static constexpr int64_t kAlignment = 64;

namespace graphopt {
#define GEN_PASS_DEF_EXTRACTWEIGHTS
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

namespace {

struct ExtractWeights : graphopt::impl::ExtractWeightsBase<ExtractWeights> {
  using ExtractWeightsBase::ExtractWeightsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    Builder builder(&getContext());
    SmallVector<Attribute> weights;
    if (auto earlier = module->getAttrOfType<ArrayAttr>("graphopt.weights"))
      llvm::append_range(weights, earlier);
    for (memref::GlobalOp global : listGlobals()) {
      if (!global.getConstant()) // a count that the host keeps
        continue;
      if (all)
        makeResource(global);
      auto value = dyn_cast_or_null<DenseResourceElementsAttr>(
          global.getInitialValueAttr());
      AsmResourceBlob *blob = value ? value.getRawHandle().getBlob() : nullptr;
      if (!blob || blob->getData().size() < minimumBytes)
        continue;
      weights.push_back(builder.getDictionaryAttr(
          builder.getNamedAttr(global.getSymName(), value)));
      global.removeInitialValueAttr();
      // A private one without a value would become poison, not a declaration.
      global.setSymVisibility("public");
    }
    if (weights.empty())
      return;
    ArrayAttr all = builder.getArrayAttr(weights);
    module->setAttr("graphopt.weights", all);
    if (separate && failed(moveOutside(all)))
      signalPassFailure();
  }

private:
  /// Gives a constant that is written in the code the form of a large one.
  static void makeResource(memref::GlobalOp global) {
    auto value = dyn_cast_or_null<DenseElementsAttr>(global.getInitialValueAttr());
    if (!value || !value.getElementType().isIntOrFloat())
      return;
    // A byte a bool, as buffers have it.
    unsigned bytes = llvm::divideCeil(value.getElementType().getIntOrFloatBitWidth(), 8);
    ArrayRef<char> raw = value.getRawData();
    std::string data;
    if (value.getElementType().isInteger(1))
      for (bool element : value.getValues<bool>())
        data.push_back(element);
    else
      for (int64_t i = 0; i < value.getNumElements(); ++i)
        data.append(raw.data() + (value.isSplat() ? 0 : i * bytes), bytes);
    global.setInitialValueAttr(DenseResourceElementsAttr::get(
        value.getType(), global.getSymName(),
        HeapAsmResourceBlob::allocateAndCopyWithAlign(ArrayRef(data.data(), data.size()),
                                                      kAlignment)));
  }

  /// Those that @main uses in the order of their first use, then the others: what
  /// comes next in memory is what a run needs next.
  SetVector<memref::GlobalOp> listGlobals() {
    ModuleOp module = getOperation();
    SymbolTable symbols(module);
    SetVector<memref::GlobalOp> globals;
    auto addUses = [&](Operation *op) {
      if (isa<ViewLikeOpInterface>(op))
        return;
      for (Value operand : op->getOperands()) {
        while (auto view = operand.getDefiningOp<ViewLikeOpInterface>())
          operand = view.getViewSource();
        if (auto use = operand.getDefiningOp<memref::GetGlobalOp>())
          globals.insert(symbols.lookup<memref::GlobalOp>(use.getName()));
      }
    };
    if (auto main = symbols.lookup<func::FuncOp>("main"))
      main.walk<WalkOrder::PreOrder>(addUses);
    globals.insert_range(module.getOps<memref::GlobalOp>());
    return globals;
  }

  /// memref.get_global @w  =>  memref.view %weights[offset of w]
  LogicalResult moveOutside(ArrayAttr weights) {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main)
      return module.emitError("no function @main to take the weights");
    auto bytes = MemRefType::get({ShapedType::kDynamic},
                                 IntegerType::get(&getContext(), 8));
    auto isWeights = DictionaryAttr::get(
        &getContext(), Builder(&getContext())
                           .getNamedAttr("graphopt.weights",
                                         UnitAttr::get(&getContext())));
    unsigned position = main.getNumArguments();
    (void)main.insertArgument(position, bytes, isWeights, main.getLoc());
    llvm::StringMap<int64_t> offsets;
    int64_t end = 0;
    for (auto entry : weights.getAsRange<DictionaryAttr>()) {
      NamedAttribute weight = *entry.begin();
      offsets[weight.getName()] = end;
      AsmResourceBlob *blob =
          cast<DenseResourceElementsAttr>(weight.getValue()).getRawHandle().getBlob();
      end = llvm::alignTo(end + blob->getData().size(), kAlignment);
    }
    main.walk([&](memref::GetGlobalOp op) {
      auto offset = offsets.find(op.getName());
      if (offset == offsets.end())
        return;
      OpBuilder b(op);
      Value start =
          arith::ConstantIndexOp::create(b, op.getLoc(), offset->second);
      Value view = memref::ViewOp::create(b, op.getLoc(), op.getType(),
                                          main.getArgument(position), start,
                                          ValueRange());
      op.replaceAllUsesWith(view);
      op.erase();
    });
    for (auto global : llvm::make_early_inc_range(module.getOps<memref::GlobalOp>()))
      if (offsets.contains(global.getSymName())) {
        if (!SymbolTable::symbolKnownUseEmpty(global, module))
          return global.emitError("is used outside of @main");
        global.erase();
      }
    return success();
  }
};

} // namespace
