#ifndef GRAPHOPT_IMPORT_TENSORFILE_H
#define GRAPHOPT_IMPORT_TENSORFILE_H

#include "graphopt/Support/HostTensor.h"

namespace graphopt {

/// Reads a file that holds one TensorProto, as ONNX's test data does. The
/// tensor gets the name in the file, which may be empty.
///
/// \returns an error that names the file if it is no TensorProto, has an
///          element type that HostTensor lacks, or data of another size than
///          its dimensions say.
llvm::Expected<HostTensor> readTensorFile(llvm::StringRef path);

} // namespace graphopt
#endif
