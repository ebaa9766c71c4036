#ifndef GRAPHOPT_DRIVER_LIBRARY_H
#define GRAPHOPT_DRIVER_LIBRARY_H

#include "graphopt/Runtime/graphopt.h"
#include "graphopt/Support/HostTensor.h"
#include <array>
#include <memory>
#include <vector>

namespace llvm::orc {
class LLJIT;
}

namespace graphopt {
class Profiler;

/// A compiled model, loaded into this process: an archive by ORC, so that no
/// linker is needed, a shared library by the system's loader.
/// Its code runs with all rights of the process; load only what you trust.
class Library {
public:
  /// \param path  the folder that `compile` wrote, or the library in it.
  /// Weights
  ///              in a file, <model>.weights, are beside it.
  static llvm::Expected<std::unique_ptr<Library>> load(llvm::StringRef path);
  ~Library();

  const graphopt_model &model() const { return *descriptor; }
  /// What its contexts need; null if the weights are part of the library.
  const graphopt_weights *weights() const {
    return descriptor->weights_id ? &mapped : nullptr;
  }
  llvm::StringRef name() const { return descriptor->name; }
  llvm::ArrayRef<graphopt_port> inputs() const {
    return {descriptor->inputs, size_t(descriptor->input_count)};
  }
  llvm::ArrayRef<graphopt_port> outputs() const {
    return {descriptor->outputs, size_t(descriptor->output_count)};
  }
  llvm::ArrayRef<const char *> dimNames() const {
    return {descriptor->dim_names, size_t(descriptor->dim_count)};
  }

  /// A port's extents as text, open ones by name: "batchx128". "scalar" at
  /// rank 0, "?" for an extent that depends on values, or that each tensor of a
  /// sequence has for itself.
  std::string formatPortDims(const graphopt_port &port) const;

private:
  Library();
  llvm::Error loadCode(const std::string &file);
  llvm::Error loadArchive(const std::string &file, llvm::StringRef model);
  llvm::Error loadShared(const std::string &file, llvm::StringRef model);
  llvm::Error mapWeights(llvm::StringRef folder);

  struct Close {
    void operator()(void *shared) const;
  };

  std::unique_ptr<llvm::orc::LLJIT> jit; ///< of an archive
  std::unique_ptr<void, Close> shared;
  const graphopt_model *descriptor = nullptr;
  graphopt_weights mapped = {};
};

/// One set of inputs, outputs and workspace of a model, to be run any number of
/// times. Sessions of one library may run at the same time.
///
/// The tensors of a sequence `s` are named `s.0`, `s.1`, ...; without any it is empty,
/// or absent if it may be. So is an optional tensor that is not given.
class Session {
public:
  /// Matches `inputs` with the model's by name; a single input, and inputs
  /// named input_0, input_1, ..., are also matched by position. Sizes of the
  /// open dimensions are read off the inputs.
  ///
  /// \param library  must outlive the session.
  /// \param threads  threads of the pool, this one included; 1 makes none, 0 one
  ///                 a CPU.
  /// \returns an error that names the input for a missing, unknown or
  ///          ill-shaped one.
  static llvm::Expected<std::unique_ptr<Session>>
  create(const Library &library, std::vector<HostTensor> inputs, int threads);
  ~Session();

  /// Runs the model on the inputs. Outputs hold garbage after an error.
  ///
  /// \param profiler  listens to the calls; null: nobody does.
  llvm::Error run(Profiler *profiler = nullptr);

  /// In the model's order, valid until the next run.
  llvm::ArrayRef<HostTensor> outputs() const {
    return hasSequences ? sequenceOutputs : outputTensors;
  }
  /// In the model's order, those that are tensors. Elements may be changed between runs.
  llvm::MutableArrayRef<HostTensor> inputs() { return inputTensors; }
  llvm::ArrayRef<int64_t> openDims() const { return dims; }
  int64_t workspaceBytes() const { return workspaceSize; }

private:
  explicit Session(const Library &library) : library(library) {}
  llvm::Error bindInputs(std::vector<HostTensor> given);
  llvm::Error bindInput(const graphopt_port &port, HostTensor tensor);
  llvm::Error bindSequence(const graphopt_port &port, size_t position,
                           std::vector<HostTensor> &given,
                           llvm::SmallVectorImpl<bool> &used);
  void addSequence(const graphopt_port &port);
  llvm::Error allocateOutputs();
  llvm::Error takeSequences();
  llvm::Error allocateWorkspace();
  llvm::Error startPool(int threads);
  llvm::Error openDevice();
  llvm::Error describe(graphopt_status status) const;

  struct Free {
    void operator()(void *memory) const { std::free(memory); }
  };

  const Library &library;
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  graphopt_fault fault = {};
  std::array<char, 1024> message = {}; ///< the CUDA driver's
  bool hasPool = false;
  std::vector<HostTensor> inputTensors, outputTensors;
  std::vector<graphopt_tensor> inputTable, outputTable;
  std::vector<llvm::SmallVector<int64_t, 4>> inputDims, outputDims;
  /// Of models with sequences or optional values: what an input is made of, absent
  /// or a list, in the order of these inputs; all outputs, with one tensor for each
  /// of a sequence.
  struct Sequence {
    bool isAbsent = false;
    std::vector<HostTensor> tensors;
    std::vector<llvm::SmallVector<int64_t, 4>> dims;
    std::vector<graphopt_tensor> table;
    int64_t count = 0;
  };
  bool hasSequences = false;
  std::vector<std::unique_ptr<Sequence>> sequences;
  std::vector<HostTensor> sequenceOutputs;
  llvm::SmallVector<int64_t> dims; // open dimensions, -1 until known
  std::unique_ptr<void, Free> workspace;
  int64_t workspaceSize = 0;
};

} // namespace graphopt
#endif
