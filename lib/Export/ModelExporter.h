// What the exporters of all graphs of one model share: names, tensors, errors.
#ifndef GRAPHOPT_EXPORT_MODELEXPORTER_H
#define GRAPHOPT_EXPORT_MODELEXPORTER_H

#include "lib/Import/Onnx/OnnxModel.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"
#include <map>

namespace graphopt {

class ModelExporter {
public:
  explicit ModelExporter(mlir::ModuleOp module) : module(module) {}

  /// The model without an opset, or an error that lists what ONNX has no node for.
  llvm::Expected<OnnxModel> run();
  /// ONNX's element type of each value of the model, by name; after `run`.
  const llvm::StringMap<int> &getElementTypes() const { return elementTypes; }

  //===--- Values ----------------------------------------------------------===//

  /// `wanted`, or that with a number if a value has the name already.
  std::string makeValueName(const llvm::Twine &wanted);
  std::string makeNodeName(llvm::StringRef wanted);
  void define(mlir::Value value, llvm::StringRef name);
  void setElementType(llvm::StringRef name, mlir::Type elementType);
  /// The name of a value; "" for null. A constant becomes an initializer when it
  /// is first asked for: graphs inside of others see it, too.
  std::string getName(mlir::Value value);
  /// Adds an initializer that is no constant of the module.
  std::string createTensor(const llvm::Twine &name, mlir::ElementsAttr elements);

  //===--- Nodes -----------------------------------------------------------===//

  /// Notes that an op cannot be written, and why.
  void refuse(mlir::Operation *op, const llvm::Twine &why);
  /// Notes that what `op` computes is part of a node already.
  void markWritten(mlir::Operation *op) { written.insert(op); }
  bool isWritten(mlir::Operation *op) const { return written.contains(op); }

private:
  void defineConstants();
  void describeInputs(mlir::func::FuncOp main);
  void nameResults(mlir::func::FuncOp main);
  void writeMain(mlir::func::FuncOp main);
  void addInitializer(llvm::StringRef name, mlir::ElementsAttr elements);
  void addStrings(llvm::StringRef name, mlir::DenseStringElementsAttr strings);
  bool addSparse(llvm::StringRef name, mlir::ElementsAttr elements,
                 llvm::StringRef bytes);
  llvm::Error takeError() const;

  mlir::ModuleOp module;
  OnnxModel model;
  llvm::DenseMap<mlir::Value, std::string> names;
  /// Constants that are no initializers yet.
  llvm::DenseSet<mlir::Value> unused;
  llvm::StringMap<unsigned> valueNames, nodeNames; ///< with a number to try next
  llvm::StringMap<int> elementTypes;
  llvm::DenseSet<mlir::Operation *> written;
  /// Nodes by the reason that they have in common.
  std::map<std::string, std::vector<std::string>> refused;
};

/// The ONNX node that `op` was imported as; "" if its location tells none.
std::string getNodeName(mlir::Operation *op);

/// The tensor by its elements that are not zero; nothing if that is no smaller.
std::optional<onnx::SparseTensorProto>
makeSparse(llvm::StringRef name, llvm::ArrayRef<float> elements,
           llvm::ArrayRef<int64_t> shape);

/// The type of a tensor, a sequence or an optional value.
void describeType(onnx::TypeProto &proto, mlir::Type type, mlir::ArrayAttr dims = {});

/// Sets name and type of a value; open dimensions get the names in `dims`, unless
/// these are empty.
void describeValue(onnx::ValueInfoProto &info, llvm::StringRef name,
                   mlir::Type type, mlir::ArrayAttr dims = {});

} // namespace graphopt

#endif // GRAPHOPT_EXPORT_MODELEXPORTER_H
