#include "graphopt/Driver/Compiler.h"
#include "Compression.h"
#include "Diagnostics.h"
#include "StageDump.h"
#include "UseOrder.h"
#include "graphopt/Driver/HostEvaluator.h"
#include "graphopt/Emit/Emit.h"
#include "graphopt/Export/Export.h"
#include "graphopt/Import/Import.h"
#include "graphopt/Pipeline/Pipelines.h"
#include "graphopt/Target/Target.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/TargetParser/Triple.h"

using namespace graphopt;
using namespace mlir;
using llvm::StringRef;
namespace fs = llvm::sys::fs;

static constexpr StringRef kListing = "graph.txt";

namespace {
/// One compilation. Written files are removed unless it ends well.
class Compilation {
public:
  /// \param listing  what the name of a listing of the nodes has behind the
  ///                 model's.
  Compilation(StringRef modelPath, const CompileOptions &options,
              CompileObserver *observer, StringRef listing = kListing)
      : modelPath(modelPath), options(options), observer(observer),
        listing(options.debugInfo ? listing : ""),
        context(makeRegistry(), MLIRContext::Threading::DISABLED),
        diagnostics(context, observer) {}

  llvm::Expected<Artifact> run();

  /// The module after the stage llvm; belongs to this.
  llvm::Expected<ModuleOp> lower();

private:
  static DialectRegistry makeRegistry();

  llvm::Error compile();
  llvm::Error runStages();
  llvm::Error load();
  llvm::Error renameModel();
  llvm::Error runStage(Stage stage);
  llvm::Error compress();
  llvm::Error dump(Stage stage, StringRef folder, StringRef name,
                   std::vector<std::string> &written);
  llvm::Error dumpIfAsked(Stage stage);
  llvm::Error writeModule();
  llvm::Error emit();
  llvm::Error emitKernelFiles();
  llvm::Error emitOnnx();
  std::optional<WorkspacePlan> findWorkspace();
  bool writesOnnx() const { return options.lastStage == Stage::Onnx; }
  bool writesKernels() const {
    return options.lastStage == Stage::Ptx || options.lastStage == Stage::Cubin;
  }
  Stage lastModuleStage() const {
    return writesOnnx() ? Stage::Graph : std::min(options.lastStage, Stage::LLVM);
  }

  template <typename Step> llvm::Error step(StringRef name, Step &&run) {
    if (observer)
      observer->beginStage(name);
    llvm::Error error = run();
    if (observer && !error)
      observer->endStage(name);
    return error;
  }

  StringRef modelPath;
  const CompileOptions &options;
  CompileObserver *observer;
  std::string listing; ///< empty: none
  MLIRContext context;
  DiagnosticCollector diagnostics;
  CpuModel cpu;
  OwningOpRef<ModuleOp> module;
  Stage done = Stage::Import; // the last stage that the module went through
  std::vector<std::string> files;
};
} // namespace

/// The CPU, on the system that --target-triple names.
static llvm::Expected<CpuModel> findTarget(const CompileOptions &options) {
  llvm::Expected<CpuModel> cpu = findCpuModel(options.cpu);
  if (!cpu || options.targetTriple.empty())
    return cpu;
  llvm::Triple wanted(llvm::Triple::normalize(options.targetTriple));
  if (wanted.getArch() != llvm::Triple(cpu->triple).getArch())
    return llvm::createStringError("--target-triple: '" + options.targetTriple +
                                   "' is not of the architecture of --cpu " +
                                   options.cpu + " (" + cpu->triple + ")");
  cpu->triple = wanted.str();
  return cpu;
}

static void buildPipeline(Stage stage, PassManager &passes, const CpuModel &cpu,
                          const CompileOptions &options,
                          const std::string &listing) {
  bool onGpu = options.target == Processor::Cuda;
  switch (stage) {
  case Stage::Graph:
    return buildGraphPipeline(passes, cpu,
                              {options.outputs, options.evaluateMs,
                               /*listNodes=*/!listing.empty(),
                               /*portable=*/options.lastStage == Stage::Onnx, onGpu});
  case Stage::Kernel:
    return buildKernelPipeline(passes, cpu, {options.winograd, onGpu, options.precision});
  case Stage::Memory:
    return buildMemoryPipeline(passes, cpu, onGpu ? options.gpus : "");
  case Stage::LLVM:
    return buildLLVMPipeline(
        passes, cpu,
        {options.profile, options.weights != WeightsPlace::Library, listing, onGpu,
         options.gpus, options.precision});
  default:
    llvm_unreachable("not a stage of passes");
  }
}

DialectRegistry Compilation::makeRegistry() {
  DialectRegistry registry;
  registerCompilerDialects(registry);
  registerHostEvaluator(registry);
  return registry;
}

