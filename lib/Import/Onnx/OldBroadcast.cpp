// Broadcasting as it was before opset 7.
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "onnx/defs/attr_proto_util.h"
#include "onnx/shape_inference/implementation.h"
#include "onnx/version_converter/convert.h"
#include "llvm/ADT/StringSet.h"
#include <map>
#include <numeric>

using namespace graphopt;

static constexpr char oldDomain[] = "graphopt.old";
static constexpr int64_t lastOpset = 6;

using Ranks = std::map<std::string, int64_t>;

/// Operators that had attributes `broadcast` and `axis`, and Gemm, with the first only.
static bool isBroadcasting(const onnx::NodeProto &node) {
  static const llvm::StringSet<> names = {"Add", "And", "Div",  "Equal", "Gemm", "Greater", "Less",
                                          "Mul", "Or",  "PRelu", "Pow",  "Sub",  "Xor"};
  return normalDomain(node.domain()).empty() && names.contains(node.op_type());
}

/// Ranks of the values of the main graph, as far as inference tells.
static Ranks findRanks(const onnx::ModelProto &model) {
  onnx::ModelProto inferred = model;
  try {
    onnx::shape_inference::InferShapes(inferred);
  } catch (const std::exception &) { // the converter will say what is wrong
  }
  Ranks ranks;
  auto note = [&](const onnx::ValueInfoProto &value) {
    if (value.type().tensor_type().has_shape())
      ranks[value.name()] = value.type().tensor_type().shape().dim_size();
  };
  llvm::for_each(inferred.graph().input(), note);
  llvm::for_each(inferred.graph().value_info(), note);
  llvm::for_each(inferred.graph().output(), note);
  for (const onnx::TensorProto &tensor : inferred.graph().initializer())
    ranks[tensor.name()] = tensor.dims_size();
  return ranks;
}

static std::optional<int64_t> takeInt(onnx::NodeProto &node, llvm::StringRef name) {
  auto &attributes = *node.mutable_attribute();
  for (int i = 0; i < attributes.size(); ++i)
    if (attributes[i].name() == name) {
      int64_t value = attributes[i].i();
      attributes.DeleteSubrange(i, 1);
      return value;
    }
  return std::nullopt;
}

static int64_t rankOf(const onnx::NodeProto &node, int input, const Ranks &ranks) {
  auto found = ranks.find(node.input(input));
  if (found == ranks.end())
    fail(describe(node) + ": the rank of input '" + node.input(input) + "' is not known");
  return found->second;
}

/// How many dimensions of 1 the second operand lacks behind its own to be aligned at
/// the last dimension.
static int64_t missingDims(onnx::NodeProto &node, const Ranks &ranks) {
  bool isSlope = node.op_type() == "PRelu";
  bool isBroadcast = takeInt(node, "broadcast").value_or(0);
  std::optional<int64_t> axis = takeInt(node, "axis");
  if (isSlope) // of one number, or one a channel
    axis = 1;
  else if (!axis || !isBroadcast || node.op_type() == "Gemm")
    return 0;
  if (node.input_size() != 2) // the checker has said so
    return 0;
  int64_t own = rankOf(node, 1, ranks), rank = rankOf(node, 0, ranks);
  if (isSlope && own != 1)
    return 0;
  if (*axis < 0)
    *axis += rank;
  int64_t missing = rank - *axis - own;
  if (!isSlope && missing < 0)
    fail(describe(node) + ": axis " + std::to_string(*axis) + " leaves no room for the " +
         std::to_string(own) + " dimensions of its second operand");
  return std::max<int64_t>(missing, 0);
}

/// Unsqueezes second operands in front of the nodes that read them.
static void alignOperands(onnx::GraphProto &graph, const Ranks &ranks, size_t &count) {
  google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes;
  nodes.Swap(graph.mutable_node());
  for (onnx::NodeProto &node : nodes) {
    forEachSubgraph(node, [&](onnx::GraphProto &body) { alignOperands(body, ranks, count); });
    if (isBroadcasting(node)) {
      if (int64_t missing = missingDims(node, ranks)) {
        std::vector<int64_t> axes(missing);
        std::iota(axes.begin(), axes.end(), rankOf(node, 1, ranks));
        onnx::NodeProto *aligned = graph.add_node();
        aligned->set_op_type("Unsqueeze");
        aligned->set_name(node.name() + "/aligned");
        aligned->add_input(node.input(1));
        aligned->add_output("graphopt.aligned" + std::to_string(count++));
        *aligned->add_attribute() = onnx::MakeAttribute("axes", axes);
        node.set_input(1, aligned->output(0));
      }
      node.set_domain(oldDomain);
    }
    *graph.add_node() = std::move(node);
  }
}

void graphopt::alignOldOperands(onnx::ModelProto &model) {
  bool isNeeded = false;
  forEachNode(model, [&](const onnx::NodeProto &node) { isNeeded |= isBroadcasting(node); });
  if (opsetOf(model) > lastOpset || !isNeeded)
    return;
  if (opsetOf(model) < lastOpset)
    model = onnx::version_conversion::ConvertVersion(model, lastOpset);
  size_t count = 0;
  alignOperands(*model.mutable_graph(), findRanks(model), count);
  onnx::OperatorSetIdProto *import = model.add_opset_import();
  import->set_domain(oldDomain);
  import->set_version(1);
  model = onnx::version_conversion::ConvertVersion(model, lastOpset + 1);
  forEachNode(model, [](onnx::NodeProto &node) {
    if (node.domain() == oldDomain)
      node.clear_domain();
  });
  auto &imports = *model.mutable_opset_import();
  for (int i = imports.size(); i-- > 0;)
    if (imports[i].domain() == oldDomain)
      imports.DeleteSubrange(i, 1);
}
