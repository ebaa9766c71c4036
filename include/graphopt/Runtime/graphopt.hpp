// Compiled models from C++17, on top of graphopt.h:
//
//   #include "graphopt.hpp"
//   #include "minilm.h"
//
//   graphopt::Pool pool(minilm_model, 4);
//   graphopt::Model model(minilm_model);
//   auto ids = graphopt::Tensor::borrow(idData, {1, 128});
//   std::vector<graphopt::Tensor> y = model.run({ids, mask}, pool.context());
//   const float *logits = y[0].data<float>();
#ifndef GRAPHOPT_RUNTIME_GRAPHOPT_HPP
#define GRAPHOPT_RUNTIME_GRAPHOPT_HPP

#include "graphopt.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace graphopt {

/// A status other than GRAPHOPT_OK.
class Error : public std::runtime_error {
public:
  Error(const std::string &text, graphopt_status status, graphopt_fault fault)
      : std::runtime_error(text), status(status), fault(fault) {}

  const graphopt_status status;
  const graphopt_fault fault;
};

template <class T> struct DType;
#define GRAPHOPT_DTYPE(type, number)                                           \
  template <> struct DType<type> {                                             \
    static constexpr graphopt_dtype value = number;                            \
  }
GRAPHOPT_DTYPE(float, GRAPHOPT_FLOAT);
GRAPHOPT_DTYPE(double, GRAPHOPT_DOUBLE);
GRAPHOPT_DTYPE(bool, GRAPHOPT_BOOL);
GRAPHOPT_DTYPE(int8_t, GRAPHOPT_INT8);
GRAPHOPT_DTYPE(int16_t, GRAPHOPT_INT16);
GRAPHOPT_DTYPE(int32_t, GRAPHOPT_INT32);
GRAPHOPT_DTYPE(int64_t, GRAPHOPT_INT64);
GRAPHOPT_DTYPE(uint8_t, GRAPHOPT_UINT8);
GRAPHOPT_DTYPE(uint16_t, GRAPHOPT_UINT16);
GRAPHOPT_DTYPE(uint32_t, GRAPHOPT_UINT32);
GRAPHOPT_DTYPE(uint64_t, GRAPHOPT_UINT64);
GRAPHOPT_DTYPE(const char *, GRAPHOPT_STRING);
#undef GRAPHOPT_DTYPE

inline size_t dtypeBytes(int32_t dtype) {
  switch (dtype) {
  case GRAPHOPT_BFLOAT16:
  case GRAPHOPT_FLOAT16:
  case GRAPHOPT_INT16:
  case GRAPHOPT_UINT16:
    return 2;
  case GRAPHOPT_FLOAT:
  case GRAPHOPT_INT32:
  case GRAPHOPT_UINT32:
    return 4;
  case GRAPHOPT_DOUBLE:
  case GRAPHOPT_INT64:
  case GRAPHOPT_UINT64:
    return 8;
  case GRAPHOPT_STRING:
    return sizeof(const char *);
  default:
    return 1;
  }
}

/// Memory as a model wants it: aligned; never empty.
inline std::shared_ptr<void> allocate(size_t bytes) {
  constexpr std::align_val_t alignment{GRAPHOPT_ALIGNMENT};
  return {::operator new(bytes ? bytes : 1, alignment),
          [](void *data) { ::operator delete(data, alignment); }};
}

/// A dense tensor, or a sequence of them, or an optional value that is absent. Copies
/// share the data.
class Tensor {
public:
  /// Owns fresh memory, zeroed.
  Tensor(graphopt_dtype dtype, std::vector<int64_t> dims)
      : Tensor(nullptr, dtype, std::move(dims)) {
    storage = allocate(bytes());
    std::memset(storage.get(), 0, bytes());
  }

  /// Owns what `storage` owns; nothing if its deleter does nothing.
  Tensor(std::shared_ptr<void> storage, int32_t dtype,
         std::vector<int64_t> dims)
      : storage(std::move(storage)), extents(std::move(dims)), type(dtype) {}

