#include "graphopt/Driver/Library.h"
#include "graphopt/Driver/Profile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include <fmt/format.h>

using namespace graphopt;
using llvm::StringRef;

static llvm::Error error(std::string message) {
  return llvm::createStringError(std::move(message));
}

static std::string describePort(const graphopt_port &port, StringRef dims) {
  std::optional<DType> dtype = dtypeFromOnnx(port.dtype);
  return fmt::format("'{}' ({} {})", port.name,
                     dtype ? dtypeName(*dtype).str() : "?", dims.str());
}

static void *allocateResult(void *, size_t bytes) {
  return allocateAligned(bytes);
}
static void releaseResult(void *, void *data) { std::free(data); }

/// True for a tensor that the library allocates.
static bool isAllocated(const graphopt_port &port) {
  return port.kind == GRAPHOPT_TENSOR &&
         (port.dtype == GRAPHOPT_STRING ||
          llvm::is_contained(llvm::ArrayRef(port.dims, port.rank),
                             GRAPHOPT_DIM_DATA));
}

llvm::Expected<std::unique_ptr<Session>>
Session::create(const Library &library, std::vector<HostTensor> inputs,
                int threads) {
  std::unique_ptr<Session> session(new Session(library));
  session->context.allocate = allocateResult;
  session->context.release = releaseResult;
  session->fault = {-1, -1, 0, 0};
  session->context.fault = &session->fault;
  session->context.message = session->message.data();
  session->context.message_bytes = int64_t(session->message.size());
  session->context.weights = library.weights();
  if (library.model().detect_cpu)
    library.model().detect_cpu(&session->context);
  if (llvm::Error error = session->bindInputs(std::move(inputs)))
    return error;
  if (llvm::Error error = session->allocateOutputs())
    return error;
  if (llvm::Error error = session->allocateWorkspace())
    return error;
  if (llvm::Error error = session->startPool(threads))
    return error;
  if (llvm::Error error = session->openDevice())
    return error;
  return session;
}

Session::~Session() {
  if (context.device)
    library.model().device_close(&context);
  if (hasPool)
    library.model().pool_destroy(&context);
}

/// Finds the tensor for an input: by name, else by position where names carry
/// no meaning (ONNX's test data calls its files input_0, input_1, ...).
static size_t findInput(llvm::ArrayRef<HostTensor> given,
                        llvm::ArrayRef<bool> used, StringRef name,
                        size_t position, bool isOnly) {
  auto find = [&](const std::string &wanted) {
    size_t at = 0;
    while (at < given.size() && (used[at] || given[at].name() != wanted))
      ++at;
    return at;
  };
  size_t at = find(name.str());
  if (at == given.size())
    at = find(fmt::format("input_{}", position));
  return at == given.size() && isOnly && given.size() == 1 ? 0 : at;
}

llvm::Error Session::bindInputs(std::vector<HostTensor> given) {
  dims.assign(library.dimNames().size(), -1);
  llvm::SmallVector<bool> used(given.size(), false);
  for (auto [position, port] : llvm::enumerate(library.inputs())) {
    if (port.kind != GRAPHOPT_TENSOR) {
      if (llvm::Error error = bindSequence(port, position, given, used))
        return error;
      continue;
    }
    size_t at = findInput(given, used, port.name, position,
                          library.inputs().size() == 1);
    if (at == given.size())
      return error("input " + describePort(port, library.formatPortDims(port)) +
                   " is missing");
    used[at] = true;
    if (llvm::Error error = bindInput(port, std::move(given[at])))
      return error;
  }
  for (auto [tensor, isUsed] : llvm::zip_equal(given, used))
    if (!isUsed)
      return error("the model has no input '" + tensor.name() + "'");
  inputDims.reserve(inputTensors.size()); // the tables point into it
  auto next = inputTensors.begin();
  for (const graphopt_port &port : library.inputs()) {
    if (port.kind != GRAPHOPT_TENSOR) {
      addSequence(port);
      continue;
    }
    HostTensor &tensor = *next++;
    inputDims.emplace_back(tensor.dims());
    inputTable.push_back({tensor.bytes().data(), inputDims.back().data(),
                          int32_t(tensor.dims().size()),
                          int32_t(tensor.dtype())});
  }
  return llvm::Error::success();
}

llvm::Error Session::bindInput(const graphopt_port &port, HostTensor tensor) {
  auto refuse = [&] {
    return error(fmt::format(
        "input {} is given as {} {}",
        describePort(port, library.formatPortDims(port)),
        dtypeName(tensor.dtype()).str(), formatDims(tensor.dims())));
  };
  // Files of NumPy have one name for several types.
  if (std::optional<DType> wanted = dtypeFromOnnx(port.dtype);
      wanted && numpyCode(*wanted) == numpyCode(tensor.dtype()))
    tensor.setDType(*wanted);
  if (int32_t(tensor.dtype()) != port.dtype ||
      tensor.dims().size() != size_t(port.rank))
    return refuse();
  for (auto [declared, actual] :
       llvm::zip_equal(llvm::ArrayRef(port.dims, port.rank), tensor.dims())) {
    if (declared >= 0) {
      if (declared != actual)
        return refuse();
      continue;
    }
    int64_t open = -1 - declared;
    if (dims[open] >= 0 && dims[open] != actual)
      return error(fmt::format("dimension '{}' is {} in input '{}', but {} in "
                               "an input before it",
                               library.dimNames()[open], actual, port.name,
                               dims[open]));
    dims[open] = actual;
  }
  tensor.setName(port.name);
  inputTensors.push_back(std::move(tensor));
  return llvm::Error::success();
}

