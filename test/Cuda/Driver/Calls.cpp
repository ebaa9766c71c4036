// The driver's functions that need a fake GPU: counted, made to fail, kept out of
// captures, put into streams.
#include "Driver.h"
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

using namespace driver;

namespace {
std::atomic<long> calls, launches, alive, failAt;
std::atomic<int> failure;
std::atomic<bool> failsForGood;

std::mutex mutex;
struct Memory {
  size_t bytes;
  int ordinal; // of the GPU
};
std::map<uint64_t, Memory> memory;

/// The number of the GPU whose memory it is, or -1.
int ownerOf(uint64_t address) {
  std::lock_guard<std::mutex> lock(mutex);
  auto after = memory.upper_bound(address);
  if (after == memory.begin())
    return -1;
  auto [start, found] = *std::prev(after);
  return address - start < found.bytes ? found.ordinal : -1;
}
} // namespace

int driver::enter() {
  long call = ++calls;
  return failAt && (call == failAt || (failsForGood && call > failAt)) ? failure.load() : kSuccess;
}
int driver::made(int result) {
  alive += result == kSuccess;
  return result;
}
int driver::ended(int result) {
  alive -= result == kSuccess;
  return result;
}

#define RETURN_IF(expression)                                                                \
  if (int refused = (expression))                                                            \
  return refused

extern "C" {
int fake_cuInit(unsigned);
int fake_cuDeviceGet(int *, int);
int fake_cuDeviceGetAttribute(int *, int, int);
int fake_cuDevicePrimaryCtxRetain(void **, int);
int fake_cuDevicePrimaryCtxRelease_v2(int);
int fake_cuCtxPushCurrent_v2(void *);
int fake_cuCtxPopCurrent_v2(void **);
int fake_cuModuleLoadDataEx(void **, const void *, unsigned, int *, void **);
int fake_cuModuleUnload(void *);
int fake_cuModuleGetFunction(void **, void *, const char *);
int fake_cuFuncSetAttribute(void *, int, int);
/// Their number, then the bytes of each; null if nobody knows.
const uint32_t *fake_cuFuncParameters(void *);
int fake_cuMemAlloc_v2(uint64_t *, size_t);
int fake_cuMemFree_v2(uint64_t);
int fake_cuMemcpyHtoDAsync_v2(uint64_t, const void *, size_t, void *);
int fake_cuMemcpyDtoHAsync_v2(void *, uint64_t, size_t, void *);
int fake_cuLaunchKernel(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                        unsigned, void *, void **, void **);

// For tests -------------------------------------------------------------------------

/// Call number `call` from now on returns `result`; and all after it if `forGood`. 0: none.
void fakeCudaFail(long call, int result, int forGood) {
  calls = launches = 0;
  failAt = call;
  failure = result;
  failsForGood = forGood;
}
/// Since fakeCudaFail().
long fakeCudaCalls() { return calls; }
long fakeCudaLaunches() { return launches; }
/// Objects that were made and not ended.
long fakeCudaAlive() { return alive; }
/// Memory becomes that of another GPU.
void fakeCudaMove(uint64_t address, int ordinal) {
  std::lock_guard<std::mutex> lock(mutex);
  memory[address].ordinal = ordinal;
}

// The driver's ----------------------------------------------------------------------

int cuGetErrorName(int result, const char **text) {
  *text = result == kOutOfMemory          ? "CUDA_ERROR_OUT_OF_MEMORY"
          : result == 100                 ? "CUDA_ERROR_NO_DEVICE"
          : result == 101                 ? "CUDA_ERROR_INVALID_DEVICE"
          : result == 218                 ? "CUDA_ERROR_INVALID_PTX"
          : result == 719                 ? "CUDA_ERROR_LAUNCH_FAILED"
          : result == kCaptureUnsupported ? "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"
          : result == kCaptureInvalidated ? "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"
                                          : nullptr;
  return *text ? kSuccess : kInvalidValue;
}
int cuGetErrorString(int result, const char **text) {
  *text = result == 719 ? "unspecified launch failure" : "an error of the fake";
  return kSuccess;
}
int cuInit(unsigned flags) {
  RETURN_IF(enter());
  return fake_cuInit(flags);
}
int cuDeviceGet(int *device, int ordinal) {
  RETURN_IF(enter());
  return fake_cuDeviceGet(device, ordinal);
}
int cuDeviceGetAttribute(int *value, int attribute, int device) {
  RETURN_IF(enter());
  return fake_cuDeviceGetAttribute(value, attribute, device);
}
int cuDevicePrimaryCtxRetain(void **context, int device) {
  RETURN_IF(enter());
  return made(fake_cuDevicePrimaryCtxRetain(context, device));
}
int cuDevicePrimaryCtxRelease_v2(int device) {
  int failed = enter(), result = ended(fake_cuDevicePrimaryCtxRelease_v2(device));
  return failed ? failed : result;
}
int cuCtxPushCurrent_v2(void *context) {
  RETURN_IF(enter());
  return made(fake_cuCtxPushCurrent_v2(context));
}
int cuCtxPopCurrent_v2(void **context) {
  int failed = enter(), result = ended(fake_cuCtxPopCurrent_v2(context));
  return failed ? failed : result;
}
int cuModuleLoadDataEx(void **module, const void *image, unsigned count, int *keys,
                       void **values) {
  RETURN_IF(enter());
  return made(fake_cuModuleLoadDataEx(module, image, count, keys, values));
}
int cuModuleUnload(void *module) {
  int failed = enter(), result = ended(fake_cuModuleUnload(module));
  return failed ? failed : result;
}
int cuModuleGetFunction(void **function, void *module, const char *name) {
  RETURN_IF(enter());
  return fake_cuModuleGetFunction(function, module, name);
}
int cuFuncSetAttribute(void *function, int attribute, int value) {
  RETURN_IF(enter());
  return fake_cuFuncSetAttribute(function, attribute, value);
}

int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  RETURN_IF(enter());
  RETURN_IF(refuseInCapture());
  RETURN_IF(made(fake_cuMemAlloc_v2(address, bytes)));
  std::lock_guard<std::mutex> lock(mutex);
  memory[*address] = {bytes, 0};
  return kSuccess;
}
int cuMemFree_v2(uint64_t address) {
  int failed = enter();
  RETURN_IF(refuseInCapture());
  int result = ended(fake_cuMemFree_v2(address));
  std::lock_guard<std::mutex> lock(mutex);
  memory.erase(address);
  return failed ? failed : result;
}
int cuPointerGetAttributes(unsigned count, int *keys, void **values, uint64_t address) {
  RETURN_IF(enter());
  int owner = ownerOf(address);
  for (unsigned i = 0; i < count; ++i)
    if (keys[i] == 2) // CU_POINTER_ATTRIBUTE_MEMORY_TYPE
      *static_cast<unsigned *>(values[i]) = owner < 0 ? 0 : 2;
    else if (keys[i] == 9) // CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL
      *static_cast<int *>(values[i]) = owner < 0 ? -2 : owner;
    else
      return kInvalidValue;
  return kSuccess;
}

