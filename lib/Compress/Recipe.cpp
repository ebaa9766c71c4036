#include "QuantizeRecipe.h"
#include "RecipeReader.h"
#include "graphopt/Compress/Recipe.h"
#include "graphopt/Compress/Sparsify.h"
#include "llvm/Support/MemoryBuffer.h"
#include <fmt/format.h>

using namespace graphopt;
using llvm::StringRef;
namespace json = llvm::json;

static constexpr std::pair<StringRef, Score> scores[] = {
    {"weights", Score::Weights},
    {"activation", Score::Activation},
    {"refit-error", Score::RefitError},
    {"leave-one-out", Score::LeaveOneOut},
    {"leave-one-out-refit", Score::LeaveOneOutRefit}};
static constexpr std::pair<StringRef, RefitMode> refits[] = {
    {"auto", RefitMode::Auto},
    {"always", RefitMode::Always},
    {"never", RefitMode::Never}};
static constexpr std::pair<StringRef, Score> layerScores[] = {
    {"activation", Score::Activation}, {"leave-one-out", Score::LeaveOneOut}};
static constexpr std::pair<StringRef, LayerUnit> layerUnits[] = {
    {"block", LayerUnit::Block}, {"layer", LayerUnit::Layer}};
static constexpr std::pair<StringRef, SparsifyMethod> sparsifyMethods[] = {
    {"magnitude", SparsifyMethod::Magnitude},
    {"second-order", SparsifyMethod::SecondOrder}};

StringRef graphopt::scoreName(Score score) { return nameOf(scores, score); }
std::optional<Score> graphopt::parseScore(StringRef name) {
  return valueOf(scores, name);
}
StringRef graphopt::refitName(RefitMode mode) { return nameOf(refits, mode); }
std::optional<RefitMode> graphopt::parseRefit(StringRef name) {
  return valueOf(refits, name);
}

StringRef graphopt::sparsifyMethodName(SparsifyMethod method) {
  return nameOf(sparsifyMethods, method);
}
std::optional<SparsifyMethod> graphopt::parseSparsifyMethod(StringRef name) {
  return valueOf(sparsifyMethods, name);
}
StringRef graphopt::layerUnitName(LayerUnit unit) {
  return nameOf(layerUnits, unit);
}
std::optional<LayerUnit> graphopt::parseLayerUnit(StringRef name) {
  return valueOf(layerUnits, name);
}

/// Keys of which one says how many go.
static void readBudget(Reader &reader, const json::Value &value, bool hasRatio,
                       PruneOptions &options) {
  int given = 0;
  std::string names;
  for (StringRef key :
       {"remove", "count", "ratio", "keep_parameters", "min_cosine", "min_metric",
        "max_metric_drop", "alpha", "latency_ms"}) {
    if (key == "ratio" && !hasRatio)
      continue;
    given += value.getAsObject() && value.getAsObject()->get(key);
    names += (names.empty() ? "" : ", ") + key.str();
  }
  reader.read("remove", options.remove);
  reader.read("count", options.count);
  if (hasRatio)
    reader.read("ratio", options.ratio, 1);
  reader.read("keep_parameters", options.keepParameters, 1);
  reader.read("min_cosine", options.minCosine, 1);
  reader.read("min_metric", options.minMetric, 1);
  reader.read("max_metric_drop", options.maxMetricDrop, 1);
  reader.read("alpha", options.alpha, 1);
  reader.read("latency_ms", options.latencyMs, 1e9);
  if (given != 1)
    reader.fail("", "needs one of " + names);
}

static llvm::Error parseLayers(const json::Value &value, std::string path,
                               PruneOptions &options) {
  Reader reader(value, path);
  readBudget(reader, value, /*hasRatio=*/false, options);
  reader.read("score", layerScores, options.score);
  reader.read("unit", layerUnits, options.unit);
  return reader.finish();
}

static llvm::Error parseSparsify(const json::Value &value, std::string path,
                                 SparsifyOptions &options) {
  Reader reader(value, path);
  reader.read("pattern", options.pattern);
  auto pattern = SparsePattern::parse(options.pattern);
  if (!pattern)
    reader.fail("pattern", "is none of unstructured, 1xBLOCK, KEEP:OF");
  else if (pattern->of > 0 && reader.has("ratio"))
    reader.fail("ratio", "is told by the pattern already");
  reader.read("ratio", options.ratio, 1);
  reader.read("method", sparsifyMethods, options.method);
  reader.read("damping", options.damping, 1e6);
  reader.read("keep", options.keep);
  return reader.finish();
}

