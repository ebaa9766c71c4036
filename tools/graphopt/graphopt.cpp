// The command: run, bench.
#include "Flags.h"
#include "graphopt/Driver/Bench.h"
#include "graphopt/Driver/Compiler.h"
#include "graphopt/Driver/Run.h"
#include "graphopt/Support/OutputFile.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"

using namespace graphopt;
namespace cl = llvm::cl;

static constexpr const char *examples = R"(
EXAMPLES:

  Run it and compare with a reference (exit code 1 if they differ, 2 on an error):
    graphopt run out --inputs in.npz --expect ref.npz --tolerance 2e-5

  Measure it:
    graphopt bench out --threads 1 --ms 2000 --dim batch=1 --json b.json

  'graphopt run --help' lists the options of a command.
)";

static constexpr int exitDiffers = 1, exitError = 2;

static cl::SubCommand runCommand("run", "Run a compiled model");
static cl::SubCommand benchCommand("bench", "Measure a compiled model");

static cl::opt<std::string> folder(cl::Positional, cl::Required,
                                   cl::desc("DIR"), cl::sub(runCommand),
                                   cl::sub(benchCommand));
static cl::opt<bool> quiet("quiet", cl::desc("Say nothing but errors"),
                           cl::cat(flagCategory()),
                           cl::sub(cl::SubCommand::getAll()));
static cl::opt<bool> verbose("verbose", cl::desc("Say more"),
                             cl::cat(flagCategory()),
                             cl::sub(cl::SubCommand::getAll()));

static RunOptions runOptions;
static BenchOptions benchOptions;

static void addFlags() {
#define RUN_OPTION(type, field, flag, initial, value, help)                    \
  addFlag(runCommand, runOptions.field, flag, value, help);
#define BENCH_OPTION(type, field, flag, initial, value, help)                  \
  addFlag(benchCommand, benchOptions.field, flag, value, help);
#include "graphopt/Driver/Options.def"
}

static int fail(llvm::Error error) {
  llvm::WithColor::error(llvm::errs(), "graphopt")
      << llvm::toString(std::move(error)) << '\n';
  return exitError;
}

static int run() {
  auto report = runModel(folder, runOptions);
  if (!report)
    return fail(report.takeError());
  if (!quiet)
    report->print(llvm::outs());
  return report->passed() ? 0 : exitDiffers;
}

static int bench() {
  auto report = benchModel(folder, benchOptions);
  if (!report)
    return fail(report.takeError());
  if (!quiet)
    report->print(llvm::outs());
  if (benchOptions.jsonFile.empty())
    return 0;
  llvm::Error error =
      writeOutputFile(benchOptions.jsonFile, [&](llvm::raw_ostream &os) {
        report->printJson(os);
        return llvm::Error::success();
      });
  return error ? fail(std::move(error)) : 0;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  addFlags();
  cl::SetVersionPrinter([](llvm::raw_ostream &os) {
    os << "graphopt " GRAPHOPT_VERSION " (LLVM " LLVM_VERSION_STRING ")\n";
  });
  cl::extrahelp moreHelp(examples);
  for (cl::SubCommand *command : {&cl::SubCommand::getTopLevel(),
                                  &runCommand, &benchCommand})
    cl::HideUnrelatedOptions(flagCategory(), *command);
  cl::ParseCommandLineOptions(
      argc, argv, "graphopt compiles ONNX models ahead of time into static "
                  "libraries\n");
  if (runCommand)
    return run();
  if (benchCommand)
    return bench();
  llvm::errs() << "graphopt: run or bench? See 'graphopt --help'\n";
  return exitError;
}
