#include "dialects/Graph/Einsum.h"
#include "Kernels.h"
#include "dialects/Graph/Linear.h"
#include "lib/Conversion/GraphToLinalg/Rows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;
using Labels = EinsumEquation::Labels;

namespace {
/// A tensor with a different label for each dimension.
struct Term {
  Value value;
  Labels labels;
};

/// Contracts the inputs of one einsum, from left to right.
class Contraction {
public:
  Contraction(Lowering &to, EinsumOp op) : to(to), op(op) {
    type = op.getType().getElementType();
    element = to.element(type);
    isFloat = isa<FloatType>(type);
    wide = isFloat ? getSumType(type) : element;
    SmallVector<int64_t> ranks;
    SmallVector<ArrayRef<AffineExpr>> dims;
    for (Value input : op.getInputs()) {
      dims.push_back(to.get(input).dims);
      ranks.push_back(dims.back().size());
    }
    equation = *EinsumEquation::parse(std::nullopt, op.getEquation(), ranks);
    extents = *equation.getExtents(to.shapes, std::nullopt, dims);
    setSizes(dims);
  }

  Value lower() {
    Term result = getInput(0);
    for (size_t i = 1; i < equation.inputs.size(); ++i) {
      llvm::DenseSet<int> needed = neededAfter(i);
      Term next = getInput(i);
      result = sumOut(result, [&](int label) {
        return needed.contains(label) || llvm::is_contained(next.labels, label);
      });
      next = sumOut(next, [&](int label) {
        return needed.contains(label) ||
               llvm::is_contained(result.labels, label);
      });
      result = multiply(result, next, needed);
    }
    llvm::DenseSet<int> needed = neededAfter(equation.inputs.size());
    result = sumOut(result, [&](int label) { return needed.contains(label); });
    return arrange(result, equation.output);
  }

private:
  /// Labels of the output and of the inputs after `i`.
  llvm::DenseSet<int> neededAfter(size_t i) const {
    llvm::DenseSet<int> needed(equation.output.begin(), equation.output.end());
    for (const Labels &labels :
         ArrayRef(equation.inputs)
             .drop_front(std::min(i + 1, equation.inputs.size())))
      needed.insert(labels.begin(), labels.end());
    return needed;
  }

  void setSizes(ArrayRef<ArrayRef<AffineExpr>> dims) {
    llvm::DenseMap<int, SmallVector<ArrayRef<AffineExpr>>> shapes;
    for (auto [labels, own] : llvm::zip_equal(equation.inputs, dims))
      for (auto [i, label] : llvm::enumerate(labels))
        shapes[label].push_back(own.slice(i, 1));
    // In the order of the labels, so that equal models give equal code.
    for (const Labels &labels : equation.inputs)
      for (int label : labels)
        if (!sizes.contains(label))
          sizes[label] =
              to.broadcastSizes(shapes.lookup(label), extents.lookup(label))
                  .front();
  }
  SmallVector<OpFoldResult> sizesOf(ArrayRef<int> labels) const {
    return llvm::map_to_vector(labels,
                               [&](int label) { return sizes.lookup(label); });
  }
  /// The map from loops over `all` to a tensor with `labels`.
  AffineMap mapOf(ArrayRef<int> labels, ArrayRef<int> all) const {
    SmallVector<AffineExpr> exprs;
    for (int label : labels)
      exprs.push_back(
          to.b.getAffineDimExpr(llvm::find(all, label) - all.begin()));
    return AffineMap::get(all.size(), 0, exprs, to.b.getContext());
  }

  /// An input with one dimension for each of its labels: diagonals are taken,
  /// dimensions that are repeated are left out.
  Term getInput(size_t i) {
    const Labels &labels = equation.inputs[i];
    Value input = op.getInputs()[i];
    SmallVector<AffineExpr> dims = llvm::map_to_vector(
        labels, [&](int label) { return extents.lookup(label); });
    AffineMap read;
    Value value = to.expand(input, dims, sizesOf(labels), read);
    Term term{value, {}};
    for (auto [label, expr] : llvm::zip_equal(labels, read.getResults()))
      if (isa<AffineDimExpr>(expr) && !llvm::is_contained(term.labels, label))
        term.labels.push_back(label);
    if (term.labels.size() == labels.size())
      return term;
    SmallVector<AffineExpr> exprs;
    for (auto [label, expr] : llvm::zip_equal(labels, read.getResults()))
      exprs.push_back(isa<AffineDimExpr>(expr)
                          ? mapOf(label, term.labels).getResult(0)
                          : expr);
    AffineMap map =
        AffineMap::get(term.labels.size(), 0, exprs, to.b.getContext());
    term.value =
        to.map(value, map, sizesOf(term.labels), element,
               [](OpBuilder &, Location, ValueRange in) { return in[0]; });
    return term;
  }

  Value product(Scalar s, Value x, Value y) const {
    return isFloat ? s.mul(s.convert(x, wide), s.convert(y, wide))
                   : s.op<arith::MulIOp>({x, y});
  }

  /// The sum of `summand` over the loops that are not in `result`, rounded.
  Term sum(ArrayRef<int> all, ArrayRef<int> result,
           ArrayRef<Rows::Operand> operands, Rows::Body summand) {
    SmallVector<int64_t> axes;
    for (auto [i, label] : llvm::enumerate(all))
      if (!llvm::is_contained(result, label))
        axes.push_back(i);
    SmallVector<OpFoldResult> loops = sizesOf(all);
    Rows rows(to, loops, axes);
    Value value = rows.reduce(
        operands, to.constant(wide, 0), [&](Scalar s, ValueRange in) {
          Value x = summand(s, in.drop_back());
          return isFloat ? s.add(in.back(), x)
                         : s.op<arith::AddIOp>({in.back(), x});
        });
    if (wide != element)
      value = rows.mapRows(value, element, [&](Scalar s, ValueRange in) {
        return s.convert(in[0], element);
      });
    return {value, Labels(result)};
  }