// The host's memory is not pinned: these use it before they return.
int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes, void *stream) {
  RETURN_IF(enter());
  RETURN_IF(refuseInCapture());
  RETURN_IF(flush(stream));
  return fake_cuMemcpyHtoDAsync_v2(to, from, bytes, stream);
}
int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, void *stream) {
  RETURN_IF(enter());
  RETURN_IF(refuseInCapture());
  RETURN_IF(flush(stream));
  return fake_cuMemcpyDtoHAsync_v2(to, from, bytes, stream);
}

namespace {
/// An argument of a kernel, as the driver keeps it.
struct Argument {
  alignas(64) char bytes[128];
};
} // namespace

/// If nobody knows how many arguments there are, those that lie one after the other, as
/// graphopt_cuda_launch has them.
static std::vector<Argument> copyArguments(void *function, void **arguments) {
  std::vector<Argument> copies;
  const uint32_t *parameters = fake_cuFuncParameters(function);
  auto *first = static_cast<char *>(arguments[0]);
  for (size_t i = 0; parameters ? i < parameters[0] : arguments[i] == first + 8 * i; ++i)
    memcpy(copies.emplace_back().bytes, arguments[i], parameters ? parameters[1 + i] : 8);
  return copies;
}

int cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
                   unsigned by, unsigned bz, unsigned shared, void *stream, void **arguments,
                   void **extra) {
  RETURN_IF(enter());
  ++launches;
  if (!defers(stream))
    return fake_cuLaunchKernel(function, gx, gy, gz, bx, by, bz, shared, stream, arguments, extra);
  return enqueue(stream, [=, copies = copyArguments(function, arguments)]() mutable {
    std::vector<void *> addresses;
    for (Argument &argument : copies)
      addresses.push_back(argument.bytes);
    return fake_cuLaunchKernel(function, gx, gy, gz, bx, by, bz, shared, stream,
                               addresses.data(), extra);
  });
}
}
