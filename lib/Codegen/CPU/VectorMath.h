//===- VectorMath.h - exp, erf and log of f32 as arithmetic -----*- C++ -*-===//

#ifndef GRAPHOPT_LIB_CODEGEN_CPU_VECTORMATH_H
#define GRAPHOPT_LIB_CODEGEN_CPU_VECTORMATH_H

namespace mlir {
class RewritePatternSet;
}

namespace graphopt::cpu {

/// math.exp, math.erf and math.log of f32 or vectors of it  =>  polynomials. All
/// inputs are served: NaN, infinities, subnormal inputs and results. Largest error,
/// over all floats, in units in the last place: exp 1, log 1, erf 5.
void populateVectorMathPatterns(mlir::RewritePatternSet &patterns);

} // namespace graphopt::cpu

#endif
