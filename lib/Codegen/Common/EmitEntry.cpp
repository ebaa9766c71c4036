//===- EmitEntry.cpp - The C functions of a model -------------------------===//

#include "Runtime.h"
#include "graphopt/Codegen/Common/Passes.h"
#include "graphopt/Support/DType.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using LLVM::LLVMFuncOp;

namespace graphopt {
#define GEN_PASS_DEF_EMITENTRY
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

namespace {

/// An entry of graphopt.ports.
struct Port {
  StringRef kind;
  ArrayRef<Attribute> dims;
  int64_t index = 0; ///< of an output
  int64_t bits = 8;  ///< of an element
  StringRef value = {}; ///< "optional sequence" or the like; empty for a tensor
  bool isText = false;

  /// Bits of graphopt.h's graphopt_kind.
  int32_t valueKind() const {
    return (value.ends_with("sequence") ? 1 : 0) |
           (value.starts_with("optional") ? 2 : 0);
  }
  bool isInput() const { return kind == "input"; }
  bool isWorkspace() const { return kind == "workspace"; }
  bool isWeights() const { return kind == "weights"; }
  bool isRun() const { return kind == "run"; }
  bool isOutput() const { return kind == "output" || kind == "result"; }
  bool isResult() const { return kind == "result"; }
};

struct EmitEntry : graphopt::impl::EmitEntryBase<EmitEntry> {
  using EmitEntryBase::EmitEntryBase;

  void runOnOperation() override {
    if (failed(readModule()))
      return signalPassFailure();
    for (auto function : getOperation().getOps<LLVMFuncOp>())
      if (!function.isExternal())
        function.setLinkage(LLVM::Linkage::Internal);
    emitWorkspaceBytes();
    emitResultDims();
    emitEntry();
    annotateMain();
  }

private:
  LogicalResult readModule() {
    ModuleOp module = getOperation();
    auto name = module->getAttrOfType<StringAttr>("graph.model");
    if (!name)
      return module.emitError("no graph.model");
    model = name.getValue();
    main = module.lookupSymbol<LLVMFuncOp>("main");
    if (!main || main.isExternal())
      return module.emitError("no llvm.func @main with a body");
    auto described = main->getAttrOfType<ArrayAttr>("graphopt.ports");
    if (!described)
      return main.emitError("no graphopt.ports");
    openDims.clear();
    if (auto dims = module->getAttrOfType<ArrayAttr>("graph.open_dims"))
      openDims = llvm::to_vector(dims.getAsRange<StringAttr>());
    readPorts(described);
    workspaceBytes = module.lookupSymbol<LLVMFuncOp>("workspace_bytes");
    resultDims = module.lookupSymbol<LLVMFuncOp>("result_dims");
    return checkShapes();
  }

  void readPorts(ArrayAttr described) {
    ports.clear();
    outputs.clear();
    for (auto entry : described.getAsRange<DictionaryAttr>()) {
      Port port;
      port.kind = entry.getAs<StringAttr>("kind").getValue();
      if (auto value = entry.getAs<StringAttr>("value"))
        port.value = value.getValue();
      else if (auto dims = entry.getAs<ArrayAttr>("dims"))
        port.dims = dims.getValue();
      if (auto index = entry.getAs<IntegerAttr>("index"))
        port.index = index.getInt();
      if (auto name = entry.getAs<StringAttr>("dtype"))
        if (auto dtype = graphopt::dtypeFromName(name)) {
          port.bits = 8 * graphopt::dtypeBytes(*dtype);
          port.isText = *dtype == graphopt::DType::String;
        }
      ports.push_back(port);
    }
    for (const Port &port : ports)
      if (port.isOutput())
        outputs.push_back(&port);
    llvm::sort(outputs, [](auto *a, auto *b) { return a->index < b->index; });
  }

