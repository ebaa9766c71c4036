// Resize as it was before opset 11.
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "onnx/defs/tensor_proto_util.h"
#include <algorithm>
#include <map>

using namespace graphopt;

/// True if no dimension grows and one shrinks, as far as is known.
static bool shrinks(const onnx::TensorProto *scales) {
  if (!scales || scales->data_type() != onnx::TensorProto::FLOAT)
    return false;
  std::vector<float> values = onnx::ParseData<float>(scales);
  auto isAtMostOne = [](float scale) { return scale <= 1; };
  auto isLess = [](float scale) { return scale < 1; };
  return std::all_of(values.begin(), values.end(), isAtMostOne) &&
         std::any_of(values.begin(), values.end(), isLess);
}

void graphopt::keepOldResize(onnx::ModelProto &model) {
  auto set = [](onnx::NodeProto &node, const char *name, const char *value) {
    onnx::AttributeProto *attribute = node.add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::STRING);
    attribute->set_s(value);
  };
  forEachGraph(model, [&](onnx::GraphProto &graph) {
    std::map<std::string, const onnx::TensorProto *> constants;
    for (const onnx::TensorProto &tensor : graph.initializer())
      constants[tensor.name()] = &tensor;
    for (const onnx::NodeProto &node : graph.node())
      if (node.op_type() == "Constant" && node.attribute_size() == 1 &&
          node.attribute(0).has_t())
        constants[node.output(0)] = &node.attribute(0).t();
    for (onnx::NodeProto &node : *graph.mutable_node()) {
      if (node.op_type() != "Resize" || !normalDomain(node.domain()).empty())
        continue;
      auto scales = node.input_size() > 2 ? constants.find(node.input(2))
                                          : constants.end();
      bool down = scales != constants.end() && shrinks(scales->second);
      set(node, "coordinate_transformation_mode", "asymmetric");
      set(node, "nearest_mode", down ? "ceil" : "floor");
    }
  });
}
