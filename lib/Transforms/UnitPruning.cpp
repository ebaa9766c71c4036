#include "UnitPruning.h"
#include "UnitRewriting.h"
#include "dialects/Graph/Cost.h"
#include "dialects/Graph/Linear.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;
namespace json = llvm::json;

//===----------------------------------------------------------------------===//
// Weights that read units
//===----------------------------------------------------------------------===//

static bool isTransposed(Operation *product) {
  auto gemm = dyn_cast<GemmOp>(product);
  return gemm && gemm.getTransB();
}

llvm::Error UnitPruner::readWeights() {
  for (UnitBlock &block : blocks)
    for (const UnitReader &reader : block.flow->getReaders()) {
      Value operand = reader.op->getOperand(1);
      auto shape = cast<RankedTensorType>(operand.getType()).getShape();
      auto floats = readFloats(operand);
      if (!floats || shape.size() != 2)
        return llvm::createStringError(
            "'" + getNodeName(reader.op->getLoc()) +
            "': only an f32 matrix of weights can be scored or refitted");
      bool transposed = isTransposed(reader.op);
      int64_t rows = shape[transposed], columns = shape[!transposed];
      std::vector<double> weights(rows * columns);
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c)
          weights[r * columns + c] =
              (*floats)[transposed ? c * rows + r : r * columns + c];
      readers.push_back({&block, &reader, rows, columns, std::move(weights)});
    }
  return llvm::Error::success();
}

/// Rows of weights as the product's own operand has them.
std::vector<float> UnitPruner::orient(const Reader &reader,
                                      ArrayRef<double> weights,
                                      int64_t rows) const {
  bool transposed = isTransposed(reader.reader->op);
  std::vector<float> result(rows * reader.columns);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < reader.columns; ++c)
      result[transposed ? c * rows + r : r * reader.columns + c] =
          float(weights[r * reader.columns + c]);
  return result;
}

static SmallVector<int64_t> listRows(ArrayRef<int32_t> units,
                                     const llvm::BitVector &chosen,
                                     bool isChosen) {
  SmallVector<int64_t> rows;
  for (auto [row, unit] : llvm::enumerate(units))
    if ((unit >= 0 && chosen.test(unit)) == isChosen)
      rows.push_back(row);
  return rows;
}

const ValueStatistics *UnitPruner::find(const Reader &reader) const {
  auto found = statistics.values.find(
      names.get(reader.reader->op->getOperand(0)).str());
  return found == statistics.values.end() ? nullptr : &found->second;
}

RefittedProduct UnitPruner::refitReader(const Reader &reader,
                                        const llvm::BitVector &removed) const {
  return refit({*find(reader), reader.weights, reader.columns},
               listRows(reader.reader->units, removed, false), options.ridge);
}

/// Full-size weights whose rows of removed units are 0, one for each reader that
/// loses any.
UnitPruner::Candidate
UnitPruner::makeCandidate(ArrayRef<llvm::BitVector> removed,
                          bool refitted) const {
  Candidate candidate;
  for (auto [i, reader] : llvm::enumerate(readers)) {
    const llvm::BitVector &gone = removed[reader.block - blocks.data()];
    if (gone.none())
      continue;
    std::vector<double> weights(reader.rows * reader.columns, 0.0);
    std::vector<float> bias;
    SmallVector<int64_t> kept = listRows(reader.reader->units, gone, false);
    RefittedProduct fitted;
    if (refitted) {
      fitted = refitReader(reader, gone);
      bias.assign(fitted.bias.begin(), fitted.bias.end());
    }
    for (auto [at, row] : llvm::enumerate(kept)) {
      ArrayRef<double> from = refitted ? fitted.weights : reader.weights;
      llvm::copy(from.slice((refitted ? at : row) * reader.columns,
                            reader.columns),
                 weights.begin() + row * reader.columns);
    }
    candidate.push_back({i, orient(reader, weights, reader.rows), std::move(bias)});
  }
  return candidate;
}

//===----------------------------------------------------------------------===//
// Data
//===----------------------------------------------------------------------===//

