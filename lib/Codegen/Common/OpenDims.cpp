//===- OpenDims.cpp - The open dimensions of a model ----------------------===//

#include "OpenDims.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace graphopt;

static constexpr StringRef kOpenDims = "graph.open_dims";
static constexpr StringRef kDims = "graph.dims";
static constexpr StringRef kName = "graph.name";
static constexpr StringRef kResult = "graph.result";

OpenDims OpenDims::get(ModuleOp module, func::FuncOp main) {
  MLIRContext *context = module.getContext();
  OpenDims dims;
  if (auto known = module->getAttrOfType<ArrayAttr>(kOpenDims))
    dims.names = llvm::to_vector(known.getAsRange<StringAttr>());
  for (BlockArgument argument : main.getArguments()) {
    unsigned i = argument.getArgNumber();
    auto type = dyn_cast<ShapedType>(argument.getType());
    if (!type || !type.hasRank() || main.getArgAttr(i, kResult))
      continue;
    SmallVector<Attribute> own(type.getRank(), StringAttr::get(context));
    if (auto given = main.getArgAttrOfType<ArrayAttr>(i, kDims))
      if (given.size() == own.size())
        own = llvm::to_vector(given);
    bool isChanged = false;
    for (auto [k, extent] : llvm::enumerate(type.getShape())) {
      if (!ShapedType::isDynamic(extent))
        continue;
      if (cast<StringAttr>(own[k]).empty()) {
        auto input = main.getArgAttrOfType<StringAttr>(i, kName);
        own[k] = StringAttr::get(context, (input ? Twine(input.getValue())
                                                 : "input" + Twine(i)) +
                                              "_" + Twine(k));
        isChanged = true;
      }
      if (!llvm::is_contained(dims.names, own[k]))
        dims.names.push_back(cast<StringAttr>(own[k]));
    }
    if (isChanged)
      main.setArgAttr(i, kDims, ArrayAttr::get(context, own));
  }
  module->setAttr(kOpenDims,
                  ArrayAttr::get(context, SmallVector<Attribute>(
                                              dims.names.begin(),
                                              dims.names.end())));
  return dims;
}

std::optional<unsigned> OpenDims::find(func::FuncOp main, unsigned argument,
                                       int64_t dim) const {
  auto own = main.getArgAttrOfType<ArrayAttr>(argument, kDims);
  if (!own || dim < 0 || dim >= static_cast<int64_t>(own.size()))
    return std::nullopt;
  const auto *it = llvm::find(names, own[dim]);
  if (it == names.end())
    return std::nullopt;
  return it - names.begin();
}

std::optional<unsigned> OpenDims::match(func::FuncOp main, Value value) const {
  Value source;
  std::optional<int64_t> dim;
  if (auto op = value.getDefiningOp<tensor::DimOp>()) {
    source = op.getSource();
    dim = op.getConstantIndex();
  } else if (auto op = value.getDefiningOp<memref::DimOp>()) {
    source = op.getSource();
    dim = op.getConstantIndex();
  }
  auto argument = dyn_cast_or_null<BlockArgument>(source);
  if (!argument || !dim || argument.getOwner() != &main.getBody().front())
    return std::nullopt;
  return find(main, argument.getArgNumber(), *dim);
}

/// Pure scalar arithmetic, the only thing between open dimensions and a size.
static bool isScalarArithmetic(Operation *op) {
  auto isScalar = [](Type type) { return type.isIntOrIndexOrFloat(); };
  return op && op->getNumRegions() == 0 && isMemoryEffectFree(op) &&
         llvm::all_of(op->getOperandTypes(), isScalar) &&
         llvm::all_of(op->getResultTypes(), isScalar);
}

bool OpenDims::canCompute(func::FuncOp main, Value value) const {
  SmallVector<Value> todo = {value};
  DenseSet<Value> seen;
  while (!todo.empty()) {
    Value next = todo.pop_back_val();
    if (!seen.insert(next).second || match(main, next))
      continue;
    if (!isScalarArithmetic(next.getDefiningOp()))
      return false;
    llvm::append_range(todo, next.getDefiningOp()->getOperands());
  }
  return true;
}

Value OpenDims::rebuild(func::FuncOp main, Value value, ValueRange openDims,
                        OpBuilder &builder, IRMapping &copies) const {
  if (Value known = copies.lookupOrNull(value))
    return known;
  if (std::optional<unsigned> position = match(main, value)) {
    copies.map(value, openDims[*position]);
    return openDims[*position];
  }
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    rebuild(main, operand, openDims, builder, copies);
  builder.clone(*op, copies);
  return copies.lookup(value);
}

void OpenDims::createFunction(func::FuncOp main, StringRef name,
                              ValueRange values) const {
  Location loc = main.getLoc();
  OpBuilder builder(main->getContext());
  builder.setInsertionPointAfter(main);
  Type index = builder.getIndexType();
  auto function = func::FuncOp::create(
      builder, loc, name,
      builder.getFunctionType(SmallVector<Type>(names.size(), index),
                              SmallVector<Type>(values.size(), index)));
  function.setPrivate();
  builder.setInsertionPointToStart(function.addEntryBlock());
  IRMapping copies;
  SmallVector<Value> results;
  for (Value value : values)
    results.push_back(
        canCompute(main, value)
            ? rebuild(main, value, function.getArguments(), builder, copies)
            : arith::ConstantIndexOp::create(builder, loc, -1));
  func::ReturnOp::create(builder, loc, results);
}
