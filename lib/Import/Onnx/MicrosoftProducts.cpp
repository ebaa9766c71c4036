// Products of quantized matrices of com.microsoft, and its grids.
#include "lib/Import/Onnx/Microsoft.h"
#include "onnx/defs/shape_inference.h"

using namespace graphopt::microsoft;
using onnx::AttributeProto;

static void setType(onnx::InferenceContext &node, int type) {
  onnx::updateOutputElemType(node, 0, type);
}

static void setRank(onnx::InferenceContext &node, int rank) {
  onnx::TensorShapeProto *shape = onnx::getOutputShape(node, 0);
  for (int i = 0; i < rank; ++i)
    shape->add_dim();
}

//===--- Weights of few bits ---------------------------------------------===//

/// The weights are [N, K] of their own type: retypePackedWeights came before.
static void buildMatMulNBits(Body &body) {
  body.refuseInput(4, "g_idx");
  if (body.rank(1) != 2 || body.rank(2) != 2)
    throw Unsupported("has weights that are no constants, which is not supported");
  body.add("Floats = DequantizeLinear <axis = 1, block_size = {}> ({})",
           std::min(body.getInt("block_size"), body.getInt("K")),
           body.has(3) ? "B, scales, zero_points" : "B, scales");
  body.add("Columns = Transpose <perm = [1, 0]> (Floats)");
  if (!body.has(5))
    return body.add("Y = MatMul (A, Columns)");
  body.add("Product = MatMul (A, Columns) Y = Add (Product, bias)");
}

static void inferMatMulNBits(onnx::InferenceContext &node) {
  onnx::propagateElemTypeFromInputToOutput(node, 0, 0);
  const AttributeProto *columns = node.getAttribute("N");
  if (!columns || !onnx::hasInputShape(node, 0))
    return;
  onnx::TensorShapeProto shape = onnx::getInputShape(node, 0);
  if (shape.dim_size() > 0)
    shape.mutable_dim(shape.dim_size() - 1)->set_dim_value(columns->i());
  *onnx::getOutputShape(node, 0) = shape;
}

/// The table has its own type by now, as MatMulNBits' weights.
static void buildGatherBlockQuantized(Body &body) {
  body.add("Floats = DequantizeLinear <axis = {}, block_size = {}> ({})",
           body.getInt("quantize_axis"), body.getInt("block_size"),
           body.has(3) ? "data, scales, zero_points" : "data, scales");
  body.add("output = Gather (Floats, indices)");
  body.axis(body.getInt("gather_axis"));
}

static void inferGatherBlockQuantized(onnx::InferenceContext &node) {
  onnx::propagateElemTypeFromInputToOutput(node, 2, 0);
  if (onnx::hasNInputShapes(node, 2))
    setRank(node, onnx::getInputShape(node, 0).dim_size() +
                      onnx::getInputShape(node, 1).dim_size() - 1);
}

//===--- Grids -----------------------------------------------------------===//

static void passGrid(Body &body) {
  body.pass("axis");
  body.pass("block_size");
}

static void buildQuantizeLinear(Body &body) {
  body.add(body.has(2) ? "y = QuantizeLinear (x, y_scale, y_zero_point)"
                       : "y = QuantizeLinear (x, y_scale)");
  passGrid(body);
}

static void inferQuantizeLinear(onnx::InferenceContext &node) {
  inferLike(node, 0, 0);
  if (node.hasInput(2))
    onnx::propagateElemTypeFromInputToOutput(node, 2, 0);
  else
    setType(node, onnx::TensorProto::UINT8);
}

static void buildDequantizeLinear(Body &body) {
  body.add(body.has(2) ? "y = DequantizeLinear (x, x_scale, x_zero_point)"
                       : "y = DequantizeLinear (x, x_scale)");
  passGrid(body);
}

static void inferDequantizeLinear(onnx::InferenceContext &node) {
  inferLike(node, 0, 0);
  onnx::propagateElemTypeFromInputToOutput(node, 1, 0);
}

//===--- Products of bytes -----------------------------------------------===//

/// `Y`, the sums `Sums` in 32 bits times `Factor`, and `bias` if it is there.
static void addScaled(Body &body, bool hasBias) {
  body.add("Floats = CastLike (Sums, Factor)");
  if (!hasBias)
    return body.add("Y = Mul (Floats, Factor)");
  body.add("Scaled = Mul (Floats, Factor) Y = Add (Scaled, bias)");
}

static void buildDynamicQuantizeMatMul(Body &body) {
  body.add("Q, a_scale, a_zero = DynamicQuantizeLinear (A)");
  body.add(body.has(3) ? "Sums = MatMulInteger (Q, B, a_zero, b_zero_point)"
                       : "Sums = MatMulInteger (Q, B, a_zero)");
  body.add("Factor = Mul (a_scale, b_scale)");
  addScaled(body, body.has(4));
}

static void buildMatMulIntegerToFloat(Body &body) {
  body.add("Sums = MatMulInteger (A, B{}{})",
           body.has(4) ? ", a_zero_point" : body.has(5) ? ", " : "",
           body.has(5) ? ", b_zero_point" : "");
  body.add("Factor = Mul (a_scale, b_scale)");
  addScaled(body, body.has(6));
}

/// The result is like input `Like`, of so many dimensions as the products have.
template <int Like> static void inferProduct(onnx::InferenceContext &node) {
  onnx::propagateElemTypeFromInputToOutput(node, Like, 0);
  if (onnx::hasNInputShapes(node, 2))
    setRank(node, std::max(onnx::getInputShape(node, 0).dim_size(),
                           onnx::getInputShape(node, 1).dim_size()));
}

std::vector<Operator> graphopt::microsoft::listQuantizedProducts() {
  std::vector<Attribute> grid{{"axis", int64_t(1)}, {"block_size", int64_t(0)}};
  return {
      {"MatMulNBits",
       {"A", "B", "scales", "zero_points?", "g_idx?", "bias?"},
       {"Y"},
       {{"K", AttributeProto::INT, true},
        {"N", AttributeProto::INT, true},
        {"bits", int64_t(4)},
        {"block_size", AttributeProto::INT, true},
        {"accuracy_level", int64_t(0)},
        {"weight_prepacked", int64_t(0)}},
       inferMatMulNBits,
       buildMatMulNBits},
      {"GatherBlockQuantized",
       {"data", "indices", "scales", "zero_points?"},
       {"output"},
       {{"gather_axis", int64_t(0)},
        {"quantize_axis", int64_t(1)},
        {"block_size", int64_t(128)},
        {"bits", int64_t(4)}},
       inferGatherBlockQuantized,
       buildGatherBlockQuantized},
      {"QuantizeLinear", {"x", "y_scale", "y_zero_point?"}, {"y"}, grid, inferQuantizeLinear,
       buildQuantizeLinear},
      {"DequantizeLinear", {"x", "x_scale", "x_zero_point?"}, {"y"}, grid,
       inferDequantizeLinear, buildDequantizeLinear},
      {"DynamicQuantizeMatMul", {"A", "B", "b_scale", "b_zero_point?", "bias?"}, {"Y"}, {},
       inferProduct<2>, buildDynamicQuantizeMatMul},
      {"MatMulIntegerToFloat",
       {"A", "B", "a_scale", "b_scale", "a_zero_point?", "b_zero_point?", "bias?"},
       {"Y"},
       {},
       inferProduct<2>,
       buildMatMulIntegerToFloat},
  };
}
