#ifndef GRAPHOPT_SUPPORT_NPY_H
#define GRAPHOPT_SUPPORT_NPY_H

#include "graphopt/Support/HostTensor.h"
#include "llvm/Support/raw_ostream.h"

namespace graphopt {

/// Reads one array in NumPy's .npy format, versions 1 to 3. Column-major
/// (Fortran) and big-endian arrays are converted.
///
/// \param data  the whole file; trailing bytes are an error.
/// \returns the array under `name`, or an error that says what is wrong with
///          the file. Objects (pickles), records and strings are refused.
llvm::Expected<HostTensor> parseNpy(llvm::StringRef data, std::string name);

/// Writes the array row-major and little-endian, format version 1.
void writeNpy(const HostTensor &tensor, llvm::raw_ostream &os);

} // namespace graphopt
#endif
