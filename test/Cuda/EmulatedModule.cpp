#include "EmulatedModule.h"
#include "Emulator/Abi.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/ReplaceConstant.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;

static constexpr unsigned kSharedSpace = 3;
static constexpr uint64_t kSharedAlignment = 1024;
static constexpr StringLiteral kPrefix = "llvm.nvvm.",
                               kRegister = "read.ptx.sreg.";

/// Of an instruction that only GPUs have; empty for others.
static std::string gpuName(const CallBase &call) {
  if (auto *assembly = dyn_cast<InlineAsm>(call.getCalledOperand()))
    return "asm." + assembly->getAsmString().str();
  const Function *callee = call.getCalledFunction();
  if (callee && callee->getName().starts_with(kPrefix))
    return callee->getName().drop_front(kPrefix.size()).str();
  return "";
}

/// read.ptx.sreg.tid.x()  =>  simt_tid_x()
static void readRegister(CallBase &call, StringRef name) {
  std::string emulated = "simt_" + name.drop_front(kRegister.size()).str();
  std::replace(emulated.begin(), emulated.end(), '.', '_');
  Module &code = *call.getModule();
  call.setCalledFunction(
      code.getOrInsertFunction(emulated, call.getFunctionType()));
}

/// A value of at most 8 bytes in a slot of 8.
static Value *slotOf(IRBuilder<> &b, Value *slots, unsigned i) {
  return b.CreateConstGEP1_32(b.getInt64Ty(), slots, i);
}

/// r = <name>(a, b...)  =>  simt_execute(site, [a, b...], [r])
static void callEmulator(CallBase &call, StringRef name) {
  Module &code = *call.getModule();
  IRBuilder<> b(&*call.getFunction()->getEntryBlock().getFirstInsertionPt());
  Type *pointer = b.getPtrTy(), *result = call.getType();
  auto *parts = dyn_cast<StructType>(result);
  unsigned results = result->isVoidTy() ? 0
                     : parts            ? parts->getNumElements()
                                        : 1;
  Value *arguments = b.CreateAlloca(
      ArrayType::get(b.getInt64Ty(), std::max(call.arg_size(), 1u)));
  Value *made =
      b.CreateAlloca(ArrayType::get(b.getInt64Ty(), std::max(results, 1u)));

  b.SetInsertPoint(&call);
  for (auto [i, value] : enumerate(call.args())) {
    if (value->getType()->isMetadataTy())
      continue;
    Value *whole = value->getType()->isIntegerTy(1)
                       ? b.CreateZExt(value, b.getInt64Ty())
                       : value.get();
    b.CreateStore(whole, slotOf(b, arguments, i));
  }
  auto *site = StructType::get(pointer, pointer);
  auto *place = new GlobalVariable(
      code, site, false, GlobalValue::InternalLinkage,
      ConstantStruct::get(site, b.CreateGlobalString(name),
                          ConstantPointerNull::get(b.getPtrTy())),
      "site");
  b.CreateCall(code.getOrInsertFunction("simt_execute", b.getVoidTy(), pointer,
                                        pointer, pointer),
               {place, arguments, made});
  auto read = [&](Type *type, unsigned i) -> Value * {
    Value *slot = slotOf(b, made, i);
    if (type->isIntegerTy(1))
      return b.CreateICmpNE(b.CreateLoad(b.getInt32Ty(), slot), b.getInt32(0));
    return b.CreateLoad(type, slot);
  };
  if (parts) {
    Value *whole = PoisonValue::get(parts);
    for (unsigned i = 0; i < results; ++i)
      whole = b.CreateInsertValue(whole, read(parts->getElementType(i), i), i);
    call.replaceAllUsesWith(whole);
  } else if (results) {
    call.replaceAllUsesWith(read(result, 0));
  }
  call.eraseFromParent();
}

static SmallVector<Instruction *> listInstructions(Function &function) {
  return to_vector(
      map_range(instructions(function), [](Instruction &i) { return &i; }));
}

