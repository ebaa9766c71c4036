#ifndef GRAPHOPT_LIB_DRIVER_SAMPLES_H
#define GRAPHOPT_LIB_DRIVER_SAMPLES_H

#include "dialects/Graph/ModelRunner.h"
#include "graphopt/Support/HostTensor.h"
#include <array>

namespace graphopt {

/// Folders of .npz files and of folders of ONNX test data, a set of inputs each.
/// Where only `calibrate` is given, its samples are dealt out to the three parts,
/// 60 : 20 : 20, by a hash of their contents.
struct SampleFolders {
  std::string calibrate, select, evaluate;
};

/// The files of each part. What they hold is read when it is needed.
class Samples {
public:
  /// The tensor of a sample that says what is right, if the model has no such input.
  static constexpr llvm::StringLiteral labels = "labels";

  /// \returns an error if a folder holds no sample, a file cannot be read, or two
  ///          parts have a sample of the same contents: it names both files.
  static llvm::Expected<Samples> find(const SampleFolders &folders);

  /// All samples of a folder, for one purpose.
  static llvm::Expected<Samples> findAll(const std::string &folder,
                                         graph::Split split);

  llvm::ArrayRef<std::string> get(graph::Split split) const {
    return files[size_t(split)];
  }
  static llvm::Expected<std::vector<HostTensor>> read(const std::string &file);

private:
  std::array<std::vector<std::string>, 3> files;
};

} // namespace graphopt
#endif
