// What must hold before anything is computed from a model. ONNX's checker does
// not look at these (see docs/Rationale).
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "onnx/common/constants.h"
#include "onnx/defs/schema.h"
#include "llvm/ADT/StringExtras.h"

using namespace graphopt;
using llvm::StringRef;
using llvm::Twine;

static void checkVersions(const onnx::ModelProto &model) {
  if (model.ir_version() < 1 || model.ir_version() > onnx::Version::IR_VERSION)
    fail("ir_version " + Twine(model.ir_version()) +
         " is not supported: 1 to " + Twine(int(onnx::Version::IR_VERSION)) +
         " are");
  for (const onnx::OperatorSetIdProto &import : model.opset_import()) {
    if (!normalDomain(import.domain()).empty())
      continue;
    if (import.version() < 1 || import.version() > canonicalOpset)
      fail("opset " + Twine(import.version()) + " is not supported: 1 to " +
           Twine(canonicalOpset) + " are");
  }
  bool usesStandard = model.opset_import().empty();
  forEachNode(model, [&](const onnx::NodeProto &node) {
    usesStandard |= normalDomain(node.domain()).empty();
  });
  if (opsetOf(model) == 0 && usesStandard)
    fail("the model imports no opset of the standard");
}

//===--- Names -----------------------------------------------------------===//

static void checkName(StringRef name, const Twine &what) {
  if (name.contains('\0'))
    fail("the name of " + what + " holds a NUL character");
}

static void checkNodeNames(const onnx::NodeProto &node) {
  checkName(node.name(), "a node");
  std::string what = describe(node);
  checkName(node.op_type(), "the operator of " + what);
  checkName(node.domain(), "the domain of " + what);
  for (const std::string &name : node.input())
    checkName(name, "an input of " + what);
  for (const std::string &name : node.output())
    checkName(name, "an output of " + what);
  for (const onnx::AttributeProto &attribute : node.attribute())
    checkName(attribute.name(), "an attribute of " + what);
}

static void checkNames(const onnx::ModelProto &model) {
  forEachNode(model, checkNodeNames);
  forEachGraph(model, [](const onnx::GraphProto &graph) {
    checkName(graph.name(), "a graph");
    for (const onnx::TensorProto &tensor : graph.initializer())
      checkName(tensor.name(), "an initializer");
    for (const onnx::ValueInfoProto &value : graph.input())
      checkName(value.name(), "an input");
    for (const onnx::ValueInfoProto &value : graph.output())
      checkName(value.name(), "an output");
  });
  for (const onnx::FunctionProto &function : model.functions()) {
    checkName(function.name(), "a function");
    checkName(function.domain(), "a function's domain");
  }
}

//===--- Types -----------------------------------------------------------===//

static void checkValueType(const onnx::ValueInfoProto &value,
                           const Twine &what) {
  if (!value.type().has_tensor_type())
    return;
  const onnx::TypeProto::Tensor &type = value.type().tensor_type();
  google::protobuf::RepeatedField<int64_t> fixed;
  for (const auto &[index, dim] : llvm::enumerate(type.shape().dim())) {
    checkName(dim.dim_param(), "a dimension of " + what);
    if (!dim.has_dim_value())
      continue;
    if (dim.dim_value() < 0)
      fail("dimension " + Twine(index) + " of " + what + " is " +
           Twine(dim.dim_value()));
    fixed.Add(dim.dim_value());
  }
  tensorBytes(type.elem_type(), fixed, what);
}

static void checkTypes(const onnx::ModelProto &model) {
  forEachGraph(model, [](const onnx::GraphProto &graph) {
    for (const onnx::ValueInfoProto &value : graph.input())
      checkValueType(value, "input '" + value.name() + "'");
    for (const onnx::ValueInfoProto &value : graph.output())
      checkValueType(value, "output '" + value.name() + "'");
    for (const onnx::ValueInfoProto &value : graph.value_info())
      checkValueType(value, "value '" + value.name() + "'");
  });
}

//===--- Attributes that ONNX's shape inference takes as they are ---------===//

/// It infers as many outputs as this attribute says, however many there are.
static void checkSplit(const onnx::NodeProto &node, const onnx::AttributeProto &attribute) {
  if (attribute.name() == "num_outputs" && attribute.i() != node.output_size())
    fail(describe(node) + " has num_outputs " + Twine(attribute.i()) +
         ", but " + Twine(node.output_size()) +
         (node.output_size() == 1 ? " output" : " outputs"));
}

/// It never ends at other characters.
static void checkEinsum(const onnx::NodeProto &node, const onnx::AttributeProto &attribute) {
  if (attribute.name() != "equation")
    return;
  std::string equation = attribute.s();
  llvm::erase_if(equation, [](char c) { return llvm::isSpace(c); });
  auto isLetters = [](StringRef text) { return llvm::all_of(text, llvm::isAlpha); };
  auto isTerm = [&](StringRef term) {
    auto [before, after] = term.split("...");
    return isLetters(before) && isLetters(after);
  };
  auto [inputs, output] = StringRef(equation).split("->");
  if (!isTerm(output) || !llvm::all_of(llvm::split(inputs, ','), isTerm))
    fail(describe(node) + " has the equation '" + attribute.s() +
         "', which is not made of letters, '...', ',' and '->'");
}

void graphopt::checkAttributes(const onnx::ModelProto &model) {
  forEachNode(model, [](const onnx::NodeProto &node) {
    if (!normalDomain(node.domain()).empty())
      return;
    auto check = node.op_type() == "Split" ? checkSplit
                 : node.op_type() == "Einsum" ? checkEinsum : nullptr;
    for (const onnx::AttributeProto &attribute : node.attribute())
      if (check && attribute.ref_attr_name().empty())
        check(node, attribute);
  });
}

void graphopt::checkLimits(const OnnxModel &model) {
  checkVersions(model.proto);
  checkNames(model.proto);
  checkTypes(model.proto);
  checkAttributes(model.proto);
}
