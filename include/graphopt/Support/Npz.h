#ifndef GRAPHOPT_SUPPORT_NPZ_H
#define GRAPHOPT_SUPPORT_NPZ_H

#include "graphopt/Support/HostTensor.h"
#include <vector>

namespace graphopt {

/// Reads the arrays of an .npz file, or the one of an .npy file, whose name is
/// the file's stem. The content decides, not the suffix.
llvm::Expected<std::vector<HostTensor>> readNumpyFile(llvm::StringRef path);

/// Writes the arrays to `path`, uncompressed. On error no file is left.
llvm::Error writeNpz(llvm::StringRef path,
                     llvm::ArrayRef<const HostTensor *> tensors);

} // namespace graphopt
#endif
