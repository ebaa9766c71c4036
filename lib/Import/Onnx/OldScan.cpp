// Scan as it was at opset 8.
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "onnx/defs/attr_proto_util.h"

using namespace graphopt;

static constexpr char scanDomain[] = "graphopt.scan";
static constexpr int64_t batchedOpset = 8;

/// `scan` with a number in place of its own, inputs and outputs of other names.
static void unbatch(onnx::NodeProto &scan, size_t number) {
  if (scan.input_size() < 2 || !scan.input(0).empty())
    fail(describe(scan) + " has input 'sequence_lens', which is not supported");
  scan.mutable_input()->DeleteSubrange(0, 1);
  onnx::NodeProto inner = scan;
  inner.set_name(scan.name() + "/sequence");
  inner.set_domain(scanDomain);
  for (onnx::AttributeProto &attribute : *inner.mutable_attribute())
    if (attribute.name() == "directions")
      attribute.set_name("scan_input_directions");

  onnx::GraphProto body;
  std::string prefix = "graphopt.scan" + std::to_string(number) + ".";
  body.set_name(prefix + "body");
  for (int i = 0; i < inner.input_size(); ++i) {
    inner.set_input(i, prefix + "in" + std::to_string(i));
    body.add_input()->set_name(inner.input(i));
  }
  for (int i = 0; i < inner.output_size(); ++i) {
    if (inner.output(i).empty())
      scan.set_output(i, prefix + "unused" + std::to_string(i));
    inner.set_output(i, prefix + "out" + std::to_string(i));
    body.add_output()->set_name(inner.output(i));
  }
  *body.add_node() = std::move(inner);

  scan.set_domain(scanDomain);
  scan.clear_attribute();
  *scan.add_attribute() = onnx::MakeAttribute("body", std::move(body));
  *scan.add_attribute() =
      onnx::MakeAttribute("num_scan_inputs", int64_t(scan.input_size()));
}

void graphopt::unbatchOldScans(onnx::ModelProto &model) {
  if (opsetOf(model) != batchedOpset)
    return;
  std::vector<onnx::NodeProto *> scans;
  forEachNode(model, [&](onnx::NodeProto &node) {
    if (node.op_type() == "Scan" && normalDomain(node.domain()).empty())
      scans.push_back(&node);
  });
  if (scans.empty())
    return;
  onnx::OperatorSetIdProto *import = model.add_opset_import();
  import->set_domain(scanDomain);
  import->set_version(1);
  // Inner ones first: they move into the bodies of the outer ones.
  for (size_t i = scans.size(); i-- > 0;)
    unbatch(*scans[i], i);
}

void graphopt::restoreOldScans(onnx::ModelProto &model) {
  auto clearUnknown = [](onnx::ValueInfoProto &value) {
    if (value.type().tensor_type().elem_type() == onnx::TensorProto::UNDEFINED)
      value.clear_type();
  };
  forEachNode(model, [&](onnx::NodeProto &node) {
    if (node.domain() != scanDomain)
      return;
    node.clear_domain();
    forEachSubgraph(node, [&](onnx::GraphProto &body) {
      llvm::for_each(*body.mutable_input(), clearUnknown);
      llvm::for_each(*body.mutable_output(), clearUnknown);
    });
  });
  auto &imports = *model.mutable_opset_import();
  for (int i = imports.size(); i-- > 0;)
    if (imports[i].domain() == scanDomain)
      imports.DeleteSubrange(i, 1);
}
