#include "dialects/Graph/Graph.h"
#include "graphopt/Import/Import.h"
#include "lib/Import/GraphImporter.h"
#include "lib/Import/Types.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace graphopt;

namespace {

class ModelImporter {
public:
  ModelImporter(MLIRContext *context, const OnnxModel &model, ErrorLog &errors)
      : builder(context), model(model), graph(model.proto.graph()),
        errors(errors) {}

  OwningOpRef<ModuleOp> run(StringRef path);

private:
  FailureOr<SmallVector<Type>> convertInputs();
  void describeArguments(func::FuncOp main);
  LogicalResult describeResults(func::FuncOp main);
  StringRef nameDim(StringRef input, size_t index, StringRef param);
  void setTensorAttributes(NamedAttrList &attributes, StringRef name,
                           ArrayRef<std::string> dims, Type type);
  void setHandleAttributes(NamedAttrList &attributes, StringRef name, Type type);

  OpBuilder builder;
  const OnnxModel &model;
  const onnx::GraphProto &graph;
  ErrorLog &errors;
  llvm::StringSet<> dimParams;     ///< names that the model gives
  SmallVector<StringRef> openDims; ///< in order of first appearance
  llvm::StringSet<> seenDims;
};

} // namespace

/// A C identifier like the file's name.
static std::string modelName(StringRef path) {
  std::string name;
  for (char c : llvm::sys::path::stem(path))
    name += llvm::isAlnum(c) ? c : '_';
  if (name.empty() || llvm::isDigit(name.front()))
    name = "model_" + name;
  return name;
}

FailureOr<SmallVector<Type>> ModelImporter::convertInputs() {
  SmallVector<Type> types;
  for (const onnx::ValueInfoProto *input : getFreeInputs(graph)) {
    std::string why;
    Type type = convertType(builder.getContext(), input->type(), why);
    if (!type) {
      if (input->type().has_tensor_type() &&
          !input->type().tensor_type().has_shape())
        why += "; give its shape with --shape";
      mlir::emitError(builder.getUnknownLoc())
          << "input '" << input->name() << "' " << why;
    }
    types.push_back(type);
  }
  if (!errors.empty())
    return failure();
  return types;
}

//===--- Names of dimensions ---------------------------------------------===//

/// The model's name for an open dimension, or one made from the input's.
StringRef ModelImporter::nameDim(StringRef input, size_t index,
                                 StringRef param) {
  std::string name = param.str();
  if (name.empty()) {
    name = (input + "_" + Twine(index)).str();
    while (dimParams.contains(name))
      name += "_";
  }
  auto [entry, isNew] = seenDims.insert(name);
  if (isNew)
    openDims.push_back(entry->getKey());
  return entry->getKey();
}

void ModelImporter::setTensorAttributes(NamedAttrList &attributes,
                                        StringRef name,
                                        ArrayRef<std::string> dims, Type type) {
  SmallVector<StringRef> dimRefs(dims.begin(), dims.end());
  attributes.set("graph.name", builder.getStringAttr(name));
  attributes.set("graph.dims", builder.getStrArrayAttr(dimRefs));
  attributes.set("graph.dtype", builder.getStringAttr(
                                    dataTypeName(getElementTypeOrSelf(type))));
}

/// Of a sequence or an optional value: what it is, and the shape of its tensors if their
/// rank is known. Extents that are open belong to each tensor alone.
void ModelImporter::setHandleAttributes(NamedAttrList &attributes, StringRef name,
                                        Type type) {
  std::string kind;
  if (auto optional = dyn_cast<graph::OptionalType>(type)) {
    kind = "optional ";
    type = optional.getValue();
  }
  auto sequence = dyn_cast<graph::SequenceType>(type);
  kind += sequence ? "sequence" : "tensor";
  if (sequence)
    type = sequence.getElement();
  attributes.set("graph.name", builder.getStringAttr(name));
  attributes.set("graph.kind", builder.getStringAttr(kind));
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    attributes.set("graph.shape", builder.getDenseI64ArrayAttr(tensor.getShape()));
  attributes.set("graph.dtype", builder.getStringAttr(
                                    dataTypeName(getElementTypeOrSelf(type))));
}

