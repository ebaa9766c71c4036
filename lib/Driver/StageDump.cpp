#include "StageDump.h"
#include "graphopt/Support/OutputFile.h"
#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

using namespace graphopt;
using namespace mlir;

static constexpr llvm::StringRef stageAttribute = "graph.stage";

llvm::Error graphopt::writeDump(ModuleOp module, Stage stage,
                                llvm::StringRef base,
                                std::vector<std::string> &files) {
  module->setAttr(stageAttribute,
                  StringAttr::get(module.getContext(), stageName(stage)));
  llvm::scope_exit removeAttribute(
      [&] { module->removeAttr(stageAttribute); });

  std::string text = (base + ".mlir").str();
  llvm::Error error = writeOutputFile(text, [&](llvm::raw_ostream &os) {
    // Limit 0: with any other, MLIR first makes the whole text of a weight.
    module->print(os, OpPrintingFlags()
                          .elideLargeElementsAttrs(16)
                          .elideLargeResourceString(0));
    os << '\n';
    return llvm::Error::success();
  });
  if (error)
    return error;
  files.push_back(text);

  std::string bytecode = (base + ".mlirbc").str();
  error = writeOutputFile(bytecode, [&](llvm::raw_ostream &os) -> llvm::Error {
    if (failed(writeBytecodeToFile(module, os)))
      return llvm::createStringError("the module cannot be written");
    return llvm::Error::success();
  });
  if (error)
    return error;
  files.push_back(bytecode);
  return llvm::Error::success();
}

static std::optional<Stage> parseStage(StringAttr name) {
  for (int stage = 0; name && stage <= int(Stage::LLVM); ++stage)
    if (name.getValue() == stageName(Stage(stage)))
      return Stage(stage);
  return std::nullopt;
}

llvm::Expected<std::optional<Dump>>
graphopt::readDump(MLIRContext &context, llvm::StringRef path,
                   DiagnosticCollector &diagnostics) {
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file)
    return llvm::createFileError(path, file.getError());
  if (!isBytecode(**file) && llvm::sys::path::extension(path) != ".mlir")
    return std::nullopt;

  // The source manager keeps the file mapped for as long as a weight needs it.
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(*file), llvm::SMLoc());
  Dump dump;
  dump.module = parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
  if (!dump.module)
    return diagnostics.takeError("the file cannot be parsed");
  auto name = (*dump.module)->getAttrOfType<StringAttr>(stageAttribute);
  std::optional<Stage> stage = parseStage(name);
  if (!stage)
    return llvm::createFileError(
        path, llvm::createStringError(
                  "the module attribute graph.stage names no stage"));
  (*dump.module)->removeAttr(stageAttribute);
  dump.stage = *stage;
  return dump;
}