  /// The caller's memory, which outlives the tensor.
  template <class T> static Tensor borrow(T *data, std::vector<int64_t> dims) {
    using Value = typename std::remove_const<T>::type;
    void *start = const_cast<Value *>(data);
    return Tensor(std::shared_ptr<void>(start, [](void *) {}),
                  DType<Value>::value, std::move(dims));
  }

  /// A sequence: `dims` is their number.
  static Tensor sequence(graphopt_dtype dtype, std::vector<Tensor> tensors) {
    Tensor made(nullptr, dtype, {int64_t(tensors.size())});
    made.parts = std::move(tensors);
    made.holds = GRAPHOPT_SEQUENCE;
    return made;
  }
  static Tensor absent(graphopt_dtype dtype) {
    Tensor made(nullptr, dtype, {});
    made.holds = GRAPHOPT_OPTIONAL;
    return made;
  }

  bool isAbsent() const { return holds == GRAPHOPT_OPTIONAL; }
  /// Of a sequence.
  const std::vector<Tensor> &tensors() const { return parts; }

  template <class T> T *data() const { return static_cast<T *>(storage.get()); }
  const std::vector<int64_t> &dims() const { return extents; }
  int32_t dtype() const { return type; }

  int64_t size() const {
    int64_t count = 1;
    for (int64_t extent : extents)
      count *= extent;
    return count;
  }
  size_t bytes() const { return size_t(size()) * dtypeBytes(type); }

  /// For graphopt.h; points into this tensor.
  graphopt_tensor view() {
    if (isAbsent())
      return {nullptr, nullptr, GRAPHOPT_ABSENT, type};
    void *data = storage.get();
    if (holds == GRAPHOPT_SEQUENCE) {
      views.clear();
      for (Tensor &part : parts)
        views.push_back(part.view());
      data = views.data();
    }
    return {data, extents.data(), int32_t(extents.size()), type};
  }

private:
  std::vector<Tensor> parts; // of a sequence
  std::vector<graphopt_tensor> views;
  graphopt_kind holds = GRAPHOPT_TENSOR;
  std::shared_ptr<void> storage;
  std::vector<int64_t> extents;
  int32_t type;
};

/// Threads for runs, until it is destroyed. Runs may share it.
class Pool {
public:
  /// \param threads  the caller's included; 0: as many as there are CPUs.
  explicit Pool(const graphopt_model &model, int threads = 0) : model(model) {
    if (!model.pool_create)
      return;
    if (graphopt_status status = model.pool_create(&shared, threads))
      throw Error(model.status_text(status), status, {-1, -1, threads, 0});
  }
  ~Pool() {
    if (model.pool_destroy)
      model.pool_destroy(&shared);
  }
  Pool(const Pool &) = delete;
  Pool &operator=(const Pool &) = delete;

  const graphopt_context *context() const { return &shared; }

private:
  const graphopt_model &model;
  graphopt_context shared = GRAPHOPT_CONTEXT_INIT;
};

/// The weights of a model that keeps them in a file, mapped until it is destroyed.
/// Models and threads may share it.
class Weights {
public:
  Weights(const graphopt_model &model, const std::string &path) : model(model) {
    if (!model.weights_open)
      return;
    if (graphopt_status status = model.weights_open(&mapped, path.c_str()))
      throw Error(path + ": " + model.status_text(status), status, {-1, -1, 0, 0});
  }
  ~Weights() {
    if (model.weights_close)
      model.weights_close(&mapped);
  }
  Weights(const Weights &) = delete;
  Weights &operator=(const Weights &) = delete;

  const graphopt_weights *get() const { return &mapped; }

private:
  const graphopt_model &model;
  graphopt_weights mapped = {nullptr, 0};
};

