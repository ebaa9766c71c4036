// A model that has code for several CPUs.
#include "Machine.h"
#include "Object.h"
#include "Symbols.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Transforms/IPO/Internalize.h"

using namespace graphopt;
using namespace llvm;

namespace {
class DispatcherBuilder {
public:
  DispatcherBuilder(Module &module, ArrayRef<Code> variants)
      : module(module), variants(variants),
        model(variants.front().model->name + "_"),
        pointer(PointerType::get(module.getContext(), 0)),
        i64(Type::getInt64Ty(module.getContext())),
        none(Type::getVoidTy(module.getContext())) {}

  /// \returns what the variants must define.
  StringSet<> build() {
    auto *i32 = Type::getInt32Ty(module.getContext());
    for (const Code &code : variants)
      declare(
          code, "entry",
          FunctionType::get(i32, {pointer, pointer, pointer, pointer}, false));
    buildWorkspaceBytes();
    buildResultDims();
    return std::move(declared);
  }

private:
  Function *declare(const Code &code, StringRef name, FunctionType *type) {
    auto *function = Function::Create(type, GlobalValue::ExternalLinkage,
                                      code.variant.prefix + name, module);
    function->setVisibility(GlobalValue::HiddenVisibility);
    function->setDSOLocal(true);
    declared.insert(function->getName());
    return function;
  }

  IRBuilder<> define(StringRef name, FunctionType *type, Function *&function) {
    function = Function::Create(type, GlobalValue::ExternalLinkage,
                                model + name, module);
    return IRBuilder<>(BasicBlock::Create(module.getContext(), "", function));
  }

  /// The most that any variant needs; -1 if one cannot tell.
  void buildWorkspaceBytes() {
    auto *type = FunctionType::get(i64, {pointer}, false);
    Function *function;
    IRBuilder<> b = define("workspace_bytes", type, function);
    Value *most = b.getInt64(0), *least = b.getInt64(0);
    for (const Code &code : variants) {
      Value *bytes;
      if (code.workspaceBytes)
        bytes = b.getInt64(*code.workspaceBytes);
      else
        bytes = b.CreateCall(declare(code, "workspace_bytes", type),
                             {function->getArg(0)});
      most = b.CreateBinaryIntrinsic(Intrinsic::smax, most, bytes);
      least = b.CreateBinaryIntrinsic(Intrinsic::smin, least, bytes);
    }
    Value *fails = b.CreateICmpSLT(least, b.getInt64(0));
    b.CreateRet(b.CreateSelect(fails, b.getInt64(-1), most));
  }

  void buildResultDims() {
    auto *type = FunctionType::get(none, {pointer, pointer}, false);
    Function *function;
    IRBuilder<> b = define("result_dims", type, function);
    b.CreateCall(declare(variants.back(), "result_dims", type),
                 {function->getArg(0), function->getArg(1)});
    b.CreateRetVoid();
  }

  Module &module;
  ArrayRef<Code> variants;
  std::string model;
  PointerType *pointer;
  IntegerType *i64;
  Type *none;
  StringSet<> declared;
};
} // namespace

/// If all know theirs.
static std::optional<int64_t> mostWorkspace(ArrayRef<Code> variants) {
  int64_t most = 0;
  for (const Code &code : variants) {
    if (!code.workspaceBytes)
      return std::nullopt;
    most = std::max(most, *code.workspaceBytes);
  }
  return most;
}

Expected<Code> graphopt::compileDispatcher(ArrayRef<Code> variants,
                                           const std::string &triple,
                                           int64_t weightsBytes) {
  Code result;
  result.model = variants.front().model;
  result.triple = variants.front().triple;
  result.workspaceBytes = mostWorkspace(variants);
  auto machine = createMachine({triple, "", ""}, /*optimize=*/true);
  if (!machine)
    return machine.takeError();
  LLVMContext context;
  Module module(result.model->name, context);
  module.setTargetTriple((*machine)->getTargetTriple());
  module.setDataLayout((*machine)->createDataLayout());
  module.setPICLevel(PICLevel::BigPIC);
  StringSet<> declared = DispatcherBuilder(module, variants).build();
  SmallVector<Variant> choices;
  for (const Code &code : variants)
    choices.push_back(code.variant);
  SmallVector<std::string> visible =
      addDescriptor(module, *result.model, weightsBytes, /*weightsId=*/0, choices);
  if (Error error = linkRuntime(module))
    return std::move(error);
  internalizeModule(module, [&](const GlobalValue &value) {
    return is_contained(visible, value.getName());
  });
  for (Function &function : module)
    if (!function.isDeclaration())
      setLeastTarget(function);
  if (variants.front().listing)
    makeUnwindable(module);
  setTarget(module, **machine);
  optimizeCalls(module, **machine);
  optimizeFunctions(module, **machine);
  auto object = generateObject(module, **machine);
  if (!object)
    return object.takeError();
  if (Error error = verifySymbols(**object, {}, declared))
    return std::move(error);
  result.objects.push_back(std::move(*object));
  return result;
}
