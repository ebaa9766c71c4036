// The command: compile, run, bench, report, statistics, audit.
#include "Flags.h"
#include "graphopt/Driver/Audit.h"
#include "graphopt/Driver/Bench.h"
#include "graphopt/Driver/CollectStatistics.h"
#include "graphopt/Driver/Compiler.h"
#include "graphopt/Driver/Report.h"
#include "graphopt/Driver/Run.h"
#include "graphopt/Support/OutputFile.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/WithColor.h"
#include <chrono>
#include <fmt/format.h>

using namespace graphopt;
namespace cl = llvm::cl;

static constexpr const char *examples = R"(
EXAMPLES:

  Compile a model, its dimensions as they are, into out/libminilm.a and out/minilm.h:
    graphopt compile minilm.onnx -o out

  The same for one sequence of 128 tokens:
    graphopt compile minilm.onnx -o out --shape input_ids=1x128 --shape attention_mask=1x128

  Run it and compare with a reference (exit code 1 if they differ, 2 on an error):
    graphopt run out --inputs in.npz --expect ref.npz --tolerance 2e-5

  Measure it:
    graphopt bench out --threads 1 --ms 2000 --dim batch=1 --json b.json

  What it takes by itself: parameters, multiply-accumulates, bytes, by node:
    graphopt report minilm.onnx --shape input_ids=1x128 --top 10

  How near is a compressed model, layer by layer (exit code 1 if it is too far):
    graphopt audit minilm.onnx small.onnx --data samples --per-layer

  Write it as ONNX again, without what is dead or constant:
    graphopt compile minilm.onnx --emit=onnx -o small

  'graphopt compile --help' lists the options of a command.
)";

static constexpr int exitDiffers = 1, exitError = 2;

static cl::SubCommand compileCommand("compile", "Compile an ONNX model");
static cl::SubCommand runCommand("run", "Run a compiled model");
static cl::SubCommand benchCommand("bench", "Measure a compiled model");
static cl::SubCommand reportCommand("report",
                                    "Count a model's parameters, MACs and bytes");
static cl::SubCommand
    statisticsCommand("statistics", "Observe a model's values on samples");

static cl::SubCommand auditCommand("audit", "Compare two models on samples");

static cl::opt<std::string> modelPath(cl::Positional, cl::desc("MODEL.onnx"),
                                      cl::sub(compileCommand),
                                      cl::sub(reportCommand),
                                      cl::sub(statisticsCommand));
static cl::opt<bool> printPipeline(
    "print-pipeline",
    cl::desc("Print each stage's passes as a flag for graphopt-opt, and stop"),
    cl::cat(flagCategory()), cl::sub(compileCommand));
static cl::opt<std::string> folder(cl::Positional, cl::Required,
                                   cl::desc("DIR"), cl::sub(runCommand),
                                   cl::sub(benchCommand));
static cl::list<std::string> auditedModels(cl::Positional, cl::desc("A B"),
                                           cl::sub(auditCommand));
static cl::opt<bool> quiet("quiet", cl::desc("Say nothing but errors"),
                           cl::cat(flagCategory()),
                           cl::sub(cl::SubCommand::getAll()));
static cl::opt<bool> verbose("verbose", cl::desc("Say more"),
                             cl::cat(flagCategory()),
                             cl::sub(cl::SubCommand::getAll()));

static CompileOptions compileOptions;
static RunOptions runOptions;
static BenchOptions benchOptions;
static ReportOptions reportOptions;
static StatisticsOptions statisticsOptions;
static AuditOptions auditOptions;

static void addFlags() {
#define COMPILE_OPTION(type, field, flag, initial, value, help)                \
  addFlag(compileCommand, compileOptions.field, flag, value, help);
#define RUN_OPTION(type, field, flag, initial, value, help)                    \
  addFlag(runCommand, runOptions.field, flag, value, help);
#define BENCH_OPTION(type, field, flag, initial, value, help)                  \
  addFlag(benchCommand, benchOptions.field, flag, value, help);
#define REPORT_OPTION(type, field, flag, initial, value, help)                 \
  addFlag(reportCommand, reportOptions.field, flag, value, help);
#define STATISTICS_OPTION(type, field, flag, initial, value, help)             \
  addFlag(statisticsCommand, statisticsOptions.field, flag, value, help);
#define AUDIT_OPTION(type, field, flag, initial, value, help)                  \
  addFlag(auditCommand, auditOptions.field, flag, value, help);
#include "graphopt/Driver/Options.def"
}

static int fail(llvm::Error error) {
  llvm::WithColor::error(llvm::errs(), "graphopt")
      << llvm::toString(std::move(error)) << '\n';
  return exitError;
}

/// A bar on stderr while a model runs on samples.
static void showBar(llvm::StringRef task, size_t done, size_t total) {
  constexpr size_t width = 30;
  if (quiet || !llvm::sys::Process::StandardErrIsDisplayed())
    return;
  llvm::errs() << fmt::format("\r  {:<10} [{:<{}}] {}/{}{}", task.str(),
                              std::string(width * done / total, '='), width,
                              done, total, done == total ? "\n" : "");
}

