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

llvm::Error UnitPruner::readWeights() {
  for (UnitBlock &block : blocks)
    for (const UnitReader &part : block.getReaders()) {
      auto reader = llvm::find_if(
          readers, [&](const Reader &reader) { return reader.op == part.op; });
      if (reader == readers.end()) {
        auto weights = readWeightMatrix(part.op);
        if (!weights)
          return llvm::createStringError(
              "'" + getNodeName(part.op->getLoc()) +
              "': only an f32 matrix of weights can be scored or refitted");
        readers.push_back({part.op, std::move(*weights), {}});
        reader = std::prev(readers.end());
      }
      reader->parts.push_back({&block, part.units});
    }
  return llvm::Error::success();
}

static SmallVector<int64_t> listRows(ArrayRef<int32_t> units,
                                     const llvm::BitVector &chosen) {
  SmallVector<int64_t> rows;
  for (auto [row, unit] : llvm::enumerate(units))
    if (unit >= 0 && chosen.test(unit))
      rows.push_back(row);
  return rows;
}

/// Rows that no block takes away.
SmallVector<int64_t>
UnitPruner::listKept(const Reader &reader,
                     ArrayRef<llvm::BitVector> removed) const {
  llvm::BitVector gone(reader.weights.rows);
  for (auto &[block, units] : reader.parts)
    for (int64_t row : listRows(units, removed[block - blocks.data()]))
      gone.set(row);
  SmallVector<int64_t> kept;
  for (int64_t row = 0; row < reader.weights.rows; ++row)
    if (!gone.test(row))
      kept.push_back(row);
  return kept;
}

const ValueStatistics *UnitPruner::find(const Reader &reader) const {
  auto found =
      statistics.values.find(names.get(reader.op->getOperand(0)).str());
  return found == statistics.values.end() ? nullptr : &found->second;
}

Product UnitPruner::getProduct(const Reader &reader) const {
  return {*find(reader), reader.weights.elements, reader.weights.columns};
}

/// Full-size weights whose rows of removed units are 0, and what to add to the
/// outputs then.
UnitPruner::Replacement
UnitPruner::replace(const Reader &reader, ArrayRef<int64_t> kept,
                    bool refitted) const {
  const WeightMatrix &old = reader.weights;
  RefittedProduct fitted;
  if (refitted)
    fitted = refit(getProduct(reader), kept, options.ridge);
  std::vector<double> weights(old.elements.size(), 0.0);
  for (auto [at, row] : llvm::enumerate(kept)) {
    ArrayRef<double> from = refitted ? fitted.weights : old.elements;
    llvm::copy(from.slice((refitted ? at : row) * old.columns, old.columns),
               weights.begin() + row * old.columns);
  }
  return {toOperandOrder(reader.op, old, weights),
          refitted ? sumPlaces(old, fitted.bias) : std::vector<double>()};
}

/// Among the bypasses of all blocks.
size_t UnitPruner::numberOfBypass(size_t block) const {
  return llvm::count_if(ArrayRef(blocks).take_front(block),
                        [](const UnitBlock &before) { return !before.flow; });
}

/// One replacement for each reader that loses any row.
UnitPruner::Candidate
UnitPruner::makeCandidate(ArrayRef<llvm::BitVector> removed,
                          bool refitted) const {
  Candidate candidate;
  for (auto [i, reader] : llvm::enumerate(readers)) {
    SmallVector<int64_t> kept = listKept(reader, removed);
    if (int64_t(kept.size()) == reader.weights.rows)
      continue;
    auto [weights, bias] = replace(reader, kept, refitted);
    candidate.products.push_back(
        {i, std::move(weights), std::vector<float>(bias.begin(), bias.end())});
  }
  for (auto [i, gone] : llvm::enumerate(removed))
    if (!blocks[i].flow && gone.any())
      candidate.bypasses.push_back(numberOfBypass(i));
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
                                 options.score == Score::RefitError ||
                                 options.score == Score::LeaveOneOutRefit));
  bool needsTrials =
      options.hasQuality() ||
      (!isGiven && (options.score == Score::LeaveOneOut ||
                    options.score == Score::LeaveOneOutRefit));
  // Without data a refit cannot be made, nor compared.
  if (options.refit == RefitMode::Auto && !runner && !fromFile && !needsTrials &&
      (isGiven || options.score == Score::Weights))
    needsGram = false;
  std::vector<StatisticRequest> requests;
  if (needsGram)
    for (const Reader &reader : readers)
      requests.push_back({reader.op->getOperand(0), ValueStatistics::Gram,
                          getChannelAxis(reader.op)});
  if (!isGiven && options.score == Score::Activation)
    for (const UnitBlock &block : blocks)
      if (!block.flow)
        requests.push_back({block.bypass.to, ValueStatistics::Cosine,
                            block.channelAxis, block.bypass.from});
  if (!requests.empty())
    if (llvm::Error error = findStatistics(module, names, options.statistics, requests)
                                .moveInto(statistics))
      return error;
  bool compares = options.refit == RefitMode::Auto && runner && needsGram;
  if (!needsTrials && !compares)
    return llvm::Error::success();
  if (!runner)
    return llvm::createStringError("samples are needed: the model must be run "
                                   "without what may go (--calib)");
  SmallVector<Operation *> products;
  for (const Reader &reader : readers)
    products.push_back(reader.op);
  SmallVector<Bypass> bypasses;
  for (const UnitBlock &block : blocks)
    if (!block.flow)
      bypasses.push_back(block.bypass);
  auto prepared = runner->prepareTrials(module, products, bypasses);
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

