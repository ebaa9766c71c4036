// Reads the names of model files from stdin, one a line. For each: imports it,
// exports the module, imports that file, and says whether both modules compute the
// same by the same ops. One line each: "ok", "unread" (the importer refuses the
// model), or what went wrong.
#include "graphopt/Export/Export.h"
#include "graphopt/Import/Import.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <iostream>

using namespace graphopt;
using namespace mlir;

namespace {

/// The ops that results depend on as lines, each after those that it reads; a
/// constant is written where it is read.
class Listing {
public:
  std::vector<std::string> lines;

  void addOps(Region &region) {
    for (Block &block : region) {
      for (BlockArgument argument : block.getArguments())
        lines.push_back("argument " + define(argument));
      if (block.mightHaveTerminator())
        addOp(*block.getTerminator());
      else // a module's
        for (Operation &op : block)
          addOp(op);
    }
  }

private:
  void addOp(Operation &op) {
    if (isa<arith::ConstantOp>(op) || !seen.insert(&op).second)
      return;
    // Regions read values from around them.
    op.walk([&](Operation *reader) {
      for (Value operand : reader->getOperands())
        if (Operation *definer = operand.getDefiningOp())
          if (definer->getBlock() == op.getBlock())
            addOp(*definer);
    });
    std::string line = op.getName().getStringRef().str() + " " +
                       print(op.getAttrDictionary()) + " (";
    for (Value operand : op.getOperands())
      line += read(operand) + ", ";
    line += ")";
    for (Value result : op.getResults())
      line += " " + define(result);
    lines.push_back(line);
    for (Region &region : op.getRegions())
      addOps(region);
  }

  std::string define(Value value) {
    unsigned number = numbers.size();
    numbers[value] = number;
    return "%" + std::to_string(number) + ": " + print(value.getType());
  }

  std::string read(Value value) {
    auto constant = value.getDefiningOp<arith::ConstantOp>();
    if (!constant)
      return "%" + std::to_string(numbers.lookup(value));
    auto resource = dyn_cast<DenseResourceElementsAttr>(constant.getValue());
    if (!resource)
      return print(constant.getValue());
    ArrayRef<char> bytes = resource.getRawHandle().getBlob()->getData();
    return print(resource.getType()) + " " +
           std::to_string(llvm::hash_value(StringRef(bytes.data(), bytes.size())));
  }

  template <typename T> static std::string print(T what) {
    std::string text;
    llvm::raw_string_ostream(text) << what;
    return text;
  }

  llvm::DenseMap<Value, unsigned> numbers;
  llvm::DenseSet<Operation *> seen;
};

std::vector<std::string> list(ModuleOp module) {
  Listing listing;
  listing.addOps(module.getRegion());
  return listing.lines;
}

/// An empty text if the second module is the first.
std::string compare(ModuleOp first, ModuleOp second) {
  std::vector<std::string> before = list(first), after = list(second);
  for (size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
    std::string was = i < before.size() ? before[i] : "nothing";
    std::string is = i < after.size() ? after[i] : "nothing";
    if (was != is)
      return "differs: " + was + " became " + is;
  }
  return "";
}

std::string tryModel(StringRef path, StringRef folder) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  auto module = importModel(context, path);
  if (!module) {
    llvm::consumeError(module.takeError());
    return "unread";
  }
  SmallString<128> copy(folder);
  llvm::sys::path::append(copy, llvm::sys::path::filename(path));
  llvm::sys::path::replace_extension(copy, "onnx");
  auto files = exportModel(**module, copy);
  if (!files)
    return "is not written: " + llvm::toString(files.takeError());
  auto again = importModel(context, copy);
  if (!again)
    return "is not read again: " + llvm::toString(again.takeError());
  std::string difference = compare(**module, **again);
  return difference.empty() ? "ok" : difference;
}

} // namespace

/// The argument is a folder for the exported models.
int main(int argc, char **argv) {
  if (argc != 2 || llvm::sys::fs::create_directories(argv[1]))
    return 2;
  for (std::string path; std::getline(std::cin, path);) {
    std::string text = tryModel(path, argv[1]);
    std::replace(text.begin(), text.end(), '\n', ' ');
    std::cout << text << std::endl;
  }
}
