#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Text.h"
#include "lib/Import/Importers.h"
#include "lib/Import/Text.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// An input that can be computed with: floats of few bits as f32. Null after an error.
static Value widen(NodeImporter &node, Value value) {
  if (!isSmallFloat(getElementTypeOrSelf(value)))
    return value;
  auto op = node.create<CastOp>(value, node.getBuilder().getF32Type());
  return op ? op.getResult() : Value();
}

/// Operators that are called as their enum case.
LogicalResult graphopt::importUnary(NodeImporter &node) {
  std::optional<UnaryKind> kind = symbolizeUnaryKind(node.getOpType());
  assert(kind && "OnnxOps.def has a row for it");
  Value input = *kind == UnaryKind::IsNaN ? widen(node, node.getInput(0)) : node.getInput(0);
  return input ? node.finish<UnaryOp>(*kind, input) : failure();
}

LogicalResult graphopt::importGelu(NodeImporter &node) {
  bool isTanh = node.getString("approximate") == "tanh";
  return node.finish<UnaryOp>(isTanh ? UnaryKind::GeluTanh : UnaryKind::Gelu,
                              node.getInput(0));
}

LogicalResult graphopt::importBinary(NodeImporter &node) {
  std::optional<BinaryKind> kind = symbolizeBinaryKind(node.getOpType());
  assert(kind && "OnnxOps.def has a row for it");
  if (*kind == BinaryKind::Equal && isText(node.getInput(0)))
    return node.finish<StringEqualOp>(node.getInput(0), node.getInput(1));
  return node.finish<BinaryOp>(*kind, node.getInput(0), node.getInput(1));
}

LogicalResult graphopt::importWhere(NodeImporter &node) {
  return node.finish<WhereOp>(node.getInput(0), node.getInput(1),
                              node.getInput(2));
}

/// Small floats go through larger ones.
Value graphopt::castText(NodeImporter &node, Value x, Type to) {
  GraphMath g{node};
  if (isText(x) && isa<StringType>(to))
    return x;
  if (!isText(x))
    return node.create<FormatOp>(isSmallFloat(GraphMath::element(x)) ? g.cast(x, g.f32())
                                                                     : x);
  if (!isSmallFloat(to))
    return node.create<ParseOp>(x, to);
  return g.cast(node.create<ParseOp>(x, g.f32()), to);
}

/// What the attributes say is kept where it counts.
static LogicalResult finishCast(NodeImporter &node, Type to) {
  if (isText(node.getInput(0)) || isa<StringType>(to)) {
    Value result = castText(node, node.getInput(0), to);
    return result ? node.bind(result) : failure();
  }
  bool isSmall = isSmallFloat(to), isPower = isa<Float8E8M0FNUType>(to);
  StringRef mode = node.getString("round_mode", "up");
  std::optional<Rounding> rounding = symbolizeRounding(mode);
  if (!rounding)
    return node.emitError("unknown round_mode '") << mode << "'";
  return node.finish<CastOp>(node.getInput(0), to, isSmall && node.getInt("saturate", 1) == 0,
                             isPower ? *rounding : Rounding::Up);
}

LogicalResult graphopt::importCast(NodeImporter &node) {
  Type to = node.getElementType("to");
  return to ? finishCast(node, to) : failure();
}

LogicalResult graphopt::importCastLike(NodeImporter &node) {
  return finishCast(node, node.getInputType(1).getElementType());
}

LogicalResult graphopt::importBitCast(NodeImporter &node) {
  Type to = node.getElementType("to");
  return to ? node.finish<BitcastOp>(node.getInput(0), to) : failure();
}

/// Left to right; one input is its own result.
static Value combine(NodeImporter &node, BinaryKind kind) {
  Value result = node.getInput(0);
  for (size_t i = 1; result && i < node.getNumInputs(); ++i) {
    auto op = node.create<BinaryOp>(kind, result, node.getInput(i));
    result = op ? op.getResult() : Value();
  }
  return result;
}

LogicalResult graphopt::importVariadic(NodeImporter &node) {
  BinaryKind kind = node.getOpType() == "Max"   ? BinaryKind::Max
                    : node.getOpType() == "Min" ? BinaryKind::Min
                                                : BinaryKind::Add;
  Value result = combine(node, kind);
  return result ? node.bind(result) : failure();
}

LogicalResult graphopt::importMean(NodeImporter &node) {
  Value sum = combine(node, BinaryKind::Add);
  if (!sum)
    return failure();
  Type type = node.getInputType(0).getElementType();
  return node.finish<BinaryOp>(BinaryKind::Div, sum,
                               node.createScalar(type, node.getNumInputs()));
}

LogicalResult graphopt::importMod(NodeImporter &node) {
  BinaryKind kind = node.getInt("fmod") ? BinaryKind::FMod : BinaryKind::Mod;
  return node.finish<BinaryOp>(kind, node.getInput(0), node.getInput(1));
}

LogicalResult graphopt::importBitShift(NodeImporter &node) {
  StringRef direction = node.getString("direction");
  if (direction != "LEFT" && direction != "RIGHT")
    return node.emitError("unknown direction '") << direction << "'";
  BinaryKind kind = direction == "LEFT" ? BinaryKind::BitShiftLeft
                                        : BinaryKind::BitShiftRight;
  return node.finish<BinaryOp>(kind, node.getInput(0), node.getInput(1));
}

/// The lower bound first: ONNX gives `max` where the bounds cross.
LogicalResult graphopt::importClip(NodeImporter &node) {
  Value result = node.getInput(0);
  for (auto [index, kind] : {std::pair(1, BinaryKind::Max), {2, BinaryKind::Min}}) {
    if (!result || !node.hasInput(index))
      continue;
    auto op = node.create<BinaryOp>(kind, result, node.getInput(index));
    result = op ? op.getResult() : Value();
  }
  return result ? node.bind(result) : failure();
}

/// |x| equals infinity, or one of its signs only.
LogicalResult graphopt::importIsInf(NodeImporter &node) {
  bool positive = node.getInt("detect_positive");
  bool negative = node.getInt("detect_negative");
  double infinity = std::numeric_limits<double>::infinity();
  Value input = widen(node, node.getInput(0));
  if (!input)
    return failure();
  Type type = getElementTypeOrSelf(input);
  if (positive && negative) {
    auto magnitude = node.create<UnaryOp>(UnaryKind::Abs, input);
    if (!magnitude)
      return failure();
    input = magnitude.getResult();
  } else if (!positive && !negative) {
    infinity = std::numeric_limits<double>::quiet_NaN(); // equals nothing
  } else if (negative) {
    infinity = -infinity;
  }
  return node.finish<BinaryOp>(BinaryKind::Equal, input,
                               node.createScalar(type, infinity));
}
