// Operators of com.microsoft whose channels come last, as ONNX Runtime's optimizer writes
// them for quantized networks.
#include "lib/Import/Onnx/Microsoft.h"
#include "onnx/defs/shape_inference.h"
#include <numeric>

using namespace graphopt::microsoft;
using onnx::AttributeProto;

static std::vector<int> getDims(Body &body, int input) {
  int rank = body.rank(input);
  if (rank < 3)
    throw Unsupported("needs to know the rank of its input");
  std::vector<int> dims(rank);
  std::iota(dims.begin(), dims.end(), 0);
  return dims;
}

void graphopt::microsoft::addChannelsFirst(Body &body, int input, const char *from,
                                           const char *to) {
  std::vector<int> dims = getDims(body, input);
  std::rotate(dims.begin() + 1, dims.end() - 1, dims.end());
  body.add("{} = Transpose <perm = [{}]> ({})", to, fmt::join(dims, ", "), from);
}

void graphopt::microsoft::addChannelsLast(Body &body, int input, const char *from,
                                          const char *to) {
  std::vector<int> dims = getDims(body, input);
  std::rotate(dims.begin() + 1, dims.begin() + 2, dims.end());
  body.add("{} = Transpose <perm = [{}]> ({})", to, fmt::join(dims, ", "), from);
}

static void buildQLinearConv(Body &body) {
  bool isLast = body.getInt("channels_last");
  if (isLast)
    addChannelsFirst(body, 0, "x", "First");
  body.add("{} = QLinearConv ({}, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, "
           "y_zero_point{})",
           isLast ? "Conv" : "y", isLast ? "First" : "x", body.has(8) ? ", B" : "");
  for (const char *name :
       {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"})
    body.pass(name);
  if (isLast)
    addChannelsLast(body, 0, "Conv", "y");
}

static void inferQLinearConv(onnx::InferenceContext &node) {
  constexpr size_t zeroPoint = 7;
  if (onnx::hasInputShape(node, 0))
    inferRank(node, zeroPoint, 0, onnx::getInputShape(node, 0).dim_size());
  else
    onnx::propagateElemTypeFromInputToOutput(node, zeroPoint, 0);
}

static void buildNhwcMaxPool(Body &body) {
  addChannelsFirst(body, 0, "x", "First");
  body.add("Pool = MaxPool (First)");
  for (const char *name :
       {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "strides"})
    body.pass(name);
  addChannelsLast(body, 0, "Pool", "y");
}

std::vector<Operator> graphopt::microsoft::listChannelsLast() {
  return {
      {"QLinearConv",
       {"x", "x_scale", "x_zero_point", "w", "w_scale", "w_zero_point", "y_scale",
        "y_zero_point", "B?"},
       {"y"},
       {{"auto_pad", "NOTSET"},
        {"kernel_shape", AttributeProto::INTS},
        {"dilations", AttributeProto::INTS},
        {"strides", AttributeProto::INTS},
        {"pads", AttributeProto::INTS},
        {"group", int64_t(1)},
        {"channels_last", int64_t(0)}},
       inferQLinearConv,
       buildQLinearConv},
      {"NhwcMaxPool",
       {"x"},
       {"y"},
       {{"auto_pad", "NOTSET"},
        {"kernel_shape", AttributeProto::INTS, true},
        {"dilations", AttributeProto::INTS},
        {"strides", AttributeProto::INTS},
        {"pads", AttributeProto::INTS},
        {"ceil_mode", int64_t(0)}},
       inferSameRank,
       buildNhwcMaxPool},
  };
}
