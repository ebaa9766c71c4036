#include "Compression.h"
#include "CompressionReport.h"
#include "LayerAudit.h"
#include "graphopt/Compress/Recipe.h"
#include "graphopt/Pipeline/Pipelines.h"
#include "graphopt/Support/OutputFile.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/FormatVariadic.h"

using namespace graphopt;
using namespace mlir;
namespace json = llvm::json;

namespace {
/// Tells the compiler's observer of runs; a child's observer is a copy.
class ObservedProgress : public RunProgress {
public:
  explicit ObservedProgress(CompileObserver *observer) : observer(observer) {}
  void show(StringRef task, size_t done, size_t total) override {
    if (observer)
      observer->progress(task, done, total);
  }

private:
  CompileObserver *observer;
};
} // namespace

/// Of passes that have said why on their own.
static llvm::Error run(PassManager &passes, ModuleOp module) {
  if (succeeded(passes.run(module)))
    return llvm::Error::success();
  return llvm::createStringError("");
}

/// How many go.
template <typename Options>
static Options makeBudget(const PruneOptions &prune) {
  Options options;
  options.remove.assign(prune.remove.begin(), prune.remove.end());
  options.count = prune.count;
  options.keepParameters = prune.keepParameters;
  options.minCosine = prune.minCosine;
  options.minMetric = prune.minMetric;
  options.maxMetricDrop = prune.maxMetricDrop;
  options.alpha = prune.alpha;
  options.latencyMs = prune.latencyMs;
  return options;
}

template <typename Options>
static Options makeOptions(const PruneOptions &prune) {
  auto options = makeBudget<Options>(prune);
  options.ratio = prune.ratio;
  options.minPerLayer = prune.minPerLayer;
  options.score = scoreName(prune.score).str();
  options.refit = refitName(prune.refit).str();
  options.ridge = prune.ridge;
  return options;
}

/// Scales behind products are part of the weights that go on a grid.
static llvm::Error foldScales(ModuleOp module) {
  PassManager passes(module.getContext());
  passes.addNestedPass<func::FuncOp>(createFoldAffine());
  passes.addPass(createEvaluateConstants());
  passes.addPass(createCanonicalizerPass());
  return run(passes, module);
}

static void addQuantize(OpPassManager &passes, const QuantizeOptions &quantize) {
  QuantizeModelOptions options;
  options.scheme = quantSchemeName(quantize.scheme).str();
  options.weights = weightTypeName(quantize.weights).str();
  options.tables = quantize.shrinksTables();
  options.group = quantize.group;
  options.perTensor = quantize.perTensor;
  options.zeroPoints = quantize.zeroPoints;
  options.secondOrder = quantize.secondOrder;
  options.damping = quantize.damping;
  options.calibrator = calibratorName(quantize.calibrator).str();
  options.percentile = quantize.percentile;
  options.smooth = quantize.smoothAuto ? "auto" : std::to_string(quantize.smooth);
  options.keepFloat.assign(quantize.keepFloat.begin(), quantize.keepFloat.end());
  for (auto &[node, scheme] : quantize.overrides)
    options.overrides.push_back(node + "=" + quantSchemeName(scheme).str());
  options.biasCorrection = biasCorrectionName(quantize.biasCorrection).str();
  options.mixed = quantize.mixed;
  options.mixedScheme = quantSchemeName(quantize.mixedScheme).str();
  options.minSqnr = quantize.minSqnr;
  options.minTop1 = quantize.minTop1;
  options.maxMetricDrop = quantize.maxMetricDrop;
  passes.addPass(createQuantizeModel(options));
}

static void addStep(OpPassManager &passes, const RecipeStep &step) {
  switch (step.kind) {
  case RecipeStep::Heads: {
    auto options = makeOptions<PruneHeadsOptions>(step.options);
    options.changeInterface = step.options.changeInterface;
    return passes.addPass(createPruneHeads(options));
  }
  case RecipeStep::Neurons: {
    auto options = makeOptions<PruneNeuronsOptions>(step.options);
    options.align = step.options.align;
    return passes.addPass(createPruneNeurons(options));
  }
  case RecipeStep::Channels: {
    auto options = makeOptions<PruneChannelsOptions>(step.options);
    options.align = step.options.align;
    return passes.addPass(createPruneChannels(options));
  }
  case RecipeStep::Sparsify: {
    SparsifyWeightsOptions options;
    options.pattern = step.sparsify.pattern;
    options.ratio = step.sparsify.ratio;
    options.method = sparsifyMethodName(step.sparsify.method).str();
    options.damping = step.sparsify.damping;
    options.keep.assign(step.sparsify.keep.begin(), step.sparsify.keep.end());
    return passes.addPass(createSparsifyWeights(options));
  }
  case RecipeStep::Quantize:
    return addQuantize(passes, step.quantize);
  case RecipeStep::Layers: {
    auto options = makeBudget<PruneLayersOptions>(step.options);
    options.score = scoreName(step.options.score).str();
    options.unit = layerUnitName(step.options.unit).str();
    return passes.addPass(createPruneLayers(options));
  }
  }
}

