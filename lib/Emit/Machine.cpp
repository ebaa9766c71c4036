#include "Machine.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include <fmt/format.h>
#include <mutex>

using namespace graphopt;
using namespace llvm;

static void initializeTargets() {
  static std::once_flag once;
  std::call_once(once, [] {
    InitializeAllTargetInfos();
    InitializeAllTargets();
    InitializeAllTargetMCs();
    InitializeAllAsmPrinters();
    InitializeAllAsmParsers(); // the runtime's inline assembly
  });
}

Expected<std::unique_ptr<TargetMachine>>
graphopt::createMachine(const EmitTarget &spec, bool optimize) {
  initializeTargets();
  Triple triple(Triple::normalize(
      spec.triple.empty() ? sys::getDefaultTargetTriple() : spec.triple));
  std::string problem;
  const Target *target = TargetRegistry::lookupTarget(triple, problem);
  if (!target)
    return createStringError(problem);
  // An unknown name would only be a warning on stderr.
  std::unique_ptr<MCSubtargetInfo> known(
      target->createMCSubtargetInfo(triple, "", ""));
  if (!spec.cpu.empty() && known && !known->isCPUStringValid(spec.cpu))
    return createStringError(
        fmt::format("unknown CPU '{}' for {}", spec.cpu, triple.str()));
  // LLVM takes vpdpwssd apart, for its latency; kernels have sums enough to hide it.
  std::string features = spec.features;
  if (triple.getArch() == Triple::x86_64)
    features += features.empty() ? "+fast-dpwssd" : ",+fast-dpwssd";
  TargetOptions options;
  options.MCOptions.AsmVerbose = false;
  return std::unique_ptr<TargetMachine>(target->createTargetMachine(
      triple, spec.cpu, features, options, Reloc::PIC_, std::nullopt,
      optimize ? CodeGenOptLevel::Aggressive : CodeGenOptLevel::None));
}

void graphopt::setTarget(Module &module, const TargetMachine &machine) {
  // LLVM avoids 512-bit registers on most CPUs unless told otherwise.
  bool wide = machine.getTargetTriple().isX86() &&
              machine.getMCSubtargetInfo()->checkFeatures("+avx512f");
  for (Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.setDoesNotThrow();
    if (function.hasFnAttribute("target-cpu"))
      continue; // a version of its own
    function.addFnAttr("target-cpu", machine.getTargetCPU());
    if (!machine.getTargetFeatureString().empty())
      function.addFnAttr("target-features", machine.getTargetFeatureString());
    if (wide)
      function.addFnAttr("prefer-vector-width", "512");
  }
}

static constexpr StringLiteral kCallPipeline =
    // Functions know the sizes that all their callers pass.
    "ipsccp,deadargelim,"
    // The runtime, and bodies of loops.
    "cgscc(inline),"
    "globaldce";

/// What generated loops need: they are vectorized, unrolled and tiled already, so
/// that O3 takes three times as long for the same code.
static constexpr StringLiteral kFunctionPipeline =
    "function("
    // Descriptors come apart; addresses become sums of few terms.
    "sroa,early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg,"
    // Invariant addresses and broadcasts leave the loops.
    "loop-mssa(loop-rotate,licm),"
    "loop(loop-idiom,indvars,loop-deletion,loop-unroll-full),"
    "gvn,loop-mssa(licm),"
    // Loops that have no vector form in the compiler's own passes.
    "loop-vectorize,instcombine<no-verify-fixpoint>,simplifycfg,adce),"
    "globaldce";

void graphopt::setLeastTarget(Function &function) {
  const Triple &triple = function.getParent()->getTargetTriple();
  function.addFnAttr("target-cpu",
                     triple.getArch() == Triple::x86_64 ? "x86-64" : "generic");
}

void graphopt::makeUnwindable(Module &module) {
  for (Function &function : module)
    if (!function.isDeclaration())
      function.setUWTableKind(UWTableKind::Async);
}

uint64_t graphopt::getCpuFeatures(const TargetMachine &machine) {
  const MCSubtargetInfo &subtarget = *machine.getMCSubtargetInfo();
  const Triple &triple = machine.getTargetTriple();
  uint64_t features = 0;
  auto add = [&](bool isKnown, unsigned bit, StringRef name) {
    if (isKnown && subtarget.checkFeatures(("+" + name).str()))
      features |= uint64_t(1) << bit;
  };
  bool isX86 = triple.getArch() == Triple::x86_64;
  bool isArm = triple.getArch() == Triple::aarch64 && triple.isOSLinux();
#define X86_FEATURE(bit, name, ...) add(isX86, bit, name);
#define ARM_FEATURE(bit, name, ...) add(isArm, bit, name);
#include "../Runtime/CpuFeatures.def"
  return features;
}

static void runPasses(Module &module, TargetMachine &machine,
                      StringRef pipeline) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager components;
  ModuleAnalysisManager modules;
  PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  ModulePassManager passes;
  cantFail(builder.parsePassPipeline(passes, pipeline));
  passes.run(module, modules);
}

void graphopt::optimizeCalls(Module &module, TargetMachine &machine) {
  runPasses(module, machine, kCallPipeline);
}

void graphopt::optimizeFunctions(Module &module, TargetMachine &machine) {
  runPasses(module, machine, kFunctionPipeline);
}

Expected<std::unique_ptr<MemoryBuffer>>
graphopt::generateObject(Module &module, TargetMachine &machine) {
  storeLoneLanes(module);
  SmallVector<char, 0> bytes;
  raw_svector_ostream stream(bytes);
  legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr,
                                  CodeGenFileType::ObjectFile))
    return createStringError(
        fmt::format("no object files for {}", module.getTargetTriple().str()));
  passes.run(module);
  return std::make_unique<SmallVectorMemoryBuffer>(
      std::move(bytes), module.getModuleIdentifier(),
      /*RequiresNullTerminator=*/false);
}
