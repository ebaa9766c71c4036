// Which operators the importer knows, and the list of those that it does not.
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "onnx/defs/schema.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include <map>

using namespace graphopt;
using llvm::StringRef;
using llvm::Twine;

static std::string operatorId(StringRef domain, StringRef name) {
  return (normalDomain(domain) + "." + name).str();
}

bool graphopt::isNative(StringRef domain, StringRef opType) {
  static const llvm::StringSet<> native = [] {
    llvm::StringSet<> names;
#define ONNX_READ(NAME, OPSET, IMPORTER) names.insert(operatorId("", #NAME));
#define ONNX_OP_IN(DOMAIN, NAME, OPSET, IMPORTER)                              \
  names.insert(operatorId(DOMAIN, #NAME));
#include "lib/Import/OnnxOps.def"
    return names;
  }();
  return native.contains(operatorId(domain, opType));
}

/// Whether libraries that decode images are there, for ImageDecoder.
#ifdef GRAPHOPT_IMAGES
static constexpr bool hasImages = true;
#else
static constexpr bool hasImages = false;
#endif

/// "" if the importer can do something with `node`, else why not.
static StringRef whyUnsupported(const onnx::NodeProto &node, int64_t opset) {
  if (!hasImages && normalDomain(node.domain()).empty() && node.op_type() == "ImageDecoder")
    return "not supported by this graphopt, which was built without image libraries (CMake's "
           "GRAPHOPT_IMAGES)";
  if (isNative(node.domain(), node.op_type()))
    return "";
  const auto *registry = onnx::OpSchemaRegistry::Instance();
  std::string domain = normalDomain(node.domain()).str();
  if (!registry->GetSchema(node.op_type(), opset, domain))
    return domain.empty() ? "not an operator of ONNX" : "unknown operator";
  int64_t target = domain.empty() ? canonicalOpset : opset;
  const onnx::OpSchema *schema =
      registry->GetSchema(node.op_type(), target, domain);
  // ONNX's converter replaces deprecated operators.
  bool goesAway = schema && opset != target && schema->Deprecated();
  bool expands = schema && (schema->HasFunction() ||
                            schema->HasContextDependentFunction());
  if (goesAway || expands)
    return "";
  return "not supported yet";
}

void graphopt::checkOperators(const onnx::ModelProto &model) {
  llvm::StringSet<> local;
  for (const onnx::FunctionProto &function : model.functions())
    local.insert(operatorId(function.domain(), function.name()));

  // One line an operator, with the names of its nodes.
  std::map<std::string, std::vector<StringRef>> unsupported;
  forEachNode(model, [&](const onnx::NodeProto &node) {
    if (local.contains(operatorId(node.domain(), node.op_type())))
      return;
    int64_t opset = opsetOf(model, node.domain());
    StringRef reason = whyUnsupported(node, opset);
    if (reason.empty())
      return;
    StringRef domain = normalDomain(node.domain());
    std::string key = (node.op_type() + Twine(" (domain ") +
                       (domain.empty() ? "ai.onnx" : domain) + ", opset " +
                       Twine(opset) + "): " + reason)
                          .str();
    unsupported[key].push_back(node.name());
  });
  if (unsupported.empty())
    return;

  size_t nodes = 0;
  std::string lines;
  for (const auto &[text, names] : unsupported) {
    constexpr size_t shown = 8;
    nodes += names.size();
    lines += "\n  " + text + "; " + std::to_string(names.size()) +
             (names.size() == 1 ? " node: " : " nodes: ") +
             llvm::join(llvm::ArrayRef(names).take_front(shown), ", ") +
             (names.size() > shown ? ", ..." : "");
  }
  fail("unsupported operators in " + Twine(nodes) +
       (nodes == 1 ? " node:" : " nodes:") + lines);
}
