// Runs passes on an ONNX model, which is imported first, or on bytecode.
#include "graphopt/Import/Import.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/WithColor.h"

using namespace graphopt;

static llvm::cl::list<std::string>
    shapes("shape", llvm::cl::value_desc("INPUT=DIMS"),
           llvm::cl::desc("Fix the dimensions of an input of an ONNX model"));

/// The module of the model in `path`, as bytecode.
static llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
importAsBytecode(llvm::StringRef path, const mlir::DialectRegistry &registry) {
  ImportOptions options;
  std::vector<std::string> texts(shapes.begin(), shapes.end());
  if (llvm::Error error = parseInputShapes(texts).moveInto(options.shapes))
    return error;
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = importModel(context, path, options);
  if (!module)
    return module.takeError();
  std::string bytecode;
  llvm::raw_string_ostream os(bytecode);
  if (llvm::failed(mlir::writeBytecodeToFile(**module, os)))
    return llvm::createStringError("cannot write bytecode");
  // Resources in bytecode are aligned from its start.
  auto buffer = llvm::WritableMemoryBuffer::getNewUninitMemBuffer(
      bytecode.size(), path, llvm::Align(64));
  llvm::copy(bytecode, buffer->getBufferStart());
  return std::unique_ptr<llvm::MemoryBuffer>(std::move(buffer));
}

/// Bytecode, at an address that its resources can be read at: that of a small file by
/// other means is any.
static llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
openBytecode(llvm::StringRef path) {
  std::string message;
  auto buffer = mlir::openInputFile(path, llvm::Align(64), &message);
  if (!buffer)
    return llvm::createStringError(message);
  return buffer;
}

int runOnModel(llvm::StringRef inputPath, llvm::StringRef outputPath,
               mlir::DialectRegistry &registry) {
  auto buffer = inputPath.ends_with(".mlirbc") ? openBytecode(inputPath)
                                               : importAsBytecode(inputPath, registry);
  if (!buffer) {
    llvm::WithColor::error(llvm::errs(), "graphopt-opt")
        << llvm::toString(buffer.takeError()) << "\n";
    return 1;
  }
  std::string message;
  auto output = mlir::openOutputFile(outputPath, &message);
  if (!output) {
    llvm::errs() << message << "\n";
    return 1;
  }
  if (llvm::failed(
          mlir::MlirOptMain(output->os(), std::move(*buffer), registry,
                            mlir::MlirOptMainConfig::createFromCLOptions())))
    return 1;
  output->keep();
  return 0;
}