namespace {
/// Makes a kernel's instructions this CPU's.
class Emulation {
public:
  explicit Emulation(Module &code) : code(code) {}

  Error run() {
    placeShared();
    for (Function &function : code) {
      if (function.isDeclaration())
        continue;
      for (Instruction *instruction : listInstructions(function))
        dropHint(*instruction);
      tagVariables(function);
      for (Instruction *instruction : listInstructions(function))
        untag(*instruction);
    }
    for (Function &function : code)
      for (Instruction *instruction : listInstructions(function))
        if (auto *call = dyn_cast<CallBase>(instruction))
          if (Error error = replaceCall(*call))
            return error;
    return Error::success();
  }

  emulator::Facts factsOf(Function &kernel) {
    emulator::Facts facts = {0, ~0u, 0};
    SmallPtrSet<Function *, 8> seen;
    collectFacts(kernel, seen, facts);
    facts.sharedBegin = alignDown(std::min(facts.sharedBegin, facts.sharedEnd),
                                  kSharedAlignment);
    return facts;
  }

private:
  struct Range {
    uint32_t begin, end;
  };
  using FunctionFacts =
      std::pair<bool, SmallVector<Range>>; ///< needs fibers, shared

  /// A shared variable  =>  simt_shared() + its place, or simt_dynamic_shared()
  void placeShared() {
    SmallVector<GlobalVariable *> variables;
    for (GlobalVariable &variable : code.globals())
      if (variable.getAddressSpace() == kSharedSpace)
        variables.push_back(&variable);
    convertUsersOfConstantsToInstructions(
        SmallVector<Constant *>(variables.begin(), variables.end()));
    uint64_t end = 0;
    for (GlobalVariable *variable : variables) {
      uint64_t bytes =
          code.getDataLayout().getTypeAllocSize(variable->getValueType());
      uint64_t begin =
          alignTo(end, std::max(variable->getAlign().valueOrOne(), Align(16)));
      if (bytes)
        end = begin + bytes;
      for (User *user : to_vector(variable->users()))
        replaceShared(*cast<Instruction>(user), *variable, begin, bytes);
      variable->eraseFromParent();
    }
  }

  void replaceShared(Instruction &user, GlobalVariable &variable,
                     uint64_t begin, uint64_t bytes) {
    Function &function = *user.getFunction();
    IRBuilder<> b(&*function.getEntryBlock().getFirstInsertionPt());
    FunctionCallee base = code.getOrInsertFunction(
        bytes ? "simt_shared" : "simt_dynamic_shared", variable.getType());
    Value *place = b.CreateConstGEP1_64(b.getInt8Ty(), b.CreateCall(base),
                                        bytes ? begin : 0);
    user.replaceUsesOfWith(&variable, place);
    FunctionFacts &facts = functionFacts[&function];
    facts.first = true; // block by block
    if (bytes)
      facts.second.push_back({uint32_t(begin), uint32_t(begin + bytes)});
  }

  Error replaceCall(CallBase &call) {
    std::string name = gpuName(call);
    if (name.empty())
      return Error::success();
    if (StringRef(name).starts_with(kRegister)) {
      readRegister(call, name);
      return Error::success();
    }
    if (call.arg_size() && any_of(call.args(), [&](Value *value) {
          return code.getDataLayout().getTypeStoreSize(value->getType()) > 8;
        }))
      return createStringError("an operand of " + name +
                               " has more than 8 bytes");
    functionFacts[call.getFunction()].first |= emulator::needsFibers(name);
    callEmulator(call, name);
    return Error::success();
  }

  /// What LLVM knows of addresses does not hold for tagged ones.
  static void dropHint(Instruction &instruction) {
    if (auto *address = dyn_cast<GetElementPtrInst>(&instruction))
      address->setNoWrapFlags(GEPNoWrapFlags::none());
    auto *intrinsic = dyn_cast<IntrinsicInst>(&instruction);
    if (intrinsic && (intrinsic->isLifetimeStartOrEnd() ||
                      intrinsic->getIntrinsicID() == Intrinsic::assume))
      intrinsic->eraseFromParent();
  }