void ModelImporter::describeArguments(func::FuncOp main) {
  auto inputs = getFreeInputs(graph);
  for (const onnx::ValueInfoProto *input : inputs)
    for (const auto &dim : input->type().tensor_type().shape().dim())
      dimParams.insert(dim.dim_param());
  for (auto [index, input] : llvm::enumerate(inputs)) {
    NamedAttrList attributes;
    Type type = main.getArgument(index).getType();
    SmallVector<std::string> dims;
    for (const auto &[d, dim] :
         llvm::enumerate(input->type().tensor_type().shape().dim()))
      dims.push_back(dim.has_dim_value()
                         ? ""
                         : nameDim(input->name(), d, dim.dim_param()).str());
    if (isa<RankedTensorType>(type))
      setTensorAttributes(attributes, input->name(), dims, type);
    else
      setHandleAttributes(attributes, input->name(), type);
    main.setArgAttrs(index, attributes);
  }
}

LogicalResult ModelImporter::describeResults(func::FuncOp main) {
  for (const auto &[index, output] : llvm::enumerate(graph.output())) {
    NamedAttrList attributes;
    auto type = dyn_cast<RankedTensorType>(main.getResultTypes()[index]);
    if (isa<UnrankedTensorType>(main.getResultTypes()[index]))
      return mlir::emitError(builder.getUnknownLoc())
             << "the rank of output '" << output.name()
             << "' must be known when the model is compiled";
    if (!type) {
      setHandleAttributes(attributes, output.name(), main.getResultTypes()[index]);
      main.setResultAttrs(index, attributes.getDictionary(builder.getContext()));
      continue;
    }
    const auto &shape = output.type().tensor_type().shape();
    SmallVector<std::string> dims(type.getRank());
    for (int64_t d = 0; d < type.getRank(); ++d)
      if (type.isDynamicDim(d) && shape.dim_size() == type.getRank())
        dims[d] = shape.dim(d).dim_param();
    setTensorAttributes(attributes, output.name(), dims, type);
    main.setResultAttrs(index, attributes.getDictionary(builder.getContext()));
  }
  return success();
}

//===--- The module ------------------------------------------------------===//

OwningOpRef<ModuleOp> ModelImporter::run(StringRef path) {
  Location loc =
      NameLoc::get(builder.getStringAttr(llvm::sys::path::filename(path)));
  OwningOpRef<ModuleOp> module = ModuleOp::create(builder, loc);
  FailureOr<SmallVector<Type>> inputTypes = convertInputs();
  if (failed(inputTypes))
    return {};

  builder.setInsertionPointToEnd(module->getBody());
  auto main = func::FuncOp::create(builder, loc, "main",
                                   builder.getFunctionType(*inputTypes, {}));
  Block *body = main.addEntryBlock();
  for (auto [argument, input] :
       llvm::zip_equal(body->getArguments(), getFreeInputs(graph)))
    argument.setLoc(NameLoc::get(builder.getStringAttr(input->name())));
  builder.setInsertionPointToEnd(body);

  GraphImporter importer(model, builder, errors, /*outer=*/nullptr);
  FailureOr<SmallVector<Value>> results =
      importer.run(graph, body->getArguments());
  if (failed(results) || !errors.empty())
    return {};
  func::ReturnOp::create(builder, loc, *results);
  main.setType(
      builder.getFunctionType(*inputTypes, ValueRange(*results).getTypes()));
  describeArguments(main);
  if (failed(describeResults(main)))
    return {};
  (*module)->setAttr("graph.model", builder.getStringAttr(modelName(path)));
  (*module)->setAttr("graph.open_dims", builder.getStrArrayAttr(openDims));
  (*module)->setAttr("graph.opset", builder.getI64IntegerAttr(model.opset));
  if (failed(mlir::verify(*module)))
    return {};
  return module;
}

llvm::Expected<OwningOpRef<ModuleOp>>
graphopt::importModel(MLIRContext &context, StringRef path,
                      const ImportOptions &options) {
  llvm::Expected<OnnxModel> model = loadOnnxModel(path, options);
  if (!model)
    return model.takeError();
  context.loadDialect<arith::ArithDialect, func::FuncDialect,
                      graph::GraphDialect>();
  ErrorLog errors(&context, model->opset);
  OwningOpRef<ModuleOp> module =
      ModelImporter(&context, *model, errors).run(path);
  if (!errors.empty())
    return llvm::createStringError(path + ": " + errors.take());
  return module;
}
