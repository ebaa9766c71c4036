#include "Object.h"
#include "Descriptor.h"
#include "Machine.h"
#include "Parts.h"
#include "Symbols.h"
#include "Weights.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Transforms/IPO/Internalize.h"
#include <fmt/format.h>

using namespace graphopt;
using namespace llvm;

/// What the lowering must hand over: the LLVM dialect alone.
static Error verifyLowered(mlir::ModuleOp module) {
  for (mlir::Operation &op : module.getBody()->getOperations())
    if (!isa_and_nonnull<mlir::LLVM::LLVMDialect>(op.getDialect()) &&
        !isa<mlir::gpu::GPUModuleOp>(op))
      return createStringError(fmt::format("'{}' is left in the LLVM stage",
                                           op.getName().getStringRef().str()));
  return Error::success();
}

static Expected<std::unique_ptr<Module>> translate(mlir::ModuleOp module,
                                                   LLVMContext &context) {
  mlir::MLIRContext *mlirContext = module.getContext();
  mlir::registerBuiltinDialectTranslation(*mlirContext);
  mlir::registerGPUDialectTranslation(*mlirContext); // passes over kernels
  mlir::registerLLVMDialectTranslation(*mlirContext);
  std::string problem;
  mlir::ScopedDiagnosticHandler handler(
      mlirContext, [&](mlir::Diagnostic &diagnostic) {
        problem += (problem.empty() ? "" : "; ") + diagnostic.str();
        return mlir::success();
      });
  auto name = module->getAttrOfType<mlir::StringAttr>("graph.model");
  auto code = mlir::translateModuleToLLVMIR(module, context,
                                            name ? name.str() : "module");
  if (!code)
    return createStringError("no LLVM IR: " + problem);
  return code;
}

/// Hides all but `visible`; tells apart functions of one name in a profile.
static void hideAllBut(Module &code, StringRef prefix,
                       ArrayRef<std::string> visible) {
  StringSet<> keep;
  for (const std::string &name : visible)
    keep.insert(name);
  internalizeModule(code, [&](const GlobalValue &value) {
    return keep.contains(value.getName());
  });
  for (Function &function : code)
    if (function.hasInternalLinkage() &&
        !function.getName().starts_with("graphopt_") &&
        !function.getName().starts_with(prefix))
      function.setName(prefix + function.getName());
}

/// Debug information has the names that functions have in the object.
static void nameInDebugInfo(Module &code) {
  for (Function &function : code)
    if (DISubprogram *about = function.getSubprogram())
      about->replaceLinkageName(
          MDString::get(code.getContext(), function.getName()));
}

/// What siblings need of a variant, hidden from others.
///
/// \returns the symbols.
static SmallVector<std::string> exportVariant(Module &code, StringRef model,
                                              StringRef prefix) {
  SmallVector<std::string> names;
  for (StringRef name : {"entry", "workspace_bytes", "result_dims"}) {
    Function *function = code.getFunction((model + "_" + name).str());
    function->setName(prefix + name);
    function->setVisibility(GlobalValue::HiddenVisibility);
    names.push_back(function->getName().str());
  }
  // These are called on any CPU.
  for (std::string name : {"workspace_bytes", "result_dims"})
    for (const std::string &full : {name, prefix.str() + name})
      if (Function *function = code.getFunction(full))
        setLeastTarget(*function);
  return names;
}

/// The number that a function returns whatever its arguments are.
static std::optional<int64_t> constantResult(const Function *function) {
  if (!function || function->size() != 1)
    return std::nullopt;
  auto *end = dyn_cast<ReturnInst>(function->getEntryBlock().getTerminator());
  auto *value = end ? dyn_cast<ConstantInt>(end->getReturnValue()) : nullptr;
  return value ? std::optional(value->getSExtValue()) : std::nullopt;
}

/// LLVM IR that is linked and says what it is compiled for. `all` are the
/// module's weights, `about.weights` those that are stored with it.
static Expected<std::unique_ptr<Module>>
makeModule(mlir::ModuleOp module, const TargetMachine &machine,
           LLVMContext &context, const Code &about, ArrayRef<Weight> all,
           const Siblings *siblings, const CudaCode *cuda) {
  auto translated = translate(module, context);
  if (!translated)
    return translated;
  Module &code = **translated;
  code.setTargetTriple(machine.getTargetTriple());
  code.setDataLayout(machine.createDataLayout());
  code.setPICLevel(PICLevel::BigPIC);
  int64_t bytes = totalBytes(all) * (siblings ? siblings->count : 1);
  bool inFile = about.model && about.model->hasWeightsFile;
  if (!inFile)
    if (Error error = bindWeights(code, all, bytes, about.model.has_value()))
      return std::move(error);
  SmallVector<std::string> visible;
  if (about.model)
    visible = siblings
                  ? exportVariant(code, about.model->name, about.variant.prefix)
                  : addDescriptor(code, *about.model, bytes,
                                  inFile ? weightsId(all) : 0, about.variant, cuda);
  if (Error error = linkRuntime(code))
    return std::move(error);
  if (about.model)
    hideAllBut(code, about.variant.prefix, visible);
  if (about.listing) {
    nameInDebugInfo(code);
    makeUnwindable(code);
  }
  setTarget(code, machine);
  return translated;
}

