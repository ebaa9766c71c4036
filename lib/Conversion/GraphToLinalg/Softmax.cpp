#include "Softmax.h"

using namespace mlir;
using namespace graphopt;

Value graphopt::buildMax(Lowering &to, const Rows &rows, Value input, Type type) {
  APFloat least =
      APFloat::getInf(cast<FloatType>(type).getFloatSemantics(), true);
  Value neutral =
      arith::ConstantOp::create(to.b, to.loc, to.b.getFloatAttr(type, least));
  return rows.reduce(rows.full(input), neutral, [&](Scalar s, ValueRange in) {
    return s.max(in[1], s.convert(in[0], type));
  });
}

Value graphopt::buildSum(Lowering &to, const Rows &rows,
                      ArrayRef<Rows::Operand> operands, Type type,
                      Rows::Body term) {
  return rows.reduce(operands, to.constant(type, 0),
                     [&](Scalar s, ValueRange in) {
                       return s.add(in.back(), term(s, in.drop_back()));
                     });
}

Value graphopt::buildSoftmax(Lowering &to, const Rows &rows, Value input,
                             Type element) {
  Type wide = getSumType(getElementTypeOrSelf(input));
  Value max = buildMax(to, rows, input, wide);
  Value exp = rows.map({rows.full(input), rows.perRow(max)}, wide,
                       [&](Scalar s, ValueRange in) {
                         return s.exp(s.sub(s.convert(in[0], wide), in[1]));
                       });
  Value sum = buildSum(to, rows, rows.full(exp), wide,
                       [](Scalar, ValueRange in) { return in[0]; });
  Value scale = rows.mapRows(sum, wide, [](Scalar s, ValueRange in) {
    return s.div(s.constant(in[0], 1), in[0]);
  });
  return rows.map({rows.full(exp), rows.perRow(scale)}, element,
                  [&](Scalar s, ValueRange in) {
                    return s.convert(s.mul(in[0], in[1]), element);
                  });
}
