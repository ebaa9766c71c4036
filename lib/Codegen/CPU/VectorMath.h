//===- VectorMath.h - exp, erf and log of f32 as arithmetic -----*- C++ -*-===//

#ifndef GRAPHOPT_LIB_CODEGEN_CPU_VECTORMATH_H
#define GRAPHOPT_LIB_CODEGEN_CPU_VECTORMATH_H

namespace mlir {
class RewritePatternSet;
}

namespace graphopt::cpu {

/// math.exp, math.erf and math.log of f32 or vectors of it  =>  polynomials. All
/// inputs are served: NaN, infinities, subnormal inputs and results. Largest error,
/// over all floats, in units in the last place: exp 1, log 1, erf 5. `isAvx512`:
/// vectors of 16 have instructions of their own, which give the same bits.
void populateVectorMathPatterns(mlir::RewritePatternSet &patterns,
                                bool isAvx512);

} // namespace graphopt::cpu

#endif
