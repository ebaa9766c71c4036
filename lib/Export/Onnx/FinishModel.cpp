#include "graphopt/Export/Export.h"
#include "lib/Export/Onnx/OnnxFile.h"
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "onnx/defs/schema.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include <map>

using namespace graphopt;
using llvm::StringRef;
using llvm::Twine;
using onnx::Utils::DataTypeUtils;

//===--- Dead nodes ------------------------------------------------------===//

/// Drops what no output depends on, from the last node to the first. Adds to
/// `read` the names that the rest of the graph reads.
static void dropDeadNodes(onnx::GraphProto &graph, llvm::StringSet<> &read) {
  for (const onnx::ValueInfoProto &output : graph.output())
    read.insert(output.name());
  std::vector<bool> isDead(graph.node_size());
  for (int i = graph.node_size() - 1; i >= 0; --i) {
    onnx::NodeProto &node = *graph.mutable_node(i);
    isDead[i] = llvm::none_of(node.output(), [&](const std::string &output) {
      return read.contains(output);
    });
    if (isDead[i])
      continue;
    for (const std::string &input : node.input())
      read.insert(input);
    forEachSubgraph(node,
                    [&](onnx::GraphProto &inner) { dropDeadNodes(inner, read); });
  }
  int next = 0;
  for (int i = 0; i < graph.node_size(); ++i)
    if (!isDead[i])
      graph.mutable_node()->SwapElements(next++, i);
  graph.mutable_node()->DeleteSubrange(next, graph.node_size() - next);
}

static void dropDeadTensors(onnx::GraphProto &graph,
                            const llvm::StringSet<> &read) {
  auto &tensors = *graph.mutable_initializer();
  int next = 0;
  for (int i = 0; i < tensors.size(); ++i)
    if (read.contains(tensors[i].name()))
      tensors.SwapElements(next++, i);
  tensors.DeleteSubrange(next, tensors.size() - next);
}

//===--- Opset -----------------------------------------------------------===//

namespace {
class OpsetChooser {
public:
  explicit OpsetChooser(const llvm::StringMap<int> &elementTypes)
      : elementTypes(elementTypes) {}

  /// The least opset that has all nodes of the model, which is at most `wanted`
  /// unless that is 0.
  int64_t choose(const onnx::ModelProto &model, int64_t wanted) {
    int64_t most = leastExportOpset;
    std::map<std::string, std::vector<StringRef>> missing;
    size_t count = 0;
    forEachNode(model, [&](const onnx::NodeProto &node) {
      int64_t needed = findOpset(node);
      most = std::max(most, needed);
      bool exists = needed <= greatestExportOpset;
      if (exists && (wanted == 0 || needed <= wanted))
        return;
      std::string text = exists ? "needs opset " + std::to_string(needed)
                                : "has no opset for these element types";
      missing[node.op_type() + " " + text].push_back(node.name());
      ++count;
    });
    if (missing.empty())
      return wanted ? wanted : most;
    std::string lines;
    for (const auto &[text, names] : missing)
      lines += "\n  " + text + "; nodes: " + llvm::join(names, ", ");
    fail("ONNX " + (wanted ? "at opset " + Twine(wanted) : Twine("")) +
         " cannot say what " + Twine(count) +
         (count == 1 ? " node does:" : " nodes do:") + lines);
  }

private:
  int64_t findOpset(const onnx::NodeProto &node) const {
    const auto *registry = onnx::OpSchemaRegistry::Instance();
    int64_t opset = leastExportOpset;
    for (; opset <= greatestExportOpset; ++opset) {
      const onnx::OpSchema *schema = registry->GetSchema(node.op_type(), opset, "");
      if (schema && takes(schema->inputs(), node.input()) &&
          takes(schema->outputs(), node.output()))
        break;
    }
    return opset;
  }

  /// The last parameter may stand for any number of values.
  bool takes(const std::vector<onnx::OpSchema::FormalParameter> &parameters,
             const google::protobuf::RepeatedPtrField<std::string> &names) const {
    for (auto [i, name] : llvm::enumerate(names)) {
      auto type = elementTypes.find(name);
      if (type == elementTypes.end() || parameters.empty())
        continue;
      const auto &parameter = parameters[std::min(i, parameters.size() - 1)];
      onnx::DataType text = DataTypeUtils::ToType(
          "tensor(" + DataTypeUtils::ToDataTypeString(type->second) + ")");
      if (!parameter.GetTypes().count(text))
        return false;
    }
    return true;
  }

  const llvm::StringMap<int> &elementTypes;
};
} // namespace

/// The IR version that came with an opset: files with a newer one are refused by
/// tools that know the opset.
static int64_t findIrVersion(int64_t opset) {
  return opset <= 22 ? 10 : opset <= 24 ? opset - 12 : opset <= 27 ? 13 : 14;
}

llvm::Error graphopt::finishModel(OnnxModel &model,
                                  const llvm::StringMap<int> &elementTypes,
                                  int64_t opset) {
  if (opset != 0 && (opset < leastExportOpset || opset > greatestExportOpset))
    return llvm::createStringError("opset " + Twine(opset) + " is not in [" +
                                   Twine(leastExportOpset) + ", " +
                                   Twine(greatestExportOpset) + "]");
  onnx::ModelProto &proto = model.proto;
  try {
    llvm::StringSet<> read;
    dropDeadNodes(*proto.mutable_graph(), read);
    dropDeadTensors(*proto.mutable_graph(), read);
    model.opset = OpsetChooser(elementTypes).choose(proto, opset);
    proto.set_ir_version(findIrVersion(model.opset));
    onnx::OperatorSetIdProto &import = *proto.add_opset_import();
    import.set_domain("");
    import.set_version(model.opset);
    runChecker(proto);
  } catch (const std::exception &error) {
    return llvm::createStringError(error.what());
  }
  return llvm::Error::success();
}