//===----------------------------------------------------------------------===//
// Input
//===----------------------------------------------------------------------===//

llvm::Error Compilation::load() {
  llvm::Expected<std::optional<Dump>> read =
      readDump(context, modelPath, diagnostics);
  if (!read)
    return read.takeError();
  if (*read) {
    if (!options.shapes.empty())
      return llvm::createStringError("--shape needs the ONNX file: '" +
                                     modelPath + "' is a dump");
    module = std::move((*read)->module);
    done = (*read)->stage;
    if (!options.outputs.empty() && done >= Stage::Graph)
      return llvm::createStringError(
          "--keep-output needs a stage before graph: '" + modelPath +
          "' is a dump of " + stageName(done));
    if (options.debugInfo && done >= Stage::Graph &&
        !(*module)->hasAttr("graph.nodes"))
      return llvm::createStringError("-g: '" + modelPath + "' is a dump of " +
                                     stageName(done) + " made without -g");
    return llvm::Error::success();
  }
  ImportOptions importOptions;
  if (llvm::Error error =
          parseInputShapes(options.shapes).moveInto(importOptions.shapes))
    return error;
  auto imported = importModel(context, modelPath, importOptions);
  if (!imported)
    return imported.takeError();
  module = std::move(*imported);
  return llvm::Error::success();
}