  /// Variables of the stack and constants have addresses of the GPU's.
  void tagVariables(Function &function) {
    SmallVector<AllocaInst *> variables;
    for (Instruction &instruction : instructions(function))
      if (auto *variable = dyn_cast<AllocaInst>(&instruction))
        variables.push_back(variable);
    for (AllocaInst *variable : variables)
      tag(*variable);
    for (GlobalVariable &global : code.globals())
      tagUses(global, function);
  }

  static Value *shift(IRBuilder<> &b, Value *address, int64_t bytes) {
    return b.CreateGEP(b.getInt8Ty(), address, b.getInt64(bytes));
  }

  static void tag(AllocaInst &variable) {
    IRBuilder<> b(variable.getNextNode());
    Value *tagged = shift(b, &variable, emulator::kAddressTag);
    variable.replaceUsesWithIf(
        tagged, [&](Use &use) { return use.getUser() != tagged; });
  }

  void tagUses(GlobalVariable &global, Function &function) {
    convertUsersOfConstantsToInstructions({&global}, &function);
    IRBuilder<> b(&*function.getEntryBlock().getFirstInsertionPt());
    Instruction *tagged = nullptr;
    for (Use &use : make_early_inc_range(global.uses())) {
      auto *user = dyn_cast<Instruction>(use.getUser());
      if (!user || user->getFunction() != &function || user == tagged)
        continue;
      if (!tagged) // not folded into a constant, which no relocation could hold
        tagged = b.Insert(GetElementPtrInst::Create(
            b.getInt8Ty(), &global, {b.getInt64(emulator::kAddressTag)}));
      use.set(tagged);
    }
  }

  /// Loads and stores of the GPU's addresses follow the memory behind them.
  void untag(Instruction &instruction) {
    auto follow = [&](unsigned operand, uint64_t bytes, bool writes,
                      bool atomic) {
      IRBuilder<> b(&instruction);
      Value *address = instruction.getOperand(operand);
      if (address->getType()->getPointerAddressSpace() == kSharedSpace &&
          !atomic)
        b.CreateCall(code.getOrInsertFunction("simt_access_shared",
                                              b.getVoidTy(), address->getType(),
                                              b.getInt64Ty(), b.getInt1Ty()),
                     {address, b.getInt64(bytes), b.getInt1(writes)});
      instruction.setOperand(
          operand, shift(b, address, -int64_t(emulator::kAddressTag)));
    };
    const DataLayout &layout = code.getDataLayout();
    if (auto *load = dyn_cast<LoadInst>(&instruction)) {
      follow(0, layout.getTypeStoreSize(load->getType()), false,
             load->isAtomic());
    } else if (auto *store = dyn_cast<StoreInst>(&instruction)) {
      follow(1, layout.getTypeStoreSize(store->getValueOperand()->getType()),
             true, store->isAtomic());
    } else if (isa<AtomicRMWInst, AtomicCmpXchgInst>(instruction)) {
      follow(0, 0, true, /*atomic=*/true);
    } else if (auto *call = dyn_cast<IntrinsicInst>(&instruction);
               call && gpuName(*call).empty()) {
      for (unsigned i = 0; i < call->arg_size(); ++i)
        if (call->getArgOperand(i)->getType()->isPointerTy())
          follow(i, 0, i == 0, /*atomic=*/true);
    }
  }

  void collectFacts(Function &function, SmallPtrSetImpl<Function *> &seen,
                    emulator::Facts &facts) {
    if (!seen.insert(&function).second)
      return;
    const FunctionFacts &own = functionFacts[&function];
    facts.needsFibers |= own.first;
    for (Range range : own.second) {
      facts.sharedBegin = std::min(facts.sharedBegin, range.begin);
      facts.sharedEnd = std::max(facts.sharedEnd, range.end);
    }
    for (Instruction &instruction : instructions(function))
      if (auto *call = dyn_cast<CallBase>(&instruction))
        if (Function *callee = call->getCalledFunction())
          collectFacts(*callee, seen, facts);
  }

