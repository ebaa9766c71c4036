//===- QuantizeTables.cpp - Tables that are looked up, as bytes -----------===//

#include "QuantizedLayers.h"
#include "UnitFlow.h"
#include "UnitRewriting.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Quantization.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;
namespace json = llvm::json;

/// Large, of f32, and only rows of it are read.
static bool isTable(arith::ConstantOp op) {
  constexpr int64_t fewest = 64 * 1024 / sizeof(float);
  auto type = dyn_cast<RankedTensorType>(op.getType());
  return type && type.getElementType().isF32() && type.getRank() >= 2 &&
         type.getNumElements() >= fewest && !op->use_empty() &&
         llvm::all_of(op->getUses(), [](OpOperand &use) {
           auto gather = dyn_cast<GatherOp>(use.getOwner());
           return gather && use.getOperandNumber() == 0 && gather.getAxis() == 0;
         });
}

static double measureSqnr(ArrayRef<double> values, ArrayRef<double> restored) {
  double signal = 0, noise = 0;
  for (auto [value, now] : llvm::zip_equal(values, restored)) {
    signal += value * value;
    noise += (value - now) * (value - now);
  }
  return noise > 0 ? 10 * std::log10(signal / noise) : HUGE_VAL;
}

json::Array graphopt::quantizeTables(ModuleOp module) {
  json::Array done;
  SmallVector<arith::ConstantOp> tables;
  for (auto op : module.lookupSymbol<func::FuncOp>("main").getOps<arith::ConstantOp>())
    if (isTable(op))
      tables.push_back(op);
  for (arith::ConstantOp op : tables) {
    std::optional<std::vector<float>> floats = readFloats(op.getResult());
    if (!floats)
      continue;
    auto type = cast<RankedTensorType>(op.getType());
    int64_t rows = type.getDimSize(0), size = int64_t(floats->size());
    std::vector<double> elements(floats->begin(), floats->end());
    QuantizedWeights bytes =
        quantizeNearest({elements, /*columns=*/size, /*places=*/size / rows}, {});
    OpBuilder b(op);
    Location loc = op.getLoc();
    Value stored = createConstant(
        b, loc, type.clone(b.getI8Type()),
        ArrayRef(reinterpret_cast<const char *>(bytes.integers.data()),
                 bytes.integers.size()));
    Value scale = createConstant(b, loc, RankedTensorType::get({rows}, b.getF32Type()),
                                 ArrayRef(bytes.scales));
    std::string reader = getNodeName((*op->user_begin())->getLoc()).str();
    op.getResult().replaceAllUsesWith(DequantizeLinearOp::create(
        b, loc, stored, scale, Value(), /*axis=*/0, IntegerAttr(), b.getF32Type()));
    op.erase();
    double sqnr = measureSqnr(elements, bytes.restored);
    done.push_back(json::Object{
        {"node", reader},
        {"sqnr_db", std::isfinite(sqnr) ? json::Value(sqnr) : json::Value(nullptr)}});
  }
  return done;
}
