//===- DescribePorts.cpp - What each argument of @main is -----------------===//

#include "graphopt/Codegen/Common/Passes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace graphopt {
#define GEN_PASS_DEF_DESCRIBEPORTS
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

/// ONNX's name of an element type; the fallback where the importer left none.
static StringRef dtypeName(Type type) {
  if (type.isF32())
    return "float";
  if (type.isF64())
    return "double";
  if (type.isF16())
    return "float16";
  if (type.isBF16())
    return "bfloat16";
  bool isUnsigned = type.isUnsignedInteger();
  switch (type.isIntOrFloat() ? type.getIntOrFloatBitWidth() : 0) {
  case 1:
    return "bool";
  case 8:
    return isUnsigned ? "uint8" : "int8";
  case 16:
    return isUnsigned ? "uint16" : "int16";
  case 32:
    return isUnsigned ? "uint32" : "int32";
  case 64:
    return isUnsigned ? "uint64" : "int64";
  default:
    return {};
  }
}

namespace {

struct DescribePorts : graphopt::impl::DescribePortsBase<DescribePorts> {
  using DescribePortsBase::DescribePortsBase;

  void runOnOperation() override {
    func::FuncOp main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main) {
      getOperation().emitError("no function @main");
      return signalPassFailure();
    }
    SmallVector<Attribute> ports;
    for (BlockArgument argument : main.getArguments()) {
      FailureOr<Attribute> port = describeArgument(main, argument);
      if (failed(port))
        return signalPassFailure();
      ports.push_back(*port);
    }
    for (unsigned i = 0; i < main.getNumResults(); ++i) {
      FailureOr<Attribute> port = describeResult(main, i);
      if (failed(port))
        return signalPassFailure();
      ports.push_back(*port);
    }
    main->setAttr("graphopt.ports", ArrayAttr::get(&getContext(), ports));
  }

private:
  Attribute makeEntry(StringRef kind, ArrayRef<NamedAttribute> more = {}) {
    Builder b(&getContext());
    SmallVector<NamedAttribute> entries(more);
    entries.push_back(b.getNamedAttr("kind", b.getStringAttr(kind)));
    return b.getDictionaryAttr(entries);
  }

  FailureOr<Attribute> describeArgument(func::FuncOp main,
                                        BlockArgument argument) {
    unsigned i = argument.getArgNumber();
    if (isa<LLVM::LLVMPointerType>(argument.getType()))
      return makeEntry("run");
    DictionaryAttr attributes = main.getArgAttrDict(i);
    if (attributes && attributes.get("graph.kind"))
      return describeHandle("input", attributes);
    auto type = dyn_cast<MemRefType>(argument.getType());
    if (!type || !type.getLayout().isIdentity())
      return main.emitError("argument ")
             << i << " is not a plain memref: " << argument.getType();
    if (attributes && attributes.get("graph.result"))
      return describePort(main, "output", type, attributes, "?");
    if (attributes && attributes.get("graph.name"))
      return describePort(main, "input", type, attributes, {});
    if (attributes && attributes.get("graphopt.weights"))
      return makeEntry("weights");
    if (type.getRank() == 1 && type.isDynamicDim(0) &&
        type.getElementType().isInteger(8))
      return makeEntry("workspace");
    return main.emitError("argument ") << i
                                       << " is neither input, output, "
                                          "workspace, weights nor run";
  }

  FailureOr<Attribute> describeResult(func::FuncOp main, unsigned i) {
    DictionaryAttr attributes = main.getResultAttrDict(i);
    if (!attributes || !attributes.get("graph.result"))
      return main.emitError("result ") << i << " has no graph.result";
    if (attributes.get("graph.kind"))
      return describeHandle("result", attributes);
    auto type = dyn_cast<MemRefType>(main.getResultTypes()[i]);
    if (!type || !type.getLayout().isIdentity())
      return main.emitError("result ")
             << i << " is not a plain memref: " << main.getResultTypes()[i];
    return describePort(main, "result", type, attributes, "*");
  }

  /// A sequence or an optional value: `dims` of its tensors, "~" where each has its own;
  /// without them each has a rank of its own.
  Attribute describeHandle(StringRef kind, DictionaryAttr attributes) {
    Builder b(&getContext());
    SmallVector<NamedAttribute> entries = {
        b.getNamedAttr("dtype", attributes.get("graph.dtype")),
        b.getNamedAttr("name", attributes.get("graph.name")),
        b.getNamedAttr("value", attributes.get("graph.kind"))};
    if (auto shape = attributes.getAs<DenseI64ArrayAttr>("graph.shape")) {
      SmallVector<Attribute> dims;
      for (int64_t extent : shape.asArrayRef())
        dims.push_back(ShapedType::isDynamic(extent)
                           ? Attribute(b.getStringAttr("~"))
                           : b.getI64IntegerAttr(extent));
      entries.push_back(b.getNamedAttr("dims", b.getArrayAttr(dims)));
    }
    if (Attribute index = attributes.get("graph.result"))
      entries.push_back(b.getNamedAttr("index", index));
    return makeEntry(kind, entries);
  }

  /// `unnamed` stands for a dynamic extent without a name; empty: not allowed.
  FailureOr<Attribute> describePort(func::FuncOp main, StringRef kind,
                                    MemRefType type, DictionaryAttr attributes,
                                    StringRef unnamed) {
    Builder b(&getContext());
    auto name = attributes.getAs<StringAttr>("graph.name");
    if (!name)
      return main.emitError(kind) << " without graph.name";
    auto openDims = getOperation()->getAttrOfType<ArrayAttr>("graph.open_dims");
    auto names = attributes.getAs<ArrayAttr>("graph.dims");
    SmallVector<Attribute> dims;
    for (auto [k, extent] : llvm::enumerate(type.getShape())) {
      Attribute dimName = names && k < names.size() ? names[k] : Attribute();
      bool isOpen = openDims && dimName &&
                    llvm::is_contained(openDims.getValue(), dimName);
      if (!ShapedType::isDynamic(extent))
        dims.push_back(b.getI64IntegerAttr(extent));
      else if (isOpen && kind != "result")
        dims.push_back(dimName);
      else if (!unnamed.empty())
        dims.push_back(b.getStringAttr(unnamed));
      else
        return main.emitError(kind) << " '" << name.getValue() << "': extent "
                                    << k << " has no name in graph.open_dims";
    }
    auto dtype = attributes.getAs<StringAttr>("graph.dtype");
    if (!dtype)
      dtype = b.getStringAttr(dtypeName(type.getElementType()));
    if (dtype.empty())
      return main.emitError(kind)
             << " '" << name.getValue()
             << "': no element type for a caller: " << type.getElementType();
    SmallVector<NamedAttribute> entries = {
        b.getNamedAttr("dims", b.getArrayAttr(dims)),
        b.getNamedAttr("dtype", dtype), b.getNamedAttr("name", name)};
    if (Attribute index = attributes.get("graph.result"))
      entries.push_back(b.getNamedAttr("index", index));
    return makeEntry(kind, entries);
  }
};

} // namespace
