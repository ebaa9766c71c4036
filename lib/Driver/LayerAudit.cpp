#include "LayerAudit.h"
#include "Instrument.h"
#include "MatchLayers.h"

using namespace graphopt;
using namespace mlir;
namespace json = llvm::json;

namespace {
/// Agreement on each sample, of each layer.
using LayerAgreements = std::vector<std::vector<OutputAgreement>>;

class LayerRunner {
public:
  LayerRunner(ModuleOp first, ModuleOp second, ArrayRef<Layer> layers,
              const HostRunner &runner)
      : first(first), second(second), layers(layers), runner(runner) {}

  /// Runs the second model and compares its layers with the first's.
  ///
  /// \param isolated  whether each layer reads what the first model computed.
  llvm::Expected<std::vector<OutputMetrics>> run(bool isolated);

private:
  llvm::Error runSample(const CompiledCopy &reference, const CompiledCopy &copy,
                        const std::string &file, bool isolated,
                        LayerAgreements &agreements);

  ModuleOp first, second;
  ArrayRef<Layer> layers;
  const HostRunner &runner;
};
} // namespace

llvm::Error LayerRunner::runSample(const CompiledCopy &reference,
                                   const CompiledCopy &copy,
                                   const std::string &file, bool isolated,
                                   LayerAgreements &agreements) {
  const HostRunnerOptions &options = runner.getOptions();
  auto run = [&](const CompiledCopy &model, std::vector<HostTensor> inputs)
      -> llvm::Expected<std::unique_ptr<Session>> {
    auto session = model.start(file, std::move(inputs), options.threads);
    if (!session)
      return session.takeError();
    if (llvm::Error error = (*session)->run())
      return llvm::createFileError(file, std::move(error));
    return session;
  };
  auto sample = reference.load(file, 0, options.mask);
  if (!sample)
    return sample.takeError();
  auto expected = run(reference, std::move(sample->inputs));
  if (!expected)
    return expected.takeError();
  auto inputs = copy.load(file, isolated ? layers.size() : 0, options.mask);
  if (!inputs)
    return inputs.takeError();
  if (isolated) {
    auto fed = cloneAll((*expected)->outputs());
    if (!fed)
      return fed.takeError();
    auto ports = copy.library->inputs().take_back(layers.size());
    for (auto [tensor, port] : llvm::zip_equal(*fed, ports)) {
      tensor.setName(port.name);
      inputs->inputs.push_back(std::move(tensor));
    }
  }
  auto actual = run(copy, std::move(inputs->inputs));
  if (!actual)
    return actual.takeError();
  for (size_t i = 0; i < layers.size(); ++i)
    agreements[i].push_back(compareRows(
        (*actual)->outputs()[i], (*expected)->outputs()[i], sample->mask));
  return llvm::Error::success();
}

llvm::Expected<std::vector<OutputMetrics>> LayerRunner::run(bool isolated) {
  auto firsts = llvm::map_to_vector(layers, [](auto &layer) { return layer.first; });
  auto seconds =
      llvm::map_to_vector(layers, [](auto &layer) { return layer.second; });
  auto reference = CompiledCopy::compile(copyWithOutputs(first, firsts));
  if (!reference)
    return reference.takeError();
  auto copy = CompiledCopy::compile(isolated ? copyWithFedValues(second, seconds)
                                             : copyWithOutputs(second, seconds));
  if (!copy)
    return copy.takeError();
  auto parsed = copy->runForJson([&]() -> llvm::Expected<json::Value> {
    ArrayRef<std::string> files =
        runner.getSamples().get(graph::Split::Evaluate);
    LayerAgreements agreements(layers.size());
    for (auto [i, sample] : llvm::enumerate(files)) {
      if (llvm::Error error =
              runSample(*reference, *copy, sample, isolated, agreements))
        return error;
      runner.showProgress(isolated ? "layers" : "in all", i + 1, files.size());
    }
    json::Array metrics;
    for (const auto &samples : agreements)
      metrics.push_back(summarizeSamples(samples).toJson());
    return std::move(metrics);
  });
  if (!parsed)
    return parsed.takeError();
  std::vector<OutputMetrics> metrics;
  for (const json::Value &value : *parsed->getAsArray())
    metrics.push_back(OutputMetrics::fromJson(*value.getAsObject()));
  return metrics;
}

llvm::Error graphopt::auditLayers(ModuleOp first, ModuleOp second,
                                  const HostRunner &runner, AuditReport &report) {
  LayerMatch match = matchLayers(first.lookupSymbol<func::FuncOp>("main"),
                                 second.lookupSymbol<func::FuncOp>("main"));
  report.hasLayers = true;
  report.others = std::move(match.others);
  if (match.layers.empty())
    return llvm::createStringError("the models have no nodes with weights in "
                                   "common, by their names and shapes");
  LayerRunner layers(first, second, match.layers, runner);
  auto cumulative = layers.run(/*isolated=*/false);
  if (!cumulative)
    return cumulative.takeError();
  auto isolated = layers.run(/*isolated=*/true);
  if (!isolated)
    return isolated.takeError();
  SmallVector<size_t> order = llvm::to_vector(llvm::seq(match.layers.size()));
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::tuple((*isolated)[a].sqnrDb, a) <
           std::tuple((*isolated)[b].sqnrDb, b);
  });
  for (size_t i : order)
    report.layers.push_back({match.layers[i].name, match.layers[i].op,
                             (*isolated)[i], (*cumulative)[i]});
  return llvm::Error::success();
}
