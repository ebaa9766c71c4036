//===- BindResults.cpp - Results of @main become arguments ----------------===//

#include "CollapseShape.h"
#include "OpenDims.h"
#include "graphopt/Codegen/Common/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/ScopeExit.h"

namespace graphopt {
#define GEN_PASS_DEF_BINDRESULTS
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;

/// Turns dims of results of tensor ops into arithmetic on dims of arguments.
static void populateResolveDimsPatterns(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
  memref::populateResolveShapedTypeResultDimsPatterns(patterns);
  scf::populateSCFForLoopCanonicalizationPatterns(patterns);
  tensor::DimOp::getCanonicalizationPatterns(patterns, context);
  tensor::CastOp::getCanonicalizationPatterns(patterns, context);
}

/// `value` again, for one more op to compute in.
static Value repeatInit(OpBuilder &builder, Value value) {
  if (auto empty = value.getDefiningOp<tensor::EmptyOp>())
    return builder.clone(*empty)->getResult(0);
  if (auto fill = value.getDefiningOp<linalg::FillOp>()) {
    IRMapping mapping;
    Value init = fill.getDpsInits()[0];
    mapping.map(init, repeatInit(builder, init));
    return builder.clone(*fill, mapping)->getResult(0);
  }
  return bufferization::AllocTensorOp::create(
             builder, value.getLoc(), cast<RankedTensorType>(value.getType()),
             /*dynamicSizes=*/ValueRange(), /*copy=*/value)
      .getResult();
}

/// Gives the op a tensor of its own to write to.
static void separate(OpOperand &operand) {
  OpBuilder builder(operand.getOwner());
  bufferization::BufferizationOptions options;
  bufferization::AnalysisState state(options);
  if (state.bufferizesToMemoryRead(operand))
    return operand.set(repeatInit(builder, operand.get()));
  Location loc = operand.getOwner()->getLoc();
  auto type = cast<RankedTensorType>(operand.get().getType());
  SmallVector<Value> sizes;
  for (int64_t i = 0; i < type.getRank(); ++i)
    if (type.isDynamicDim(i))
      sizes.push_back(tensor::DimOp::create(builder, loc, operand.get(), i));
  operand.set(tensor::EmptyOp::create(builder, loc, type, sizes));
}

/// Tensors that ops write to.
static SmallVector<OpOperand *> listWrites(func::FuncOp main) {
  bufferization::BufferizationOptions options;
  bufferization::AnalysisState state(options);
  SmallVector<OpOperand *> writes;
  main.walk([&](bufferization::BufferizableOpInterface op) {
    for (OpOperand &operand : op->getOpOperands())
      if (isa<RankedTensorType>(operand.get().getType()) &&
          state.bufferizesToMemoryWrite(operand))
        writes.push_back(&operand);
  });
  return writes;
}

/// Ops that write to one tensor get a tensor each. Bufferization takes results
/// in buffers of the caller for unrelated, so two that start from one tensor
/// would share the buffer of one of them.
static void separateInits(func::FuncOp main) {
  llvm::MapVector<Value, SmallVector<OpOperand *>> writers;
  for (OpOperand *operand : listWrites(main))
    writers[operand->get()].push_back(operand);
  for (auto &[value, operands] : writers)
    for (OpOperand *operand : ArrayRef(operands).drop_back())
      separate(*operand);
}

namespace {
struct BindResults : graphopt::impl::BindResultsBase<BindResults> {
  using BindResultsBase::BindResultsBase;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || !main.getBody().hasOneBlock()) {
      getOperation().emitError("has no function @main of one block");
      return signalPassFailure();
    }
    for (auto [i, type] : llvm::enumerate(main.getResultTypes()))
      if (!isa<RankedTensorType>(type) && !main.getResultAttr(i, "graph.kind")) {
        main.emitError("has a result that is not a ranked tensor: ") << type;
        return signalPassFailure();
      }
    dims = OpenDims::get(getOperation(), main);
    if (failed(computeResultDims(main)))
      return signalPassFailure();
    bind(main);
  }

private:
  /// Makes @result_dims: all extents of all results. Finds in `extents` what
  /// each one is: a position in open dimensions, or not that.
  LogicalResult computeResultDims(func::FuncOp main) {
    // A copy of main that returns extents; simplification leaves little of it.
    func::FuncOp copy = main.clone();
    OwningOpRef<func::FuncOp> owner(copy);
    copy.setName("graphopt.result_dims");
    getOperation().insert(getOperation().end(), owner.release());
    llvm::scope_exit eraseCopy([&] { copy.erase(); });

    auto end = cast<func::ReturnOp>(copy.getBody().front().getTerminator());
    OpBuilder builder(end);
    SmallVector<Value> sizes;
    for (Value result : end.getOperands())
      for (int64_t k = 0; k < rankOf(result); ++k)
        sizes.push_back(
            tensor::DimOp::create(builder, end.getLoc(), result, k));
    end.getOperandsMutable().assign(sizes);
    copy.setFunctionType(builder.getFunctionType(
        copy.getArgumentTypes(), SmallVector<Type>(sizes.size(),
                                                   builder.getIndexType())));
    copy.setResAttrsAttr({});

    RewritePatternSet patterns(&getContext());
    populateResolveDimsPatterns(patterns);
    if (failed(applyPatternsGreedily(copy, std::move(patterns))))
      return copy.emitError("extents of results do not simplify");

    extents.clear();
    for (Value size : end.getOperands())
      extents.push_back({dims.match(copy, size), dims.canCompute(copy, size)});
    dims.createFunction(copy, "result_dims", end.getOperands());
    return success();
  }

