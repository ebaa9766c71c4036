//===- UnitPruning.h - Chooses heads and neurons, and removes them --------===//

#ifndef GRAPHOPT_LIB_TRANSFORMS_UNITPRUNING_H
#define GRAPHOPT_LIB_TRANSFORMS_UNITPRUNING_H

#include "UnitFlow.h"
#include "dialects/Graph/ModelRunner.h"
#include "dialects/Graph/ValueNames.h"
#include "graphopt/Compress/Recipe.h"
#include "graphopt/Compress/Refit.h"

namespace graphopt {

/// The units of one layer.
struct UnitBlock {
  int64_t layer;
  mlir::Operation *anchor;
  std::unique_ptr<UnitFlow> flow;
  int64_t unitCount;
  int64_t weight = 1; ///< what a unit counts, as a group of heads does

  std::vector<double> scores = {};
  llvm::BitVector removed = {};

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
  using Candidate = std::vector<graph::ProductWeights>;
  struct Reader {
    UnitBlock *block;
    const UnitReader *reader;
    int64_t rows, columns;
    std::vector<double> weights; ///< rows x columns
  };

  llvm::Error readWeights();
  llvm::Error prepare();
  llvm::Error score();
  llvm::Error choose();
  llvm::Error chooseGiven();
  llvm::Error chooseByCosine(llvm::ArrayRef<std::pair<UnitBlock *, int64_t>> order);
  llvm::Error decideRefit();
  void apply();

  void alignKept();
  std::vector<std::pair<UnitBlock *, int64_t>> sortUnits() const;
  std::vector<llvm::BitVector>
  takeLeast(llvm::ArrayRef<std::pair<UnitBlock *, int64_t>> order,
            size_t most) const;
  const ValueStatistics *find(const Reader &reader) const;
  Candidate makeCandidate(llvm::ArrayRef<llvm::BitVector> removed,
                          bool refitted) const;
  std::vector<float> orient(const Reader &reader,
                            llvm::ArrayRef<double> weights, int64_t rows) const;
  RefittedProduct refitReader(const Reader &reader,
                              const llvm::BitVector &removed) const;
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

/// The options that all passes with `pruneOptions` have. `problem` tells of one
/// that cannot be.
template <typename Pass>
PruneOptions makePruneOptions(const Pass &pass, std::string &problem) {
  PruneOptions options;
  options.remove.assign(pass.remove.begin(), pass.remove.end());
  options.count = pass.count;
  options.ratio = pass.ratio;
  options.keepParameters = pass.keepParameters;
  options.minCosine = pass.minCosine;
  options.minPerLayer = pass.minPerLayer;
  options.ridge = pass.ridge;
  options.statistics = pass.statistics;
  if (auto score = parseScore(pass.score.getValue()))
    options.score = *score;
  else
    problem = "there is no score '" + pass.score.getValue() + "'";
  if (auto refit = parseRefit(pass.refit.getValue()))
    options.refit = *refit;
  else
    problem = "there is no refit '" + pass.refit.getValue() + "'";
  return options;
}

} // namespace graphopt

#endif // GRAPHOPT_LIB_TRANSFORMS_UNITPRUNING_H
