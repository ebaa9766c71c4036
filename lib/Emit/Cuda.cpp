#include "Cuda.h"
#include "Machine.h"
#include "dialects/Graph/NodeNames.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include <fmt/format.h>

using namespace graphopt;
using namespace llvm;

static constexpr unsigned kPtxasSeconds = 600;

mlir::gpu::GPUModuleOp graphopt::findKernels(mlir::ModuleOp module) {
  auto kernels = module.getOps<mlir::gpu::GPUModuleOp>();
  return kernels.empty() ? nullptr : *kernels.begin();
}

/// Folders that may be a CUDA toolkit's, best first.
static SmallVector<std::string> listToolkits() {
  SmallVector<std::string> folders;
  for (StringRef variable : {"CUDA_HOME", "CUDA_PATH"})
    if (std::optional<std::string> home = sys::Process::GetEnv(variable))
      folders.push_back(*home);
  if (ErrorOr<std::string> ptxas = sys::findProgramByName("ptxas"))
    folders.push_back(sys::path::parent_path(sys::path::parent_path(*ptxas)).str());
  return folders;
}

static std::string joinPath(StringRef folder, StringRef name) {
  SmallString<128> path(folder);
  sys::path::append(path, name);
  return path.str().str();
}

std::optional<std::string> graphopt::findPtxas() {
  for (const std::string &folder : listToolkits())
    if (std::string path = joinPath(folder, "bin/ptxas"); sys::fs::can_execute(path))
      return path;
  return std::nullopt;
}

static Expected<std::unique_ptr<Module>> translate(mlir::gpu::GPUModuleOp kernels,
                                                   LLVMContext &context) {
  mlir::MLIRContext *mlirContext = kernels.getContext();
  mlir::registerBuiltinDialectTranslation(*mlirContext);
  mlir::registerGPUDialectTranslation(*mlirContext);
  mlir::registerLLVMDialectTranslation(*mlirContext);
  mlir::registerNVVMDialectTranslation(*mlirContext);
  auto code = mlir::translateModuleToLLVMIR(kernels, context, kernels.getName());
  if (!code)
    return createStringError("no LLVM IR of kernels");
  return code;
}

static constexpr StringLiteral kLibraryPrefix = "__nv_";

/// `__nvvm_reflect`, which NVIDIA's library asks for modes, is LLVM's to answer.
static SmallVector<std::string> listMissing(const Module &code) {
  SmallVector<std::string> missing;
  for (const Function &function : code)
    if (function.isDeclaration() && !function.isIntrinsic() && !function.use_empty() &&
        function.getName() != "__nvvm_reflect")
      missing.push_back(function.getName().str());
  sort(missing);
  return missing;
}

/// "__nv_exp (node 'Exp_1')": with the first node that calls each.
static std::string describeCalls(mlir::gpu::GPUModuleOp kernels, ArrayRef<std::string> functions) {
  SmallVector<std::string> calls;
  for (const std::string &function : functions) {
    StringRef node;
    kernels.walk([&](mlir::LLVM::CallOp call) {
      SmallVector<StringRef> nodes = listNodes(call.getLoc());
      if (call.getCallee() != function || nodes.empty())
        return mlir::WalkResult::advance();
      node = nodes.front();
      return mlir::WalkResult::interrupt();
    });
    calls.push_back(node.empty() ? function : fmt::format("{} (node '{}')", function, node.str()));
  }
  return join(calls, ", ");
}

/// Links what kernels call of NVIDIA's library of mathematical functions.
static Error linkMath(Module &code, mlir::gpu::GPUModuleOp kernels) {
  SmallVector<std::string> missing = listMissing(code);
  if (none_of(missing, [](StringRef name) { return name.starts_with(kLibraryPrefix); }))
    return Error::success();
  for (const std::string &folder : listToolkits()) {
    std::string path = joinPath(folder, "nvvm/libdevice/libdevice.10.bc");
    auto buffer = MemoryBuffer::getFile(path);
    if (!buffer)
      continue;
    auto library = parseBitcodeFile(**buffer, code.getContext());
    if (!library)
      return createFileError(path, library.takeError());
    (*library)->setTargetTriple(code.getTargetTriple());
    (*library)->setDataLayout(code.getDataLayout());
    if (Linker::linkModules(code, std::move(*library), Linker::LinkOnlyNeeded))
      return createStringError(path + " does not link with kernels");
    for (Function &function : code)
      if (function.getName().starts_with(kLibraryPrefix) && !function.isDeclaration())
        function.setLinkage(GlobalValue::InternalLinkage);
    return Error::success();
  }
  return createStringError(fmt::format(
      "kernels call {} of NVIDIA's libdevice.10.bc, which is not found: set CUDA_HOME to a CUDA "
      "toolkit",
      describeCalls(kernels, missing)));
}

/// A function without a body would be found missing by the driver, at run time.
static Error verifyComplete(const Module &code, mlir::gpu::GPUModuleOp kernels) {
  SmallVector<std::string> missing = listMissing(code);
  if (missing.empty())
    return Error::success();
  return createStringError(
      fmt::format("kernels need functions that no GPU has: {}", describeCalls(kernels, missing)));
}

static Expected<std::string> writePtx(Module &code, TargetMachine &machine) {
  SmallString<0> text;
  raw_svector_ostream stream(text);
  legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, CodeGenFileType::AssemblyFile))
    return createStringError("LLVM writes no PTX");
  passes.run(code);
  return text.str().str();
}

