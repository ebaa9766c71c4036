// Operators on quantized tensors of com.microsoft: each is that of floats between
// DequantizeLinear and QuantizeLinear.
#include "lib/Import/Onnx/Microsoft.h"
#include "onnx/defs/shape_inference.h"

using namespace graphopt::microsoft;
using onnx::AttributeProto;

/// `to`, floats, from `name` at `input`, whose scale and zero point follow it.
static void dequantize(Body &body, const char *name, int input, const char *to) {
  body.add("{1} = DequantizeLinear ({0}, {0}_scale{2})", name, to,
           body.has(input + 2) ? fmt::format(", {}_zero_point", name) : "");
}

/// The result `name` from `from`; its scale is at `input`. Without a zero point it
/// has the type of `like`.
static void quantize(Body &body, const char *from, const char *name, int input,
                     const char *like) {
  if (!body.has(input + 1)) {
    body.integer("Zero", 0);
    body.add("{0}_zero_point = CastLike (Zero, {1})", name, like);
  }
  body.add("{0} = QuantizeLinear ({1}, {0}_scale, {0}_zero_point)", name, from);
}

/// A function of `X` with these attributes, one of which may say that channels come last.
static void buildUnary(Body &body, const char *op,
                       std::initializer_list<const char *> attributes = {}) {
  dequantize(body, "X", 0, "Input");
  bool isLast = body.getInt("channels_last");
  if (isLast)
    addChannelsFirst(body, 0, "Input", "First");
  body.add("Result = {} ({})", op, isLast ? "First" : "Input");
  for (const char *name : attributes)
    body.pass(name);
  if (isLast)
    addChannelsLast(body, 0, "Result", "Last");
  quantize(body, isLast ? "Last" : "Result", "Y", 3, "X");
}

static void buildBinary(Body &body, const char *op) {
  dequantize(body, "A", 0, "Left");
  dequantize(body, "B", 3, "Right");
  body.add("Result = {} (Left, Right)", op);
  quantize(body, "Result", "C", 6, "A");
}

static void buildSoftmax(Body &body) {
  constexpr int64_t ofOneAxis = 13; // the opset since which Softmax is along one axis
  if (body.getInt("opset") < ofOneAxis)
    throw Unsupported("has attribute 'opset' below 13, which is not supported");
  buildUnary(body, "Softmax", {"axis"});
}

static void buildGlobalAveragePool(Body &body) {
  buildUnary(body, "GlobalAveragePool");
}

static void buildAveragePool(Body &body) {
  buildUnary(body, "AveragePool", {"auto_pad", "ceil_mode", "count_include_pad", "kernel_shape",
                                   "pads", "strides"});
}

/// The bias is on the grid of the products.
static void buildGemm(Body &body) {
  if (body.getFloat("alpha") != 1)
    throw Unsupported("has attribute 'alpha', which is not supported");
  dequantize(body, "A", 0, "Left");
  dequantize(body, "B", 3, "Right");
  if (body.rank(4) == 1)
    body.axis(body.getInt("transB") ? 0 : 1);
  if (body.has(6))
    body.add("Bias_scale = Mul (A_scale, B_scale) Bias = DequantizeLinear <axis = 0> (C, Bias_scale)");
  body.add(body.has(6) ? "Result = Gemm (Left, Right, Bias)" : "Result = Gemm (Left, Right)");
  for (const char *name : {"transA", "transB"})
    body.pass(name);
  if (!body.has(7))
    return body.add("Y = Identity (Result)");
  quantize(body, "Result", "Y", 7, "A");
}

static void buildWhere(Body &body) {
  dequantize(body, "X", 1, "Left");
  dequantize(body, "Y", 4, "Right");
  body.add("Result = Where (condition, Left, Right)");
  quantize(body, "Result", "Z", 7, "X");
}

static void inferWhere(onnx::InferenceContext &node) {
  onnx::propagateElemTypeFromInputToOutput(node, 1, 0);
  std::vector<const onnx::TensorShapeProto *> shapes;
  for (size_t input : {0, 1, 4})
    if (onnx::hasInputShape(node, input))
      shapes.push_back(&onnx::getInputShape(node, input));
  if (shapes.size() == 3)
    onnx::multidirectionalBroadcastShapeInference(shapes, *onnx::getOutputShape(node, 0));
}

/// After the scale and zero point of the result come as many tensors as there are, each
/// with its own.
static constexpr int kFirstPart = 2, kMostParts = 64;

static const std::vector<std::string> &listPartNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (int i = 0; i < kMostParts; ++i)
      for (const char *suffix : {"", "_scale", "_zero_point"})
        all.push_back(fmt::format("X{}{}{}", i, suffix, i ? "?" : ""));
    return all;
  }();
  return names;
}

