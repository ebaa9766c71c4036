// A libcuda.so.1 without a GPU: device memory is memory, kernels are the code that
// emulate-kernels made of them, in the shared library $GRAPHOPT_EMULATED. It refuses
// what a driver would. $GRAPHOPT_FAKE_CC is its compute capability times 10.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <map>
#include <mutex>
#include <string>

namespace {
enum Result { kSuccess = 0, kInvalidValue = 1, kOutOfMemory = 2, kInvalidDevice = 101,
              kInvalidContext = 201, kNotFound = 500, kNoBinary = 209, kInvalidHandle = 400,
              kInvalidImage = 200, kIllegalAddress = 700 };

struct Size { uint32_t x, y, z; };

/// Of the thread that runs.
thread_local Size blockIndex, threadIndex, blockSize, gridSize;
thread_local int contexts = 0;

struct Library { void *handle; };
struct Kernel { void (*run)(void **); };

std::mutex mutex;
std::map<uintptr_t, size_t> allocations;

bool isAllocated(uint64_t address, size_t bytes) {
  std::lock_guard<std::mutex> lock(mutex);
  auto after = allocations.upper_bound(address);
  if (after == allocations.begin())
    return false;
  auto [start, size] = *std::prev(after);
  return address - start <= size && bytes <= size - (address - start);
}

int capability() {
  const char *text = getenv("GRAPHOPT_FAKE_CC");
  return text ? atoi(text) : 80;
}
} // namespace

extern "C" {
int cuInit(unsigned flags) { return flags ? kInvalidValue : kSuccess; }
int cuDeviceGet(int *device, int ordinal) {
  *device = ordinal;
  return ordinal == 0 ? kSuccess : kInvalidDevice;
}
int cuDeviceGetAttribute(int *value, int attribute, int) {
  *value = attribute == 75 ? capability() / 10 : attribute == 76 ? capability() % 10 : 0;
  return kSuccess;
}
int cuDevicePrimaryCtxRetain(void **context, int) {
  static int primary;
  *context = &primary;
  return kSuccess;
}
int cuDevicePrimaryCtxRelease_v2(int) { return kSuccess; }
int cuCtxPushCurrent_v2(void *) {
  ++contexts;
  return kSuccess;
}
int cuCtxPopCurrent_v2(void **) {
  return contexts-- > 0 ? kSuccess : kInvalidContext;
}

int cuModuleLoadDataEx(void **module, const void *image, unsigned, int *, void **) {
  if (contexts <= 0)
    return kInvalidContext;
  bool isCubin = !memcmp(image, "\177ELF", 4);
  const char *text = static_cast<const char *>(image);
  if (!isCubin && !strstr(text, ".version"))
    return kInvalidImage;
  const char *path = getenv("GRAPHOPT_EMULATED");
  void *handle = dlopen(path ? path : "", RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    fprintf(stderr, "fake CUDA: %s\n", dlerror());
    return kNoBinary;
  }
  *module = new Library{handle};
  return kSuccess;
}
int cuModuleUnload(void *module) {
  auto *library = static_cast<Library *>(module);
  dlclose(library->handle);
  delete library;
  return kSuccess;
}
int cuModuleGetFunction(void **function, void *module, const char *name) {
  void *symbol = dlsym(static_cast<Library *>(module)->handle,
                       (std::string("emulated_") + name).c_str());
  if (!symbol)
    return kNotFound;
  *function = new Kernel{reinterpret_cast<void (*)(void **)>(symbol)};
  return kSuccess;
}
int cuFuncSetAttribute(void *, int, int) { return kSuccess; }

int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  if (!bytes)
    return kInvalidValue;
  void *data = aligned_alloc(256, (bytes + 255) & ~size_t(255));
  if (!data)
    return kOutOfMemory;
  memset(data, 0xFF, bytes); // whoever reads before writing sees it
  *address = reinterpret_cast<uintptr_t>(data);
  std::lock_guard<std::mutex> lock(mutex);
  allocations[*address] = bytes;
  return kSuccess;
}
int cuMemFree_v2(uint64_t address) {
  std::lock_guard<std::mutex> lock(mutex);
  if (!allocations.erase(address))
    return kInvalidValue;
  free(reinterpret_cast<void *>(address));
  return kSuccess;
}
int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes, void *) {
  if (!isAllocated(to, bytes))
    return kInvalidValue;
  memcpy(reinterpret_cast<void *>(to), from, bytes);
  return kSuccess;
}
int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, void *) {
  if (!isAllocated(from, bytes))
    return kInvalidValue;
  memcpy(to, reinterpret_cast<void *>(from), bytes);
  return kSuccess;
}
int cuStreamCreate(void **stream, unsigned) {
  *stream = new int(0);
  return kSuccess;
}
int cuStreamDestroy_v2(void *stream) {
  delete static_cast<int *>(stream);
  return kSuccess;
}
int cuStreamSynchronize(void *) { return kSuccess; }

int cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
                   unsigned by, unsigned bz, unsigned shared, void *, void **arguments, void **) {
  uint64_t threads = uint64_t(bx) * by * bz;
  if (!gx || !gy || !gz || !threads || threads > 1024 || gy > 65535 || gz > 65535 ||
      shared > 48 * 1024)
    return kInvalidValue;
  gridSize = {gx, gy, gz};
  blockSize = {bx, by, bz};
  for (blockIndex.z = 0; blockIndex.z < gz; ++blockIndex.z)
    for (blockIndex.y = 0; blockIndex.y < gy; ++blockIndex.y)
      for (blockIndex.x = 0; blockIndex.x < gx; ++blockIndex.x)
        for (threadIndex.z = 0; threadIndex.z < bz; ++threadIndex.z)
          for (threadIndex.y = 0; threadIndex.y < by; ++threadIndex.y)
            for (threadIndex.x = 0; threadIndex.x < bx; ++threadIndex.x)
              static_cast<Kernel *>(function)->run(arguments);
  return kSuccess;
}

// What kernels read, see EmulateKernels.cpp.
#define SREG(name, value)                                                                    \
  int32_t simt_read_ptx_sreg_##name##_x() { return int32_t(value.x); }                       \
  int32_t simt_read_ptx_sreg_##name##_y() { return int32_t(value.y); }                       \
  int32_t simt_read_ptx_sreg_##name##_z() { return int32_t(value.z); }
// What LLVM makes of bf16 on a CPU without it.
__bf16 __truncsfbf2(float value) {
  uint32_t bits = __builtin_bit_cast(uint32_t, value);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return __builtin_bit_cast(__bf16, uint16_t(bits >> 16 | 0x40));
  return __builtin_bit_cast(__bf16, uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16));
}

SREG(tid, threadIndex)
SREG(ntid, blockSize)
SREG(ctaid, blockIndex)
SREG(nctaid, gridSize)
}
