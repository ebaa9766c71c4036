// Activations and products of com.microsoft.
#include "lib/Import/Onnx/Microsoft.h"
#include "onnx/defs/shape_inference.h"
#include <numeric>

using namespace graphopt::microsoft;
using onnx::AttributeProto;

static void inferFirst(onnx::InferenceContext &node) { inferLike(node, 0, 0); }

//===--- Activations -----------------------------------------------------===//

static void buildGelu(Body &body) { body.add("Y = Gelu (X)"); }

static void buildBiasGelu(Body &body) {
  body.add("Sum = Add (A, B) C = Gelu (Sum)");
}

static void buildFastGelu(Body &body) {
  body.add(body.has(1) ? "Sum = Add (X, bias)" : "Sum = Identity (X)");
  body.add("Y = Gelu <approximate = \"tanh\"> (Sum)");
}

static void buildQuickGelu(Body &body) {
  body.number("Alpha", body.getFloat("alpha"), "X");
  body.add("Scaled = Mul (X, Alpha) Gate = Sigmoid (Scaled) Y = Mul (X, Gate)");
}

std::vector<Operator> graphopt::microsoft::listActivations() {
  return {
      {"Gelu", {"X"}, {"Y"}, {}, inferFirst, buildGelu},
      {"BiasGelu", {"A", "B"}, {"C"}, {}, inferFirst, buildBiasGelu},
      {"FastGelu", {"X", "bias?"}, {"Y"}, {}, inferFirst, buildFastGelu},
      {"QuickGelu", {"X"}, {"Y"}, {{"alpha", 1.702f}}, inferFirst, buildQuickGelu},
  };
}

//===--- Products --------------------------------------------------------===//

/// Writes `to`, the factor with its matrices as MatMul wants them.
static void addFactor(Body &body, int input, const char *from, const char *to,
                      bool swaps, bool isFirst) {
  int rank = body.rank(input);
  if (!swaps && !isFirst)
    return body.add("{} = Identity ({})", to, from);
  if (rank < 0)
    throw Unsupported(fmt::format("needs to know the rank of '{}'", from));
  std::vector<int> order(rank);
  std::iota(order.begin(), order.end(), 0);
  // The first dimension is that of rows, those between count matrices.
  if (isFirst && rank > 2)
    std::rotate(order.begin(), order.begin() + 1, order.end() - 1);
  if (swaps && rank > 1)
    std::swap(order[rank - 1], order[rank - 2]);
  body.add("{} = Transpose <perm = [{}]> ({})", to, fmt::join(order, ", "), from);
}

static void buildFusedMatMul(Body &body) {
  addFactor(body, 0, "A", "Left", body.getInt("transA"), body.getInt("transBatchA"));
  addFactor(body, 1, "B", "Right", body.getInt("transB"), body.getInt("transBatchB"));
  float alpha = body.getFloat("alpha");
  if (alpha == 1)
    return body.add("Y = MatMul (Left, Right)");
  body.number("Alpha", alpha, "A");
  body.add("Product = MatMul (Left, Right) Y = Mul (Product, Alpha)");
}

static void inferFusedMatMul(onnx::InferenceContext &node) {
  onnx::propagateElemTypeFromInputToOutput(node, 0, 0);
  if (!onnx::hasNInputShapes(node, 2))
    return;
  int left = onnx::getInputShape(node, 0).dim_size();
  int right = onnx::getInputShape(node, 1).dim_size();
  if (left > 1 && right > 1)
    inferRank(node, 0, 0, std::max(left, right));
}