static Expected<std::unique_ptr<TargetMachine>> createGpu(const GpuModel &gpu) {
  constexpr int64_t kLeastOfArchitectures = 80; // PTX that knows sm_90a and the like
  int64_t ptx = gpu.tensorMemory ? std::max(gpu.ptx, kLeastOfArchitectures) : gpu.ptx;
  return createMachine({"nvptx64-nvidia-cuda", architectureOf(gpu), fmt::format("+ptx{}", ptx)},
                       /*optimize=*/true);
}

Expected<std::unique_ptr<Module>>
graphopt::lowerKernels(mlir::gpu::GPUModuleOp kernels, const GpuModel &gpu, LLVMContext &context) {
  auto code = translate(kernels, context);
  auto machine = createGpu(gpu);
  if (Error error = joinErrors(code.takeError(), machine.takeError()))
    return std::move(error);
  (*code)->setTargetTriple((*machine)->getTargetTriple());
  (*code)->setDataLayout((*machine)->createDataLayout());
  optimizeFunctions(**code, **machine);
  return code;
}

static Expected<std::string> compileToPtx(mlir::gpu::GPUModuleOp kernels, const GpuModel &gpu) {
  LLVMContext context;
  auto code = lowerKernels(kernels, gpu, context);
  auto machine = createGpu(gpu);
  if (Error error = joinErrors(code.takeError(), machine.takeError()))
    return std::move(error);
  if (Error error = linkMath(**code, kernels))
    return std::move(error);
  if (Error error = verifyComplete(**code, kernels))
    return std::move(error);
  optimizeCalls(**code, **machine);
  return writePtx(**code, **machine);
}

static Expected<std::string> readFile(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path);
  if (!buffer)
    return createFileError(path, buffer.getError());
  return (*buffer)->getBuffer().str();
}

static Expected<std::string> assemble(StringRef ptx, const GpuModel &gpu, StringRef ptxas) {
  SmallString<128> folder;
  if (std::error_code error = sys::fs::createUniqueDirectory("graphopt-ptx", folder))
    return createFileError(folder, error);
  scope_exit remove([&] { sys::fs::remove_directories(folder); });
  std::string source = joinPath(folder, "kernels.ptx"), cubin = joinPath(folder, "kernels.cubin"),
              log = joinPath(folder, "log");
  {
    std::error_code error;
    raw_fd_ostream os(source, error);
    os << ptx;
    os.close();
    if (error || os.has_error())
      return createFileError(source, error ? error : os.error());
  }
  std::string arch = "-arch=" + architectureOf(gpu), problem;
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(log), StringRef(log)};
  int status = sys::ExecuteAndWait(ptxas, {ptxas, arch, source, "-o", cubin}, std::nullopt,
                                   redirects, kPtxasSeconds, 0, &problem);
  if (status == 0)
    return readFile(cubin);
  if (problem.empty()) {
    Expected<std::string> text = readFile(log);
    problem = text ? StringRef(*text).trim().str() : toString(text.takeError());
  }
  return createStringError(
      fmt::format("{} failed for {}: {}", ptxas.str(), architectureOf(gpu), problem));
}

static bool isForTarget(mlir::Operation *kernel, size_t target) {
  auto targets = kernel->getAttrOfType<mlir::DenseI32ArrayAttr>(kTargetsAttr);
  return !targets || is_contained(targets.asArrayRef(), int32_t(target));
}

/// A copy with the kernels for a target only.
static mlir::OwningOpRef<mlir::gpu::GPUModuleOp> selectKernels(mlir::gpu::GPUModuleOp kernels,
                                                               size_t target) {
  mlir::OwningOpRef<mlir::gpu::GPUModuleOp> selected = kernels.clone();
  for (auto function : make_early_inc_range(selected->getOps<mlir::LLVM::LLVMFuncOp>()))
    if (!isForTarget(function, target))
      function.erase();
  return selected;
}

Expected<CudaImage> graphopt::compileKernels(mlir::gpu::GPUModuleOp kernels,
                                             ArrayRef<GpuModel> targets, size_t number,
                                             const std::optional<std::string> &ptxas) {
  const GpuModel &target = targets[number];
  auto selected = selectKernels(kernels, number);
  Expected<std::string> ptx = compileToPtx(*selected, target);
  if (!ptx)
    return ptx.takeError();
  if (!ptxas) {
    ptx->push_back('\0');
    return CudaImage{target.sm, /*isPtx=*/true, number, std::move(*ptx)};
  }
  Expected<std::string> cubin = assemble(*ptx, target, *ptxas);
  if (!cubin)
    return cubin.takeError();
  return CudaImage{target.sm, /*isPtx=*/false, number, std::move(*cubin)};
}

Expected<std::vector<CudaImage>>
graphopt::compileImages(mlir::gpu::GPUModuleOp kernels, ArrayRef<GpuModel> gpus,
                        const std::optional<std::string> &ptxas) {
  std::vector<GpuModel> targets = listCodeTargets(gpus);
  std::vector<CudaImage> images;
  auto add = [&](size_t number, const std::optional<std::string> &assembler) -> Error {
    auto image = compileKernels(kernels, targets, number, assembler);
    if (!image)
      return image.takeError();
    images.push_back(std::move(*image));
    return Error::success();
  };
  for (size_t i = 0; ptxas && i < gpus.size(); ++i)
    if (Error error = add(i, ptxas))
      return error;
  if (Error error = add(portableTarget(targets), std::nullopt))
    return error;
  return images;
}
