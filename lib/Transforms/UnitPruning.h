//===- UnitPruning.h - Chooses heads and neurons, and removes them --------===//

#ifndef GRAPHOPT_LIB_TRANSFORMS_UNITPRUNING_H
#define GRAPHOPT_LIB_TRANSFORMS_UNITPRUNING_H

#include "graphopt/Transforms/ResidualBlocks.h"
#include "UnitFlow.h"
#include "WeightMatrix.h"
#include "dialects/Graph/ModelRunner.h"
#include "dialects/Graph/ValueNames.h"
#include "graphopt/Compress/Recipe.h"
#include "graphopt/Compress/Refit.h"

namespace graphopt {

/// The units of one layer, or the whole layer as one unit.
struct UnitBlock {
  int64_t layer;
  mlir::Operation *anchor;
  std::unique_ptr<UnitFlow> flow; ///< null if the layer goes as a whole
  int64_t unitCount;
  int64_t weight = 1; ///< what a unit counts, as a group of heads does
  graph::Bypass bypass = {}; ///< around the whole layer
  int64_t channelAxis = -1;  ///< of what is bypassed
  /// The unit of each of the layer's members, as a channel is one: -1 if it must
  /// stay. Empty: units have `weight` members each.
  llvm::SmallVector<int32_t> members = {};
  /// The flow again, in a model from which other units are gone. May be null.
  std::function<std::unique_ptr<UnitFlow>(graph::ShapeInference &)> find = {};

  std::vector<double> scores = {};
  llvm::BitVector removed = {};

  int64_t countMembers() const {
    return members.empty() ? unitCount * weight : int64_t(members.size());
  }
  int64_t unitOf(int64_t member) const {
    return members.empty() ? member / weight : members[member];
  }
  llvm::SmallVector<int64_t> listRemoved() const {
    llvm::SmallVector<int64_t> gone;
    for (int64_t member = 0; member < countMembers(); ++member)
      if (int64_t unit = unitOf(member); unit >= 0 && removed.test(unit))
        gone.push_back(member);
    return gone;
  }

  llvm::ArrayRef<UnitReader> getReaders() const {
    return flow ? flow->getReaders() : llvm::ArrayRef<UnitReader>();
  }
  int64_t countParameters(const llvm::BitVector &units) const {
    return flow ? flow->countParameters(units)
                : graphopt::countParameters(bypass);
  }

  llvm::BitVector only(int64_t unit) const {
    llvm::BitVector units(unitCount);
    units.set(unit);
    return units;
  }
};

/// Scores the units of all blocks, removes the least of them within the budget and
/// lets the weights that read them make up for it.
class UnitPruner {
public:
  UnitPruner(mlir::ModuleOp module, const PruneOptions &options,
             std::vector<UnitBlock> &blocks)
      : module(module), options(options), blocks(blocks),
        runner(graph::findModelRunner(module.getContext())),
        names(module.lookupSymbol<mlir::func::FuncOp>("main")) {}

  /// \returns an error of statistics that are missing or of runs that failed;
  ///          nothing has changed then.
  llvm::Error run();

  /// What was decided, for the report.
  llvm::json::Object describe() const;

private:
  using Candidate = graph::Candidate;
  /// A product, and which of its rows are units of which block.
  struct Reader {
    mlir::Operation *op;
    WeightMatrix weights;
    std::vector<std::pair<UnitBlock *, llvm::SmallVector<int32_t>>> parts;
  };
  struct Replacement {
    std::vector<float> weights;
    std::vector<double> bias;
  };

  llvm::Error readWeights();
  llvm::Error prepare();
  llvm::Error score();
  llvm::Error choose();
  llvm::Error chooseGiven();
  llvm::Error
  chooseByQuality(llvm::ArrayRef<std::pair<UnitBlock *, int64_t>> order);
  llvm::Error chooseByTime(llvm::ArrayRef<std::pair<UnitBlock *, int64_t>> order);
  llvm::Error decideRefit();
  void apply();
  void replaceByInput(const graph::Bypass &bypass);

