//===- Recipe.h - What is to be compressed, and how far -------------------===//

#ifndef GRAPHOPT_COMPRESS_RECIPE_H
#define GRAPHOPT_COMPRESS_RECIPE_H

#include "graphopt/Compress/QuantizeOptions.h"
#include "graphopt/Compress/TaskMetric.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace graphopt {

/// What a head or neuron is worth. The least are removed.
enum class Score {
  Weights,           ///< norm of the weights that read it; needs no data
  Activation,        ///< root mean square of what it adds to the product
  RefitError,        ///< what the product misses when the others made up for it
  LeaveOneOut,       ///< loss of the model without it
  LeaveOneOutRefit,  ///< the same when the others make up for it
};

/// Whether the weights that read heads or neurons make up for those that are gone.
enum class RefitMode {
  Auto,   ///< if that is nearer to the original on the samples to select with
  Always,
  Never
};

/// What `layers` removes.
enum class LayerUnit {
  Block, ///< one branch that is added to its input
  Layer, ///< those from one that attends to itself to the next
};

/// "weights", "activation", ..., as recipes and passes spell them.
llvm::StringRef scoreName(Score score);
std::optional<Score> parseScore(llvm::StringRef name);
llvm::StringRef refitName(RefitMode mode);
std::optional<RefitMode> parseRefit(llvm::StringRef name);
llvm::StringRef layerUnitName(LayerUnit unit);
std::optional<LayerUnit> parseLayerUnit(llvm::StringRef name);

/// How heads or neurons are chosen and removed. `remove` or one of those from
/// `count` to `latencyMs` says how many.
struct PruneOptions {
  std::vector<std::string> remove; ///< LAYER:UNIT, both from 0, or LAYER
  int64_t count = -1;              ///< how many; -1: not given
  double ratio = 0;                ///< share of each layer's
  double keepParameters = 0;       ///< share of parameters that may stay
  double minCosine = 0;            ///< as many as the outputs stay this near with
  double minMetric = 0;            ///< as many as the metric stays so good with
  double maxMetricDrop = 0;        ///< the same, less than the original's
  double alpha = 0;                ///< until it takes this share of the time
  double latencyMs = 0;            ///< until a run takes no more
  int64_t minPerLayer = 1;         ///< 0: a layer may lose all
  int64_t align = 1;               ///< what a layer keeps is a multiple of it
  LayerUnit unit = LayerUnit::Block;
  Score score = Score::Activation;
  RefitMode refit = RefitMode::Auto;
  double ridge = 0.01; ///< how much a refit is held to the weights it begins with
  /// Heads: inputs and outputs of the model may lose some, too.
  bool changeInterface = false;
  std::string statistics; ///< file to take statistics from, in place of a run

  bool hasQuality() const { return minCosine > 0 || minMetric > 0 || maxMetricDrop > 0; }
  bool hasTime() const { return alpha > 0 || latencyMs > 0; }
};

/// How weights that become zero are chosen.
enum class SparsifyMethod {
  Magnitude,   ///< the least ones
  SecondOrder, ///< those that outputs miss least; the others make up for them
};
llvm::StringRef sparsifyMethodName(SparsifyMethod method);
std::optional<SparsifyMethod> parseSparsifyMethod(llvm::StringRef name);

struct SparsifyOptions {
  std::string pattern = "unstructured"; ///< as SparsePattern::parse reads it
  double ratio = 0.5;                   ///< unless the pattern has one
  SparsifyMethod method = SparsifyMethod::SecondOrder;
  double damping = 0.01;
  std::vector<std::string> keep; ///< nodes that stay as they are
  std::string statistics; ///< file to take statistics from, in place of a run
};

/// One step of a recipe.
struct RecipeStep {
  enum Kind { Heads, Neurons, Channels, Layers, Sparsify, Quantize } kind;
  PruneOptions options;
  SparsifyOptions sparsify;
  QuantizeOptions quantize = {};
};

/// How the report's times are measured.
struct TimingOptions {
  int64_t rounds = 20; ///< 0: not at all
  int64_t samples = 4; ///< at most so many of those to evaluate with
  int64_t threads = 1;
};

struct Recipe {
  std::string mask; ///< input that tells padding
  std::optional<MetricOptions> metric; ///< if samples have labels
  TimingOptions timing;
  std::vector<RecipeStep> steps;
};

/// Reads a recipe, a JSON file; docs/Compress.md says what may be in it.
///
/// \returns an error with the path of what is wrong or unknown, as in
///          `prune[0].heads.score`.
llvm::Expected<Recipe> readRecipe(llvm::StringRef file);
llvm::Expected<Recipe> parseRecipe(llvm::StringRef text);

} // namespace graphopt

#endif // GRAPHOPT_COMPRESS_RECIPE_H
