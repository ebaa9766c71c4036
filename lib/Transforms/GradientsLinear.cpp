#include "Gradients.h"
#include "dialects/Graph/Attention.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Normalization.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static Value transposeMatrix(GradientMath &b, Value x) {
  return b.moveDim(x, b.rank(x) - 1, b.rank(x) - 2);
}

/// left^T * right, summed over the batch: that of one matrix with all rows.
static Value multiplyColumns(GradientMath &b, Value left, Value right) {
  int64_t last = b.rank(left) - 1;
  if (last > 1) {
    Value rows = b.product(b.extents(left, 0, last));
    left = b.reshape(left, b.concat({rows, b.extent(left, last)}));
    right = b.reshape(right, b.concat({rows, b.extent(right, last)}));
  }
  return b.matmul(transposeMatrix(b, left), right);
}

static void addMatMul(MatMulOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value lhs = op.getLhs(), rhs = op.getRhs(), gradient = g.get(op.getResult());
  bool isRow = b.rank(lhs) == 1, isColumn = b.rank(rhs) == 1;
  // A vector is a matrix with one more dimension, and so is the gradient.
  Value left = isRow ? b.unsqueeze(lhs, 0) : lhs;
  Value right = isColumn ? b.unsqueeze(rhs, 1) : rhs;
  if (isColumn)
    gradient = b.unsqueeze(gradient, b.rank(gradient));
  if (isRow)
    gradient = b.unsqueeze(gradient, b.rank(gradient) - 1);
  if (g.wants(lhs)) {
    Value product = b.matmul(gradient, transposeMatrix(b, right));
    product = g.sumTo(product, left);
    g.add(lhs, isRow ? b.squeeze(product, 0) : product);
  }
  if (g.wants(rhs)) {
    bool isShared = b.rank(right) == 2 && b.rank(left) == b.rank(gradient);
    Value product = isShared ? multiplyColumns(b, left, gradient)
                             : b.matmul(transposeMatrix(b, left), gradient);
    product = g.sumTo(product, right);
    g.add(rhs, isColumn ? b.squeeze(product, 1) : product);
  }
}

static SmallVector<Value> rebuildGemm(GemmOp op, GradientMath &b) {
  Value lhs = op.getTransA() ? transposeMatrix(b, op.getLhs()) : op.getLhs();
  Value rhs = op.getTransB() ? transposeMatrix(b, op.getRhs()) : op.getRhs();
  auto scale = [&](Value value, double factor) {
    return factor == 1 ? value : b.mul(value, factor);
  };
  Value result = scale(b.matmul(lhs, rhs), op.getAlpha().convertToDouble());
  if (op.getBias())
    result = b.add(result, scale(op.getBias(), op.getBeta().convertToDouble()));
  return {result};
}

//===--- Einsum ----------------------------------------------------------===//

/// Labels of each input and of the output, if none is twice in a term and there is no
/// ellipsis.
static std::optional<SmallVector<std::string>> getTerms(EinsumOp op) {
  std::string equation;
  llvm::copy_if(op.getEquation(), std::back_inserter(equation),
                [](char c) { return c != ' '; });
  auto [inputs, output] = StringRef(equation).split("->");
  SmallVector<StringRef> terms;
  inputs.split(terms, ',');
  bool isImplicit = !StringRef(equation).contains("->");
  terms.push_back(output);
  for (StringRef term : terms)
    for (char label : term)
      if (label == '.' || term.count(label) > 1)
        return std::nullopt;
  SmallVector<std::string> result(terms.begin(), terms.end());
  if (isImplicit) { // labels that are there once, in order
    for (char label : inputs)
      if (label != ',' && inputs.count(label) == 1)
        result.back() += label;
    llvm::sort(result.back());
  }
  return result;
}

/// An input's gradient is the sum of products of the result's and the other inputs;
/// labels that no other has are repeated.
static LogicalResult addEinsum(EinsumOp op, Gradients &g) {
  GradientMath &b = g.math();
  std::optional<SmallVector<std::string>> terms = getTerms(op);
  if (!terms)
    return g.emitError(op) << "there is no gradient of einsum with '" << op.getEquation()
                           << "': a label is twice in a term, or in an ellipsis";
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    if (!g.wants(input))
      continue;
    std::string equation = terms->back(), known = terms->back();
    SmallVector<Value> factors{g.get(op.getResult())};
    for (auto [j, other] : llvm::enumerate(op.getInputs()))
      if (i != j) {
        equation += "," + (*terms)[j];
        known += (*terms)[j];
        factors.push_back(other);
      }
    std::string labels;
    SmallVector<int64_t> repeated;
    for (auto [dim, label] : llvm::enumerate((*terms)[i]))
      if (StringRef(known).contains(label))
        labels += label;
      else
        repeated.push_back(dim);
    Value gradient = EinsumOp::create(b, factors, equation + "->" + labels);
    gradient = b.unsqueeze(gradient, repeated);
    if (!repeated.empty())
      gradient = b.expand(gradient, b.shape(input));
    g.add(input, gradient);
  }
  return success();
}

//===--- Attention -------------------------------------------------------===//

/// Keys or values with a head for each of the query's.
static Value repeatHeads(GradientMath &b, Value x, Value query) {
  int64_t heads = b.type(x).getDimSize(1);
  if (heads == b.type(query).getDimSize(1) && !ShapedType::isDynamic(heads))
    return x;
  Value own = b.extent(x, 1), repeats = b.div(b.extent(query, 1), own);
  Value batch = b.extent(x, 0), rest = b.extents(x, 2, 4);
  x = b.expand(b.unsqueeze(x, 2), b.concat({batch, own, repeats, rest}));
  return b.reshape(x, b.concat({batch, b.mul(own, repeats), rest}));
}

/// Whether query m sees key n: [M, N].
static Value getCausalMask(AttentionOp op, GradientMath &b) {
  Value rows = b.unsqueeze(b.positions(op.getQuery(), 2), 1);
  if (op.getCausal() == Causal::BottomRight)
    rows = b.add(rows, b.sub(b.extent(op.getKey(), 2), b.extent(op.getQuery(), 2)));
  return b.binary(BinaryKind::LessOrEqual, b.positions(op.getKey(), 2), rows);
}

static SmallVector<Value> rebuildAttention(AttentionOp op, GradientMath &b) {
  Value query = op.getQuery();
  Value key = repeatHeads(b, op.getKey(), query);
  Value value = repeatHeads(b, op.getValue(), query);
  Value scores = b.mul(b.matmul(query, transposeMatrix(b, key)),
                       op.getScale().convertToDouble());
  if (double cap = op.getSoftcap().convertToDouble())
    scores = b.mul(b.unary(UnaryKind::Tanh, b.mul(scores, 1 / cap)), cap);
  Value nothing = b.scalar(scores, -std::numeric_limits<double>::infinity());
  if (Value mask = op.getMask())
    scores = b.element(mask).isInteger(1) ? b.where(mask, scores, nothing)
                                          : b.add(scores, mask);
  if (op.getCausal() != Causal::None)
    scores = b.where(getCausalMask(op, b), scores, nothing);
  return {b.matmul(SoftmaxOp::create(b, scores, -1), value)};
}

void graphopt::addLinearGradients(GradientRules &rules) {
  rules.add(addMatMul);
  rules.rebuild(rebuildGemm);
  rules.add(addEinsum);
  rules.rebuild(rebuildAttention);
}
