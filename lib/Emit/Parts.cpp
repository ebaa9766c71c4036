#include "Parts.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/Instructions.h"
#include <algorithm>

using namespace graphopt;
using namespace llvm;

/// What a part of its own is worth: about 50 ms of the code generator.
static constexpr size_t kInstructions = 4000;
static constexpr size_t kMostParts = 16;

/// What callers see, and the runtime that it is made of.
static bool isOfFirstPart(const Function &function) {
  return !function.hasLocalLinkage() ||
         function.getName().starts_with("graphopt_");
}

Parts graphopt::splitFunctions(const Module &module) {
  SmallVector<const Function *> first;
  SmallVector<std::tuple<int64_t, size_t, const Function *>> others;
  size_t firstSize = 0, total = 0;
  for (const Function &function : module) {
    if (function.isDeclaration())
      continue;
    size_t size = function.getInstructionCount();
    total += size;
    if (!isOfFirstPart(function)) {
      others.emplace_back(size, others.size(), &function);
      continue;
    }
    first.push_back(&function);
    firstSize += size;
  }
  size_t count = std::clamp<size_t>(total / kInstructions, 1, kMostParts);
  Parts parts(count);
  SmallVector<size_t> sizes(count, 0);
  sizes[0] = firstSize;
  for (const Function *function : first)
    parts[0].insert(function->getName());
  // The largest first, each where there is least; equal ones in their order.
  sort(others, [](auto &a, auto &b) {
    return std::tuple(-std::get<0>(a), std::get<1>(a)) <
           std::tuple(-std::get<0>(b), std::get<1>(b));
  });
  for (auto [size, index, function] : others) {
    size_t least = llvm::min_element(sizes) - sizes.begin();
    parts[least].insert(function->getName());
    sizes[least] += size;
  }
  return parts;
}

/// Whether anything outside of `part` refers to `function`.
static bool isUsedOutside(const Function &function, const StringSet<> &part) {
  return any_of(function.users(), [&](const User *user) {
    auto *instruction = dyn_cast<Instruction>(user);
    return !instruction ||
           !part.contains(instruction->getFunction()->getName());
  });
}

StringSet<> graphopt::shareFunctions(Module &module, Parts &parts,
                                     StringRef prefix) {
  SmallVector<std::pair<Function *, StringSet<> *>> shared;
  for (Function &function : module) {
    if (function.isDeclaration() || !function.hasLocalLinkage())
      continue;
    auto part = find_if(parts, [&](const StringSet<> &part) {
      return part.contains(function.getName());
    });
    if (isUsedOutside(function, *part))
      shared.emplace_back(&function, &*part);
  }
  StringSet<> names;
  for (auto [function, part] : shared) {
    std::string name = function->getName().str();
    if (!StringRef(name).starts_with(prefix)) {
      part->erase(name);
      function->setName(prefix + name);
      part->insert(function->getName());
    }
    function->setLinkage(GlobalValue::ExternalLinkage);
    function->setVisibility(GlobalValue::HiddenVisibility);
    function->setDSOLocal(true);
    names.insert(function->getName());
  }
  return names;
}

Expected<std::unique_ptr<Module>> graphopt::readPart(MemoryBufferRef bitcode,
                                                     const StringSet<> &part,
                                                     bool isFirst,
                                                     LLVMContext &context) {
  auto module = getLazyBitcodeModule(bitcode, context);
  if (!module)
    return module.takeError();
  for (Function &function : **module)
    if (!function.isDeclaration() && !part.contains(function.getName()))
      function.deleteBody();
  if (Error error = (*module)->materializeAll())
    return std::move(error);
  for (GlobalVariable &variable : (*module)->globals())
    if (!isFirst && !variable.isDeclaration() && !variable.hasLocalLinkage())
      variable.setInitializer(nullptr);
  for (GlobalValue &value : make_early_inc_range((*module)->global_values()))
    if (value.isDeclaration() && value.use_empty())
      value.eraseFromParent();
  return module;
}
