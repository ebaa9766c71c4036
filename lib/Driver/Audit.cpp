#include "graphopt/Driver/Audit.h"
#include "HostRunner.h"
#include "Instrument.h"
#include "LoadModel.h"
#include "MatchLayers.h"
#include "graphopt/Driver/HostEvaluator.h"
#include "graphopt/Pipeline/Pipelines.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace graphopt;
using namespace mlir;
namespace json = llvm::json;

namespace {
/// One of the two: its library, and its operators if there is an ONNX file.
struct Side {
  OwningOpRef<ModuleOp> module;
  CompiledCopy copy;
};

/// Agreement on each sample, of each layer.
using LayerAgreements = std::vector<std::vector<OutputAgreement>>;

class LayerRunner {
public:
  LayerRunner(ModuleOp first, ModuleOp second, ArrayRef<Layer> layers,
              ArrayRef<std::string> files, const AuditOptions &options,
              RunProgress *progress)
      : first(first), second(second), layers(layers), files(files),
        options(options), progress(progress) {}

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
  ArrayRef<std::string> files;
  const AuditOptions &options;
  RunProgress *progress;
};
} // namespace

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

static bool isLibrary(StringRef path) {
  StringRef extension = llvm::sys::path::extension(path);
  return llvm::sys::fs::is_directory(path) || extension == ".a" ||
         extension == ".so";
}

static llvm::Expected<Side> loadSide(MLIRContext &context, StringRef path,
                                     const AuditOptions &options) {
  if (isLibrary(path)) {
    if (options.perLayer)
      return llvm::createStringError("--per-layer needs the ONNX file: '" + path +
                                     "' is compiled");
    auto folder = ScratchFolder::create();
    if (!folder)
      return folder.takeError();
    auto library = Library::load(path);
    if (!library)
      return library.takeError();
    return Side{{}, {std::move(*folder), std::move(*library)}};
  }
  auto module = loadModel(context, path, options.shapes);
  if (!module)
    return module.takeError();
  auto copy = CompiledCopy::compile(
      OwningOpRef<ModuleOp>(cast<ModuleOp>((**module)->clone())));
  if (!copy)
    return llvm::createFileError(path, copy.takeError());
  return Side{std::move(*module), std::move(*copy)};
}

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

static Verdict judge(const OutputMetrics &metrics, const AuditOptions &options) {
  if (options.minTop1 > 0)
    return metrics.top1.mean >= options.minTop1 ? Verdict::Pass : Verdict::Fail;
  return metrics.sqnrDb >= options.passDb       ? Verdict::Pass
         : metrics.sqnrDb >= options.expectedDb ? Verdict::Expected
         : metrics.sqnrDb >= options.warnDb     ? Verdict::Warn
                                                : Verdict::Fail;
}

static llvm::Error auditOutputs(const Library &library, const json::Object &found,
                                const AuditOptions &options,
                                AuditReport &report) {
  llvm::SmallDenseSet<StringRef> wanted(options.outputs.begin(),
                                        options.outputs.end());
  for (const graphopt_port &port : library.outputs()) {
    bool isWanted = options.outputs.empty() ? isFloat(DType(port.dtype))
                                            : wanted.erase(port.name);
    if (!isWanted)
      continue;
    OutputMetrics metrics = OutputMetrics::fromJson(*found.getObject(port.name));
    report.outputs.push_back({port.name, metrics, judge(metrics, options)});
  }
  if (!wanted.empty())
    return llvm::createStringError("the first model has no output '" +
                                   *wanted.begin() + "'");
  if (report.outputs.empty())
    return llvm::createStringError("no output has floating-point numbers; name "
                                   "those to compare by --output");
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

llvm::Error LayerRunner::runSample(const CompiledCopy &reference,
                                   const CompiledCopy &copy,
                                   const std::string &file, bool isolated,
                                   LayerAgreements &agreements) {
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
    LayerAgreements agreements(layers.size());
    for (auto [i, sample] : llvm::enumerate(files)) {
      if (llvm::Error error =
              runSample(*reference, *copy, sample, isolated, agreements))
        return error;
      if (progress)
        progress->show(isolated ? "layers" : "in all", i + 1, files.size());
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

static llvm::Error auditLayers(const Side &first, const Side &second,
                               ArrayRef<std::string> files,
                               const AuditOptions &options, RunProgress *progress,
                               AuditReport &report) {
  ModuleOp modules[] = {first.module.get(), second.module.get()};
  LayerMatch match = matchLayers(modules[0].lookupSymbol<func::FuncOp>("main"),
                                 modules[1].lookupSymbol<func::FuncOp>("main"));
  report.hasLayers = true;
  report.others = std::move(match.others);
  if (match.layers.empty())
    return llvm::createStringError("the models have no nodes with weights in "
                                   "common, by their names and shapes");
  LayerRunner runner(modules[0], modules[1], match.layers, files, options,
                     progress);
  auto cumulative = runner.run(/*isolated=*/false);
  if (!cumulative)
    return cumulative.takeError();
  auto isolated = runner.run(/*isolated=*/true);
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

llvm::Expected<AuditReport> graphopt::auditModels(StringRef first,
                                                  StringRef second,
                                                  const AuditOptions &options,
                                                  RunProgress *progress) {
  if (options.data.empty())
    return llvm::createStringError("--data is missing: compare on which samples?");
  DialectRegistry registry;
  registerCompilerDialects(registry);
  registerHostEvaluator(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  auto samples = Samples::findAll(options.data, graph::Split::Evaluate);
  if (!samples)
    return samples.takeError();
  llvm::Expected<Side> a = loadSide(context, first, options);
  if (!a)
    return a.takeError();
  llvm::Expected<Side> b = loadSide(context, second, options);
  if (!b)
    return b.takeError();
  HostRunner runner(context.getOrLoadDialect<graph::GraphDialect>(),
                    std::move(*samples), {options.mask, options.threads}, progress);
  auto outputs = runner.compare(a->copy, b->copy);
  if (!outputs)
    return outputs.takeError();
  AuditReport report{first.str(), second.str()};
  report.sensitiveDb = options.sensitiveDb;
  report.top = options.top;
  if (llvm::Error error =
          auditOutputs(*a->copy.library, *outputs, options, report))
    return error;
  if (options.perLayer)
    if (llvm::Error error =
            auditLayers(*a, *b, runner.getSamples().get(graph::Split::Evaluate),
                        options, progress, report))
      return error;
  return report;
}