static void buildConcat(Body &body) {
  std::string parts;
  for (int i = 0; i < kMostParts && body.has(kFirstPart + 3 * i); ++i) {
    std::string name = fmt::format("X{}", i), part = fmt::format("Part{}", i);
    dequantize(body, name.c_str(), kFirstPart + 3 * i, part.c_str());
    parts += (i ? ", " : "") + part;
  }
  body.add("Result = Concat ({})", parts);
  body.pass("axis");
  quantize(body, "Result", "Y", 0, "X0");
}

static void inferConcat(onnx::InferenceContext &node) {
  if (onnx::hasInputShape(node, kFirstPart))
    return inferRank(node, kFirstPart, 0, onnx::getInputShape(node, kFirstPart).dim_size());
  onnx::propagateElemTypeFromInputToOutput(node, kFirstPart, 0);
}

/// Extents are those of the function of floats.
static void inferBroadcast(onnx::InferenceContext &node) {
  onnx::propagateElemTypeFromInputToOutput(node, 0, 0);
  if (onnx::hasInputShape(node, 0) && onnx::hasInputShape(node, 3))
    onnx::bidirectionalBroadcastShapeInference(onnx::getInputShape(node, 0),
                                               onnx::getInputShape(node, 3),
                                               *onnx::getOutputShape(node, 0));
}

static void inferSame(onnx::InferenceContext &node) { inferLike(node, 0, 0); }

static void inferPool(onnx::InferenceContext &node) {
  if (onnx::hasInputShape(node, 0))
    return inferRank(node, 0, 0, onnx::getInputShape(node, 0).dim_size());
  onnx::propagateElemTypeFromInputToOutput(node, 0, 0);
}

static void inferGemm(onnx::InferenceContext &node) {
  inferRank(node, node.getNumInputs() > 8 && node.getInputType(8) ? 8 : 1, 0, 2);
}

std::vector<Operator> graphopt::microsoft::listQuantized() {
  std::vector<const char *> one = {"X", "X_scale", "X_zero_point?", "Y_scale", "Y_zero_point?"};
  std::vector<const char *> two = {"A", "A_scale", "A_zero_point?", "B", "B_scale",
                                   "B_zero_point?", "C_scale", "C_zero_point?"};
  std::vector<const char *> many = {"Y_scale", "Y_zero_point"};
  for (const std::string &name : listPartNames())
    many.push_back(name.c_str());
  return {
      {"QLinearAdd", two, {"C"}, {}, inferBroadcast, [](Body &body) { buildBinary(body, "Add"); }},
      {"QLinearMul", two, {"C"}, {}, inferBroadcast, [](Body &body) { buildBinary(body, "Mul"); }},
      {"QLinearLeakyRelu",
       one,
       {"Y"},
       {{"alpha", 0.01f}},
       inferSame,
       [](Body &body) { buildUnary(body, "LeakyRelu", {"alpha"}); }},
      {"QLinearSigmoid", one, {"Y"}, {}, inferSame, [](Body &body) { buildUnary(body, "Sigmoid"); }},
      {"QLinearSoftmax",
       one,
       {"Y"},
       {{"axis", int64_t(-1)}, {"opset", AttributeProto::INT, /*isRequired=*/true}},
       inferSame,
       buildSoftmax},
      {"QLinearGlobalAveragePool",
       one,
       {"Y"},
       {{"channels_last", int64_t(0)}},
       inferPool,
       buildGlobalAveragePool},
      {"QLinearAveragePool",
       one,
       {"Y"},
       {{"auto_pad", "NOTSET"},
        {"ceil_mode", int64_t(0)},
        {"channels_last", int64_t(0)},
        {"count_include_pad", int64_t(0)},
        {"kernel_shape", AttributeProto::INTS, /*isRequired=*/true},
        {"pads", AttributeProto::INTS},
        {"strides", AttributeProto::INTS}},
       inferPool,
       buildAveragePool},
      {"QLinearConcat",
       many,
       {"Y"},
       {{"axis", AttributeProto::INT, /*isRequired=*/true}},
       inferConcat,
       buildConcat},
      {"QLinearWhere",
       {"condition", "X", "X_scale", "X_zero_point", "Y", "Y_scale", "Y_zero_point", "Z_scale",
        "Z_zero_point"},
       {"Z"},
       {},
       inferWhere,
       buildWhere},
      {"QGemm",
       {"A", "A_scale", "A_zero_point", "B", "B_scale", "B_zero_point", "C?", "Y_scale?", "Y_zero_point?"},
       {"Y"},
       {{"alpha", 1.0f}, {"transA", int64_t(0)}, {"transB", int64_t(0)}},
       inferGemm,
       buildGemm},
  };
}