/// C identifiers that are no keywords and do not begin like the runtime's.
static bool isModelName(StringRef name) {
  return !name.empty() && !llvm::isDigit(name.front()) &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

llvm::Error Compilation::renameModel() {
  if (options.modelName.empty())
    return llvm::Error::success();
  if (!isModelName(options.modelName))
    return llvm::createStringError("--name: '" + options.modelName +
                                   "' is not a C identifier");
  (*module)->setAttr("graph.model",
                     StringAttr::get(&context, options.modelName));
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

llvm::Error Compilation::runStage(Stage stage) {
  auto passes = PassManager::on<ModuleOp>(&context);
  buildPipeline(stage, passes, cpu, options, listing);
  // One function a kernel, and nothing is run in a child process any more.
  llvm::DefaultThreadPool threads(
      llvm::hardware_concurrency(unsigned(std::max(options.jobs, 0))));
  bool isParallel = stage == Stage::LLVM && threads.getMaxConcurrency() > 1;
  if (isParallel)
    context.setThreadPool(threads);
  LogicalResult result = passes.run(*module);
  if (isParallel)
    context.disableMultithreading();
  if (failed(result))
    return diagnostics.takeError("a pass failed without saying why");
  orderUses(*module);
  return llvm::Error::success();
}

llvm::Error Compilation::compress() {
  if (done != Stage::Import)
    return llvm::createStringError("--recipe needs the model: '" + modelPath +
                                   "' is a dump of " + stageName(done));
  // Passes have told their errors already.
  if (llvm::Error error = compressModel(*module, options, observer))
    return diagnostics.takeError(llvm::toString(std::move(error)));
  orderUses(*module);
  return llvm::Error::success();
}

llvm::Error Compilation::dump(Stage stage, StringRef folder, StringRef name,
                              std::vector<std::string> &written) {
  if (std::error_code error =
          fs::create_directories(folder, /*IgnoreExisting=*/true, fs::all_all))
    return llvm::createFileError(folder, error);
  llvm::SmallString<128> base(folder);
  llvm::sys::path::append(base, name);
  return writeDump(*module, stage, base, written);
}

//===----------------------------------------------------------------------===//
// Output
//===----------------------------------------------------------------------===//

static EmitTarget emitTarget(const CpuModel &cpu) {
  return {cpu.triple, cpu.llvmCpu, cpu.features};
}

static LibraryOptions libraryOptions(const CompileOptions &options) {
  LibraryOptions library;
  library.object.jobs = unsigned(std::max(options.jobs, 0));
  library.object.separateWeights = options.weights != WeightsPlace::Library;
  library.folder = options.outputFolder;
  library.compressWeights = options.weights == WeightsPlace::Compressed;
  library.kind = options.lastStage == Stage::Object   ? LibraryKind::Object
                 : options.lastStage == Stage::Shared ? LibraryKind::Shared
                                                      : LibraryKind::Archive;
  return library;
}

llvm::Error Compilation::emit() {
  LibraryOptions library = libraryOptions(options);
  if (options.target == Processor::Cuda)
    if (llvm::Error error = findGpuModels(options.gpus).moveInto(library.object.gpus))
      return error;
  library.object.target = emitTarget(cpu);
  auto written = emitLibrary(*module, library);
  if (!written)
    return written.takeError();
  llvm::append_range(files, *written);
  return llvm::Error::success();
}

llvm::Error Compilation::emitKernelFiles() {
  auto gpus = findGpuModels(options.gpus);
  if (!gpus)
    return gpus.takeError();
  auto written = emitKernels(
      *module, options.lastStage == Stage::Ptx ? KernelKind::Ptx : KernelKind::Cubin, *gpus,
      options.outputFolder);
  if (!written)
    return written.takeError();
  llvm::append_range(files, *written);
  return llvm::Error::success();
}

llvm::Error Compilation::emitOnnx() {
  StringRef folder = options.outputFolder;
  if (std::error_code error =
          fs::create_directories(folder, /*IgnoreExisting=*/true, fs::all_all))
    return llvm::createFileError(folder, error);
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(
      path, (*module)->getAttrOfType<StringAttr>("graph.model").str() + ".onnx");
  // Not even if asked to: what is written depends on options.
  if (fs::equivalent(modelPath, path))
    return llvm::createStringError("-o " + folder + ": '" + modelPath +
                                   "' is the model itself");
  auto written = exportModel(
      *module, path, {options.opset, options.weights != WeightsPlace::Library});
  if (!written)
    return written.takeError();
  llvm::append_range(files, *written);
  return llvm::Error::success();
}

/// Dumps stay where they are if a later stage fails: they tell why.
llvm::Error Compilation::dumpIfAsked(Stage stage) {
  if (options.dumpFolder.empty())
    return llvm::Error::success();
  std::vector<std::string> written;
  std::string name = std::to_string(int(stage)) + "-" + stageName(stage).str();
  return dump(stage, options.dumpFolder, name, written);
}

/// What --emit of a stage before the object leaves behind.
llvm::Error Compilation::writeModule() {
  auto name = (*module)->getAttrOfType<StringAttr>("graph.model");
  std::string base = (name ? name.getValue() : "model").str() + "." +
                     stageName(options.lastStage).str();
  return dump(options.lastStage, options.outputFolder, base, files);
}

/// What GPUs do not have, before anything is done for them.
static llvm::Error checkGpuOptions(const CompileOptions &options) {
  if (options.target == Processor::Cpu && options.precision != Precision::F32)
    return llvm::createStringError("--precision is for --target=cuda");
  if (options.target == Processor::Cpu &&
      (options.lastStage == Stage::Ptx || options.lastStage == Stage::Cubin))
    return llvm::createStringError("--emit=" + stageName(options.lastStage) +
                                   " is for --target=cuda");
  if (options.target == Processor::Cpu)
    return llvm::Error::success();
  auto gpus = findGpuModels(options.gpus);
  if (!gpus)
    return gpus.takeError();
  if (options.precision != Precision::F32 && !gpus->front().bfloat16)
    return llvm::createStringError("--precision=" + precisionName(options.precision) +
                                   " needs --sm of 80 at least");
  return llvm::Error::success();
}

llvm::Error Compilation::runStages() {
  if (llvm::Error error = checkGpuOptions(options))
    return error;
  llvm::Expected<CpuModel> target = findTarget(options);
  if (!target)
    return target.takeError();
  cpu = std::move(*target);
  if (llvm::Error error = step("import", [&] { return load(); }))
    return error;
  if (llvm::Error error = renameModel())
    return error;
  if (lastModuleStage() < done)
    return llvm::createStringError(
        "--emit=" + stageName(options.lastStage) + ": '" + modelPath +
        "' is a dump of the later stage " + stageName(done));

  if (!options.recipe.empty())
    if (llvm::Error error = step("compress", [&] { return compress(); }))
      return error;
  for (Stage stage = done; stage <= lastModuleStage();
       stage = Stage(int(stage) + 1)) {
    if (stage != done)
      if (llvm::Error error =
              step(stageName(stage), [&] { return runStage(stage); }))
        return error;
    if (llvm::Error error = dumpIfAsked(stage))
      return error;
  }
  return llvm::Error::success();
}

llvm::Error Compilation::compile() {
  if (llvm::Error error = runStages())
    return error;
  if (options.lastStage <= Stage::LLVM)
    return writeModule();
  return step(stageName(options.lastStage), [&] {
    return writesOnnx() ? emitOnnx() : writesKernels() ? emitKernelFiles() : emit();
  });
}

/// What graphopt-plan-memory wrote down.
std::optional<WorkspacePlan> Compilation::findWorkspace() {
  Operation *main = module->lookupSymbol("main");
  auto plan = main ? main->getAttrOfType<DictionaryAttr>("graph.workspace")
                   : DictionaryAttr();
  if (!plan)
    return std::nullopt;
  auto get = [&](StringRef name) {
    auto value = plan.getAs<IntegerAttr>(name);
    return value ? value.getInt() : 0;
  };
  return WorkspacePlan{get("bytes"), get("lower_bound"), get("sample_extent")};
}

llvm::Expected<Artifact> Compilation::run() {
  bool isNewFolder = !fs::exists(options.outputFolder);
  if (llvm::Error error = compile()) {
    for (const std::string &file : files)
      fs::remove(file);
    if (isNewFolder)
      fs::remove(options.outputFolder); // stays if it is not empty
    return error;
  }
  return Artifact{(*module)->getAttrOfType<StringAttr>("graph.model").str(),
                  files, findWorkspace()};
}

llvm::Expected<ModuleOp> Compilation::lower() {
  if (llvm::Error error = runStages())
    return error;
  return *module;
}

//===----------------------------------------------------------------------===//
// Several CPUs
//===----------------------------------------------------------------------===//

/// The CPUs that --cpu lists, of one architecture, each with code of its own.
static llvm::Expected<std::vector<EmitTarget>>
findTargets(CompileOptions options, llvm::ArrayRef<StringRef> names) {
  std::vector<EmitTarget> targets;
  for (StringRef name : names) {
    options.cpu = name.str();
    llvm::Expected<CpuModel> cpu = findTarget(options);
    if (!cpu)
      return cpu.takeError();
    for (auto [earlier, target] : llvm::zip(names, targets)) {
      if (target.cpu == cpu->llvmCpu)
        return llvm::createStringError("--cpu: '" + earlier + "' and '" + name +
                                       "' are both " + cpu->llvmCpu);
      if (target.triple != cpu->triple)
        return llvm::createStringError("--cpu: '" + earlier + "' and '" + name +
                                       "' are of different architectures");
    }
    targets.push_back(emitTarget(*cpu));
  }
  return targets;
}

/// Each CPU has its own passes from the first to the last, one after the other:
/// two models in memory would be one too many.
static llvm::Expected<Artifact> compileForCpus(StringRef modelPath,
                                               const CompileOptions &options,
                                               llvm::ArrayRef<StringRef> cpus,
                                               CompileObserver *observer) {
  if (options.lastStage < Stage::Object || options.lastStage >= Stage::Onnx)
    return llvm::createStringError("--emit=" + stageName(options.lastStage) +
                                   " needs one CPU, not --cpu=" + options.cpu);
  if (options.profile || options.target == Processor::Cuda)
    return llvm::createStringError(
        StringRef(options.profile ? "--profile" : "--target=cuda") +
        " needs one CPU, not --cpu=" + options.cpu);
  auto targets = findTargets(options, cpus);
  if (!targets)
    return targets.takeError();
  CompileOptions one = options;
  std::unique_ptr<Compilation> current;
  Artifact artifact;
  auto lower = [&](size_t i) -> llvm::Expected<ModuleOp> {
    one.cpu = cpus[i].str();
    if (!options.dumpFolder.empty()) {
      llvm::SmallString<128> folder(options.dumpFolder);
      llvm::sys::path::append(folder, one.cpu);
      one.dumpFolder = folder.str().str();
    }
    current.reset();
    current = std::make_unique<Compilation>(modelPath, one, observer,
                                            one.cpu + "." + kListing.str());
    llvm::Expected<ModuleOp> module = current->lower();
    if (module)
      if (auto name = (*module)->getAttrOfType<StringAttr>("graph.model"))
        artifact.modelName = name.str();
    return module;
  };
  auto files = emitLibrary(*targets, lower, libraryOptions(options));
  if (!files)
    return files.takeError();
  artifact.files = std::move(*files);
  return artifact;
}

llvm::Expected<Artifact> graphopt::compileModel(StringRef modelPath,
                                                const CompileOptions &options,
                                                CompileObserver *observer) {
  llvm::SmallVector<StringRef> cpus;
  StringRef(options.cpu).split(cpus, ',');
  if (cpus.size() > 1)
    return compileForCpus(modelPath, options, cpus, observer);
  return Compilation(modelPath, options, observer).run();
}

llvm::Error graphopt::printPipelines(const CompileOptions &options,
                                     llvm::raw_ostream &os) {
  llvm::Expected<CpuModel> cpu = findTarget(options);
  if (!cpu)
    return cpu.takeError();
  MLIRContext context(MLIRContext::Threading::DISABLED);
  for (Stage stage :
       {Stage::Graph, Stage::Kernel, Stage::Memory, Stage::LLVM}) {
    auto passes = PassManager::on<ModuleOp>(&context);
    buildPipeline(stage, passes, *cpu, options,
                  options.debugInfo ? kListing.str() : "");
    os << "# " << stageName(stage) << "\n--pass-pipeline='";
    passes.printAsTextualPipeline(os);
    os << "'\n";
  }
  return llvm::Error::success();
}
