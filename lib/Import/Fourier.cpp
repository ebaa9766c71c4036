#include "lib/Import/Fourier.h"
#include "dialects/Graph/Slicing.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// Above this the run makes a matrix, and the model does not hold it.
static constexpr int64_t mostTableElements = 4 << 20;

/// The greatest factor of `n` up to `most`.
static int64_t findFactor(int64_t n, int64_t most) {
  for (int64_t factor = std::min(n, most); factor > 1; --factor)
    if (n % factor == 0)
      return factor;
  return 1;
}

/// True if factors of at most Fourier::longestFactor leave a short rest.
static bool isFactorable(int64_t n) {
  for (int64_t factor; n > Fourier::longestMatrix; n /= factor)
    if ((factor = findFactor(n, Fourier::longestFactor)) == 1)
      return false;
  return true;
}

/// cos and sin of 2 pi * (j * k mod n) / n.
static double cosine(int64_t j, int64_t k, int64_t n) {
  return std::cos(2 * llvm::numbers::pi * double(j * k % n) / double(n));
}
static double sine(int64_t j, int64_t k, int64_t n) {
  return std::sin(2 * llvm::numbers::pi * double(j * k % n) / double(n));
}

Value Fourier::createTable(ArrayRef<int64_t> shape,
                           function_ref<double(int64_t)> entry) {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  SmallVector<double> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(entry(i));
  return g.floats(values, shape, type);
}

Value Fourier::transform(Value input) {
  if (!input || !length)
    return {};
  type = GraphMath::element(input).isF64() ? g.f64() : g.f32();
  input = g.cast(input, type);
  if (auto known = node.getConstantInts(length); known && known->size() == 1)
    knownLength = known->front();
  if (knownLength && *knownLength < 1) {
    node.emitError() << "the transform has length " << *knownLength;
    return {};
  }
  int64_t parts = GraphMath::type(input).getDimSize(2);
  if (ShapedType::isDynamic(parts)) { // 1 or 2: what is missing is 0
    Value both = g.concat({input, g.mul(input, g.scalar(type, 0))}, 2);
    input = g.slice(both, 2, 0, parts = 2);
  }
  // As much of the input as counts.
  Value half = g.add(g.div(length, g.integer(2)), g.integer(1));
  Value wanted = givesReal() ? half : length;
  Value extent = g.gather(g.shape(input), g.integer(1), 0);
  Value used = g.binary(BinaryKind::Min, extent, wanted);
  if (!used)
    return {};
  input = node.create<SliceOp>(input, node.createInts(int64_t(0)), g.unsqueeze(used, {0}),
                               node.createInts(1), Value());
  if (!input)
    return {};
  bool isForwardHalf = isOneSided && !isInverse;
  Value elements = isForwardHalf ? half : length;
  int64_t resultParts = givesReal() ? 1 : 2;
  int64_t rows = GraphMath::type(input).getDimSize(1);
  bool isKnown = knownLength && !ShapedType::isDynamic(rows);
  if (isKnown && *knownLength * parts > longestMatrix && isFactorable(*knownLength))
    return transformByFactors(input, parts);
  int64_t columns = isForwardHalf ? knownLength.value_or(0) / 2 + 1
                                  : knownLength.value_or(0);
  if (isKnown && rows * parts * columns * resultParts <= mostTableElements)
    return multiply(input, buildMatrix(rows, parts, columns), elements, resultParts);
  return multiply(input, computeMatrix(used, parts, elements), elements, resultParts);
}

/// [rows, elements, parts] from [rows, any, any] and a matrix for the two last.
Value Fourier::multiply(Value input, Value matrix, Value elements, int64_t parts) {
  Value rows = g.extents(input, 0, 1);
  Value flat = g.reshape(input, g.concat({rows, g.extents(matrix, 0, 1)}));
  Value result = g.matmul(flat, matrix);
  return g.reshape(result, g.concat({rows, g.unsqueeze(elements, {0}),
                                     node.createInts(parts)}));
}