static llvm::Error parseUnits(const json::Value &value, std::string path,
                              bool hasAlign, PruneOptions &options) {
  Reader reader(value, path);
  readBudget(reader, value, /*hasRatio=*/true, options);
  reader.read("min_per_layer", options.minPerLayer);
  reader.read("score", scores, options.score);
  reader.read("refit", refits, options.refit);
  reader.read("ridge", options.ridge, 1e6);
  if (hasAlign) {
    options.align = 16; // a register of AVX-512, two of AVX2
    reader.read("align", options.align);
    options.align = std::max<int64_t>(options.align, 1);
  } else {
    reader.read("change_interface", options.changeInterface);
  }
  return reader.finish();
}

static llvm::Error parseStep(const json::Value &value, std::string path,
                             Recipe &recipe) {
  Reader reader(value, path);
  constexpr std::pair<StringRef, RecipeStep::Kind> kinds[] = {
      {"heads", RecipeStep::Heads},
      {"neurons", RecipeStep::Neurons},
      {"channels", RecipeStep::Channels},
      {"layers", RecipeStep::Layers},
      {"sparsify", RecipeStep::Sparsify}};
  for (auto &[key, kind] : kinds) {
    if (!reader.has(key))
      continue;
    RecipeStep step = {kind, {}, {}};
    const json::Value &what = *reader.get(key);
    std::string field = reader.field(key);
    if (llvm::Error error =
            kind == RecipeStep::Sparsify
                ? parseSparsify(what, field, step.sparsify)
            : kind == RecipeStep::Layers
                ? parseLayers(what, field, step.options)
                : parseUnits(what, field, kind != RecipeStep::Heads,
                             step.options))
      return error;
    recipe.steps.push_back(std::move(step));
  }
  return reader.finish();
}

static llvm::Error parseMetric(const json::Value &value, std::string path,
                               std::optional<MetricOptions> &metric) {
  constexpr std::pair<StringRef, MetricOptions::Kind> kinds[] = {
      {"spearman", MetricOptions::Spearman},
      {"accuracy", MetricOptions::Accuracy}};
  constexpr std::pair<StringRef, MetricOptions::Pool> pools[] = {
      {"mean", MetricOptions::Mean}, {"first", MetricOptions::First}};
  Reader reader(value, path);
  metric.emplace();
  reader.read("kind", kinds, metric->kind);
  reader.read("pool", pools, metric->pool);
  reader.read("output", metric->output);
  return reader.finish();
}

static llvm::Error parseTiming(const json::Value &value, std::string path,
                               TimingOptions &timing) {
  Reader reader(value, path);
  reader.read("rounds", timing.rounds);
  reader.read("samples", timing.samples);
  reader.read("threads", timing.threads);
  return reader.finish();
}

llvm::Expected<Recipe> graphopt::parseRecipe(StringRef text) {
  llvm::Expected<json::Value> root = json::parse(text);
  if (!root)
    return root.takeError();
  Recipe recipe;
  Reader reader(*root, "");
  reader.read("mask", recipe.mask);
  if (reader.has("metric"))
    if (llvm::Error error =
            parseMetric(*reader.get("metric"), "metric", recipe.metric))
      return error;
  if (reader.has("timing"))
    if (llvm::Error error =
            parseTiming(*reader.get("timing"), "timing", recipe.timing))
      return error;
  if (reader.has("prune")) {
    const json::Array *steps = reader.get("prune")->getAsArray();
    if (!steps)
      reader.fail("prune", "is no list");
    else
      for (auto [i, step] : llvm::enumerate(*steps))
        if (llvm::Error error =
                parseStep(step, fmt::format("prune[{}]", i), recipe))
          return error;
  }
  if (reader.has("quantize")) { // behind what is pruned
    RecipeStep step = {RecipeStep::Quantize, {}, {}};
    if (llvm::Error error =
            parseQuantize(*reader.get("quantize"), "quantize", step.quantize))
      return error;
    recipe.steps.push_back(std::move(step));
  }
  if (llvm::Error error = reader.finish())
    return error;
  return recipe;
}

llvm::Expected<Recipe> graphopt::readRecipe(StringRef file) {
  auto text = llvm::MemoryBuffer::getFile(file, /*IsText=*/true);
  if (!text)
    return llvm::createFileError(file, text.getError());
  llvm::Expected<Recipe> recipe = parseRecipe((*text)->getBuffer());
  if (!recipe)
    return llvm::createFileError(file, recipe.takeError());
  return recipe;
}