  void bind(func::FuncOp main) {
    separateInits(main);
    // Inputs are the caller's.
    for (BlockArgument argument : main.getArguments())
      if (isa<TensorType>(argument.getType()))
        main.setArgAttr(argument.getArgNumber(),
                        bufferization::BufferizationDialect::kWritableAttrName,
                        BoolAttr::get(&getContext(), false));
    auto end = cast<func::ReturnOp>(main.getBody().front().getTerminator());
    OpBuilder builder(end);
    SmallVector<Value> returned;
    SmallVector<Attribute> returnedAttrs;
    size_t firstExtent = 0;
    for (auto [i, value] : llvm::enumerate(end.getOperands())) {
      auto type = dyn_cast<RankedTensorType>(value.getType());
      if (!type) { // the number of a sequence
        returned.push_back(value);
        returnedAttrs.push_back(numbered(main, i));
        continue;
      }
      ArrayRef<Extent> own =
          ArrayRef(extents).slice(firstExtent, type.getRank());
      firstExtent += type.getRank();
      DictionaryAttr attrs = portAttrs(main, i, type, own);
      auto dtype = attrs.getAs<StringAttr>("graph.dtype");
      bool isText = dtype && dtype.getValue() == "string";
      if (isText || !llvm::all_of(own, [](Extent e) { return e.isComputable; })) {
        ++numDataDependent;
        returned.push_back(asDense(builder, value));
        returnedAttrs.push_back(attrs);
        continue;
      }
      auto memref = MemRefType::get(type.getShape(), type.getElementType());
      unsigned position = main.getNumArguments();
      (void)main.insertArgument(position, memref, attrs, value.getLoc());
      materialize(value, main.getArgument(position));
      ++numBound;
    }
    end.getOperandsMutable().assign(returned);
    keepResults(main);
    writeResults(builder);
    main.setFunctionType(builder.getFunctionType(
        main.getArgumentTypes(), llvm::to_vector_of<Type>(
                                     ValueRange(returned).getTypes())));
    main.setResAttrsAttr(returnedAttrs.empty()
                             ? ArrayAttr()
                             : builder.getArrayAttr(returnedAttrs));
  }

