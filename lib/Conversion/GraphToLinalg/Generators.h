//===- Generators.h - What the lowerings of generators share --------------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_GENERATORS_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_GENERATORS_H

#include "Lowering.h"

namespace graphopt {

/// The sizes of `graphResult`, which the elements of `graphShape` give. The run
/// refuses negative ones.
mlir::SmallVector<mlir::OpFoldResult>
filledSizes(Lowering &to, mlir::Value graphShape, mlir::Value graphResult);

/// A part of the family, in a file of its own.
void populateRandomLowering(LoweringPatterns to);

} // namespace graphopt

#endif