/// Statistics from a file or a run, and a copy of the model for trials, as far as
/// the options need them.
llvm::Error UnitPruner::prepare() {
  bool isGiven = !options.remove.empty();
  bool fromFile = !options.statistics.empty();
  bool needsGram = options.refit != RefitMode::Never ||
                   (!isGiven && (options.score == Score::Activation ||
                                 options.score == Score::LeaveOneOutRefit));
  bool needsTrials =
      options.hasQuality() ||
      (!isGiven && (options.score == Score::LeaveOneOut ||
                    options.score == Score::LeaveOneOutRefit));
  // Without data a refit cannot be made, nor compared.
  if (options.refit == RefitMode::Auto && !runner && !fromFile && !needsTrials &&
      (isGiven || options.score == Score::Weights))
    needsGram = false;
  if (fromFile && needsGram) {
    auto loaded = Statistics::load(options.statistics);
    if (!loaded)
      return loaded.takeError();
    if (loaded->model != fingerprint(module))
      return llvm::createStringError("'" + options.statistics +
                                     "' has statistics of another model");
    statistics = std::move(*loaded);
  } else if (needsGram) {
    if (!runner)
      return llvm::createStringError("samples or a file of statistics are "
                                     "needed (--calib, statistics=FILE)");
    std::vector<StatisticRequest> requests;
    for (const Reader &reader : readers)
      requests.push_back(
          {reader.reader->op->getOperand(0), ValueStatistics::Gram});
    auto collected = runner->collect(module, requests);
    if (!collected)
      return collected.takeError();
    statistics = std::move(*collected);
  }
  if (needsGram)
    for (const Reader &reader : readers)
      if (auto found = statistics.find(
              names.get(reader.reader->op->getOperand(0)), ValueStatistics::Gram);
          !found)
        return found.takeError();
  bool compares = options.refit == RefitMode::Auto && runner && needsGram;
  if (!needsTrials && !compares)
    return llvm::Error::success();
  if (!runner)
    return llvm::createStringError("samples are needed: the model must be run "
                                   "without single heads or neurons (--calib)");
  SmallVector<Operation *> products;
  for (const Reader &reader : readers)
    products.push_back(reader.reader->op);
  auto prepared = runner->prepareTrials(module, products);
  if (!prepared)
    return prepared.takeError();
  trials = std::move(*prepared);
  return llvm::Error::success();
}