  Module &code;
  DenseMap<Function *, FunctionFacts> functionFacts;
};
} // namespace

/// NVIDIA's library of functions  =>  this machine's, and nothing is a GPU's
/// any more.
static void forgetGpu(Module &code) {
  code.setTargetTriple(Triple(sys::getDefaultTargetTriple()));
  code.setDataLayout("");
  for (Function &function : code) {
    if (function.getName().starts_with("__nv_"))
      function.setName(function.getName().drop_front(strlen("__nv_")));
    function.setAttributes(AttributeList());
    for (Instruction &instruction : instructions(function))
      if (auto *call = dyn_cast<CallInst>(&instruction))
        call->setAttributes(AttributeList());
  }
}

/// Bytes of each parameter that is passed by value, 0 of others.
static SmallVector<uint32_t> sizesOfStructures(Function &kernel) {
  SmallVector<uint32_t> sizes;
  const DataLayout &layout = kernel.getParent()->getDataLayout();
  for (Argument &argument : kernel.args())
    sizes.push_back(argument.hasByValAttr()
                        ? layout.getTypeAllocSize(argument.getParamByValType())
                        : 0);
  return sizes;
}

/// void emulated_k(void **arguments): as the driver is given them.
static void addEntry(Function &kernel, emulator::Facts facts, ArrayRef<uint32_t> structures) {
  LLVMContext &context = kernel.getContext();
  Module &code = *kernel.getParent();
  kernel.setCallingConv(CallingConv::C);
  Type *pointer = PointerType::get(context, 0);
  std::string name = "emulated_" + kernel.getName().str();
  auto *entry = Function::Create(
      FunctionType::get(Type::getVoidTy(context), {pointer}, false),
      GlobalValue::ExternalLinkage, name, code);
  IRBuilder<> b(BasicBlock::Create(context, "", entry));
  SmallVector<Value *> arguments;
  for (Argument &argument : kernel.args()) {
    Value *slot =
        b.CreateConstGEP1_32(pointer, entry->getArg(0), argument.getArgNo());
    Value *place = b.CreateLoad(pointer, slot);
    if (structures[argument.getArgNo()])
      arguments.push_back(
          b.CreateGEP(b.getInt8Ty(), place, b.getInt64(emulator::kAddressTag)));
    else
      arguments.push_back(b.CreateLoad(argument.getType(), place));
  }
  b.CreateCall(&kernel, arguments);
  b.CreateRetVoid();
  auto publish = [&](ArrayRef<uint32_t> numbers, const char *suffix) {
    auto *values = ConstantDataArray::get(context, numbers);
    new GlobalVariable(code, values->getType(), true, GlobalValue::ExternalLinkage,
                       values, name + suffix);
  };
  publish({facts.needsFibers, facts.sharedBegin, facts.sharedEnd}, "_facts");
  SmallVector<uint32_t> sizes;
  sizes.push_back(uint32_t(structures.size()));
  for (uint32_t size : structures)
    sizes.push_back(size ? size : 8);
  publish(sizes, "_parameters");
}

Error emulateKernels(Module &code) {
  SmallVector<Function *> kernels;
  for (Function &function : code)
    if (function.getCallingConv() == CallingConv::PTX_Kernel)
      kernels.push_back(&function);
  Emulation emulation(code);
  if (Error error = emulation.run())
    return error;
  std::vector<SmallVector<uint32_t>> structures;
  for (Function *kernel : kernels)
    structures.push_back(sizesOfStructures(*kernel));
  forgetGpu(code);
  for (auto [kernel, sizes] : zip(kernels, structures))
    addEntry(*kernel, emulation.factsOf(*kernel), sizes);
  return Error::success();
}