llvm::Error Session::allocateOutputs() {
  size_t extents = 0;
  for (const graphopt_port &port : library.outputs())
    extents += port.kind == GRAPHOPT_TENSOR ? port.rank : 0;
  std::vector<int64_t> computed(extents, -1);
  library.model().result_dims(dims.data(), computed.data());
  llvm::ArrayRef<int64_t> rest = computed;
  outputDims.reserve(library.outputs().size()); // the tables point into it
  for (const graphopt_port &port : library.outputs()) {
    std::optional<DType> dtype = dtypeFromOnnx(port.dtype);
    if (!dtype)
      return error(fmt::format("output '{}' has an unknown type", port.name));
    if (port.kind != GRAPHOPT_TENSOR) {
      hasSequences = true;
      outputDims.emplace_back(1);
      outputTable.push_back({nullptr, outputDims.back().data(), 1, port.dtype});
      outputTensors.emplace_back();
      continue;
    }
    outputDims.emplace_back(rest.take_front(port.rank));
    rest = rest.drop_front(port.rank);
    HostTensor tensor;
    if (!isAllocated(port)) {
      auto created = HostTensor::create(port.name, *dtype, outputDims.back());
      if (!created)
        return error(fmt::format("output '{}': {}", port.name,
                                 llvm::toString(created.takeError())));
      tensor = std::move(*created);
    }
    outputTable.push_back({tensor.bytes().data(), outputDims.back().data(),
                           port.rank, port.dtype});
    outputTensors.push_back(std::move(tensor));
  }
  return llvm::Error::success();
}

llvm::Error Session::allocateWorkspace() {
  workspaceSize = library.model().workspace_bytes(dims.data());
  if (workspaceSize < 0)
    return error("the workspace for these dimensions is too large");
  workspace.reset(allocateAligned(workspaceSize));
  if (!workspace)
    return error(fmt::format("no memory for a workspace of {} bytes",
                             workspaceSize));
  return llvm::Error::success();
}

llvm::Error Session::startPool(int threads) {
  if (threads == 1)
    return llvm::Error::success();
  if (!library.model().pool_create)
    return error("the model was compiled without threads");
  graphopt_status status = library.model().pool_create(&context, threads);
  hasPool = status == GRAPHOPT_OK;
  return hasPool ? llvm::Error::success() : describe(status);
}

/// The first GPU, for a model that runs on one.
llvm::Error Session::openDevice() {
  if (!library.model().device_open)
    return llvm::Error::success();
  graphopt_status status = library.model().device_open(&context, /*ordinal=*/0);
  return status == GRAPHOPT_OK ? llvm::Error::success() : describe(status);
}

/// Names of the features in `bits`, numbers of the runtime's CpuFeatures.def.
static std::string describeFeatures(uint64_t bits) {
  bool isX86 = llvm::Triple(llvm::sys::getProcessTriple()).isX86();
  std::string text;
  auto add = [&](bool isOurs, unsigned bit, StringRef name) {
    if (isOurs && bits >> bit & 1)
      text += (text.empty() ? "" : ", ") + name.str();
  };
#define X86_FEATURE(bit, name, ...) add(isX86, bit, name);
#define ARM_FEATURE(bit, name, ...) add(!isX86, bit, name);
#include "../Runtime/CpuFeatures.def"
  return text;
}

/// The status with the place that the library reported.
llvm::Error Session::describe(graphopt_status status) const {
  std::string text = fmt::format("model '{}' failed: {}", library.name().str(),
                                 library.model().status_text(status));
  int32_t port = fault.port;
  if (status == GRAPHOPT_BAD_CPU) {
    text += " (" + describeFeatures(fault.expected & ~fault.actual) + ")";
  } else if (port >= 0) {
    size_t inputs = library.inputs().size();
    bool isInput = size_t(port) < inputs;
    text += fmt::format(
        " ({} '{}'", isInput ? "input" : "output",
        isInput ? library.inputs()[port].name
                : library.outputs()[port - inputs].name);
    if (fault.dim >= 0)
      text += fmt::format(", dimension {}", fault.dim);
    text += fmt::format(", expected {}, got {})", fault.expected, fault.actual);
  }
  if (message.front())
    text += fmt::format(" ({})", message.data());
  return error(std::move(text));
}

llvm::Error Session::run(Profiler *profiler) {
  for (auto [port, entry] : llvm::zip_equal(library.outputs(), outputTable))
    if (isAllocated(port))
      entry.data = nullptr; // the tensor of the last run owns its memory
  fault = {-1, -1, 0, 0};
  graphopt_context runContext = context;
  if (profiler)
    profiler->beginRun(runContext);
  graphopt_status status =
      library.model().run(&runContext, inputTable.data(), outputTable.data(),
                          workspace.get(), workspaceSize);
  if (profiler)
    profiler->endRun();
  for (auto [port, entry, tensor] :
       llvm::zip_equal(library.outputs(), outputTable, outputTensors))
    if (isAllocated(port) && entry.data)
      tensor = HostTensor::adopt(port.name, DType(port.dtype),
                                 llvm::ArrayRef(entry.dims, entry.rank),
                                 entry.data);
  if (status != GRAPHOPT_OK)
    return describe(status);
  return hasSequences ? takeSequences() : llvm::Error::success();
}