/// A GPU with the kernels and weights of a model for it, until it is destroyed. One run
/// at a time: threads have a device each.
class Device {
public:
  /// \param weights  if the model keeps them in a file; needed no more afterwards.
  /// \param stream   CUstream that runs are enqueued in, see graphopt_context.
  explicit Device(const graphopt_model &model, int ordinal = 0,
                  const Weights *weights = nullptr, void *stream = nullptr)
      : model(model) {
    char message[1024] = "";
    graphopt_fault fault = {-1, -1, 0, 0};
    opened.fault = &fault;
    opened.message = message;
    opened.message_bytes = sizeof message;
    opened.weights = weights ? weights->get() : nullptr;
    graphopt_status status =
        model.device_open ? model.device_open(&opened, ordinal) : GRAPHOPT_NO_GPU_CODE;
    if (status)
      throw Error(std::string(model.name) + ": " + model.status_text(status) +
                      (*message ? std::string(": ") + message : ""),
                  status, fault);
    graphopt_device *device = opened.device;
    opened = GRAPHOPT_CONTEXT_INIT;
    opened.device = device;
    opened.stream = stream;
  }
  ~Device() { model.device_close(&opened); }
  Device(const Device &) = delete;
  Device &operator=(const Device &) = delete;

  const graphopt_context *context() const { return &opened; }

private:
  const graphopt_model &model;
  graphopt_context opened = GRAPHOPT_CONTEXT_INIT;
};

/// A compiled model. Any number of threads may run one object.
class Model {
public:
  /// \param weights  if the model keeps them in a file; they outlive it.
  explicit Model(const graphopt_model &model, const Weights *weights = nullptr)
      : model(model) {
    alone.weights = weights ? weights->get() : nullptr;
    if (model.detect_cpu)
      model.detect_cpu(&alone);
  }

  /// Allocates workspace and outputs, then runs. Throws Error.
  std::vector<Tensor> run(std::vector<Tensor> inputs,
                          const graphopt_context *context = nullptr) const {
    std::vector<Tensor> outputs = allocateOutputs(openDims(inputs));
    runInto(std::move(inputs), outputs, context);
    return outputs;
  }

  /// The same with outputs that the caller has allocated, on the host or a GPU.
  void runInto(std::vector<Tensor> inputs, std::vector<Tensor> &outputs,
               const graphopt_context *context = nullptr) const {
    std::vector<int64_t> open = openDims(inputs);
    checkCount(model.output_count, outputs.size(), "wrong number of outputs");
    graphopt_fault fault = {-1, -1, 0, 0};
    char message[1024] = "";
    graphopt_context own = context ? *context : alone;
    own.cpu = alone.cpu;
    own.weights = alone.weights;
    own.fault = &fault;
    own.message = message;
    own.message_bytes = sizeof message;

    int64_t bytes = model.workspace_bytes(open.data());
    std::shared_ptr<void> workspace = allocate(bytes > 0 ? size_t(bytes) : 0);

    std::vector<graphopt_tensor> in = views(inputs), out = views(outputs);
    graphopt_status status =
        model.run(&own, in.data(), out.data(), workspace.get(), bytes);
    if (status)
      throw Error(describe(status, fault) + (*message ? std::string(": ") + message : ""),
                  status, fault);
    for (size_t i = 0; i < outputs.size(); ++i)
      if (!outputs[i].data<void>())
        outputs[i] = adopt(out[i], model.outputs[i].kind, own);
  }

  /// `status`, with the name of the port where it went wrong.
  std::string describe(graphopt_status status,
                       const graphopt_fault &fault) const {
    std::string text = std::string(model.name) + ": ";
    if (fault.port >= 0)
      text += port(fault.port).name + std::string(": ");
    text += model.status_text(status);
    if (fault.dim >= 0)
      text += "; dimension " + std::to_string(fault.dim);
    if (fault.expected != fault.actual && status != GRAPHOPT_BAD_CPU &&
        status != GRAPHOPT_CUDA_ERROR)
      text += "; expected " + std::to_string(fault.expected) + ", got " +
              std::to_string(fault.actual);
    return text;
  }

private:
  const graphopt_port &port(int32_t index) const {
    return index < model.input_count ? model.inputs[index]
                                     : model.outputs[index - model.input_count];
  }

