#include "Object.h"
#include "Descriptor.h"
#include "Machine.h"
#include "Symbols.h"
#include "Weights.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Transforms/IPO/Internalize.h"
#include <fmt/format.h>

using namespace graphopt;
using namespace llvm;

/// What the lowering must hand over: the LLVM dialect alone.
static Error verifyLowered(mlir::ModuleOp module) {
  for (mlir::Operation &op : module.getBody()->getOperations())
    if (!isa_and_nonnull<mlir::LLVM::LLVMDialect>(op.getDialect()))
      return createStringError(fmt::format("'{}' is left in the LLVM stage",
                                           op.getName().getStringRef().str()));
  return Error::success();
}

static Expected<std::unique_ptr<Module>> translate(mlir::ModuleOp module,
                                                   LLVMContext &context) {
  mlir::MLIRContext *mlirContext = module.getContext();
  mlir::registerBuiltinDialectTranslation(*mlirContext);
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
static void hideAllBut(Module &code, const graphopt::Model &model,
                       ArrayRef<std::string> visible) {
  StringSet<> keep;
  for (const std::string &name : visible)
    keep.insert(name);
  internalizeModule(code, [&](const GlobalValue &value) {
    return keep.contains(value.getName());
  });
  for (Function &function : code)
    if (function.hasInternalLinkage() &&
        !function.getName().starts_with("graphopt_"))
      if (!function.getName().starts_with(model.name + "_"))
        function.setName(model.name + "_" + function.getName());
}

/// The number that a function returns whatever its arguments are.
static std::optional<int64_t> constantResult(const Function *function) {
  if (!function || function->size() != 1)
    return std::nullopt;
  auto *end = dyn_cast<ReturnInst>(function->getEntryBlock().getTerminator());
  auto *value = end ? dyn_cast<ConstantInt>(end->getReturnValue()) : nullptr;
  return value ? std::optional(value->getSExtValue()) : std::nullopt;
}

Expected<Code> graphopt::compileCode(mlir::ModuleOp module,
                                     const ObjectOptions &options) {
  Code result;
  if (Error error = verifyLowered(module))
    return std::move(error);
  auto model = readModel(module);
  if (!model)
    return model.takeError();
  result.model = std::move(*model);
  result.weights = listWeights(module);
  auto machine = createMachine(options.target, options.optimize);
  if (!machine)
    return machine.takeError();
  result.triple = (*machine)->getTargetTriple().str();

  LLVMContext context;
  auto translated = translate(module, context);
  if (!translated)
    return translated.takeError();
  Module &code = **translated;
  code.setTargetTriple((*machine)->getTargetTriple());
  code.setDataLayout((*machine)->createDataLayout());
  code.setPICLevel(PICLevel::BigPIC);
  if (Error error = bindWeights(code, result.weights, weightPrefix(module)))
    return std::move(error);
  SmallVector<std::string> visible;
  if (result.model)
    visible = addDescriptor(code, *result.model, totalBytes(result.weights),
                            getCpuFeatures(**machine));
  if (Error error = linkRuntime(code))
    return std::move(error);
  if (result.model)
    hideAllBut(code, *result.model, visible);
  setTarget(code, **machine);
  if (options.optimize)
    optimize(code, **machine);
  if (result.model)
    result.workspaceBytes = constantResult(
        code.getFunction(result.model->name + "_workspace_bytes"));

  auto object = generateObject(code, **machine);
  if (!object)
    return object.takeError();
  result.object = std::move(*object);
  if (Error error = verifySymbols(*result.object, result.weights))
    return std::move(error);
  return result;
}

Expected<std::unique_ptr<MemoryBuffer>>
graphopt::emitObject(mlir::ModuleOp module, const ObjectOptions &options) {
  Expected<Code> code = compileCode(module, options);
  if (!code)
    return code.takeError();
  return std::move(code->object);
}
