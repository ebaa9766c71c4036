// The options of graph-quantize.
#include "QuantizedLayers.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace graphopt {
#define GEN_PASS_DEF_QUANTIZEMODEL
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
struct QuantizeModel : graphopt::impl::QuantizeModelBase<QuantizeModel> {
  using QuantizeModelBase::QuantizeModelBase;

  void runOnOperation() override {
    std::string problem;
    QuantizeOptions parsed = parseOptions(problem);
    if (!getOperation().lookupSymbol<func::FuncOp>("main"))
      problem = "there is no function 'main'";
    if (!problem.empty()) {
      emitError(UnknownLoc::get(&getContext()), problem);
      return signalPassFailure();
    }
    llvm::Expected<llvm::json::Object> report = quantizeModel(getOperation(), parsed);
    if (!report) {
      emitError(UnknownLoc::get(&getContext()))
          << "quantizing: " << llvm::toString(report.takeError());
      return signalPassFailure();
    }
    if (const ModelRunner *runner = findModelRunner(&getContext()))
      runner->report("quantize", std::move(*report));
  }

private:
  template <typename Value, typename Parse>
  static void parse(StringRef option, StringRef text, Parse parser, Value &to,
                    std::string &problem) {
    if (auto value = parser(text))
      to = *value;
    else
      problem = ("there is no " + option + " '" + text + "'").str();
  }

  QuantizeOptions parseOptions(std::string &problem) {
    QuantizeOptions parsed;
    parse("scheme", scheme, parseQuantScheme, parsed.scheme, problem);
    parse("weight type", weights, parseWeightType, parsed.weights, problem);
    parse("calibrator", calibrator, parseCalibrator, parsed.calibrator, problem);
    parse("bias correction", biasCorrection, parseBiasCorrection,
          parsed.biasCorrection, problem);
    if (parseSmooth(smooth, parsed))
      problem = "smooth is none of auto, none, and a number of 0 to 1";
    parsed.tables = tables;
    parsed.group = group;
    parsed.perTensor = perTensor;
    parsed.zeroPoints = zeroPoints;
    parsed.secondOrder = secondOrder;
    parsed.damping = damping;
    parsed.percentile = percentile;
    parsed.keepFloat.assign(keepFloat.begin(), keepFloat.end());
    for (StringRef text : overrides) {
      auto [node, name] = text.rsplit('=');
      QuantScheme other = QuantScheme::Float;
      parse("scheme", name, parseQuantScheme, other, problem);
      parsed.overrides.emplace_back(node.str(), other);
    }
    parsed.mixed = mixed;
    parse("scheme", mixedScheme, parseQuantScheme, parsed.mixedScheme, problem);
    if (!canMix(parsed.scheme, parsed.mixedScheme))
      problem = "inputs of " + scheme + " cannot be " + mixedScheme + " where they are sensitive";
    parsed.minSqnr = minSqnr;
    parsed.minTop1 = minTop1;
    parsed.maxMetricDrop = maxMetricDrop;
    parsed.statistics = statistics;
    return parsed;
  }
};
} // namespace
