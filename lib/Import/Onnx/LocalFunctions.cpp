// Model-local functions: k functions that each call the next one twice are
// 2^k nodes once inlined, so we count first.
#include "lib/Import/Onnx/InlineFunctions.h"
#include "lib/Import/Onnx/Walk.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"

using namespace graphopt;
using llvm::StringRef;
using llvm::Twine;

static std::string idOf(const onnx::FunctionProto &function) {
  return (normalDomain(function.domain()) + "." + function.name() + ":" +
          function.overload())
      .str();
}

static std::string calledId(const onnx::NodeProto &node) {
  return (normalDomain(node.domain()) + "." + node.op_type() + ":" +
          node.overload())
      .str();
}

namespace {

class ExpansionCounter {
public:
  explicit ExpansionCounter(const onnx::ModelProto &model) {
    for (const onnx::FunctionProto &function : model.functions())
      functions[idOf(function)].body = &function;
  }

  /// Number of nodes of `body` after inlining; saturates.
  template <typename Body> uint64_t count(const Body &body, unsigned depth) {
    constexpr unsigned maxDepth = 64;
    if (depth > maxDepth)
      fail("model-local functions call each other more than " +
           Twine(maxDepth) + " deep");
    uint64_t total = 0;
    forEachNode(body, [&](const onnx::NodeProto &node) {
      auto called = functions.find(calledId(node));
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

void graphopt::inlineLocalFunctions(onnx::ModelProto &model,
                                    uint64_t maxNodes) {
  llvm::StringMap<const onnx::FunctionProto *> functions;
  for (const onnx::FunctionProto &function : model.functions())
    functions[idOf(function)] = &function;
  // A function may import another opset than the model does; ONNX's checker
  // has seen that the operators it uses are the same in both.
  auto bodyOf = [&](onnx::NodeProto &call, const TypeScope &,
                    onnx::FunctionProto &body) {
    const onnx::FunctionProto *function = functions.lookup(calledId(call));
    if (!function)
      return false;
    body = *function;
    llvm::StringSet<> given;
    for (const onnx::AttributeProto &attribute : call.attribute())
      given.insert(attribute.name());
    for (const onnx::AttributeProto &value : function->attribute_proto())
      if (given.insert(value.name()).second)
        *call.add_attribute() = value;
    return true;
  };
  FunctionInliner inliner(model, maxNodes);
  while (inliner.run(bodyOf)) // as deep as checkFunctionExpansion allows
    continue;
  model.clear_functions();
}