  /// 0 for what is no tensor.
  static int64_t rankOf(Value result) {
    auto type = dyn_cast<RankedTensorType>(result.getType());
    return type ? type.getRank() : 0;
  }

  /// A copy of a part of a tensor, or of what bufferization may compute in one because others
  /// read it, too: it would return either with its strides cast away.
  static Value asDense(OpBuilder &builder, Value value) {
    bool isShared = !value.hasOneUse();
    Value source = value;
    while (isa_and_present<tensor::CastOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp>(
        source.getDefiningOp())) {
      source = source.getDefiningOp()->getOperand(0);
      isShared |= !source.hasOneUse();
    }
    if (!isShared && !source.getDefiningOp<tensor::ExtractSliceOp>())
      return value;
    return bufferization::AllocTensorOp::create(
        builder, value.getLoc(), cast<RankedTensorType>(value.getType()),
        /*dynamicSizes=*/ValueRange(), /*copy=*/value);
  }

  /// Writes `value` to `buffer`. Reshapes and joints move to the buffer, so that
  /// the ops before them can write in place.
  void materialize(Value value, Value buffer) {
    OpBuilder atStart(buffer.getContext());
    atStart.setInsertionPointAfterValue(buffer);
    bool isReadElsewhere = !value.hasOneUse();
    while (Operation *reshape = value.getDefiningOp()) {
      Value reshaped;
      if (auto expand = dyn_cast<tensor::ExpandShapeOp>(reshape))
        reshaped = undoExpand(atStart, expand, buffer);
      else if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(reshape))
        reshaped = undoCollapse(atStart, collapse, buffer);
      if (!reshaped)
        break;
      buffer = reshaped;
      value = reshape->getOperand(0);
      isReadElsewhere |= !value.hasOneUse();
    }
    if (auto concat = value.getDefiningOp<tensor::ConcatOp>())
      if (!isReadElsewhere &&
          succeeded(materializeParts(atStart, concat, buffer)))
        return;
    writes.push_back({value, buffer});
  }

  /// What is computed over a result gets a tensor of its own: the result is in the caller's
  /// buffer, and upstream's analysis does not see that this one is written at the end.
  void keepResults(func::FuncOp main) {
    llvm::SmallPtrSet<Value, 4> kept;
    for (const Write &write : writes)
      if (Value source = sourceOf(write.value); source.getDefiningOp())
        kept.insert(source);
    for (OpOperand *operand : listWrites(main))
      if (kept.contains(sourceOf(operand->get())))
        separate(*operand);
  }

  void writeResults(OpBuilder &builder) {
    for (const Write &write : writes)
      bufferization::MaterializeInDestinationOp::create(
          builder, write.value.getLoc(), /*result=*/Type(), write.value, write.buffer,
          /*restrict=*/true, /*writable=*/true);
    writes.clear();
  }

  /// The tensor that `value` is a view of.
  static Value sourceOf(Value value) {
    while (isa_and_present<tensor::CastOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp,
                           tensor::ExtractSliceOp>(value.getDefiningOp()))
      value = value.getDefiningOp()->getOperand(0);
    return value;
  }

  /// Writes each part of `concat` for itself: taken for one tensor, a part that is
  /// read again after the next one is written would need a copy.
  LogicalResult materializeParts(OpBuilder &atStart,
                                 tensor::ConcatOp concat, Value buffer) {
    int64_t dim = concat.getDim();
    for (Type type : concat.getInputs().getTypes())
      if (cast<RankedTensorType>(type).isDynamicDim(dim))
        return failure();
    SmallVector<OpFoldResult> sizes =
        memref::getMixedSizes(atStart, concat.getLoc(), buffer);
    SmallVector<OpFoldResult> offsets(sizes.size(), atStart.getIndexAttr(0));
    SmallVector<OpFoldResult> strides(sizes.size(), atStart.getIndexAttr(1));
    int64_t at = 0;
    for (Value part : concat.getInputs()) {
      int64_t extent = cast<RankedTensorType>(part.getType()).getDimSize(dim);
      offsets[dim] = atStart.getIndexAttr(at);
      sizes[dim] = atStart.getIndexAttr(extent);
      at += extent;
      Value place = memref::SubViewOp::create(atStart, concat.getLoc(), buffer,
                                              offsets, sizes, strides);
      materialize(part, place);
    }
    return success();
  }

  /// Null if the buffer, a part of a larger one, has gaps there.
  static Value undoExpand(OpBuilder &builder, tensor::ExpandShapeOp expand,
                          Value buffer) {
    SmallVector<ReassociationIndices> groups = expand.getReassociationIndices();
    auto type = cast<MemRefType>(buffer.getType());
    if (!memref::CollapseShapeOp::isGuaranteedCollapsible(type, groups))
      return {};
    return collapseShape(builder, expand.getLoc(), buffer, groups);
  }

  /// Null if sizes cannot be told from the buffer's.
  static Value undoCollapse(OpBuilder &builder, tensor::CollapseShapeOp collapse,
                            Value buffer) {
    RankedTensorType type = collapse.getSrcType();
    Location loc = collapse.getLoc();
    SmallVector<ReassociationIndices> groups =
        collapse.getReassociationIndices();
    if (llvm::any_of(groups, [&](ReassociationIndices &group) {
          return llvm::count_if(group, [&](int64_t k) {
                   return type.isDynamicDim(k);
                 }) > 1;
        }))
      return {};
    SmallVector<OpFoldResult> sizes;
    for (int64_t extent : type.getShape())
      sizes.push_back(builder.getIndexAttr(extent));
    for (auto [position, group] : llvm::enumerate(groups)) {
      int64_t known = 1;
      for (int64_t k : group)
        known *= type.isDynamicDim(k) ? 1 : type.getDimSize(k);
      for (int64_t k : group) {
        if (!type.isDynamicDim(k))
          continue;
        if (known == 0)
          return {};
        Value size = memref::DimOp::create(builder, loc, buffer,
                                           static_cast<int64_t>(position));
        Value factor = arith::ConstantIndexOp::create(builder, loc, known);
        sizes[k] =
            arith::DivUIOp::create(builder, loc, size, factor).getResult();
      }
    }
    FailureOr<MemRefType> memref = memref::ExpandShapeOp::computeExpandedType(
        cast<MemRefType>(buffer.getType()), type.getShape(), groups);
    if (failed(memref))
      return {};
    return memref::ExpandShapeOp::create(builder, loc, *memref, buffer, groups,
                                         sizes);
  }

  struct Write {
    Value value, buffer;
  };
  SmallVector<Write> writes;

  struct Extent {
    std::optional<unsigned> openDim;
    bool isComputable;
  };

  /// The result's attributes and its number.
  DictionaryAttr numbered(func::FuncOp main, unsigned i) {
    NamedAttrList attrs(main.getResultAttrDict(i));
    attrs.set("graph.result",
              IntegerAttr::get(IntegerType::get(&getContext(), 64), i));
    return attrs.getDictionary(&getContext());
  }

  /// The result's attributes, its number, and names for those extents that are
  /// open dimensions for certain.
  DictionaryAttr portAttrs(func::FuncOp main, unsigned i, RankedTensorType type,
                           ArrayRef<Extent> own) {
    MLIRContext *context = &getContext();
    NamedAttrList attrs(numbered(main, i));
    ArrayAttr openDims =
        getOperation()->getAttrOfType<ArrayAttr>("graph.open_dims");
    SmallVector<Attribute> names;
    for (auto [k, extent] : llvm::enumerate(own))
      names.push_back(type.isDynamicDim(k) && extent.openDim
                          ? openDims[*extent.openDim]
                          : StringAttr::get(context));
    attrs.set("graph.dims", ArrayAttr::get(context, names));
    return attrs.getDictionary(context);
  }

  OpenDims dims;
  SmallVector<Extent> extents; // all results, one after the other
};
} // namespace