namespace {
/// Progress on stderr: one line a stage, what the model needs, and warnings.
class Progress : public CompileObserver {
public:
  void beginStage(llvm::StringRef) override { start = Clock::now(); }
  void endStage(llvm::StringRef stage) override {
    std::chrono::duration<double> time = Clock::now() - start;
    if (showStages)
      llvm::errs() << fmt::format("  {:<8} {:7.2f} s\n", stage.str(),
                                  time.count());
  }
  void showWorkspace(const WorkspacePlan &plan) {
    if (!showStages)
      return;
    llvm::errs() << fmt::format("  workspace {} bytes, at least {}", plan.bytes,
                                plan.lowerBound);
    if (plan.sampleExtent > 0)
      llvm::errs() << fmt::format(", if each open dimension is {}",
                                  plan.sampleExtent);
    llvm::errs() << '\n';
  }
  void warn(llvm::StringRef text) override {
    if (!quiet)
      llvm::WithColor::warning(llvm::errs(), "graphopt") << text << '\n';
  }
  void remark(llvm::StringRef text) override {
    if (verbose)
      llvm::WithColor::remark(llvm::errs(), "graphopt") << text << '\n';
  }
  void progress(llvm::StringRef task, size_t done, size_t total) override {
    showBar(task, done, total);
  }

private:
  using Clock = std::chrono::steady_clock;
  bool showStages =
      verbose || (!quiet && llvm::sys::Process::StandardErrIsDisplayed());
  Clock::time_point start;
};
} // namespace

namespace {
class ProgressBar : public RunProgress {
public:
  void show(llvm::StringRef task, size_t done, size_t total) override {
    showBar(task, done, total);
  }
};
} // namespace

static int statistics() {
  if (modelPath.empty())
    return fail(llvm::createStringError("statistics of which model? See "
                                        "'graphopt statistics --help'"));
  ProgressBar bar;
  auto files = collectStatistics(modelPath, statisticsOptions, &bar);
  if (!files)
    return fail(files.takeError());
  if (!quiet)
    for (const std::string &file : *files)
      llvm::outs() << file << '\n';
  return 0;
}

static int compile() {
  if (printPipeline) {
    llvm::Error error = printPipelines(compileOptions, llvm::outs());
    return error ? fail(std::move(error)) : 0;
  }
  if (modelPath.empty())
    return fail(llvm::createStringError("compile which model? See 'graphopt "
                                        "compile --help'"));
  Progress progress;
  auto artifact = compileModel(modelPath, compileOptions, &progress);
  if (!artifact)
    return fail(artifact.takeError());
  if (artifact->workspace)
    progress.showWorkspace(*artifact->workspace);
  if (!quiet)
    for (const std::string &file : artifact->files)
      llvm::outs() << file << '\n';
  return 0;
}

static int run() {
  auto report = runModel(folder, runOptions);
  if (!report)
    return fail(report.takeError());
  if (!quiet)
    report->print(llvm::outs());
  return report->passed() ? 0 : exitDiffers;
}

/// Prints a report, and writes it as JSON if a file is given.
template <typename Report>
static int show(const Report &report, llvm::StringRef jsonFile) {
  if (!quiet)
    report.print(llvm::outs());
  if (jsonFile.empty())
    return 0;
  llvm::Error error = writeOutputFile(jsonFile, [&](llvm::raw_ostream &os) {
    report.printJson(os);
    return llvm::Error::success();
  });
  return error ? fail(std::move(error)) : 0;
}

static int bench() {
  auto report = benchModel(folder, benchOptions);
  return report ? show(*report, benchOptions.jsonFile) : fail(report.takeError());
}

static int report() {
  if (modelPath.empty())
    return fail(llvm::createStringError("report on which model? See 'graphopt "
                                        "report --help'"));
  auto report = reportModel(modelPath, reportOptions);
  return report ? show(*report, reportOptions.jsonFile) : fail(report.takeError());
}

static int audit() {
  if (auditedModels.size() != 2)
    return fail(llvm::createStringError("audit which two models? See 'graphopt "
                                        "audit --help'"));
  ProgressBar bar;
  auto report = auditModels(auditedModels[0], auditedModels[1], auditOptions, &bar);
  if (!report)
    return fail(report.takeError());
  if (int code = show(*report, auditOptions.reportFile))
    return code;
  return report->verdict() == Verdict::Fail ? exitDiffers : 0;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  addFlags();
  cl::SetVersionPrinter([](llvm::raw_ostream &os) {
    os << "graphopt " GRAPHOPT_VERSION " (LLVM " LLVM_VERSION_STRING ")\n";
  });
  cl::extrahelp moreHelp(examples);
  for (cl::SubCommand *command : {&cl::SubCommand::getTopLevel(),
                                  &compileCommand, &runCommand, &benchCommand,
                                  &reportCommand, &statisticsCommand, &auditCommand})
    cl::HideUnrelatedOptions(flagCategory(), *command);
  std::string message;
  llvm::raw_string_ostream errors(message);
  if (!cl::ParseCommandLineOptions(
          argc, argv,
          "graphopt compiles ONNX models ahead of time into static libraries\n",
          &errors)) {
    llvm::StringRef text = llvm::StringRef(message).trim();
    text.consume_front("graphopt: ");
    // LLVM prints what is wrong with a value itself.
    return fail(llvm::createStringError(
        text.empty() ? "bad option; see 'graphopt --help'" : text));
  }
  if (compileCommand)
    return compile();
  if (runCommand)
    return run();
  if (benchCommand)
    return bench();
  if (reportCommand)
    return report();
  if (statisticsCommand)
    return statistics();
  if (auditCommand)
    return audit();
  return fail(llvm::createStringError("compile, run, bench, report, statistics or "
                                      "audit? See 'graphopt --help'"));
}
