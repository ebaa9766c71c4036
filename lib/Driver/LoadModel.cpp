#include "LoadModel.h"
#include "Diagnostics.h"
#include "graphopt/Import/Import.h"
#include "graphopt/Pipeline/Pipelines.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;

llvm::Expected<OwningOpRef<ModuleOp>>
graphopt::loadModel(MLIRContext &context, StringRef path,
                    ArrayRef<std::string> shapes) {
  ImportOptions options;
  if (llvm::Error error = parseInputShapes(shapes).moveInto(options.shapes))
    return error;
  auto module = importModel(context, path, options);
  if (!module)
    return module.takeError();
  DiagnosticCollector diagnostics(context, nullptr);
  auto passes = PassManager::on<ModuleOp>(&context);
  buildModelPipeline(passes);
  if (failed(passes.run(**module)))
    return diagnostics.takeError("a pass failed without saying why");
  return module;
}
