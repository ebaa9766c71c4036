// What emitLibrary writes, and that it leaves nothing when it fails.
#include "Harness.h"
#include "Models.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ELFObjectFile.h"
#include <csignal>
#include <gtest/gtest.h>
#include <set>
#include <sys/resource.h>

using namespace graphopt;
using llvm::object::SymbolRef;

namespace {

/// Calls `visit(member's name, object)` for each member of an archive.
template <typename Visitor>
void forEachMember(const std::string &path, Visitor &&visit) {
  auto buffer = cantFail(
      llvm::errorOrToExpected(llvm::MemoryBuffer::getFile(path, false, false)));
  auto archive = cantFail(llvm::object::Archive::create(*buffer));
  llvm::Error error = llvm::Error::success();
  for (const auto &child : archive->children(error)) {
    auto binary = cantFail(child.getAsBinary());
    visit(cantFail(child.getName()).str(),
          *llvm::cast<llvm::object::ELFObjectFileBase>(binary.get()));
  }
  cantFail(std::move(error));
}

std::set<std::string> symbols(const llvm::object::ObjectFile &object,
                              uint32_t with, uint32_t without) {
  std::set<std::string> names;
  for (const SymbolRef &symbol : object.symbols()) {
    uint32_t flags = cantFail(symbol.getFlags());
    if ((flags & with) == with && !(flags & without))
      names.insert(cantFail(symbol.getName()).str());
  }
  return names;
}

TEST(Library, files) {
  TemporaryFolder folder;
  auto files = emit(addWeightsModel("m"), intoFolder(folder));
  EXPECT_EQ(folder.list(), "graphopt.h graphopt.hpp libm.a m.h");
  ASSERT_EQ(files.size(), 4u);
  EXPECT_EQ(files[0], folder / "libm.a");
}

TEST(Library, makesFolder) {
  TemporaryFolder folder;
  LibraryOptions options = intoFolder(folder);
  options.folder = folder / "a/b";
  emit(addWeightsModel("m"), options);
  EXPECT_NE(readFile(folder / "a/b/libm.a"), "");
}

// Only what the header promises is visible, and only the C library is needed.
TEST(Library, symbols) {
  TemporaryFolder folder;
  emit(addWeightsModel("m"), intoFolder(folder));
  forEachMember(folder / "libm.a", [](const std::string &name, auto &object) {
    if (name != "m.o") {
      EXPECT_EQ(name, "m.weights.o");
      EXPECT_EQ(symbols(object, SymbolRef::SF_Global, 0),
                (std::set<std::string>{"m_weight_w"}));
      return;
    }
    EXPECT_EQ(symbols(object, SymbolRef::SF_Global, SymbolRef::SF_Undefined),
              (std::set<std::string>{
                  "m_detect_cpu", "m_model", "m_pool_create", "m_pool_destroy", "m_result_dims",
                  "m_run_tensors", "m_status_text", "m_workspace_bytes"}));
    std::set<std::string> undefined =
        symbols(object, SymbolRef::SF_Undefined, 0);
    EXPECT_TRUE(undefined.count("m_weight_w"));
    for (const char *known :
         {"m_weight_w", "aligned_alloc", "free", "memcpy", "memset", "syscall",
          "pthread_create", "pthread_join", "sched_getaffinity", ""})
      undefined.erase(known);
    EXPECT_EQ(undefined, std::set<std::string>{});
  });
}

// The model's memory is mapped read only: nothing in it can change.
TEST(Library, holdsNoState) {
  TemporaryFolder folder;
  emit(addWeightsModel("m"), intoFolder(folder));
  forEachMember(folder / "libm.a", [](const std::string &name, auto &object) {
    for (const llvm::object::SectionRef &section : object.sections()) {
      llvm::StringRef title = cantFail(section.getName());
      if (title.starts_with(".data.rel.ro"))
        continue;
      if (title.starts_with(".data") || title.starts_with(".bss") ||
          title.starts_with(".tdata"))
        EXPECT_EQ(section.getSize(), 0u) << title.str();
    }
  });
}

TEST(Library, deterministic) {
  TemporaryFolder one, two;
  emit(doubleRowsModel(), intoFolder(one));
  emit(doubleRowsModel(), intoFolder(two));
  EXPECT_EQ(readFile(one / "librows.a"), readFile(two / "librows.a"));
  EXPECT_EQ(readFile(one / "rows.h"), readFile(two / "rows.h"));
}

TEST(Library, otherArchitecture) {
  TemporaryFolder folder;
  LibraryOptions options = intoFolder(folder);
  options.object.target = {"aarch64-linux-gnu", "neoverse-n1", ""};
  emit(addWeightsModel("m"), options);
  int members = 0;
  forEachMember(folder / "libm.a", [&](const std::string &, auto &object) {
    EXPECT_EQ(object.getEMachine(), llvm::ELF::EM_AARCH64);
    ++members;
  });
  EXPECT_EQ(members, 2);
}

// No system, no threads.
TEST(Library, withoutThreads) {
  TemporaryFolder folder;
  LibraryOptions options = intoFolder(folder);
  options.object.target = {"aarch64-none-elf", "cortex-a53", ""};
  emit(addWeightsModel("m"), options);
  EXPECT_EQ(readFile(folder / "m.h").find("m_pool_create"), std::string::npos);
  forEachMember(folder / "libm.a", [&](const std::string &, auto &object) {
    EXPECT_FALSE(
        symbols(object, SymbolRef::SF_Undefined, 0).count("pthread_create"));
  });
}

TEST(Library, objects) {
  TemporaryFolder folder;
  LibraryOptions options = intoFolder(folder);
  options.kind = LibraryKind::Object;
  emit(addWeightsModel("m"), options);
  EXPECT_EQ(folder.list(), "graphopt.h graphopt.hpp m.h m.o m.weights.o");
}

/// The error of emitting `source`; the folder must be empty afterwards.
std::string failure(const std::string &source, EmitTarget target = {}) {
  TemporaryFolder folder;
  LibraryOptions options = intoFolder(folder);
  if (!target.triple.empty())
    options.object.target = target;
  LoweredModule module(source);
  auto files = emitLibrary(module.get(), options);
  EXPECT_FALSE(files);
  EXPECT_EQ(folder.list(), "");
  return files ? "" : toString(files.takeError());
}

TEST(Library, refusesUnknownTargets) {
  EXPECT_EQ(failure(addWeightsModel("m"), {"x86_64-linux-gnu", "i999", ""}),
            "unknown CPU 'i999' for x86_64-unknown-linux-gnu");
  EXPECT_NE(failure(addWeightsModel("m"), {"pdp11-unknown-unix", "", ""}), "");
  EXPECT_EQ(failure(addWeightsModel("m"), {"riscv64-linux-gnu", "", ""}),
            "no runtime for riscv64-unknown-linux-gnu");
}

TEST(Library, refusesForeignSymbols) {
  EXPECT_EQ(failure(R"mlir(
    module attributes {graph.model = "m"} {
      func.func private @frobnicate()
      func.func @main() { call @frobnicate() : () -> () return }
    })mlir"),
            "generated code needs functions that no C library has: frobnicate");
}

TEST(Library, refusesBadNames) {
  EXPECT_EQ(failure(addWeightsModel("a b")),
            "graph.model is not a C identifier: 'a b'");
  EXPECT_EQ(failure(addWeightsModel("graphopt")),
            "graph.model is not a C identifier of its own: 'graphopt'");
}

TEST(Library, refusesWhatIsNotLowered) {
  EXPECT_EQ(failure("module { func.func @f() { return } }"),
            "'func.func' is left in the LLVM stage");
  EXPECT_EQ(failure("module {}"),
            "the module is no model: graphopt.ports is missing");
}

// A disk that is full, by way of a limit on file sizes.
TEST(Library, fullDisk) {
  TemporaryFolder folder;
  LoweredModule module(addWeightsModel("m"));
  rlimit before, small;
  getrlimit(RLIMIT_FSIZE, &before);
  small = {200, before.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  auto files = emitLibrary(module.get(), intoFolder(folder));
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(files);
  EXPECT_NE(toString(files.takeError()).find("File too large"),
            std::string::npos);
  EXPECT_EQ(folder.list(), "");
}

} // namespace