llvm::Expected<std::vector<double>>
UnitPruner::measure(ArrayRef<Candidate> candidates, Split split,
                    StringRef task) const {
  return trials->measure(candidates, split, task);
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

static double norm(ArrayRef<double> values) {
  double squares = 0;
  for (double value : values)
    squares += value * value;
  return std::sqrt(squares);
}

llvm::Error UnitPruner::score() {
  if (!options.remove.empty())
    return llvm::Error::success();
  for (UnitBlock &block : blocks)
    block.scores.assign(block.unitCount, 0);
  if (options.score == Score::Weights || options.score == Score::Activation) {
    for (const Reader &reader : readers)
      for (int64_t unit = 0; unit < reader.block->unitCount; ++unit) {
        SmallVector<int64_t> rows =
            listRows(reader.reader->units, reader.block->only(unit), true);
        double &score = reader.block->scores[unit];
        if (options.score == Score::Activation)
          score += contribution(
              {*find(reader), reader.weights, reader.columns}, rows);
        else
          for (int64_t row : rows)
            score += norm(ArrayRef(reader.weights)
                              .slice(row * reader.columns, reader.columns));
      }
    return llvm::Error::success();
  }
  std::vector<Candidate> candidates;
  std::vector<llvm::BitVector> removed = listRemoved();
  for (auto [i, block] : llvm::enumerate(blocks))
    for (int64_t unit = 0; unit < block.unitCount; ++unit) {
      removed[i] = block.only(unit);
      candidates.push_back(makeCandidate(
          removed, options.score == Score::LeaveOneOutRefit));
      removed[i].reset();
    }
  auto losses = measure(candidates, Split::Calibrate, "scores");
  if (!losses)
    return losses.takeError();
  ArrayRef<double> rest = *losses;
  for (UnitBlock &block : blocks) {
    block.scores = rest.take_front(block.unitCount).vec();
    rest = rest.drop_front(block.unitCount);
  }
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Choice
//===----------------------------------------------------------------------===//

std::vector<llvm::BitVector> UnitPruner::listRemoved() const {
  std::vector<llvm::BitVector> removed;
  for (const UnitBlock &block : blocks)
    removed.push_back(block.removed.empty() ? llvm::BitVector(block.unitCount)
                                            : block.removed);
  return removed;
}

/// All units, the one with the least score first; a group counts by its members.
std::vector<std::pair<UnitBlock *, int64_t>> UnitPruner::sortUnits() const {
  std::vector<std::pair<UnitBlock *, int64_t>> order;
  for (UnitBlock &block : blocks)
    for (int64_t unit = 0; unit < block.unitCount; ++unit)
      order.push_back({&block, unit});
  llvm::sort(order, [](auto &a, auto &b) {
    auto key = [](auto &entry) {
      auto &[block, unit] = entry;
      return std::tuple(block->scores[unit] / double(block->weight),
                        block->layer, unit);
    };
    return key(a) < key(b);
  });
  // Layers keep the units that they must keep.
  llvm::DenseMap<UnitBlock *, int64_t> left;
  llvm::erase_if(order, [&](auto &entry) {
    int64_t &count =
        left.try_emplace(entry.first, entry.first->unitCount).first->second;
    if ((count - 1) * entry.first->weight < options.minPerLayer)
      return true;
    --count;
    return false;
  });
  return order;
}

/// What is removed when the first `most` of `order` are.
std::vector<llvm::BitVector>
UnitPruner::takeLeast(ArrayRef<std::pair<UnitBlock *, int64_t>> order,
                      size_t most) const {
  std::vector<llvm::BitVector> removed;
  for (const UnitBlock &block : blocks)
    removed.emplace_back(block.unitCount);
  for (auto [block, unit] : order.take_front(most))
    removed[block - blocks.data()].set(unit);
  return removed;
}

llvm::Error UnitPruner::chooseGiven() {
  for (StringRef text : options.remove) {
    int64_t layer, unit;
    auto [first, second] = text.split(':');
    if (first.getAsInteger(10, layer) || second.getAsInteger(10, unit))
      return llvm::createStringError("'" + text + "' is not LAYER:NUMBER");
    auto block = llvm::find_if(
        blocks, [&](const UnitBlock &block) { return block.layer == layer; });
    if (block == blocks.end())
      return llvm::createStringError("'" + text +
                                     "': that layer is left alone, or not there");
    unit /= block->weight;
    if (unit < 0 || unit >= block->unitCount)
      return llvm::createStringError("'" + text + "': layer " + Twine(layer) +
                                     " has " +
                                     Twine(block->unitCount * block->weight));
    block->removed.set(unit);
  }
  return llvm::Error::success();
}

llvm::Error UnitPruner::choose() {
  for (UnitBlock &block : blocks)
    block.removed.resize(block.unitCount);
  if (!options.remove.empty())
    return chooseGiven();
  auto order = sortUnits();
  if (options.hasQuality())
    return chooseByQuality(order);
  if (options.hasTime())
    return chooseByTime(order);
  if (options.ratio > 0) {
    for (auto [block, unit] : order)
      if (double(block->removed.count() + 1) <=
          options.ratio * double(block->unitCount))
        block->removed.set(unit);
    return llvm::Error::success();
  }
  int64_t count = 0;
  double parameters = double(parametersBefore);
  for (auto [block, unit] : order) {
    bool isEnough = options.keepParameters > 0
                        ? parameters <= options.keepParameters *
                                            double(parametersBefore)
                        : count + block->weight > options.count;
    if (isEnough)
      break;
    block->removed.set(unit);
    count += block->weight;
    parameters -= double(block->flow->countParameters(block->only(unit)));
  }
  return llvm::Error::success();
}

/// Gives back the best of what each block loses until the rest is a multiple.
void UnitPruner::alignKept() {
  if (options.align <= 1 || !options.remove.empty())
    return;
  for (UnitBlock &block : blocks) {
    std::vector<int64_t> gone(block.removed.set_bits_begin(),
                              block.removed.set_bits_end());
    llvm::sort(gone, [&](int64_t a, int64_t b) {
      return std::tuple(block.scores[a], a) < std::tuple(block.scores[b], b);
    });
    while (!gone.empty() &&
           (block.unitCount - int64_t(block.removed.count())) % options.align !=
               0) {
      block.removed.reset(gone.back());
      gone.pop_back();
    }
  }
}

/// A block that cannot go as a whole keeps one unit.
void UnitPruner::keepOneWhereNeeded() {
  for (UnitBlock &block : blocks)
    if (block.removed.all() &&
        !llvm::all_of(block.flow->getReaders(), [](const UnitReader &reader) {
          return canReplaceByZeros(reader.op);
        }))
      block.removed.reset(block.unitCount - 1);
}

/// A refit may do harm: both are tried on samples that it was not made from.
llvm::Error UnitPruner::decideRefit() {
  bool isAny = llvm::any_of(
      blocks, [](const UnitBlock &block) { return block.removed.any(); });
  useRefit = options.refit == RefitMode::Always && isAny;
  if (options.refit != RefitMode::Auto || !trials || !isAny)
    return llvm::Error::success();
  std::vector<llvm::BitVector> removed = listRemoved();
  auto losses = measure(
      {makeCandidate(removed, false), makeCandidate(removed, true)},
      Split::Select, "refit");
  if (!losses)
    return losses.takeError();
  lossPlain = (*losses)[0];
  lossRefit = (*losses)[1];
  useRefit = *lossRefit < *lossPlain;
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// All together
//===----------------------------------------------------------------------===//

void UnitPruner::apply() {
  for (Reader &reader : readers) {
    UnitBlock &block = *reader.block;
    if (block.removed.none() || !useRefit)
      continue;
    // The flow takes away the rows that are 0 anyway.
    RefittedProduct fitted = refitReader(reader, block.removed);
    std::vector<double> weights(reader.rows * reader.columns, 0.0);
    auto kept = listRows(reader.reader->units, block.removed, false);
    for (auto [at, row] : llvm::enumerate(kept))
      llvm::copy(ArrayRef(fitted.weights).slice(at * reader.columns, reader.columns),
                 weights.begin() + row * reader.columns);
    replaceWeights(reader.reader->op, orient(reader, weights, reader.rows));
    addBias(reader.reader->op, fitted.bias);
  }
  for (UnitBlock &block : blocks) {
    if (block.removed.none())
      continue;
    if (!block.removed.all()) {
      block.flow->remove(block.removed);
      continue;
    }
    for (const UnitReader &reader : block.flow->getReaders())
      replaceByZeros(reader.op);
  }
  eraseDeadOps(module);
}

llvm::Error UnitPruner::run() {
  parametersBefore = countParameters(module).others;
  if (blocks.empty())
    return llvm::Error::success();
  bool needsWeights = options.refit != RefitMode::Never || options.remove.empty();
  if (needsWeights)
    if (llvm::Error error = readWeights())
      return error;
  if (llvm::Error error = prepare())
    return error;
  if (llvm::Error error = score())
    return error;
  if (llvm::Error error = choose())
    return error;
  alignKept();
  keepOneWhereNeeded();
  if (llvm::Error error = decideRefit())
    return error;
  apply();
  parametersAfter = countParameters(module).others;
  return llvm::Error::success();
}

json::Object UnitPruner::describe() const {
  json::Array layers;
  int64_t removed = 0, units = 0;
  for (const UnitBlock &block : blocks) {
    json::Array gone, scores;
    for (int64_t unit : block.removed.set_bits())
      gone.push_back(unit);
    for (double score : block.scores)
      scores.push_back(score);
    removed += int64_t(block.removed.count()) * block.weight;
    units += block.unitCount * block.weight;
    layers.push_back(json::Object{{"layer", block.layer},
                                  {"units", block.unitCount},
                                  {"unit_size", block.weight},
                                  {"removed", std::move(gone)},
                                  {"scores", std::move(scores)}});
  }
  json::Object refitting{{"mode", refitName(options.refit)}, {"used", useRefit}};
  if (lossPlain) {
    refitting["cosine_without"] = 1 - *lossPlain;
    refitting["cosine_with"] = 1 - *lossRefit;
  }
  double before = double(std::max<int64_t>(parametersBefore, 1));
  return json::Object{
      {"score", options.remove.empty() ? scoreName(options.score) : "given"},
      {"units", units},
      {"removed", removed},
      {"parameters_before", parametersBefore},
      {"parameters_after", parametersAfter},
      {"p", double(parametersAfter) / before},
      {"refit", std::move(refitting)},
      {"layers", std::move(layers)}};
}

/// "layer 3: 2 of 12 heads removed: 4, 7", the list if wanted.
static void tell(const UnitBlock &block, Location loc, StringRef units,
                 bool listsRemoved) {
  std::string text;
  for (int64_t unit : block.removed.set_bits())
    for (int64_t i = 0; listsRemoved && i < block.weight; ++i)
      text += (text.empty() ? ": " : ", ") +
              std::to_string(unit * block.weight + i);
  emitRemark(loc) << "layer " << block.layer << ": "
                  << int64_t(block.removed.count()) * block.weight << " of "
                  << block.unitCount * block.weight << " " << units << " removed"
                  << text;
}

LogicalResult graphopt::pruneUnits(ModuleOp module, const PruneOptions &options,
                                   std::vector<UnitBlock> &blocks,
                                   json::Array leftAlone, StringRef units,
                                   bool listsRemoved) {
  // A block that is gone as a whole has no anchor.
  SmallVector<Location> locations;
  for (UnitBlock &block : blocks)
    locations.push_back(block.anchor->getLoc());
  UnitPruner pruner(module, options, blocks);
  if (llvm::Error error = pruner.run())
    return emitError(UnknownLoc::get(module.getContext()))
           << "pruning " << units << ": " << llvm::toString(std::move(error));
  for (auto [block, loc] : llvm::zip_equal(blocks, locations))
    tell(block, loc, units, listsRemoved);
  json::Object report = pruner.describe();
  report["left_alone"] = std::move(leftAlone);
  if (const ModelRunner *runner = findModelRunner(module.getContext()))
    runner->report(units, std::move(report));
  return success();
}
