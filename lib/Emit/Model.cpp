#include "Model.h"
#include "Cuda.h"
#include "graphopt/Runtime/graphopt.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/StringExtras.h"
#include <fmt/format.h>

using namespace graphopt;
using namespace mlir;

bool Port::dependsOnValues() const {
  return llvm::is_contained(dims, GRAPHOPT_DIM_DATA);
}

bool Port::isAllocated() const {
  return dtype == DType::String || dependsOnValues();
}

bool Port::isStatic() const {
  return kind == GRAPHOPT_TENSOR &&
         llvm::all_of(dims, [](int64_t dim) { return dim >= 0; });
}

static bool isIdentifier(StringRef name) {
  return !name.empty() && !llvm::isDigit(name[0]) &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

static llvm::Error malformed(StringRef what) {
  return llvm::createStringError(fmt::format("graphopt.ports: {}", what.str()));
}

static llvm::Expected<int64_t> readDim(Attribute dim, const Model &model) {
  if (auto number = dyn_cast<IntegerAttr>(dim))
    return number.getInt();
  auto name = dyn_cast<StringAttr>(dim);
  if (!name)
    return malformed("an extent is neither number nor name");
  if (name.getValue() == "?")
    return GRAPHOPT_DIM_COMPUTED;
  if (name.getValue() == "*")
    return GRAPHOPT_DIM_DATA;
  if (name.getValue() == "~")
    return GRAPHOPT_DIM_ANY;
  auto *found = llvm::find(model.openDims, name.getValue());
  if (found == model.openDims.end())
    return malformed("no open dimension is called " + name.str());
  return -1 - (found - model.openDims.begin());
}

static llvm::Expected<Port> readPort(DictionaryAttr entry, const Model &model) {
  auto name = entry.getAs<StringAttr>("name");
  auto dtypeText = entry.getAs<StringAttr>("dtype");
  auto dims = entry.getAs<ArrayAttr>("dims");
  auto value = entry.getAs<StringAttr>("value");
  if (!name || !dtypeText || !(dims || value))
    return malformed("an input or output without name, dtype or dims");
  std::optional<DType> dtype = dtypeFromName(dtypeText);
  if (!dtype)
    return malformed("unknown dtype " + dtypeText.str());
  Port port{name.str(), *dtype, {}};
  port.hasRank = static_cast<bool>(dims);
  if (value && value.getValue().starts_with("optional"))
    port.kind |= GRAPHOPT_OPTIONAL;
  if (value && value.getValue().ends_with("sequence"))
    port.kind |= GRAPHOPT_SEQUENCE;
  for (Attribute dim : dims ? dims.getValue() : ArrayRef<Attribute>()) {
    llvm::Expected<int64_t> extent = readDim(dim, model);
    if (!extent)
      return extent.takeError();
    port.dims.push_back(*extent);
  }
  return port;
}

static llvm::Error readPorts(ArrayAttr ports, Model &model) {
  SmallVector<std::pair<int64_t, Port>> outputs;
  for (auto entry : ports.getAsRange<DictionaryAttr>()) {
    auto kind = entry.getAs<StringAttr>("kind");
    if (!kind)
      return malformed("an entry without kind");
    if (kind.getValue() == "weights")
      model.hasWeightsFile = true;
    if (llvm::is_contained({"workspace", "weights", "run"}, kind.getValue()))
      continue;
    llvm::Expected<Port> port = readPort(entry, model);
    if (!port)
      return port.takeError();
    if (kind.getValue() == "input")
      model.inputs.push_back(std::move(*port));
    else if (auto index = entry.getAs<IntegerAttr>("index"))
      outputs.emplace_back(index.getInt(), std::move(*port));
    else
      return malformed("an output without index");
  }
  llvm::sort(outputs, llvm::less_first());
  for (auto &[index, port] : outputs)
    model.outputs.push_back(std::move(port));
  return llvm::Error::success();
}

static llvm::Error readCalls(ArrayAttr calls, Model &model) {
  for (auto entry : calls.getAsRange<DictionaryAttr>()) {
    auto function = entry.getAs<StringAttr>("function");
    auto nodes = entry.getAs<ArrayAttr>("nodes");
    if (!function || !nodes)
      return llvm::createStringError(
          "graphopt.calls: an entry without function or nodes");
    Call &call = model.calls.emplace_back();
    call.function = function.str();
    for (auto node : nodes.getAsRange<StringAttr>())
      call.nodes.push_back(node.str());
  }
  return llvm::Error::success();
}

std::optional<Listing> graphopt::readListing(ModuleOp module) {
  auto listing = module->getAttrOfType<DictionaryAttr>("graphopt.listing");
  auto file = listing ? listing.getAs<StringAttr>("file") : StringAttr();
  auto text = listing ? listing.getAs<StringAttr>("text") : StringAttr();
  if (!file || !text)
    return std::nullopt;
  return Listing{file.str(), text.str()};
}

llvm::Expected<std::optional<Model>> graphopt::readModel(ModuleOp module) {
  auto main = module.lookupSymbol<LLVM::LLVMFuncOp>("main");
  auto ports =
      main ? main->getAttrOfType<ArrayAttr>("graphopt.ports") : ArrayAttr();
  if (!ports)
    return std::nullopt;
  auto name = module->getAttrOfType<StringAttr>("graph.model");
  if (!name)
    return llvm::createStringError("graph.model is missing");
  if (!isIdentifier(name))
    return llvm::createStringError(
        fmt::format("graph.model is not a C identifier: '{}'", name.str()));
  if (name.getValue() == "graphopt") // graphopt.h has these names
    return llvm::createStringError(fmt::format(
        "graph.model is not a C identifier of its own: '{}'", name.str()));
  Model model;
  model.name = name.str();
  if (auto dims = module->getAttrOfType<ArrayAttr>("graph.open_dims"))
    for (auto dim : dims.getAsRange<StringAttr>())
      model.openDims.push_back(dim.str());
  if (llvm::Error error = readPorts(ports, model))
    return std::move(error);
  if (gpu::GPUModuleOp kernels = findKernels(module)) {
    model.isOnGpu = true;
    model.hasWeightsFile = false; // they are uploaded, see ObjectOptions
    for (auto function : kernels.getOps<LLVM::LLVMFuncOp>())
      if (function->hasAttr(gpu::GPUDialect::getKernelFuncAttrName())) {
        model.kernels.push_back({function.getName().str(), {}});
        if (auto targets = function->getAttrOfType<DenseI32ArrayAttr>(kTargetsAttr))
          model.kernels.back().targets.assign(targets.asArrayRef());
      }
  }
  if (auto calls = module->getAttrOfType<ArrayAttr>("graphopt.calls"))
    if (llvm::Error error = readCalls(calls, model))
      return std::move(error);
  return model;
}