/// `Y` is an activation of `x`.
static void addActivation(Body &body, const std::string &kind,
                          std::vector<float> params, const char *x) {
  auto param = [&](size_t i, float otherwise) {
    return i < params.size() ? params[i] : otherwise;
  };
  for (const char *plain : {"Relu", "Sigmoid", "Tanh", "Softplus", "Softsign"})
    if (kind == plain)
      return body.add("Y = {} ({})", kind, x);
  if (kind == "Elu" || kind == "ThresholdedRelu")
    return body.add("Y = {} <alpha: float = {:e}> ({})", kind, param(0, 1), x);
  if (kind == "LeakyRelu")
    return body.add("Y = LeakyRelu <alpha: float = {:e}> ({})", param(0, 0.01f), x);
  if (kind == "HardSigmoid")
    return body.add("Y = HardSigmoid <alpha: float = {:e}, beta: float = {:e}> ({})",
                    param(0, 0.2f), param(1, 0.5f), x);
  if (kind == "Clip") {
    body.number("Low", param(0, std::numeric_limits<float>::lowest()), x);
    body.number("High", param(1, std::numeric_limits<float>::max()), x);
    return body.add("Y = Clip ({}, Low, High)", x);
  }
  throw Unsupported(fmt::format("has activation '{}', which is not supported", kind));
}

static void buildFusedGemm(Body &body) {
  body.add(body.has(2) ? "Sum = Gemm (A, B, C)" : "Sum = Gemm (A, B)");
  for (const char *name : {"alpha", "beta", "transA", "transB"})
    body.pass(name);
  std::string kind = body.getString("activation");
  if (kind.empty())
    return body.add("Y = Identity (Sum)");
  std::vector<float> params;
  for (const char *name : {"activation_alpha", "activation_beta"})
    if (body.hasAttribute(name))
      params.push_back(body.getFloat(name));
  addActivation(body, kind, params, "Sum");
}

static void inferMatrix(onnx::InferenceContext &node) { inferRank(node, 0, 0, 2); }

static void buildFusedConv(Body &body) {
  body.add(body.has(2) ? "Conv = Conv (X, W, B)" : "Conv = Conv (X, W)");
  for (const char *name :
       {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"})
    body.pass(name);
  body.add(body.has(3) ? "Sum = Add (Conv, Z)" : "Sum = Identity (Conv)");
  std::string kind = body.getString("activation");
  if (kind.empty())
    return body.add("Y = Identity (Sum)");
  addActivation(body, kind, body.getFloats("activation_params"), "Sum");
}

std::vector<Operator> graphopt::microsoft::listProducts() {
  return {
      {"FusedMatMul",
       {"A", "B"},
       {"Y"},
       {{"alpha", 1.0f},
        {"transA", int64_t(0)},
        {"transB", int64_t(0)},
        {"transBatchA", int64_t(0)},
        {"transBatchB", int64_t(0)}},
       inferFusedMatMul,
       buildFusedMatMul},
      {"TransposeMatMul", // its older name
       {"A", "B"},
       {"Y"},
       {{"alpha", 1.0f}, {"transA", int64_t(0)}, {"transB", int64_t(0)}},
       inferFusedMatMul,
       buildFusedMatMul},
      {"FusedGemm",
       {"A", "B", "C?"},
       {"Y"},
       {{"alpha", 1.0f},
        {"beta", 1.0f},
        {"transA", int64_t(0)},
        {"transB", int64_t(0)},
        {"activation", AttributeProto::STRING},
        {"activation_alpha", AttributeProto::FLOAT},
        {"activation_beta", AttributeProto::FLOAT},
        {"activation_gamma", AttributeProto::FLOAT}},
       inferMatrix,
       buildFusedGemm},
      {"FusedConv",
       {"X", "W", "B?", "Z?"},
       {"Y"},
       {{"auto_pad", "NOTSET"},
        {"kernel_shape", AttributeProto::INTS},
        {"dilations", AttributeProto::INTS},
        {"strides", AttributeProto::INTS},
        {"pads", AttributeProto::INTS},
        {"group", int64_t(1)},
        {"activation", AttributeProto::STRING},
        {"activation_params", AttributeProto::FLOATS}},
       inferSameRank,
       buildFusedConv},
  };
}
