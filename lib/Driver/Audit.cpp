#include "graphopt/Driver/Audit.h"
#include "HostRunner.h"
#include "LayerAudit.h"
#include "LoadModel.h"
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

Verdict graphopt::judge(const OutputMetrics &metrics,
                        const AuditOptions &options) {
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
    if (llvm::Error error = auditLayers(*a->module, *b->module, runner, report))
      return error;
  return report;
}
