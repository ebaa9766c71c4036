#include "Descriptor.h"
#include "Machine.h"
#include "graphopt/Runtime/graphopt.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"

using namespace graphopt;
using namespace llvm;

namespace {

/// Builds constants of graphopt.h's structs. Literal struct types have C's
/// layout if they list C's members.
class DescriptorBuilder {
public:
  DescriptorBuilder(Module &module, const graphopt::Model &model)
      : module(module), model(model), context(module.getContext()),
        pointer(PointerType::get(context, 0)),
        i32(IntegerType::get(context, 32)), i64(IntegerType::get(context, 64)),
        isLinux(module.getTargetTriple().isOSLinux()) {}

  SmallVector<std::string> build(int64_t weightsBytes, uint64_t weightsId,
                                 ArrayRef<Variant> variants) {
    forward("status_text", pointer, {i32});
    if (isLinux) {
      forward("detect_cpu", Type::getVoidTy(context), {pointer});
      forward("pool_create", i32, {pointer, i32});
      forward("pool_destroy", Type::getVoidTy(context), {pointer});
    }
    auto *descriptor = new GlobalVariable(
        module, Type::getInt8Ty(context), /*isConstant=*/true,
        GlobalValue::ExternalLinkage, nullptr);
    Function *run = addRunTensors(descriptor, variants);
    bool opensFile = isLinux && model.hasWeightsFile;
    if (opensFile) {
      forward("weights_open", i32, {pointer, pointer}, {descriptor});
      forward("weights_close", Type::getVoidTy(context), {pointer});
    }
    Constant *null = ConstantPointerNull::get(pointer);
    Constant *value = structOf({
        number(i32, GRAPHOPT_ABI_VERSION),
        number(i32, model.inputs.size()),
        number(i32, model.outputs.size()),
        number(i32, model.openDims.size()),
        text(model.name),
        ports(model.inputs),
        ports(model.outputs),
        texts(model.openDims),
        number(i64, weightsBytes),
        exported("workspace_bytes"),
        exported("result_dims"),
        run,
        isLinux ? exported("pool_create") : null,
        isLinux ? exported("pool_destroy") : null,
        exported("status_text"),
        isLinux ? exported("detect_cpu") : null,
        calls(),
        number(i32, model.calls.size()),
        number(i64, int64_t(weightsId)),
        opensFile ? exported("weights_open") : null,
        opensFile ? exported("weights_close") : null,
    });
    setLeastTargets();
    auto *final = new GlobalVariable(module, value->getType(), true,
                                     GlobalValue::ExternalLinkage, value,
                                     symbol("model"));
    final->setAlignment(Align(8));
    descriptor->replaceAllUsesWith(final);
    descriptor->eraseFromParent();
    visible.push_back(symbol("model"));
    return std::move(visible);
  }

private:
  std::string symbol(StringRef name) { return (model.name + "_" + name).str(); }

  Constant *number(IntegerType *type, int64_t value) {
    return ConstantInt::getSigned(type, value);
  }

  Constant *structOf(ArrayRef<Constant *> members) {
    return ConstantStruct::getAnon(context, members);
  }

  Constant *hold(Constant *value) {
    auto *global = new GlobalVariable(module, value->getType(), true,
                                      GlobalValue::PrivateLinkage, value);
    global->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
    return global;
  }

  Constant *text(StringRef value) {
    return hold(ConstantDataArray::getString(context, value));
  }

  Constant *ports(ArrayRef<Port> list) {
    SmallVector<Constant *> values;
    for (const Port &port : list)
      values.push_back(structOf(
          {text(port.name), hold(ConstantDataArray::get(context, port.dims)),
           number(i32, port.rank()), number(i32, static_cast<int32_t>(port.dtype)),
           number(i32, port.kind)}));
    return array(values);
  }

  Constant *texts(ArrayRef<std::string> list) {
    SmallVector<Constant *> values;
    for (const std::string &value : list)
      values.push_back(text(value));
    return array(values);
  }

