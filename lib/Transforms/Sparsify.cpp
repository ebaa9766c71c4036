#include "graphopt/Compress/Sparsify.h"
#include "UnitRewriting.h"
#include "WeightMatrix.h"
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/ModelRunner.h"
#include "dialects/Graph/ValueNames.h"
#include "graphopt/Compress/Recipe.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"

namespace graphopt {
#define GEN_PASS_DEF_SPARSIFYWEIGHTS
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;
namespace json = llvm::json;

namespace {
/// A product whose weights get zeros.
struct Layer {
  Operation *op;
  WeightMatrix weights;
  int64_t zeros = 0;
  std::optional<ProductAgreement> agreement = std::nullopt;

  DenseWeights dense() const {
    return {weights.elements, weights.columns, weights.places};
  }
};

class Sparsifier {
public:
  Sparsifier(ModuleOp module, const SparsifyOptions &options,
             const SparsePattern &pattern)
      : module(module), options(options), pattern(pattern),
        runner(findModelRunner(module.getContext())),
        names(module.lookupSymbol<func::FuncOp>("main")) {}

  llvm::Error run();
  json::Object describe() const;

private:
  void findLayers();
  llvm::Error collect();
  void sparsify(Layer &layer);
  json::Object describe(const Layer &layer) const;

  ModuleOp module;
  const SparsifyOptions &options;
  SparsePattern pattern;
  const ModelRunner *runner;
  ValueNames names;
  std::vector<Layer> layers;
  json::Array leftAlone;
  std::optional<Statistics> statistics;
};
} // namespace

void Sparsifier::findLayers() {
  llvm::StringSet<> kept;
  for (const std::string &name : options.keep)
    kept.insert(name);
  for (Operation &op : module.lookupSymbol<func::FuncOp>("main").front()) {
    if (!isa<MatMulOp, GemmOp, ConvOp>(op) ||
        !matchPattern(op.getOperand(1), m_Constant()))
      continue;
    auto weights = readWeightMatrix(&op);
    bool isKept = kept.contains(getNodeName(op.getLoc()));
    if (weights && !isKept) {
      layers.push_back({&op, std::move(*weights)});
      continue;
    }
    StringRef reason = isKept ? "it is to be kept"
                              : "its weights are no f32 matrix, or have groups";
    op.emitRemark("weights left alone: ") << reason;
    leftAlone.push_back(json::Object{{"node", getNodeName(op.getLoc())},
                                     {"reason", reason}});
  }
}

/// Gram matrices of all inputs, from a file or a run; not needed, but welcome for
/// the report, by magnitude.
llvm::Error Sparsifier::collect() {
  bool isNeeded = options.method == SparsifyMethod::SecondOrder;
  if (options.statistics.empty() && !runner) {
    if (isNeeded)
      return llvm::createStringError("samples or a file of statistics are "
                                     "needed (--calib, statistics=FILE)");
    return llvm::Error::success();
  }
  std::vector<StatisticRequest> requests;
  for (const Layer &layer : layers)
    requests.push_back({layer.op->getOperand(0), ValueStatistics::Gram,
                        getChannelAxis(layer.op)});
  auto found = findStatistics(module, names, options.statistics, requests);
  if (!found)
    return found.takeError();
  statistics = std::move(*found);
  return llvm::Error::success();
}

void Sparsifier::sparsify(Layer &layer) {
  std::vector<double> weights, bias;
  std::optional<Product> product;
  if (statistics)
    product.emplace(Product{
        statistics->values.at(names.get(layer.op->getOperand(0)).str()),
        layer.weights.elements, layer.weights.columns});
  if (options.method == SparsifyMethod::SecondOrder) {
    RefittedProduct fitted = sparsifyBySecondOrder(
        *product, layer.dense(), pattern, options.ratio, options.damping);
    weights = std::move(fitted.weights);
    bias = std::move(fitted.bias);
  } else {
    weights = sparsifyByMagnitude(layer.dense(), pattern, options.ratio);
  }
  layer.zeros = llvm::count(weights, 0.0);
  if (product)
    layer.agreement = compareProducts(*product, weights, bias);
  replaceWeights(layer.op, toOperandOrder(layer.op, layer.weights, weights));
  if (!bias.empty())
    addBias(layer.op, sumPlaces(layer.weights, bias));
}

llvm::Error Sparsifier::run() {
  findLayers();
  if (layers.empty())
    return llvm::Error::success();
  if (llvm::Error error = collect())
    return error;
  for (Layer &layer : layers) {
    sparsify(layer);
    double share = double(layer.zeros) /
                   double(std::max<size_t>(layer.weights.elements.size(), 1));
    layer.op->emitRemark() << llvm::formatv("{0:P1} of its weights are zero",
                                            share)
                                  .str();
  }
  eraseDeadOps(module);
  return llvm::Error::success();
}

json::Object Sparsifier::describe(const Layer &layer) const {
  int64_t elements = layer.weights.elements.size();
  json::Object object{
      {"node", getNodeName(layer.op->getLoc())},
      {"inputs", layer.weights.rows},
      {"outputs", layer.weights.outputs()},
      {"weights", elements},
      {"zeros", layer.zeros},
      {"bytes", elements * int64_t(sizeof(float))},
      {"bytes_compressed",
       countSparseBytes(elements, layer.zeros, sizeof(float), pattern)}};
  if (layer.agreement) {
    object["cosine"] = layer.agreement->cosine;
    object["sqnr_db"] = std::isfinite(layer.agreement->sqnrDb)
                            ? json::Value(layer.agreement->sqnrDb)
                            : json::Value(nullptr);
  }
  return object;
}

json::Object Sparsifier::describe() const {
  json::Array list;
  int64_t elements = 0, zeros = 0, compressed = 0;
  for (const Layer &layer : layers) {
    int64_t size = layer.weights.elements.size();
    elements += size;
    zeros += layer.zeros;
    compressed += countSparseBytes(size, layer.zeros, sizeof(float), pattern);
    list.push_back(describe(layer));
  }
  return json::Object{{"pattern", options.pattern},
                      {"method", sparsifyMethodName(options.method)},
                      {"weights", elements},
                      {"zeros", zeros},
                      {"bytes", elements * int64_t(sizeof(float))},
                      {"bytes_compressed", compressed},
                      {"layers", std::move(list)},
                      {"left_alone", json::Array(leftAlone)}};
}

namespace {
struct SparsifyWeights
    : graphopt::impl::SparsifyWeightsBase<SparsifyWeights> {
  using SparsifyWeightsBase::SparsifyWeightsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::string problem;
    SparsifyOptions options;
    options.pattern = pattern;
    options.ratio = ratio;
    options.damping = damping;
    options.keep.assign(keep.begin(), keep.end());
    options.statistics = statistics;
    auto parsed = SparsePattern::parse(pattern.getValue());
    if (!parsed)
      problem = "there is no pattern '" + pattern + "'";
    if (auto known = parseSparsifyMethod(method.getValue()))
      options.method = *known;
    else
      problem = "there is no method '" + method + "'";
    if (!module.lookupSymbol<func::FuncOp>("main"))
      problem = "there is no function 'main'";
    if (!problem.empty()) {
      emitError(UnknownLoc::get(&getContext()), problem);
      return signalPassFailure();
    }
    Sparsifier sparsifier(module, options, *parsed);
    if (llvm::Error error = sparsifier.run()) {
      emitError(UnknownLoc::get(&getContext()))
          << "sparsifying: " << llvm::toString(std::move(error));
      return signalPassFailure();
    }
    if (const ModelRunner *runner = findModelRunner(&getContext()))
      runner->report("sparsify", sparsifier.describe());
    json::Value what = json::Object{
        {"pattern", options.pattern},
        {"method", sparsifyMethodName(options.method)},
        {"ratio", parsed->of > 0 ? 1 - double(parsed->keep) / double(parsed->of)
                                 : options.ratio}};
    module->setAttr("graph.sparsity",
                    StringAttr::get(&getContext(),
                                    llvm::formatv("{0}", what).str()));
  }
};
} // namespace
