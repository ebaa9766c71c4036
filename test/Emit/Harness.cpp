#include "Harness.h"
#include "graphopt/Codegen/CPU/Passes.h"
#include "graphopt/Codegen/Common/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>

namespace fs = llvm::sys::fs;

// For models on tensors.
static const char bufferize[] =
    "graphopt-bind-results,one-shot-bufferize{bufferize-function-boundaries=1 "
    "function-boundary-type-conversion=identity-layout-map "
    "buffer-alignment=64},canonicalize,cse,graphopt-plan-memory,"
    "func.func(graphopt-vectorize-linalg{vector-bits=128}),"
    "convert-math-to-libm,convert-vector-to-scf,convert-vector-to-llvm";

static const char lower[] =
    "graphopt-describe-ports,graphopt-extract-weights{minimum-bytes=64},"
    "convert-scf-to-cf,expand-strided-metadata,lower-affine,"
    "convert-arith-to-llvm,finalize-memref-to-llvm,convert-func-to-llvm,"
    "convert-cf-to-llvm,reconcile-unrealized-casts,graphopt-emit-entry,"
    "graphopt-bind-runtime";

TemporaryFolder::TemporaryFolder() {
  llvm::SmallString<128> made;
  EXPECT_FALSE(fs::createUniqueDirectory("graphopt-emit-test", made));
  path = made.str().str();
}

TemporaryFolder::~TemporaryFolder() { fs::remove_directories(path); }

std::string TemporaryFolder::list() const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator i(path, error), end; i != end && !error;
       i.increment(error))
    names.push_back(llvm::sys::path::filename(i->path()).str());
  llvm::sort(names);
  return llvm::join(names, " ");
}

LoweredModule::LoweredModule(const std::string &source)
    : context(mlir::MLIRContext::Threading::DISABLED) {
  static bool registered = [] {
    mlir::registerAllPasses();
    graphopt::registerGraphOptCodegenCPUPasses();
    graphopt::registerGraphOptCodegenCommonPasses();
    return true;
  }();
  (void)registered;
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  context.appendDialectRegistry(registry);
  context.loadAllAvailableDialects();
  module = mlir::parseSourceString<mlir::ModuleOp>(source, &context);
  EXPECT_TRUE(module);
  auto main = module ? module->lookupSymbol<mlir::func::FuncOp>("main")
                     : mlir::func::FuncOp();
  if (!main)
    return;
  mlir::PassManager passes(&context);
  if (llvm::any_of(main.getArgumentTypes(), llvm::IsaPred<mlir::TensorType>))
    EXPECT_TRUE(succeeded(mlir::parsePassPipeline(bufferize, passes)));
  EXPECT_TRUE(succeeded(mlir::parsePassPipeline(lower, passes)));
  EXPECT_TRUE(succeeded(passes.run(*module)));
}

graphopt::LibraryOptions intoFolder(const TemporaryFolder &folder) {
  graphopt::LibraryOptions options;
  options.folder = folder.path;
  options.object.target.triple = "x86_64-unknown-linux-gnu";
  options.object.target.cpu = "x86-64-v2";
  return options;
}

std::vector<std::string> emit(const std::string &source,
                              const graphopt::LibraryOptions &options) {
  LoweredModule module(source);
  auto files = graphopt::emitLibrary(module.get(), options);
  if (files)
    return *files;
  ADD_FAILURE() << toString(files.takeError());
  return {};
}

int shell(const std::string &command) {
  return std::system(command.c_str()) >> 8;
}

std::string readFile(const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().str() : "";
}

void writeFile(const std::string &path, const std::string &text) {
  std::ofstream(path) << text;
}

static int run(const TemporaryFolder &folder, const std::string &compiler,
               const std::string &file, const std::string &program,
               const std::string &archives) {
  writeFile(folder / file, program);
  std::string compile = "cd " + folder.path + " && " + compiler +
                        " -Wall -Wextra -Werror " + file + " -L. " + archives +
                        " -lm -pthread -o program";
  if (shell(compile))
    return -1;
  return shell(folder / "program");
}

int runC(const TemporaryFolder &folder, const std::string &program,
         const std::string &archives) {
  return run(
      folder, "cc -std=c99 -pedantic", "program.c",
      "#include <stdlib.h>\n#include <string.h>\n"
      "#define CHECK(x) do if (!(x)) exit(__LINE__ % 250 + 1); while (0)\n"
      "static void *aligned(size_t bytes) {\n"
      "  char *p = calloc(1, bytes + 64);\n"
      "  return p + (64 - (size_t)p % 64);\n}\n#line 1\n" +
          program,
      archives);
}

int runCpp(const TemporaryFolder &folder, const std::string &program,
           const std::string &archives) {
  return run(folder, "c++ -std=c++17", "program.cpp", program, archives);
}
