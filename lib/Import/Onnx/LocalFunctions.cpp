// Model-local functions: k functions that each call the next one twice are
// 2^k nodes once inlined, so we count before ONNX inlines.
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"

using namespace graphopt;
using llvm::StringRef;
using llvm::Twine;

static std::string functionId(StringRef domain, StringRef name,
                              StringRef overload) {
  return (normalDomain(domain) + "." + name + ":" + overload).str();
}

namespace {

class ExpansionCounter {
public:
  explicit ExpansionCounter(const onnx::ModelProto &model) {
    for (const onnx::FunctionProto &function : model.functions())
      functions[functionId(function.domain(), function.name(),
                           function.overload())]
          .body = &function;
  }

  /// Number of nodes of `body` after inlining; saturates.
  template <typename Body> uint64_t count(const Body &body, unsigned depth) {
    constexpr unsigned maxDepth = 64;
    if (depth > maxDepth)
      fail("model-local functions call each other more than " +
           Twine(maxDepth) + " deep");
    uint64_t total = 0;
    forEachNode(body, [&](const onnx::NodeProto &node) {
      auto called = functions.find(
          functionId(node.domain(), node.op_type(), node.overload()));
      uint64_t nodes =
          called == functions.end() ? 1 : count(called->second, node, depth);
      total = llvm::SaturatingAdd(total, nodes);
    });
    return total;
  }

private:
  struct Function {
    const onnx::FunctionProto *body = nullptr;
    bool isActive = false; ///< its count is under way
    std::optional<uint64_t> nodes;
  };

  uint64_t count(Function &function, const onnx::NodeProto &call,
                 unsigned depth) {
    if (function.isActive)
      fail("model-local function '" + function.body->name() +
           "' calls itself, at " + describe(call));
    if (!function.nodes) {
      function.isActive = true;
      function.nodes = count(*function.body, depth + 1);
      function.isActive = false;
    }
    return *function.nodes;
  }

  llvm::StringMap<Function> functions;
};

} // namespace

void graphopt::checkFunctionExpansion(const onnx::ModelProto &model,
                                      uint64_t maxNodes) {
  ExpansionCounter counter(model);
  uint64_t nodes = counter.count(model.graph(), 0);
  if (nodes > maxNodes)
    fail("the model has " + Twine(nodes) + " nodes" +
         (model.functions_size() ? " once its functions are inlined" : "") +
         "; the limit is " + Twine(maxNodes));
  // Functions that nothing calls are parsed, checked and inlined into too.
  for (const onnx::FunctionProto &function : model.functions())
    if (counter.count(function, 0) > maxNodes)
      fail("model-local function '" + function.name() + "' has more than " +
           Twine(maxNodes) + " nodes once its calls are inlined");
}
