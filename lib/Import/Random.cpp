// Operators that draw random numbers.
#include "dialects/Graph/Cumulation.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Generator.h"
#include "dialects/Graph/Normalization.h"
#include "dialects/Graph/Shape.h"
#include "lib/Import/GraphMath.h"
#include "lib/Import/Importers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// Null without the attribute. Dropout's is an integer: its low bits are a float's.
static FloatAttr getSeed(NodeImporter &node) {
  if (!node.hasAttribute("seed"))
    return {};
  Builder &builder = node.getBuilder();
  if (node.getOpType() != "Dropout")
    return builder.getF32FloatAttr(node.getFloat("seed"));
  APInt bits(32, static_cast<uint32_t>(node.getInt("seed")));
  return FloatAttr::get(builder.getF32Type(), APFloat(APFloat::IEEEsingle(), bits));
}

static Value createRandom(NodeImporter &node, Value shape, bool isNormal,
                          double offset, double scale, Type element) {
  Builder &builder = node.getBuilder();
  auto unit = [&](bool value) {
    return value ? builder.getUnitAttr() : UnitAttr();
  };
  if (!shape)
    return {};
  return node.create<RandomOp>(shape, unit(isNormal), builder.getF64FloatAttr(offset),
                               builder.getF64FloatAttr(scale), getSeed(node),
                               TypeAttr::get(element));
}

/// The four operators: uniform or normal, with a shape or that of a tensor.
LogicalResult graphopt::importRandom(NodeImporter &node) {
  StringRef name = node.getOpType();
  bool isNormal = name.contains("Normal"), isLike = name.ends_with("Like");
  Type own = isLike ? node.getInputType(0).getElementType()
                    : Type(node.getBuilder().getF32Type());
  Type element = node.getElementType("dtype", own);
  if (!element)
    return failure();
  if (!isa<FloatType>(element))
    return node.emitError() << "random numbers of type " << element
                            << " are not supported";
  Value shape = isLike ? Value(node.create<ShapeOp>(node.getInput(0)))
                       : node.createInts(node.getInts("shape"));
  double offset = node.getFloat(isNormal ? "mean" : "low"),
         scale = isNormal ? node.getFloat("scale", 1)
                          : node.getFloat("high", 1) - offset;
  Value random = createRandom(node, shape, isNormal, offset, scale, element);
  return random ? node.bind(random) : failure();
}

/// A sample is of the last class whose sum of probabilities before it is at most a
/// number in [0, 1).
LogicalResult graphopt::importMultinomial(NodeImporter &node) {
  if (node.getInputRank(0) != 2)
    return node.emitError() << "input has rank " << node.getInputRank(0) << ", not 2";
  GraphMath g{node};
  Type element = node.getElementType("dtype", node.getBuilder().getI32Type());
  if (!element)
    return failure();
  Value input = node.getInput(0);
  bool isWide = node.getInputType(0).getElementType().isF64();
  Type type = isWide ? g.f64() : g.f32();
  Value chances = node.create<SoftmaxOp>(g.cast(input, type), /*axis=*/1);
  Value before = node.create<CumulateOp>(CumKind::Sum, chances, g.integer(1),
                                         /*exclusive=*/true, /*reverse=*/false);
  Value shape = g.concat({g.extents(input, 0, 1),
                          node.createInts(node.getInt("sample_size", 1))});
  Value random = createRandom(node, shape, /*isNormal=*/false, 0, 1, type);
  Value isBefore = g.binary(BinaryKind::LessOrEqual, g.unsqueeze(before, {1}),
                            g.unsqueeze(random, {2}));
  Value count = g.reduce(ReduceKind::Sum, g.cast(isBefore, g.i64()), {2});
  Value sample = g.cast(g.sub(count, g.integer(1)), element);
  return sample ? node.bind(sample) : failure();
}

//===----------------------------------------------------------------------===//
// Dropout
//===----------------------------------------------------------------------===//

/// The input, and a mask of ones.
static LogicalResult bindInput(NodeImporter &node) {
  Value input = node.getInput(0);
  if (!node.hasOutput(1))
    return node.bind(input);
  Value one = node.createScalar(node.getBuilder().getI1Type(), 1);
  Value shape = node.create<ShapeOp>(input);
  Value mask = shape ? Value(node.create<ExpandOp>(one, shape)) : Value();
  return mask ? node.bind({input, mask}) : failure();
}

/// In training elements are kept where a random number is at least the ratio, and
/// multiplied by 1 / (1 - ratio).
LogicalResult graphopt::importDropout(NodeImporter &node) {
  Value input = node.getInput(0), training = node.getInput(2);
  std::optional<SmallVector<int64_t>> isTraining;
  if (training)
    isTraining = node.getConstantInts(training);
  if (!training || (isTraining && isTraining->front() == 0))
    return bindInput(node);
  GraphMath g{node};
  Value ratio = node.hasInput(1) ? node.getInput(1) : g.scalar(g.f32(), 0.5);
  if (auto known = node.getConstantFloats(ratio); known && known->front() == 0)
    return bindInput(node);
  ratio = g.cast(ratio, g.f32());
  if (!isTraining)
    ratio = g.where(training, ratio, g.scalar(g.f32(), 0));
  Value random = createRandom(node, g.shape(input), /*isNormal=*/false, 0, 1, g.f32());
  Value mask = g.binary(BinaryKind::GreaterOrEqual, random, ratio);
  Value scale = g.div(g.scalar(g.f32(), 1), g.sub(g.scalar(g.f32(), 1), ratio));
  Type element = node.getInputType(0).getElementType();
  Value result = g.where(mask, g.mul(input, g.cast(scale, element)),
                         g.scalar(element, 0));
  return result ? node.bind({result, mask}) : failure();
}
