// ai.onnx.preview.training: gradients, and optimizers, where each input after the first
// two, of which there are several groups, is a tensor of the model that is trained.
#include "dialects/Graph/Control.h"
#include "lib/Import/GraphMath.h"
#include "lib/Import/Importers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// What all of them read: the rate R, the step T, and `groups` tensors for each
/// that is trained; first all of the first group, then of the second and so on.
struct Optimizer {
  NodeImporter &node;
  size_t groups;
  GraphMath g{node};
  size_t count = 0;

  LogicalResult check() {
    if (node.getNumInputs() < 2 + groups || (node.getNumInputs() - 2) % groups)
      return node.emitError() << "has " << node.getNumInputs()
                              << " inputs, not two and groups of " << groups;
    count = (node.getNumInputs() - 2) / groups;
    return success();
  }
  Value rate() { return node.getInput(0); }
  Value step() { return node.getInput(1); }
  Value input(size_t group, size_t i) { return node.getInput(2 + group * count + i); }
  Value number(StringRef name, Value like) {
    return g.scalar(like, node.getFloat(name));
  }
  Value ofType(Value scalar, Value like) {
    return like ? g.cast(scalar, g.element(like)) : Value();
  }
  Value square(Value x) { return g.mul(x, x); }

  /// `update` gives the new tensors of number `i`, one a group but the gradient's.
  LogicalResult run(function_ref<SmallVector<Value>(size_t)> update) {
    if (failed(check()))
      return failure();
    SmallVector<Value> results((groups - 1) * count);
    for (size_t i = 0; i < count; ++i)
      for (auto [group, value] : llvm::enumerate(update(i))) {
        if (!value)
          return failure();
        results[group * count + i] = value;
      }
    return node.bind(results);
  }
};
} // namespace

/// Inputs are X, gradients G and sums of squares H.
LogicalResult graphopt::importAdagrad(NodeImporter &node) {
  Optimizer o{node, 3};
  GraphMath &g = o.g;
  return o.run([&](size_t i) -> SmallVector<Value> {
    Value x = o.input(0, i), h = o.input(2, i);
    Value decay = g.mul(o.ofType(o.step(), x), o.number("decay_factor", x));
    Value rate = g.div(o.ofType(o.rate(), x), g.add(g.scalar(x, 1), decay));
    Value gradient = g.add(g.mul(o.number("norm_coefficient", x), x), o.input(1, i));
    Value sum = g.add(h, o.square(gradient));
    Value root = g.add(g.unary(UnaryKind::Sqrt, sum), o.number("epsilon", x));
    return {g.sub(x, g.div(g.mul(rate, gradient), root)), sum};
  });
}

/// Inputs are X, gradients G, their means V and the means of their squares H.
LogicalResult graphopt::importAdam(NodeImporter &node) {
  Optimizer o{node, 4};
  GraphMath &g = o.g;
  return o.run([&](size_t i) -> SmallVector<Value> {
    Value x = o.input(0, i), v = o.input(2, i), h = o.input(3, i);
    Value one = g.scalar(x, 1);
    auto mean = [&](StringRef name, Value old, Value next) {
      Value share = o.number(name, x);
      return g.add(g.mul(share, old), g.mul(g.sub(one, share), next));
    };
    Value gradient = g.add(g.mul(o.number("norm_coefficient", x), x), o.input(1, i));
    v = mean("alpha", v, gradient);
    h = mean("beta", h, o.square(gradient));
    Value root = g.add(g.unary(UnaryKind::Sqrt, h), o.number("epsilon", x));
    // The first means lack what was before them.
    Value step = o.ofType(o.step(), x);
    auto missing = [&](StringRef name) {
      Value power = g.binary(BinaryKind::Pow, o.number(name, x), step);
      return g.sub(one, power);
    };
    Value corrected = g.div(g.mul(o.ofType(o.rate(), x),
                                  g.unary(UnaryKind::Sqrt, missing("beta"))),
                            missing("alpha"));
    Value isLater = g.binary(BinaryKind::Greater, o.step(), g.scalar(o.step(), 0));
    Value rate = g.where(isLater, corrected, o.ofType(o.rate(), x));
    Value next = g.sub(x, g.div(g.mul(rate, v), root));
    next = g.mul(g.sub(one, o.number("norm_coefficient_post", x)), next);
    return {next, v, h};
  });
}

/// Inputs are X, gradients G and momentums V.
LogicalResult graphopt::importMomentum(NodeImporter &node) {
  StringRef mode = node.getString("mode");
  if (mode != "standard" && mode != "nesterov")
    return node.emitError() << "mode '" << mode << "' is not known";
  Optimizer o{node, 3};
  GraphMath &g = o.g;
  return o.run([&](size_t i) -> SmallVector<Value> {
    Value x = o.input(0, i), v = o.input(2, i);
    Value gradient = g.add(g.mul(o.number("norm_coefficient", x), x), o.input(1, i));
    Value alpha = o.number("alpha", x), rate = o.ofType(o.rate(), x);
    // In the first step all of the gradient counts.
    Value isLater = g.binary(BinaryKind::Greater, o.step(), g.scalar(o.step(), 0));
    Value beta = g.where(isLater, o.number("beta", x), g.scalar(x, 1));
    v = g.add(g.mul(alpha, v), g.mul(beta, gradient));
    Value direction = mode == "standard" ? v : g.add(gradient, g.mul(alpha, v));
    return {g.sub(x, g.mul(rate, direction)), v};
  });
}

/// Inputs are what is in the place of the tensors that `xs`, then `zs`, name.
LogicalResult graphopt::importGradient(NodeImporter &node) {
  auto lookup = [&](StringRef attribute) {
    return llvm::map_to_vector(node.getStrings(attribute),
                               [&](StringRef name) { return node.getTensorNamed(name); });
  };
  SmallVector<Value> xs = lookup("xs"), zs = lookup("zs");
  return node.finish<GradientOp>(node.getTensorNamed(node.getString("y")), xs, zs,
                                 node.getInputs());
}