  Constant *calls() {
    SmallVector<Constant *> values;
    for (const Call &call : model.calls)
      values.push_back(structOf({text(call.function), texts(call.nodes),
                                 number(i32, call.nodes.size())}));
    return array(values);
  }

  Constant *array(ArrayRef<Constant *> values) {
    if (values.empty())
      return ConstantPointerNull::get(pointer);
    return hold(ConstantArray::get(
        ArrayType::get(values[0]->getType(), values.size()), values));
  }

  Constant *exported(StringRef name) {
    std::string full = symbol(name);
    if (!is_contained(visible, full))
      visible.push_back(full);
    return module.getFunction(full);
  }

  /// `<model>_<name>` calls the runtime's `graphopt_<name>`, with `first` in
  /// front of its own arguments.
  void forward(StringRef name, Type *result, ArrayRef<Type *> parameters,
               ArrayRef<Value *> first = {}) {
    auto *type = FunctionType::get(result, parameters, false);
    SmallVector<Type *> runtimes(first.size(), pointer);
    llvm::append_range(runtimes, parameters);
    FunctionCallee runtime =
        module.getOrInsertFunction(("graphopt_" + name).str(),
                                   FunctionType::get(result, runtimes, false));
    auto *function = Function::Create(type, GlobalValue::ExternalLinkage,
                                      symbol(name), module);
    IRBuilder<> b(BasicBlock::Create(context, "", function));
    SmallVector<Value *> arguments(first);
    for (Argument &argument : function->args())
      arguments.push_back(&argument);
    finish(b, b.CreateCall(runtime, arguments));
  }

  void finish(IRBuilder<> &b, CallInst *call) {
    if (call->getType()->isVoidTy())
      b.CreateRetVoid();
    else
      b.CreateRet(call);
  }

  /// All that callers call directly must work on any CPU.
  void setLeastTargets() {
    for (const std::string &name : visible)
      if (Function *function = module.getFunction(name))
        setLeastTarget(*function);
    for (StringRef name : {"workspace_bytes", "result_dims"})
      if (Function *function = module.getFunction(name))
        setLeastTarget(*function);
  }

  /// `<model>_run_tensors(context, inputs, outputs, workspace, bytes)`.
  Function *addRunTensors(GlobalVariable *descriptor,
                          ArrayRef<Variant> variants) {
    SmallVector<Type *> own = {pointer, pointer, pointer, pointer, i64};
    SmallVector<Type *> runtimes = own;
    runtimes.insert(runtimes.begin(), {pointer, pointer, i32});
    FunctionCallee runtime = module.getOrInsertFunction(
        "graphopt_run_model", FunctionType::get(i32, runtimes, false));
    auto *function = Function::Create(FunctionType::get(i32, own, false),
                                      GlobalValue::ExternalLinkage,
                                      symbol("run_tensors"), module);
    visible.push_back(symbol("run_tensors"));
    IRBuilder<> b(BasicBlock::Create(context, "", function));
    SmallVector<Constant *> choices;
    for (const Variant &variant : variants)
      choices.push_back(structOf({module.getFunction(variant.prefix + "entry"),
                                  number(i64, int64_t(variant.cpuFeatures))}));
    SmallVector<Value *> arguments = {descriptor, array(choices),
                                      number(i32, variants.size())};
    for (Argument &argument : function->args())
      arguments.push_back(&argument);
    finish(b, b.CreateCall(runtime, arguments));
    return function;
  }

  Module &module;
  const graphopt::Model &model;
  LLVMContext &context;
  PointerType *pointer;
  IntegerType *i32, *i64;
  bool isLinux;
  SmallVector<std::string> visible;
};

} // namespace

SmallVector<std::string> graphopt::addDescriptor(Module &module,
                                                 const graphopt::Model &model,
                                                 int64_t weightsBytes,
                                                 uint64_t weightsId,
                                                 ArrayRef<Variant> variants) {
  return DescriptorBuilder(module, model)
      .build(weightsBytes, weightsId, variants);
}