static json::Object describeSamples(const Samples &samples) {
  auto count = [&](graph::Split split) {
    return int64_t(samples.get(split).size());
  };
  return json::Object{{"calibrate", count(graph::Split::Calibrate)},
                      {"select", count(graph::Split::Select)},
                      {"evaluate", count(graph::Split::Evaluate)}};
}

static llvm::Error writeReport(StringRef file, json::Object report) {
  json::Value root(std::move(report));
  return writeOutputFile(file, [&](llvm::raw_ostream &os) {
    os << llvm::formatv("{0:1}\n", root);
    return llvm::Error::success();
  });
}

/// The model before its numbers became small, and after.
static llvm::Expected<json::Object>
auditQuantization(ModuleOp before, ModuleOp after, const json::Object &outputs,
                  const HostRunner &runner) {
  AuditOptions options;
  AuditReport report{"before quantize", "after quantize"};
  report.sensitiveDb = options.sensitiveDb;
  for (auto &[name, found] : outputs) {
    OutputMetrics metrics = OutputMetrics::fromJson(*found.getAsObject());
    report.outputs.push_back({name.str(), metrics, judge(metrics, options)});
  }
  if (llvm::Error error = auditLayers(before, after, runner, report))
    return error;
  return report.toJson();
}

llvm::Error graphopt::compressModel(ModuleOp module,
                                    const CompileOptions &options,
                                    CompileObserver *observer) {
  llvm::Expected<Recipe> recipe = readRecipe(options.recipe);
  if (!recipe)
    return recipe.takeError();
  MLIRContext *context = module.getContext();
  PassManager find(context);
  buildModelPipeline(find, {options.outputs, options.evaluateMs});
  // Scales, masks and transposed weights that are computed from constants.
  EvaluateConstantsOptions evaluate;
  evaluate.evaluateMs = options.evaluateMs;
  find.addPass(createEvaluateConstants(evaluate));
  find.addNestedPass<func::FuncOp>(createFuseAttention());
  find.addNestedPass<func::FuncOp>(createInferShapes());
  find.addPass(createCanonicalizerPass());
  if (llvm::Error error = run(find, module))
    return error;

  ObservedProgress progress(observer);
  HostRunner *runner = nullptr;
  if (!options.calibrate.empty()) {
    auto samples = Samples::find(
        {options.calibrate, options.select, options.evaluate});
    if (!samples)
      return samples.takeError();
    runner = &context->getOrLoadDialect<graph::GraphDialect>()
                  ->addInterface<HostRunner>(
                      std::move(*samples),
                      HostRunnerOptions{recipe->mask, /*threads=*/1, options.jobs,
                                        recipe->metric, recipe->timing},
                      &progress);
  }
  bool wantsReport = !options.reportFile.empty();
  // Before the first step, and after each.
  std::vector<OwningOpRef<ModuleOp>> versions;
  auto keepVersion = [&] {
    versions.emplace_back(cast<ModuleOp>(module->clone()));
  };
  keepVersion();
  if (runner)
    runner->setOriginal(*versions.front());
  OwningOpRef<ModuleOp> beforeQuantize;
  for (const RecipeStep &step : recipe->steps) {
    if (step.kind == RecipeStep::Quantize) {
      if (llvm::Error error = foldScales(module))
        return error;
      beforeQuantize = cast<ModuleOp>(module->clone());
    }
    PassManager compress(context);
    addStep(compress, step);
    if (llvm::Error error = run(compress, module))
      return error;
    if (wantsReport)
      keepVersion();
  }
  if (!wantsReport)
    return llvm::Error::success();
  if (!runner)
    return llvm::createStringError("--report needs samples: --calib is missing");
  auto report = describeVersions(
      llvm::map_to_vector(versions, [](auto &version) { return *version; }),
      *runner);
  if (!report)
    return report.takeError();
  (*report)["graphopt_report"] = 1;
  (*report)["recipe"] = options.recipe;
  (*report)["samples"] = describeSamples(runner->getSamples());
  (*report)["steps"] = runner->takeReports();
  const json::Object *outputs = report->getObject("outputs");
  if (beforeQuantize && outputs) {
    auto audit = auditQuantization(*beforeQuantize, *versions.back(), *outputs,
                                   *runner);
    if (!audit)
      return audit.takeError();
    (*report)["audit"] = std::move(*audit);
  }
  return writeReport(options.reportFile, std::move(*report));
}