/// A constant. Its rows are the used elements with their parts, its columns those of
/// the result.
Value Fourier::buildMatrix(int64_t rows, int64_t parts, int64_t columns) {
  int64_t n = *knownLength, resultParts = givesReal() ? 1 : 2;
  double sign = isInverse ? 1 : -1, scale = isInverse ? 1.0 / double(n) : 1;
  return createTable({rows * parts, columns * resultParts}, [&](int64_t i) {
    int64_t row = i / (columns * resultParts), column = i % (columns * resultParts);
    int64_t j = row / parts, k = column / resultParts;
    bool fromImaginary = row % parts, toImaginary = column % resultParts;
    double c = cosine(j, k, n), s = sign * sine(j, k, n);
    double entry = fromImaginary == toImaginary ? c : toImaginary ? s : -s;
    // The other half of the spectrum is the same again.
    if (givesReal() && j != 0 && 2 * j != n)
      entry *= 2;
    return entry * scale;
  });
}

/// The same for lengths that the run knows.
Value Fourier::computeMatrix(Value rows, int64_t parts, Value columns) {
  Value j = g.unsqueeze(g.range(rows), {1}), k = g.unsqueeze(g.range(columns), {0});
  Value turns = g.cast(g.binary(BinaryKind::Mod, g.mul(j, k), length), g.f64());
  Value n = g.cast(length, type);
  Value angle = g.div(g.mul(turns, g.scalar(g.f64(), 2 * llvm::numbers::pi)),
                      g.cast(length, g.f64()));
  // As f32 the angle of half a turn has a sine.
  Value c = g.cast(g.unary(UnaryKind::Cos, angle), type),
        s = g.cast(g.unary(UnaryKind::Sin, angle), type);
  if (isInverse) {
    c = g.div(c, n);
    s = g.div(s, n);
  } else {
    s = g.unary(UnaryKind::Neg, s);
  }
  if (givesReal()) {
    Value doubled = g.mul(j, g.integer(2));
    auto isAt = [&](Value place) { return g.binary(BinaryKind::Equal, doubled, place); };
    Value isSingle = g.binary(BinaryKind::Or, isAt(g.integer(0)), isAt(length));
    Value weight = g.where(isSingle, g.scalar(type, 1), g.scalar(type, 2));
    c = g.mul(c, weight);
    s = g.mul(s, weight);
  }
  auto row = [&](Value real, Value imaginary) {
    Value first = g.unsqueeze(real, {1, 3});
    return givesReal() ? first : g.concat({first, g.unsqueeze(imaginary, {1, 3})}, 3);
  };
  Value matrix = row(c, s);
  if (parts == 2)
    matrix = g.concat({matrix, row(g.unary(UnaryKind::Neg, s), c)}, 1);
  Value height = g.mul(rows, g.integer(parts)),
        width = g.mul(columns, g.integer(givesReal() ? 1 : 2));
  return g.reshape(matrix, g.concat({g.unsqueeze(height, {0}), g.unsqueeze(width, {0})}));
}

//===----------------------------------------------------------------------===//
// By factors
//===----------------------------------------------------------------------===//

Fourier::Complex Fourier::each(Complex x, function_ref<Value(Value)> function) {
  return {function(x.real), x.imaginary ? function(x.imaginary) : Value()};
}

Value Fourier::transformByFactors(Value input, int64_t parts) {
  int64_t n = *knownLength, used = GraphMath::type(input).getDimSize(1);
  Complex x;
  x.real = g.squeeze(g.slice(input, 2, 0, 1), {2});
  if (parts == 2)
    x.imaginary = g.squeeze(g.slice(input, 2, 1, 2), {2});
  int64_t wanted = givesReal() ? n / 2 + 1 : n;
  if (used < wanted)
    x = each(x, [&](Value part) -> Value {
      Value pads = node.createInts({0, 0, 0, wanted - used});
      return part ? Value(node.create<PadOp>(PadMode::Constant, part, pads, Value(),
                                             Value()))
                  : Value();
    });
  if (givesReal())
    x = completeSpectrum(x, wanted);
  x = transformRows(x, n);
  if (isInverse)
    x = each(x, [&](Value part) { return g.mul(part, g.scalar(type, 1.0 / double(n))); });
  if (isOneSided && !isInverse)
    x = each(x, [&](Value part) { return g.slice(part, 1, 0, n / 2 + 1); });
  Value real = g.unsqueeze(x.real, {2});
  return givesReal() ? real : g.concat({real, g.unsqueeze(x.imaginary, {2})}, 2);
}