  /// What other passes made fits to what graphopt.ports says.
  LogicalResult checkShapes() {
    unsigned arguments = 0;
    for (const Port &port : ports)
      arguments += port.isResult() ? 0
                   : port.isRun() || port.valueKind() ? 1
                                   : 3 + 2 * rankOf(port);
    if (main.getNumArguments() != arguments)
      return main.emitError("has ")
             << main.getNumArguments()
             << " arguments, but graphopt.ports tells of " << arguments
             << "; memrefs must be passed as descriptors";
    for (auto [i, output] : llvm::enumerate(outputs))
      if (output->index != int64_t(i))
        return main.emitError("graphopt.ports has no output ") << i;
    for (LLVMFuncOp function : {workspaceBytes, resultDims})
      if (function && function.getNumArguments() != openDims.size())
        return function.emitError("has ")
               << function.getNumArguments() << " arguments, but the model has "
               << openDims.size() << " open dimensions";
    bool computed = llvm::any_of(outputs, [](const Port *output) {
      return llvm::any_of(output->dims, isComputed);
    });
    if (computed && !resultDims)
      return main.emitError(
          "has computed extents, but there is no @result_dims");
    return success();
  }

  static bool isComputed(Attribute dim) {
    auto name = dyn_cast<StringAttr>(dim);
    return name && name.getValue() == "?";
  }

  static unsigned rankOf(const Port &port) {
    return port.isWorkspace() || port.isWeights() ? 1 : port.dims.size();
  }

  //===- Small pieces of IR
  //------------------------------------------------===//

  using Builder = ImplicitLocOpBuilder;

  Value constant(Builder &b, int64_t value) {
    return LLVM::ConstantOp::create(b, i64, value);
  }

  Value elementAt(Builder &b, Value array, Type type, int64_t i) {
    Value address = array;
    if (i)
      address = LLVM::GEPOp::create(b, pointer, type, array,
                                    ArrayRef<LLVM::GEPArg>{int32_t(i)});
    return address;
  }

  SmallVector<Value> loadOpenDims(Builder &b, Value dims) {
    SmallVector<Value> values;
    for (size_t i = 0; i < openDims.size(); ++i)
      values.push_back(
          LLVM::LoadOp::create(b, i64, elementAt(b, dims, i64, i)));
    return values;
  }

  /// The results of a function, one or several or none, as separate values.
  SmallVector<Value> callAndUnpack(Builder &b, LLVMFuncOp callee,
                                   ValueRange operands, size_t count) {
    auto call = LLVM::CallOp::create(b, callee, operands);
    if (count == 1)
      return {call.getResult()};
    SmallVector<Value> values;
    for (size_t i = 0; i < count; ++i)
      values.push_back(LLVM::ExtractValueOp::create(b, call.getResult(),
                                                    ArrayRef<int64_t>(i)));
    return values;
  }

  /// All extents of all outputs, one after the other; -1 where values decide.
  SmallVector<Value> outputExtents(Builder &b, ValueRange open) {
    size_t total = 0;
    bool computed = false;
    for (const Port *output : outputs) {
      total += output->dims.size();
      computed |= llvm::any_of(output->dims, isComputed);
    }
    SmallVector<Value> values, extents;
    if (computed)
      values = callAndUnpack(b, resultDims, open, total);
    for (const Port *output : outputs)
      for (Attribute dim : output->dims)
        extents.push_back(isComputed(dim) ? values[extents.size()]
                                          : extentOf(b, dim, open));
    return extents;
  }

  Value extentOf(Builder &b, Attribute dim, ValueRange open) {
    if (auto number = dyn_cast<IntegerAttr>(dim))
      return constant(b, number.getInt());
    auto *found = llvm::find(openDims, cast<StringAttr>(dim));
    return found == openDims.end() ? constant(b, -1)
                                   : open[found - openDims.begin()];
  }

  //===- The three functions
  //-----------------------------------------------===//

  LLVMFuncOp createFunction(Twine suffix, Type result,
                            ArrayRef<Type> arguments) {
    auto b = OpBuilder::atBlockEnd(getOperation().getBody());
    return LLVMFuncOp::create(b, main.getLoc(), (model + suffix).str(),
                              LLVM::LLVMFunctionType::get(result, arguments));
  }

  Builder startBody(LLVMFuncOp function) {
    Block *entry =
        function.addEntryBlock(*std::make_unique<OpBuilder>(&getContext()));
    return Builder::atBlockBegin(main.getLoc(), entry);
  }

