#ifndef GRAPHOPT_DRIVER_COMPARE_H
#define GRAPHOPT_DRIVER_COMPARE_H

#include "graphopt/Support/HostTensor.h"
#include <string>

namespace graphopt {

/// How far a tensor is from its reference. A NaN equals a NaN and an infinity
/// itself; any other pair with one of them differs by infinity.
struct Comparison {
  double maxAbs = 0;  // largest |value - reference|
  double maxRel = 0;  // maxAbs / largest finite |reference|; maxAbs if that is 0
  double cosine = 1;  // of the two as vectors, finite pairs only
  bool passed = true;
  std::string problem; // why they cannot be compared: type or dimensions
};

struct Tolerance {
  double relative = 0;  // on maxRel, for floating point
  int64_t integer = 0;  // on maxAbs, for integers and bool
};

/// Types must agree, but any two floating-point types are comparable.
Comparison compareTensors(const HostTensor &value, const HostTensor &reference,
                          Tolerance tolerance);

/// Range of the values that are not NaN.
struct Summary {
  double min = 0, max = 0, mean = 0;
  size_t nans = 0;
};

Summary summarize(const HostTensor &tensor);

} // namespace graphopt
#endif
