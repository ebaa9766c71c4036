//===- VectorMath.h - exp, erf, log, sin, cos of f32 as arithmetic --------===//

#ifndef GRAPHOPT_LIB_CODEGEN_CPU_VECTORMATH_H
#define GRAPHOPT_LIB_CODEGEN_CPU_VECTORMATH_H

#include "graphopt/Target/Target.h"

namespace mlir {
class RewritePatternSet;
namespace func {
class FuncOp;
}
} // namespace mlir

namespace graphopt::cpu {

/// math.exp, math.erf and math.log of f32 or vectors of it, math.sin and math.cos of
/// vectors  =>  polynomials. All inputs are served: NaN, infinities, subnormal inputs
/// and results; large angles by libm. Largest error, over all floats,
/// in units in the last place: exp 1, log 1, sin and cos 2, erf 5. The bits are the
/// same for all CPUs with fused multiply-add.
void populateVectorMathPatterns(mlir::RewritePatternSet &patterns,
                                const CpuModel &cpu);

/// Quantizations, integers of roundeven(min(max(x / s, low), high))  =>  the same
/// with 1 / s, which is one for all vectors where s is, and without the care of maximum
/// and minimum for NaN; those of x alone, too. For CPUs with fused multiply-add.
void roundQuotients(mlir::func::FuncOp function);

/// Long chains of arithmetic from one byte, or rounded number of as few values, to
/// another  =>  a table, for CPUs that look up bytes in registers.
void tabulateBytes(mlir::func::FuncOp function);

} // namespace graphopt::cpu

#endif