  void emitWorkspaceBytes() {
    LLVMFuncOp function = createFunction("_workspace_bytes", i64, {pointer});
    Builder b = startBody(function);
    Value bytes;
    if (workspaceBytes)
      bytes = LLVM::CallOp::create(b, workspaceBytes,
                                   loadOpenDims(b, function.getArgument(0)))
                  .getResult();
    else
      bytes = constant(b, 0);
    LLVM::ReturnOp::create(b, bytes);
  }

  void emitResultDims() {
    LLVMFuncOp function =
        createFunction("_result_dims", none, {pointer, pointer});
    Builder b = startBody(function);
    SmallVector<Value> open = loadOpenDims(b, function.getArgument(0));
    for (auto [i, extent] : llvm::enumerate(outputExtents(b, open)))
      LLVM::StoreOp::create(b, extent,
                            elementAt(b, function.getArgument(1), i64, i));
    LLVM::ReturnOp::create(b, ValueRange());
  }

  /// Appends a memref descriptor: allocated, aligned, offset, sizes, strides.
  void appendDescriptor(Builder &b, SmallVectorImpl<Value> &operands,
                        Value data, ArrayRef<Value> extents) {
    operands.append({data, data, constant(b, 0)});
    operands.append(extents.begin(), extents.end());
    SmallVector<Value> strides(extents.size());
    Value stride = constant(b, 1);
    for (size_t i = extents.size(); i-- > 0;) {
      strides[i] = stride;
      if (i)
        stride = LLVM::MulOp::create(b, stride, extents[i]);
    }
    operands.append(strides);
  }

  void emitEntry() {
    LLVMFuncOp function =
        createFunction("_entry", i32, {pointer, pointer, pointer, pointer});
    Builder b = startBody(function);
    Value tensors = function.getArgument(0), run = function.getArgument(3);
    SmallVector<Value> open = loadOpenDims(b, function.getArgument(1));
    SmallVector<Value> extents = outputExtents(b, open);
    int64_t inputCount =
        llvm::count_if(ports, [](const Port &port) { return port.isInput(); });

    SmallVector<Value> operands;
    int64_t input = 0;
    for (const Port &port : ports) {
      if (port.isRun()) {
        operands.push_back(run);
      } else if (port.isWorkspace()) {
        appendDescriptor(b, operands, function.getArgument(2),
                         {constant(b, INT64_MAX)});
      } else if (port.isWeights()) {
        Value data = LLVM::LoadOp::create(
            b, pointer,
            elementAt(b, tensors, pointer, inputCount + outputs.size()));
        appendDescriptor(b, operands, data, {constant(b, INT64_MAX)});
      } else if (port.isInput() && port.valueKind()) {
        Value given = LLVM::LoadOp::create(b, pointer,
                                           elementAt(b, tensors, pointer, input++));
        operands.push_back(graphopt::Runtime(getOperation())
                               .sequenceInput(b, b.getLoc(), run, given,
                                              port.valueKind()));
      } else if (!port.isResult()) {
        SmallVector<Value> sizes;
        for (auto [k, dim] : llvm::enumerate(port.dims))
          sizes.push_back(port.isInput() ? extentOf(b, dim, open)
                                         : extents[firstExtent(port) + k]);
        int64_t slot = port.isInput() ? input++ : inputCount + port.index;
        Value data = LLVM::LoadOp::create(b, pointer,
                                          elementAt(b, tensors, pointer, slot));
        appendDescriptor(b, operands, data, sizes);
      }
    }
    size_t resultCount =
        llvm::count_if(ports, [](const Port &port) { return port.isResult(); });
    SmallVector<Value> results = callAndUnpack(b, main, operands, resultCount);
    graphopt::Runtime runtime(getOperation());
    Value status = runtime.status(b, b.getLoc(), run);
    if (resultCount)
      status = handOverResults(b, function, status, results);
    LLVM::ReturnOp::create(b, status);
  }

  size_t firstExtent(const Port &output) {
    size_t first = 0;
    for (const Port *earlier : outputs)
      if (earlier->index < output.index)
        first += earlier->dims.size();
    return first;
  }