/// All elements of a real signal's spectrum from its first half.
Fourier::Complex Fourier::completeSpectrum(Complex x, int64_t known) {
  int64_t missing = *knownLength - known;
  auto complete = [&](Value part, bool isNegated) -> Value {
    if (!part)
      return {};
    Value mirrored = node.create<SliceOp>(part, node.createInts(missing),
                                          node.createInts(int64_t(0)),
                                          node.createInts(1), node.createInts(-1));
    return g.concat({part, isNegated ? g.unary(UnaryKind::Neg, mirrored) : mirrored}, 1);
  };
  return {complete(x.real, false), complete(x.imaginary, true)};
}

/// Of [rows, n], with n = a * b: element a' + a * b' of the result is the transform
/// over the b of the transforms over the a, each element of which is turned between.
Fourier::Complex Fourier::transformRows(Complex x, int64_t n) {
  int64_t a = n > longestFactor ? findFactor(n, longestFactor) : 1, b = n / a;
  if (a == 1)
    return transformShort(x, n);
  if (!x.real)
    return {};
  Value rows = g.extents(x.real, 0, 1);
  auto shaped = [&](Value part, std::initializer_list<int64_t> sizes) {
    return g.reshape(part, g.concat({rows, node.createInts(ArrayRef(sizes))}));
  };
  auto swapped = [&](Value part) { return g.transpose(part, {0, 2, 1}); };
  auto asRows = [&](Value part, int64_t columns) {
    Value all = g.reshape(part, g.concat({g.mul(rows, node.createInts(n / columns)),
                                          node.createInts(columns)}));
    return all;
  };
  x = each(x, [&](Value p) { return asRows(swapped(shaped(p, {a, b})), a); });
  x = transformShort(x, a);
  x = each(x, [&](Value p) { return shaped(p, {b, a}); });
  x = twist(x, b, a);
  x = each(x, [&](Value p) { return asRows(swapped(p), b); });
  x = transformRows(x, b);
  return each(x, [&](Value p) { return shaped(swapped(shaped(p, {a, b})), {n}); });
}

/// By one product: the parts are beside each other.
Fourier::Complex Fourier::transformShort(Complex x, int64_t n) {
  double sign = isInverse ? 1 : -1;
  int64_t parts = x.imaginary ? 2 : 1;
  Value matrix = createTable({parts * n, 2 * n}, [&](int64_t i) {
    int64_t row = i / (2 * n), column = i % (2 * n);
    double c = cosine(row % n, column % n, n), s = sign * sine(row % n, column % n, n);
    bool fromImaginary = row >= n, toImaginary = column >= n;
    return fromImaginary == toImaginary ? c : toImaginary ? s : -s;
  });
  Value both = parts == 2 ? g.concat({x.real, x.imaginary}, 1) : x.real;
  Value product = g.matmul(both, matrix);
  return {g.slice(product, 1, 0, n), g.slice(product, 1, n, 2 * n)};
}

/// Turns element (j, k) of [.., rows, columns] by j * k parts of a circle.
Fourier::Complex Fourier::twist(Complex x, int64_t rows, int64_t columns) {
  double sign = isInverse ? 1 : -1;
  int64_t n = rows * columns;
  Value c = createTable({rows, columns}, [&](int64_t i) {
    return cosine(i / columns, i % columns, n);
  });
  Value s = createTable({rows, columns}, [&](int64_t i) {
    return sign * sine(i / columns, i % columns, n);
  });
  return {g.sub(g.mul(x.real, c), g.mul(x.imaginary, s)),
          g.add(g.mul(x.real, s), g.mul(x.imaginary, c))};
}