  void alignKept();
  void keepOneWhereNeeded();
  void setRemoved(llvm::ArrayRef<llvm::BitVector> removed);
  std::vector<std::pair<UnitBlock *, int64_t>> sortUnits() const;
  std::vector<llvm::BitVector>
  takeLeast(llvm::ArrayRef<std::pair<UnitBlock *, int64_t>> order,
            size_t most) const;
  const ValueStatistics *find(const Reader &reader) const;
  size_t numberOfBypass(size_t block) const;
  Candidate makeCandidate(llvm::ArrayRef<llvm::BitVector> removed,
                          bool refitted) const;
  llvm::SmallVector<int64_t>
  listKept(const Reader &reader, llvm::ArrayRef<llvm::BitVector> removed) const;
  Product getProduct(const Reader &reader) const;
  Replacement replace(const Reader &reader, llvm::ArrayRef<int64_t> kept,
                      bool refitted) const;
  double scoreRows(const Reader &reader, llvm::ArrayRef<int64_t> rows) const;
  llvm::Expected<std::vector<double>> measure(llvm::ArrayRef<Candidate> candidates,
                                              graph::Split split,
                                              llvm::StringRef task) const;
  std::vector<llvm::BitVector> listRemoved() const;

  mlir::ModuleOp module;
  const PruneOptions &options;
  std::vector<UnitBlock> &blocks;
  const graph::ModelRunner *runner;
  graph::ValueNames names;
  std::vector<Reader> readers;
  Statistics statistics;
  std::unique_ptr<graph::Trials> trials;
  bool useRefit = false;
  std::optional<double> lossPlain, lossRefit;
  int64_t parametersBefore = 0, parametersAfter = 0;
};

/// Prunes, remarks on each block and reports; `units` is "heads" or "neurons".
llvm::LogicalResult pruneUnits(mlir::ModuleOp module,
                               const PruneOptions &options,
                               std::vector<UnitBlock> &blocks,
                               llvm::json::Array leftAlone,
                               llvm::StringRef units, bool listsRemoved);

/// A pass with `pruneOptions`; `Base` is what TableGen makes of it.
template <typename Base>
class UnitPruningPass : public Base {
public:
  using Base::Base;

protected:
  /// The units of all layers, and which layers are left alone and why.
  virtual void findBlocks(mlir::func::FuncOp main, graph::ShapeInference &shapes,
                          std::vector<UnitBlock> &blocks,
                          llvm::json::Array &leftAlone) = 0;

  /// All of main's blocks; `problem` tells of an option that cannot be.
  void prune(llvm::StringRef units, bool listsRemoved, int64_t align = 1) {
    mlir::ModuleOp module = this->getOperation();
    std::string problem;
    PruneOptions options = makeOptions(problem);
    options.align = align;
    auto main = module.template lookupSymbol<mlir::func::FuncOp>("main");
    if (!main)
      problem = "there is no function 'main'";
    if (!problem.empty()) {
      mlir::emitError(mlir::UnknownLoc::get(module.getContext()), problem);
      return this->signalPassFailure();
    }
    graph::ShapeInference shapes(module.getContext());
    shapes.run(main);
    std::vector<UnitBlock> blocks;
    llvm::json::Array leftAlone;
    findBlocks(main, shapes, blocks, leftAlone);
    if (failed(pruneUnits(module, options, blocks, std::move(leftAlone), units,
                          listsRemoved)))
      this->signalPassFailure();
  }

private:
  PruneOptions makeOptions(std::string &problem) {
    PruneOptions options;
    options.remove.assign(this->remove.begin(), this->remove.end());
    options.count = this->count;
    options.ratio = this->ratio;
    options.keepParameters = this->keepParameters;
    options.minCosine = this->minCosine;
    options.minMetric = this->minMetric;
    options.maxMetricDrop = this->maxMetricDrop;
    options.alpha = this->alpha;
    options.latencyMs = this->latencyMs;
    options.minPerLayer = this->minPerLayer;
    options.ridge = this->ridge;
    options.statistics = this->statistics;
    if (auto score = parseScore(this->score.getValue()))
      options.score = *score;
    else
      problem = "there is no score '" + this->score.getValue() + "'";
    if (auto refit = parseRefit(this->refit.getValue()))
      options.refit = *refit;
    else
      problem = "there is no refit '" + this->refit.getValue() + "'";
    return options;
  }
};

} // namespace graphopt

#endif // GRAPHOPT_LIB_TRANSFORMS_UNITPRUNING_H