/// What the rows add to the product, or their norm.
double UnitPruner::scoreRows(const Reader &reader,
                             ArrayRef<int64_t> rows) const {
  if (options.score == Score::Activation)
    return contribution(getProduct(reader), rows);
  double sum = 0;
  const WeightMatrix &weights = reader.weights;
  for (int64_t row : rows)
    sum += norm(ArrayRef(weights.elements)
                    .slice(row * weights.columns, weights.columns));
  return sum;
}

llvm::Error UnitPruner::score() {
  if (!options.remove.empty())
    return llvm::Error::success();
  for (UnitBlock &block : blocks)
    block.scores.assign(block.unitCount, 0);
  bool countsLosses = options.score == Score::LeaveOneOut ||
                      options.score == Score::LeaveOneOutRefit;
  if (!countsLosses) {
    for (const Reader &reader : readers) {
      std::optional<RefitLoss> refitLoss;
      if (options.score == Score::RefitError)
        refitLoss.emplace(getProduct(reader), options.ridge);
      for (auto &[block, units] : reader.parts)
        for (int64_t unit = 0; unit < block->unitCount; ++unit) {
          SmallVector<int64_t> rows = listRows(units, block->only(unit));
          block->scores[unit] +=
              refitLoss ? (*refitLoss)(rows) : scoreRows(reader, rows);
        }
    }
    for (UnitBlock &block : blocks)
      if (!block.flow)
        block.scores[0] =
            1 - statistics.values.at(names.get(block.bypass.to).str())
                    .cosines.at(names.get(block.bypass.from).str())
                    .mean();
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
    if (entry.first->flow &&
        (count - 1) * entry.first->weight < options.minPerLayer)
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
    int64_t layer, unit = 0;
    auto [first, second] = text.split(':');
    bool isWhole = llvm::all_of(
        blocks, [](const UnitBlock &block) { return !block.flow; });
    if (first.getAsInteger(10, layer) ||
        (isWhole ? text.contains(':') : second.getAsInteger(10, unit)))
      return llvm::createStringError(
          "'" + text + "' is not LAYER" + (isWhole ? "" : ":NUMBER"));
    auto block = llvm::find_if(
        blocks, [&](const UnitBlock &block) { return block.layer == layer; });
    if (block == blocks.end())
      return llvm::createStringError("'" + text +
                                     "': that layer is left alone, or not there");
    if (unit < 0 || unit >= block->countMembers())
      return llvm::createStringError("'" + text + "': layer " + Twine(layer) +
                                     " has " + Twine(block->countMembers()));
    unit = block->unitOf(unit);
    if (unit < 0)
      return llvm::createStringError("'" + text + "' meets what must stay");
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
    parameters -= double(block->countParameters(block->only(unit)));
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
           (block.countMembers() - int64_t(block.listRemoved().size())) %
                   options.align !=
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
        !llvm::all_of(block.getReaders(), [](const UnitReader &reader) {
          return canReplaceByZeros(reader.op);
        }))
      block.removed.reset(block.unitCount - 1);
}

/// Where a block behind begins with `to`, it begins with `from` now.
void UnitPruner::replaceByInput(const Bypass &bypass) {
  Value from = bypass.from, to = bypass.to;
  to.replaceAllUsesWith(from);
  for (UnitBlock &block : blocks)
    if (block.bypass.from == to)
      block.bypass.from = from;
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

/// A block's units, where they are now that others are gone and biases have come.
/// Other blocks may read the same products.
static void removeUnits(UnitBlock &block, ModuleOp module) {
  if (!block.find)
    return block.flow->remove(block.removed);
  ShapeInference shapes(module.getContext());
  shapes.run(module.lookupSymbol<func::FuncOp>("main"));
  block.find(shapes)->remove(block.removed);
}

void UnitPruner::apply() {
  std::vector<llvm::BitVector> removed = listRemoved();
  for (Reader &reader : readers) {
    SmallVector<int64_t> kept = listKept(reader, removed);
    if (!useRefit || int64_t(kept.size()) == reader.weights.rows)
      continue;
    // The flows take away the rows that are 0 anyway.
    auto [weights, bias] = replace(reader, kept, /*refitted=*/true);
    replaceWeights(reader.op, weights);
    addBias(reader.op, bias);
  }
  for (UnitBlock &block : blocks) {
    if (block.removed.none())
      continue;
    if (!block.flow)
      replaceByInput(block.bypass);
    else if (!block.removed.all())
      removeUnits(block, module);
    else
      for (const UnitReader &reader : block.getReaders())
        replaceByZeros(reader.op);
  }
  eraseDeadOps(module);
}

llvm::Error UnitPruner::run() {
  parametersBefore = graph::countParameters(module).others;
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
  parametersAfter = graph::countParameters(module).others;
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
    removed += int64_t(block.listRemoved().size());
    units += block.countMembers();
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
  if (!block.flow) {
    if (block.removed.any())
      emitRemark(loc) << "layer " << block.layer << " removed";
    return;
  }
  std::string text;
  SmallVector<int64_t> removed = block.listRemoved();
  if (listsRemoved)
    for (int64_t member : removed)
      text += (text.empty() ? ": " : ", ") + std::to_string(member);
  emitRemark(loc) << "layer " << block.layer << ": " << removed.size() << " of "
                  << block.countMembers() << " " << units << " removed" << text;
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
