//===- Instrument.cpp - Copies of a model to be observed ------------------===//

#include "Instrument.h"
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Linear.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static func::FuncOp findMain(ModuleOp module) {
  return module.lookupSymbol<func::FuncOp>("main");
}

/// What an importer says of an input or output.
static DictionaryAttr describePort(OpBuilder &builder, const Twine &name,
                                   Type type) {
  SmallVector<StringRef> dims(cast<RankedTensorType>(type).getRank(), "");
  return builder.getDictionaryAttr(
      {builder.getNamedAttr("graph.name", builder.getStringAttr(name)),
       builder.getNamedAttr("graph.dims", builder.getStrArrayAttr(dims))});
}

/// In place of the outputs that main has.
static void setOutputs(func::FuncOp main, ArrayRef<Value> outputs) {
  OpBuilder builder(main.getContext());
  main.front().getTerminator()->setOperands(outputs);
  main.setResAttrsAttr(nullptr);
  main.setFunctionType(builder.getFunctionType(main.getArgumentTypes(),
                                               ValueRange(outputs).getTypes()));
  for (auto [i, output] : llvm::enumerate(outputs))
    main.setResultAttrs(
        i, describePort(builder, "value_" + Twine(i), output.getType()));
}

/// After those that main has.
static Value addInput(func::FuncOp main, const Twine &name, Type type,
                      Location loc) {
  OpBuilder builder(main.getContext());
  unsigned i = main.getNumArguments();
  (void)main.insertArgument(i, type, describePort(builder, name, type), loc);
  return main.getArgument(i);
}

OwningOpRef<ModuleOp> graphopt::copyWithOutputs(ModuleOp module,
                                                ArrayRef<Value> values) {
  IRMapping mapping;
  OwningOpRef<ModuleOp> copy(
      cast<ModuleOp>(module.getOperation()->clone(mapping)));
  setOutputs(findMain(*copy), llvm::map_to_vector(values, [&](Value value) {
               return mapping.lookup(value);
             }));
  return copy;
}

OwningOpRef<ModuleOp> graphopt::copyWithFedValues(ModuleOp module,
                                                  ArrayRef<Value> values) {
  IRMapping mapping;
  OwningOpRef<ModuleOp> copy(
      cast<ModuleOp>(module.getOperation()->clone(mapping)));
  func::FuncOp main = findMain(*copy);
  SmallVector<Value> outputs = llvm::map_to_vector(
      values, [&](Value value) { return mapping.lookup(value); });
  for (auto [i, output] : llvm::enumerate(outputs))
    output.replaceAllUsesWith(addInput(main, "fed_" + Twine(i), output.getType(),
                                       output.getLoc()));
  setOutputs(main, outputs);
  return copy;
}

namespace {
/// A copy of a model that gets further inputs.
struct ParameterCopy {
  IRMapping mapping;
  OwningOpRef<ModuleOp> module;
  func::FuncOp main;
  OpBuilder builder;

  explicit ParameterCopy(ModuleOp original)
      : module(cast<ModuleOp>(original.getOperation()->clone(mapping))),
        main(findMain(*module)), builder(module->getContext()) {}

  void addWeights(Operation *product, size_t number);
  void addSwitch(const Bypass &bypass, size_t number);
};
} // namespace

/// The last dimension, [C, 1, ...] for [N, C, ...] of a convolution.
static RankedTensorType getBiasType(Operation *product) {
  auto type = cast<RankedTensorType>(product->getResult(0).getType());
  auto conv = dyn_cast<ConvOp>(product);
  if (!conv || conv.getChannelsLast())
    return type.clone(type.getShape().take_back());
  SmallVector<int64_t> shape(type.getRank() - 1, 1);
  shape.front() = type.getDimSize(1);
  return type.clone(shape);
}

void ParameterCopy::addWeights(Operation *product, size_t number) {
  Location loc = product->getLoc();
  Value result = product->getResult(0);
  product->setOperand(1, addInput(main, "weights_" + Twine(number),
                                  product->getOperand(1).getType(), loc));
  Value bias = addInput(main, "bias_" + Twine(number), getBiasType(product), loc);
  builder.setInsertionPointAfter(product);
  auto sum = BinaryOp::create(builder, loc, result.getType(), BinaryKind::Add,
                              result, bias);
  result.replaceAllUsesExcept(sum, sum);
}

/// to  =>  number != 0 ? to : from
void ParameterCopy::addSwitch(const Bypass &bypass, size_t number) {
  Value from = mapping.lookup(bypass.from), to = mapping.lookup(bypass.to);
  Location loc = to.getLoc();
  auto scalar = RankedTensorType::get({}, builder.getF32Type());
  Value input = addInput(main, "bypass_" + Twine(number), scalar, loc);
  builder.setInsertionPointAfterValue(to);
  Type condition = scalar.clone(builder.getI1Type());
  Value isOn = CastOp::create(builder, loc, condition, input,
                              TypeAttr::get(builder.getI1Type()));
  auto choice =
      WhereOp::create(builder, loc, to.getType(), isOn, to, from);
  to.replaceAllUsesExcept(choice, choice);
  mapping.map(bypass.to, choice); // for the bypass that begins with it
}

OwningOpRef<ModuleOp>
graphopt::copyWithParameters(ModuleOp module, ArrayRef<Operation *> products,
                             ArrayRef<Bypass> bypasses,
                             ArrayRef<Value> constants) {
  ParameterCopy copy(module);
  for (auto [i, product] : llvm::enumerate(products))
    copy.addWeights(copy.mapping.lookup(product), i);
  for (auto [i, bypass] : llvm::enumerate(bypasses))
    copy.addSwitch(bypass, i);
  for (auto [i, constant] : llvm::enumerate(constants)) {
    Value value = copy.mapping.lookup(constant);
    value.replaceAllUsesWith(addInput(copy.main, "constant_" + Twine(i),
                                      value.getType(), value.getLoc()));
  }
  return std::move(copy.module);
}

void graphopt::restoreInputs(ModuleOp module) {
  func::FuncOp main = findMain(module);
  OpBuilder builder(module.getContext());
  for (BlockArgument argument : main.getArguments()) {
    auto kept = main.getArgAttrOfType<DictionaryAttr>(argument.getArgNumber(),
                                                      "graph.kept");
    if (!kept)
      continue;
    auto indices = kept.getAs<DenseI64ArrayAttr>("indices").asArrayRef();
    int64_t dim = kept.getAs<IntegerAttr>("dim").getInt();
    auto type = cast<RankedTensorType>(argument.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape[dim] = kept.getAs<IntegerAttr>("extent").getInt();
    builder.setInsertionPointToStart(&main.front());
    Value list = arith::ConstantOp::create(builder, argument.getLoc(),
                                           builder.getI64TensorAttr(indices));
    auto cut =
        GatherOp::create(builder, argument.getLoc(), type, argument, list, dim);
    argument.replaceAllUsesExcept(cut, cut);
    argument.setType(type.clone(shape));
  }
  main.setFunctionType(builder.getFunctionType(main.front().getArgumentTypes(),
                                               main.getResultTypes()));
}
