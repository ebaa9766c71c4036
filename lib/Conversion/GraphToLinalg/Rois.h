//===- Rois.h - Regions of images -----------------------------------------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_ROIS_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_ROIS_H

#include "Lowering.h"

namespace graphopt {

/// A part of the sampling family, in a file of its own.
void populateRoiLowering(LoweringPatterns to);

} // namespace graphopt

#endif