  static void checkCount(int32_t expected, size_t actual, const char *text) {
    if (size_t(expected) != actual)
      throw Error(text, GRAPHOPT_NULL_POINTER, {-1, -1, expected, int64_t(actual)});
  }

  /// The open dimensions as the inputs give them; the run itself checks them.
  std::vector<int64_t> openDims(const std::vector<Tensor> &inputs) const {
    checkCount(model.input_count, inputs.size(), "wrong number of inputs");
    std::vector<int64_t> open(size_t(model.dim_count) + 1, 0);
    for (size_t i = 0; i < inputs.size(); ++i)
      for (size_t k = 0; model.inputs[i].kind == GRAPHOPT_TENSOR &&
                         k < inputs[i].dims().size() &&
                         int32_t(k) < model.inputs[i].rank;
           ++k)
        if (model.inputs[i].dims[k] < 0)
          open[size_t(-1 - model.inputs[i].dims[k])] = inputs[i].dims()[k];
    return open;
  }

  /// Outputs of strings and those whose extents depend on values stay without
  /// data.
  std::vector<Tensor> allocateOutputs(const std::vector<int64_t> &open) const {
    size_t rank = 0;
    for (int32_t i = 0; i < model.output_count; ++i)
      if (model.outputs[i].kind == GRAPHOPT_TENSOR)
        rank += size_t(model.outputs[i].rank);
    std::vector<int64_t> extents(rank + 1);
    model.result_dims(open.data(), extents.data());
    std::vector<Tensor> outputs;
    auto next = extents.begin();
    for (int32_t i = 0; i < model.output_count; ++i) {
      const graphopt_port &declared = model.outputs[i];
      if (declared.kind != GRAPHOPT_TENSOR) {
        outputs.emplace_back(nullptr, declared.dtype, std::vector<int64_t>(1));
        continue;
      }
      std::vector<int64_t> dims(next, next + declared.rank);
      next += declared.rank;
      bool known = declared.dtype != GRAPHOPT_STRING;
      for (int32_t k = 0; k < declared.rank; ++k)
        known &= declared.dims[k] != GRAPHOPT_DIM_DATA && dims[size_t(k)] >= 0;
      if (known)
        outputs.emplace_back(graphopt_dtype(declared.dtype), std::move(dims));
      else
        outputs.emplace_back(nullptr, declared.dtype, std::move(dims));
    }
    return outputs;
  }

  static std::vector<graphopt_tensor> views(std::vector<Tensor> &tensors) {
    std::vector<graphopt_tensor> all;
    for (Tensor &tensor : tensors)
      all.push_back(tensor.view());
    return all;
  }

  static std::vector<int64_t> dimsOf(const graphopt_tensor &tensor) {
    return {tensor.dims, tensor.dims + tensor.rank};
  }

  /// Takes over what the run allocated.
  static Tensor adopt(const graphopt_tensor &result, int32_t kind,
                      const graphopt_context &context) {
    if ((kind & GRAPHOPT_OPTIONAL) && result.rank == GRAPHOPT_ABSENT)
      return Tensor::absent(graphopt_dtype(result.dtype));
    auto release = context.allocate ? context.release : nullptr;
    void *allocator = context.allocator;
    std::shared_ptr<void> block(result.data, [release, allocator](void *data) {
      if (release)
        release(allocator, data);
      else
        std::free(data);
    });
    if (!(kind & GRAPHOPT_SEQUENCE))
      return Tensor(block, result.dtype, dimsOf(result));
    std::vector<Tensor> parts;
    auto *items = static_cast<const graphopt_tensor *>(result.data);
    for (int64_t i = 0; i < result.dims[0]; ++i)
      parts.emplace_back(std::shared_ptr<void>(block, items[i].data),
                         items[i].dtype, dimsOf(items[i]));
    return Tensor::sequence(graphopt_dtype(result.dtype), std::move(parts));
  }

  const graphopt_model &model;
  graphopt_context alone = GRAPHOPT_CONTEXT_INIT; // of runs without another
};

} // namespace graphopt

#endif
