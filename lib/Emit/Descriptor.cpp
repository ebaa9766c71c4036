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
        isLinux(module.getTargetTriple().isOSLinux()),
        launchesOnly(none_of(module, callsHost) && none_of(module.globals(), holdsState)) {}

  SmallVector<std::string> build(int64_t weightsBytes, uint64_t weightsId,
                                 ArrayRef<Variant> variants, const CudaCode *cuda) {
    forward("status_text", pointer, {i32});
    if (isLinux) {
      forward("detect_cpu", Type::getVoidTy(context), {pointer});
      forward("pool_create", i32, {pointer, i32});
      forward("pool_destroy", Type::getVoidTy(context), {pointer});
    }
    auto *descriptor = new GlobalVariable(
        module, Type::getInt8Ty(context), /*isConstant=*/true,
        GlobalValue::ExternalLinkage, nullptr);
    Constant *code = cuda ? cudaCode(*cuda, variants.front()) : nullptr;
    Function *run = code ? addRunTensors("graphopt_run_cuda", {descriptor, code})
                         : addRunTensors("graphopt_run_model",
                                         {descriptor, entries(variants), number(i32, variants.size())});
    if (code) {
      forward("device_open", i32, {pointer, i32}, {descriptor, code});
      forward("device_close", Type::getVoidTy(context), {pointer});
    }
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
        code ? exported("device_open") : null,
        code ? exported("device_close") : null,
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
    forwardTo(("graphopt_" + name).str(), name, result, parameters, first);
  }

  void forwardTo(StringRef callee, StringRef name, Type *result, ArrayRef<Type *> parameters,
                 ArrayRef<Value *> first) {
    SmallVector<Type *> runtimes;
    for (Value *value : first)
      runtimes.push_back(value->getType());
    llvm::append_range(runtimes, parameters);
    FunctionCallee runtime =
        module.getOrInsertFunction(callee, FunctionType::get(result, runtimes, false));
    auto *function = Function::Create(FunctionType::get(result, parameters, false),
                                      GlobalValue::ExternalLinkage, symbol(name), module);
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

  /// The entries of the variants.
  Constant *entries(ArrayRef<Variant> variants) {
    SmallVector<Constant *> choices;
    for (const Variant &variant : variants)
      choices.push_back(structOf({module.getFunction(variant.prefix + "entry"),
                                  number(i64, int64_t(variant.cpuFeatures))}));
    return array(choices);
  }

  /// `<model>_run_tensors(context, inputs, outputs, workspace, bytes)` calls `callee`
  /// with `first` in front.
  Function *addRunTensors(StringRef callee, ArrayRef<Value *> first) {
    forwardTo(callee, "run_tensors", i32, {pointer, pointer, pointer, pointer, i64}, first);
    visible.push_back(symbol("run_tensors"));
    return module.getFunction(symbol("run_tensors"));
  }

  Constant *image(const CudaImage &image) {
    auto *bytes = cast<GlobalVariable>(
        hold(ConstantDataArray::getString(context, image.bytes, /*AddNull=*/false)));
    bytes->setAlignment(Align(64));
    return structOf({bytes, number(i32, image.sm), number(i32, image.isPtx),
                     number(i32, image.target)});
  }

  Constant *kernels() {
    SmallVector<Constant *> values;
    for (const Model::Kernel &kernel : model.kernels) {
      uint32_t targets = kernel.targets.empty() ? ~0u : 0;
      for (int32_t target : kernel.targets)
        targets |= 1u << target;
      values.push_back(structOf({text(kernel.name), number(i32, int32_t(targets))}));
    }
    return array(values);
  }

  /// Of the runtime's functions that generated code calls: whether a GPU cannot do again
  /// alone what it does.
  static bool callsHost(const Function &function) {
    return function.getName().starts_with("graphopt_") && !function.use_empty() &&
           !is_contained({"graphopt_cuda_launch", "graphopt_fail", "graphopt_run_status"},
                         function.getName());
  }
  /// The count of random numbers, say, which the host adds to.
  static bool holdsState(const GlobalVariable &variable) {
    return !variable.isConstant() && !variable.isDeclaration();
  }

  /// A graphopt_cuda_code. The workspace lies on the GPU: the caller gives none.
  Constant *cudaCode(const CudaCode &cuda, const Variant &variant) {
    Function *onGpu = module.getFunction(symbol("workspace_bytes"));
    onGpu->setName(symbol("device_bytes"));
    onGpu->setLinkage(GlobalValue::InternalLinkage);
    auto *none = Function::Create(onGpu->getFunctionType(), GlobalValue::ExternalLinkage,
                                  symbol("workspace_bytes"), module);
    IRBuilder<>(BasicBlock::Create(context, "", none)).CreateRet(number(i64, 0));
    SmallVector<Constant *> images;
    for (const CudaImage &each : cuda.images)
      images.push_back(image(each));
    Constant *weights = ConstantPointerNull::get(pointer);
    if (!cuda.weights.empty())
      weights = cast<Constant>(module.getOrInsertGlobal(cuda.weights, Type::getInt8Ty(context)));
    return hold(structOf({module.getFunction(variant.prefix + "entry"), onGpu, array(images),
                          kernels(), weights, number(i32, images.size()),
                          number(i32, model.kernels.size()), number(i32, launchesOnly)}));
  }

  Module &module;
  const graphopt::Model &model;
  LLVMContext &context;
  PointerType *pointer;
  IntegerType *i32, *i64;
  bool isLinux;
  bool launchesOnly; ///< the code that there is: nothing is added yet
  SmallVector<std::string> visible;
};

} // namespace

SmallVector<std::string> graphopt::addDescriptor(Module &module,
                                                 const graphopt::Model &model,
                                                 int64_t weightsBytes,
                                                 uint64_t weightsId,
                                                 ArrayRef<Variant> variants,
                                                 const CudaCode *cuda) {
  return DescriptorBuilder(module, model)
      .build(weightsBytes, weightsId, variants, cuda);
}