namespace {
/// Makes objects of a module.
class ObjectCompiler {
public:
  ObjectCompiler(const ObjectOptions &options, Code &code,
                 ArrayRef<Weight> weights)
      : options(options), code(code), weights(weights) {}

  Error compileWhole(Module &module, TargetMachine &machine) {
    return compile(module, machine, StringSet<>())
        .moveInto(code.objects.emplace_back());
  }

  /// Each part in a context of its own, so that threads share nothing.
  Error compileParts(Module &module, Parts parts) {
    StringSet<> shared = shareFunctions(module, parts, code.variant.prefix);
    SmallVector<char, 0> bitcode;
    raw_svector_ostream stream(bitcode);
    WriteBitcodeToFile(module, stream);
    MemoryBufferRef buffer(stream.str(), module.getModuleIdentifier());

    code.objects.resize(parts.size());
    std::vector<std::string> problems(parts.size());
    DefaultThreadPool pool(hardware_concurrency(options.jobs));
    for (size_t i = 0; i < parts.size(); ++i)
      pool.async([&, i] {
        LLVMContext context;
        auto part = readPart(buffer, parts[i], i == 0, context);
        auto machine = createMachine(options.target, options.optimize);
        Error error = joinErrors(part.takeError(), machine.takeError());
        if (!error)
          error = compile(**part, **machine, shared).moveInto(code.objects[i]);
        problems[i] = toString(std::move(error));
      });
    pool.wait();
    for (const std::string &problem : problems)
      if (!problem.empty())
        return createStringError(problem);
    return Error::success();
  }

private:
  Expected<std::unique_ptr<MemoryBuffer>>
  compile(Module &module, TargetMachine &machine, const StringSet<> &shared) {
    if (options.optimize)
      optimizeFunctions(module, machine);
    if (code.model)
      if (auto *function =
              module.getFunction(code.variant.prefix + "workspace_bytes");
          function && !function->isDeclaration())
        code.workspaceBytes = constantResult(function);
    auto object = generateObject(module, machine);
    if (object)
      if (Error error = verifySymbols(**object, weights, shared))
        return std::move(error);
    return object;
  }

  const ObjectOptions &options;
  Code &code;
  ArrayRef<Weight> weights;
};
} // namespace

Expected<Code> graphopt::compileCode(mlir::ModuleOp module,
                                     const ObjectOptions &options,
                                     bool maySplit, const Siblings *siblings) {
  Code result;
  if (Error error = verifyLowered(module))
    return std::move(error);
  auto model = readModel(module);
  if (!model)
    return model.takeError();
  result.model = std::move(*model);
  result.listing = readListing(module);
  auto machine = createMachine(options.target, options.optimize);
  if (!machine)
    return machine.takeError();
  result.triple = (*machine)->getTargetTriple().str();
  if (result.model)
    result.variant = {result.model->name + "_" +
                          (siblings ? siblings->name + "_" : ""),
                      getCpuFeatures(**machine)};
  std::vector<Weight> weights = listWeights(module);
  if (siblings)
    for (Weight &weight : weights)
      weight.symbol = result.variant.prefix + "weight_" + weight.name;
  result.weights =
      siblings ? takeNewWeights(weights, siblings->stored) : weights;

  std::optional<CudaCode> cuda;
  if (result.model && result.model->isOnGpu) {
    auto images = compileImages(findKernels(module), options.gpus, findPtxas());
    if (!images)
      return images.takeError();
    result.model->hasWeightsFile = options.separateWeights && !weights.empty();
    bool inLibrary = !weights.empty() && !result.model->hasWeightsFile;
    cuda = CudaCode{std::move(*images), inLibrary ? weights.front().symbol : ""};
  }
  LLVMContext context;
  auto code = makeModule(module, **machine, context, result, weights, siblings,
                         cuda ? &*cuda : nullptr);
  if (!code)
    return code.takeError();
  result.libraries = librariesOf(**code);
  if (options.optimize)
    optimizeCalls(**code, **machine);
  ObjectCompiler compiler(options, result, weights);
  Parts parts;
  if (maySplit && result.model)
    parts = splitFunctions(**code);
  if (Error error = parts.size() > 1
                        ? compiler.compileParts(**code, std::move(parts))
                        : compiler.compileWhole(**code, **machine))
    return std::move(error);
  return result;
}

Expected<std::unique_ptr<MemoryBuffer>>
graphopt::emitObject(mlir::ModuleOp module, const ObjectOptions &options) {
  Expected<Code> code = compileCode(module, options, /*maySplit=*/false);
  if (!code)
    return code.takeError();
  return std::move(code->objects.front());
}
