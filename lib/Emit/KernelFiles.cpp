//===- KernelFiles.cpp - Kernels for GPUs as files of their own -----------===//

#include "Cuda.h"
#include "graphopt/Emit/Emit.h"
#include "graphopt/Support/OutputFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <fmt/format.h>

using namespace llvm;
using namespace graphopt;

Expected<std::vector<std::string>> graphopt::emitKernels(mlir::ModuleOp module, KernelKind kind,
                                                         ArrayRef<GpuModel> gpus,
                                                         StringRef folder) {
  mlir::gpu::GPUModuleOp kernels = findKernels(module);
  if (!kernels)
    return createStringError("the model has no kernels for GPUs: --target=cuda makes them");
  std::optional<std::string> ptxas;
  if (kind == KernelKind::Cubin && !(ptxas = findPtxas()))
    return createStringError("--emit=cubin needs ptxas, which is neither in bin of CUDA_HOME nor in PATH");
  std::vector<GpuModel> targets = listCodeTargets(gpus);
  std::vector<CudaImage> images; // all of them, before any is written
  for (size_t i = 0; i < gpus.size(); ++i) {
    auto own = compileKernels(kernels, targets, i, ptxas);
    if (!own)
      return own.takeError();
    images.push_back(std::move(*own));
  }
  if (std::error_code error = sys::fs::create_directories(folder, /*IgnoreExisting=*/true,
                                                          sys::fs::all_all))
    return createFileError(folder, error);
  std::string model = module->getAttrOfType<mlir::StringAttr>("graph.model").str();
  std::vector<std::string> files;
  for (const CudaImage &image : images) {
    StringRef bytes = image.bytes;
    if (image.isPtx)
      bytes.consume_back(StringRef("\0", 1));
    SmallString<128> path(folder);
    sys::path::append(path, fmt::format("{}.{}.{}", model, architectureOf(targets[image.target]),
                                        image.isPtx ? "ptx" : "cubin"));
    if (Error error = writeOutputFile(path, [&](raw_ostream &os) {
          os << bytes;
          return Error::success();
        })) {
      for (const std::string &file : files)
        sys::fs::remove(file);
      return error;
    }
    files.push_back(path.str().str());
  }
  return files;
}