  /// Sums over the labels that `isNeeded` says no to.
  Term sumOut(Term term, llvm::function_ref<bool(int)> isNeeded) {
    Labels kept = llvm::filter_to_vector(term.labels, isNeeded);
    if (kept.size() == term.labels.size())
      return term;
    Rows::Operand operand{term.value, mapOf(term.labels, term.labels)};
    return sum(term.labels, kept, operand, [&](Scalar s, ValueRange in) {
      return isFloat ? s.convert(in[0], wide) : in[0];
    });
  }

  Term multiply(const Term &lhs, const Term &rhs,
                const llvm::DenseSet<int> &needed) {
    Labels batch, rows, columns, depth;
    for (int label : lhs.labels) {
      bool isShared = llvm::is_contained(rhs.labels, label);
      (!isShared                ? rows
       : needed.contains(label) ? batch
                                : depth)
          .push_back(label);
    }
    for (int label : rhs.labels)
      if (!llvm::is_contained(lhs.labels, label))
        columns.push_back(label);
    Labels result(batch), all;
    llvm::append_range(result, rows);
    llvm::append_range(result, columns);
    all = result;
    llvm::append_range(all, depth);
    SmallVector<Rows::Operand> operands{{lhs.value, mapOf(lhs.labels, all)},
                                        {rhs.value, mapOf(rhs.labels, all)}};
    if (depth.empty()) {
      Rows loops(to, sizesOf(all), {});
      Value value = loops.map(operands, element, [&](Scalar s, ValueRange in) {
        Value x = product(s, in[0], in[1]);
        return isFloat ? s.convert(x, element) : x;
      });
      return {value, result};
    }
    if (rows.empty() || columns.empty())
      return sum(all, result, operands, [&](Scalar s, ValueRange in) {
        return product(s, in[0], in[1]);
      });
    return multiplyMatrices(lhs, rhs, batch, rows, columns, depth);
  }

  Term multiplyMatrices(const Term &lhs, const Term &rhs, const Labels &batch,
                        const Labels &rows, const Labels &columns,
                        const Labels &depth) {
    Value left = makeMatrix(lhs, batch, rows, depth);
    Value right = makeMatrix(rhs, batch, depth, columns);
    SmallVector<OpFoldResult> productSizes = sizesOf(batch);
    int64_t rank = batch.size() + 2;
    productSizes.push_back(tensor::getMixedSize(to.b, to.loc, left, rank - 2));
    productSizes.push_back(tensor::getMixedSize(to.b, to.loc, right, rank - 1));
    Value value = buildMatMul(to, type, left, right, productSizes).getResult();
    Labels result(batch);
    llvm::append_range(result, rows);
    llvm::append_range(result, columns);
    if (rows.size() == 1 && columns.size() == 1)
      return {value, result};
    SmallVector<OpFoldResult> full = sizesOf(result);
    SmallVector<int64_t> shape;
    SmallVector<Value> open;
    dispatchIndexOpFoldResults(full, open, shape);
    value = tensor::ExpandShapeOp::create(
        to.b, to.loc, RankedTensorType::get(shape, element), value,
        groups(batch.size(), rows.size(), columns.size()), full);
    return {value, result};
  }

  /// [0], [1], ... for the batch, then a group each of `rows` and `columns`.
  static SmallVector<ReassociationIndices> groups(int64_t batch, int64_t rows,
                                                  int64_t columns) {
    SmallVector<ReassociationIndices> result;
    int64_t at = 0;
    for (; at < batch; ++at)
      result.push_back({at});
    for (int64_t count : {rows, columns}) {
      result.emplace_back();
      for (int64_t end = at + count; at < end; ++at)
        result.back().push_back(at);
    }
    return result;
  }

  /// [batch..., rows, columns] of a term.
  Value makeMatrix(const Term &term, const Labels &batch, const Labels &rows,
                   const Labels &columns) {
    Labels order(batch);
    llvm::append_range(order, rows);
    llvm::append_range(order, columns);
    Value value = arrange(term, order);
    if (rows.size() == 1 && columns.size() == 1)
      return value;
    return tensor::CollapseShapeOp::create(
        to.b, to.loc, value, groups(batch.size(), rows.size(), columns.size()));
  }

  /// The term's dimensions in the order of `labels`; what the term lacks, as it
  /// had an extent of 1, is repeated.
  Value arrange(const Term &term, ArrayRef<int> labels) {
    if (ArrayRef<int>(term.labels) == labels)
      return term.value;
    if (term.labels.size() != labels.size())
      return to.map(term.value, mapOf(term.labels, labels), sizesOf(labels),
                    element,
                    [](OpBuilder &, Location, ValueRange in) { return in[0]; });
    SmallVector<int64_t> permutation =
        llvm::map_to_vector(labels, [&](int label) -> int64_t {
          return llvm::find(term.labels, label) - term.labels.begin();
        });
    return buildTranspose(to, term.value, permutation);
  }

  Lowering &to;
  EinsumOp op;
  EinsumEquation equation;
  llvm::DenseMap<int, AffineExpr> extents;
  llvm::DenseMap<int, OpFoldResult> sizes;
  Type type, element, wide; ///< of the graph, lowered, summed in
  bool isFloat;
};

struct LowerEinsum : LoweringPattern<EinsumOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(EinsumOp op, Adaptor, Lowering &to) const override {
    return {{Contraction(to, op).lower()}};
  }
};
} // namespace

void graphopt::populateEinsumLowering(LoweringPatterns to) {
  to.add<LowerEinsum>();
}
