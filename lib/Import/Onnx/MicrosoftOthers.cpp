// Operators of com.microsoft that came before those of the standard, and distances.
#include "lib/Import/Onnx/Microsoft.h"
#include "onnx/defs/shape_inference.h"

using namespace graphopt::microsoft;
using onnx::AttributeProto;

static void inferFirst(onnx::InferenceContext &node) { inferLike(node, 0, 0); }

static void inferFirstRank(onnx::InferenceContext &node) {
  onnx::propagateElemTypeFromInputToOutput(node, 0, 0);
  if (onnx::hasInputShape(node, 0))
    inferRank(node, 0, 0, onnx::getInputShape(node, 0).dim_size());
}

/// |a - b|^2 = a^2 - 2 a b + b^2
static void buildCDist(Body &body) {
  std::string metric = body.getString("metric");
  if (metric != "euclidean" && metric != "sqeuclidean")
    throw Unsupported(fmt::format("has metric '{}', which is not supported", metric));
  body.ints("Last", {1});
  body.add("OfA = ReduceSumSquare (A, Last) OfB = ReduceSumSquare (B, Last)");
  body.add("Row = Transpose <perm = [1, 0]> (OfB) Columns = Transpose <perm = [1, 0]> (B)");
  body.number("Two", 2, "A");
  body.number("Zero", 0, "A");
  body.add("Products = MatMul (A, Columns) Twice = Mul (Products, Two)");
  body.add("Sum = Add (OfA, Row) Difference = Sub (Sum, Twice)");
  body.add(metric == "euclidean" ? "Squares = Max (Difference, Zero) C = Sqrt (Squares)"
                                 : "C = Max (Difference, Zero)");
}

static void inferCDist(onnx::InferenceContext &node) { inferRank(node, 0, 0, 2); }

static void buildExpandDims(Body &body) {
  body.ints("One", {1});
  body.add("Wide = Cast <to = 7> (axis) Axes = Reshape (Wide, One) Y = Unsqueeze (X, Axes)");
}

static void inferExpandDims(onnx::InferenceContext &node) {
  onnx::propagateElemTypeFromInputToOutput(node, 0, 0);
  if (onnx::hasInputShape(node, 0))
    inferRank(node, 0, 0, onnx::getInputShape(node, 0).dim_size() + 1);
}

/// Modes have other names.
static void buildGridSample(Body &body) {
  std::string mode = body.getString("mode");
  // It moves positions to the border, the standard the elements around them.
  if (mode == "bicubic" && body.getString("padding_mode") == "border")
    throw Unsupported("has mode 'bicubic' with padding_mode 'border', which is not supported");
  if (mode.rfind("bi", 0) == 0)
    mode = mode.substr(2);
  body.add("Y = GridSample <mode = \"{}\"> (X, Grid)", mode);
  body.pass("padding_mode");
  body.pass("align_corners");
}

static void buildPad(Body &body) {
  body.add(body.has(2) ? "output = Pad (data, pads, value)" : "output = Pad (data, pads)");
  body.pass("mode");
}

static void buildTrilu(Body &body) {
  body.add(body.has(1) ? "Y = Trilu (X, k)" : "Y = Trilu (X)");
  body.pass("upper");
}

std::vector<Operator> graphopt::microsoft::listOthers() {
  return {
      {"CDist", {"A", "B"}, {"C"}, {{"metric", "sqeuclidean"}}, inferCDist, buildCDist},
      {"ExpandDims", {"X", "axis"}, {"Y"}, {}, inferExpandDims, buildExpandDims},
      {"GridSample",
       {"X", "Grid"},
       {"Y"},
       {{"mode", "bilinear"}, {"padding_mode", "zeros"}, {"align_corners", int64_t(0)}},
       inferFirstRank,
       buildGridSample},
      {"Pad", {"data", "pads", "value?"}, {"output"}, {{"mode", "constant"}}, inferFirstRank,
       buildPad},
      {"Trilu", {"X", "k?"}, {"Y"}, {{"upper", int64_t(1)}}, inferFirst, buildTrilu},
  };
}
