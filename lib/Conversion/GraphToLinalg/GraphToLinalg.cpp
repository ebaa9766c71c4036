#include "graphopt/Conversion/Passes.h"
#include "Lowering.h"
#include "Text.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/IR/DialectResourceBlobManager.h"

namespace graphopt {
#define GEN_PASS_DEF_GRAPHTOLINALG
#include "graphopt/Conversion/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// A graph op all of whose results are small integer tensors with known
/// elements  =>  tensor.from_elements
struct BuildKnownElements : ConversionPattern {
  BuildKnownElements(const TypeConverter &types, MLIRContext *context,
                     ShapeInference &shapes)
      : ConversionPattern(types, MatchAnyOpTypeTag(), /*benefit=*/10, context),
        shapes(shapes) {}

  LogicalResult
  matchAndRewrite(Operation *op, ArrayRef<Value>,
                  ConversionPatternRewriter &rewriter) const override {
    if (!isa<InferResultsOpInterface>(op))
      return failure();
    Lowering to(rewriter, op, *getTypeConverter(), shapes);
    for (Value result : op->getResults()) {
      const InferredTensor &tensor = to.get(result);
      if (!tensor.elements || !tensor.getStaticShape() ||
          !llvm::all_of(*tensor.elements,
                        [&](AffineExpr e) { return to.isComputable(e); }))
        return rewriter.notifyMatchFailure(op, "elements are not known");
    }
    SmallVector<Value> values;
    for (Value result : op->getResults())
      values.push_back(build(to, result));
    rewriter.replaceOp(op, values);
    return success();
  }

  static Value build(Lowering &to, Value result) {
    const InferredTensor &tensor = to.get(result);
    RankedTensorType type = tensor.getType();
    auto lowered = cast<RankedTensorType>(to.types.convertType(type));
    Type element = lowered.getElementType();
    SmallVector<Value> elements;
    SmallVector<Attribute> constants;
    for (AffineExpr expr : *tensor.elements) {
      OpFoldResult size = to.size(expr);
      if (auto attr = dyn_cast<Attribute>(size)) {
        constants.push_back(
            to.b.getIntegerAttr(element, cast<IntegerAttr>(attr).getInt()));
        elements.push_back({});
      } else {
        elements.push_back(arith::IndexCastOp::create(
            to.b, to.loc, element, cast<Value>(size)));
      }
    }
    if (constants.size() == elements.size())
      return to.conform(arith::ConstantOp::create(
                         to.b, to.loc, DenseElementsAttr::get(lowered, constants)),
                     result);
    size_t next = 0;
    for (Value &value : elements)
      if (!value)
        value = arith::ConstantOp::create(
            to.b, to.loc, cast<TypedAttr>(constants[next++]));
    return to.conform(
        tensor::FromElementsOp::create(to.b, to.loc, lowered, elements), result);
  }

  ShapeInference &shapes;
};

/// Constants of unsigned elements, those of less than a byte and floats of a byte get the
/// lowered type. In a blob each of them is a byte, extended as its type says.
struct LowerConstant : OpConversionPattern<arith::ConstantOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(arith::ConstantOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!type)
      return failure();
    auto lowered = cast<RankedTensorType>(getTypeConverter()->convertType(type));
    if (auto blob = dyn_cast<DenseResourceElementsAttr>(op.getValue())) {
      rewriter.replaceOpWithNewOp<arith::ConstantOp>(
          op, DenseResourceElementsAttr::get(lowered, blob.getRawHandle()));
      return success();
    }
    if (auto strings = dyn_cast<DenseStringElementsAttr>(op.getValue())) {
      rewriter.replaceOp(op, lowerStrings(rewriter, op.getLoc(), strings));
      return success();
    }
    unsigned width = lowered.getElementTypeBitWidth();
    Type element = type.getElementType();
    if (auto floats = dyn_cast<DenseFPElementsAttr>(op.getValue())) {
      rewriter.replaceOpWithNewOp<arith::ConstantOp>(
          op, cast<DenseElementsAttr>(
                  floats.mapValues(lowered.getElementType(), [&](const APFloat &value) {
                    return value.bitcastToAPInt().zext(width);
                  })));
      return success();
    }
    auto dense = dyn_cast<DenseIntElementsAttr>(op.getValue());
    if (!dense)
      return failure();
    bool isSigned = !element.isUnsignedInteger() && !element.isInteger(1);
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(
        op, cast<DenseElementsAttr>(
                dense.mapValues(lowered.getElementType(), [&](const APInt &value) {
                  return isSigned ? value.sextOrTrunc(width) : value.zextOrTrunc(width);
                })));
    return success();
  }
};

/// A tensor.cast of elements that change their type.
struct LowerTensorCast : OpConversionPattern<tensor::CastOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(tensor::CastOp op, OpAdaptor in,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<tensor::CastOp>(
        op, getTypeConverter()->convertType(op.getType()), in.getSource());
    return success();
  }
};

struct GraphToLinalg : graphopt::impl::GraphToLinalgBase<GraphToLinalg> {
  using GraphToLinalgBase::GraphToLinalgBase;

  void runOnOperation() override {
    TensorTypeConverter types;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (failed(lower(function, types)))
        return signalPassFailure();
  }

  LogicalResult lower(func::FuncOp function, const TypeConverter &types) {
    ShapeInference shapes(&getContext());
    shapes.run(function);
    if (Operation *op = shapes.getOverflowedOp())
      return op->emitError("a number of elements does not fit into 64 bits");
    // Lowerings read sizes here and types of operands there; both must agree.
    shapes.narrowTypes(function);

    RewritePatternSet patterns(&getContext());
    LoweringPatterns to{patterns, types, shapes};
    to.add<BuildKnownElements>();
#define GRAPHOPT_FAMILY(Family) populate##Family##Lowering(to);
#include "dialects/Graph/Families.def"
#undef GRAPHOPT_FAMILY
    patterns.add<LowerConstant, LowerTensorCast>(types, &getContext());
    populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                   types);
    populateReturnOpTypeConversionPattern(patterns, types);

    ConversionTarget target(getContext());
    target.addIllegalDialect<GraphDialect>();
    target.addDynamicallyLegalOp<func::FuncOp>([&](func::FuncOp op) {
      return types.isSignatureLegal(op.getFunctionType());
    });
    target.addDynamicallyLegalOp<func::ReturnOp, tensor::CastOp>(
        [&](Operation *op) { return types.isLegal(op); });
    // Scalars are of lowered types already, a condition is an i1.
    target.addDynamicallyLegalOp<arith::ConstantOp>([&](arith::ConstantOp op) {
      return !isa<ShapedType>(op.getType()) || types.isLegal(op.getType());
    });
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    return applyPartialConversion(function, target, std::move(patterns));
  }
};
} // namespace