  /// Unless the run has failed, gives the caller what @main returned. Leaves
  /// `b` where the entry goes on and returns the status there.
  Value handOverResults(Builder &b, LLVMFuncOp function, Value status,
                        ArrayRef<Value> results) {
    Value run = function.getArgument(3);
    auto *store = new Block, *finish = new Block;
    function.getBody().push_back(store);
    function.getBody().push_back(finish);
    Value end = finish->addArgument(i32, b.getLoc());
    Value ok = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq, status,
                                    LLVM::ConstantOp::create(b, i32, 0));
    LLVM::CondBrOp::create(b, ok, store, ValueRange(), finish,
                           ValueRange(status));
    b.setInsertionPointToStart(store);
    graphopt::Runtime runtime(getOperation());
    auto *result = results.begin();
    for (const Port &port : ports)
      if (port.isResult())
        setResult(b, runtime, run, port, *result++);
    LLVM::BrOp::create(b, ValueRange(runtime.status(b, b.getLoc(), run)),
                       finish);
    b.setInsertionPointToStart(finish);
    return end;
  }

  void setResult(Builder &b, graphopt::Runtime &runtime, Value run,
                 const Port &port, Value descriptor) {
    if (int32_t kind = port.valueKind())
      return runtime.sequenceOutput(b, b.getLoc(), run, port.index, descriptor, kind);
    int64_t rank = port.dims.size();
    Value extents = LLVM::AllocaOp::create(
        b, pointer, i64, constant(b, std::max<int64_t>(rank, 1)));
    // Of strings their number, else the bytes.
    Value amount = constant(b, port.isText ? 1 : port.bits / 8);
    for (int64_t i = 0; i < rank; ++i) {
      Value size =
          LLVM::ExtractValueOp::create(b, descriptor, ArrayRef<int64_t>{3, i});
      LLVM::StoreOp::create(b, size, elementAt(b, extents, i64, i));
      amount = LLVM::MulOp::create(b, amount, size);
    }
    Value data =
        LLVM::ExtractValueOp::create(b, descriptor, ArrayRef<int64_t>(1));
    Value offset =
        LLVM::ExtractValueOp::create(b, descriptor, ArrayRef<int64_t>(2));
    Type element = IntegerType::get(&getContext(), port.bits);
    data = LLVM::GEPOp::create(b, pointer, element, data,
                               ArrayRef<LLVM::GEPArg>{offset});
    if (port.isText)
      runtime.setStrings(b, b.getLoc(), run, port.index, data, amount, extents);
    else
      runtime.setResult(b, b.getLoc(), run, port.index, data, amount, extents);
  }

  /// Only the aligned pointer of a descriptor is read or written through.
  void annotateMain() {
    UnitAttr unit = UnitAttr::get(&getContext());
    unsigned argument = 0;
    for (const Port &port : ports) {
      if (port.isRun()) {
        main.setArgAttr(argument++, "graphopt.run", unit);
      } else if (port.isInput() && port.valueKind()) {
        ++argument;
      } else if (!port.isResult()) {
        main.setArgAttr(argument + 1, LLVM::LLVMDialect::getNoAliasAttrName(),
                        unit);
        main.setArgAttr(argument + 1, LLVM::LLVMDialect::getAlignAttrName(),
                        IntegerAttr::get(i64, 64));
        argument += 3 + 2 * rankOf(port);
      }
    }
    LLVMFuncOp entry =
        getOperation().lookupSymbol<LLVMFuncOp>((model + "_entry").str());
    entry.setArgAttr(3, "graphopt.run", unit);
  }

  LogicalResult initialize(MLIRContext *context) override {
    pointer = LLVM::LLVMPointerType::get(context);
    i32 = IntegerType::get(context, 32);
    i64 = IntegerType::get(context, 64);
    none = LLVM::LLVMVoidType::get(context);
    return success();
  }

  Type pointer, i32, i64, none;
  StringRef model;
  LLVMFuncOp main, workspaceBytes, resultDims;
  SmallVector<StringAttr> openDims;
  SmallVector<Port> ports;
  SmallVector<const Port *> outputs; ///< by index
};

} // namespace
