// A libcuda.so.1 without a GPU: kernels are the code that emulate-kernels made of them,
// in the shared library $GRAPHOPT_EMULATED. The GPU's memory is memory at other
// addresses, see Emulator/Abi.h. It refuses what a driver would, and says on stderr what
// a kernel did wrong. $GRAPHOPT_FAKE_CC is its compute capability times 10.
#include "Emulator/Launch.h"
#include "Emulator/SharedMemory.h"
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <map>
#include <mutex>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

using namespace emulator;

namespace {
enum Result { kSuccess = 0, kInvalidValue = 1, kOutOfMemory = 2, kInvalidDevice = 101,
              kInvalidContext = 201, kNotFound = 500, kNoBinary = 209, kInvalidHandle = 400,
              kInvalidImage = 200, kLaunchFailed = 719 };
enum Attribute { kSharedBytes = 8, kMajor = 75, kMinor = 76 };

thread_local int contexts = 0;

struct Library { void *handle; };
struct Kernel {
  std::string name;
  void (*run)(void **);
  Facts facts;
  const uint32_t *parameters; ///< their number, then the bytes of each
  uint32_t mostShared = kFreeShared; ///< dynamic bytes
};

std::mutex mutex;
std::map<uintptr_t, size_t> allocations;
thread_local std::string problem; ///< of the last launch

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

/// Of a block, when it asks for it.
uint32_t mostShared() { return (capability() == 80 ? 163 : capability() < 80 ? 64 : capability() < 90 ? 99 : 227) * 1024; }

size_t pageBytes() { return size_t(sysconf(_SC_PAGESIZE)); }
/// With a page behind that faults.
size_t mappedBytes(size_t bytes) { return (bytes + 2 * pageBytes() - 1) / pageBytes() * pageBytes(); }
void *behind(uint64_t address) { return reinterpret_cast<void *>(address - kAddressTag); }
} // namespace

extern "C" {
int cuInit(unsigned flags) { return flags ? kInvalidValue : kSuccess; }
int cuDeviceGet(int *device, int ordinal) {
  *device = ordinal;
  return ordinal == 0 ? kSuccess : kInvalidDevice;
}
int cuDeviceGetAttribute(int *value, int attribute, int) {
  *value = attribute == kMajor ? capability() / 10 : attribute == kMinor ? capability() % 10 : 0;
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
  void *handle = static_cast<Library *>(module)->handle;
  std::string symbol = std::string("emulated_") + name;
  void *run = dlsym(handle, symbol.c_str()), *facts = dlsym(handle, (symbol + "_facts").c_str());
  void *parameters = dlsym(handle, (symbol + "_parameters").c_str());
  if (!run || !facts || !parameters)
    return kNotFound;
  *function = new Kernel{name, reinterpret_cast<void (*)(void **)>(run), *static_cast<Facts *>(facts),
                         static_cast<const uint32_t *>(parameters)};
  return kSuccess;
}
int cuFuncSetAttribute(void *function, int attribute, int value) {
  if (attribute != kSharedBytes || value < 0 || uint32_t(value) > mostShared())
    return kInvalidValue;
  static_cast<Kernel *>(function)->mostShared = uint32_t(value);
  return kSuccess;
}

const uint32_t *cuFuncParameters(void *function) { return static_cast<Kernel *>(function)->parameters; }

int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  if (!bytes)
    return kInvalidValue;
  void *data = mmap(nullptr, mappedBytes(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED)
    return kOutOfMemory;
  mprotect(static_cast<char *>(data) + mappedBytes(bytes) - pageBytes(), pageBytes(), PROT_NONE);
  memset(data, 0xFF, bytes); // whoever reads before writing sees it
  *address = reinterpret_cast<uint64_t>(data) + kAddressTag;
  std::lock_guard<std::mutex> lock(mutex);
  allocations[*address] = bytes;
  return kSuccess;
}
int cuMemFree_v2(uint64_t address) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = allocations.find(address);
  if (found == allocations.end())
    return kInvalidValue;
  munmap(behind(address), mappedBytes(found->second));
  allocations.erase(found);
  return kSuccess;
}
int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes, void *) {
  if (!isAllocated(to, bytes))
    return kInvalidValue;
  memcpy(behind(to), from, bytes);
  return kSuccess;
}
int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, void *) {
  if (!isAllocated(from, bytes))
    return kInvalidValue;
  memcpy(to, behind(from), bytes);
  return kSuccess;
}

int cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
                   unsigned by, unsigned bz, unsigned shared, void *, void **arguments, void **) {
  auto *kernel = static_cast<Kernel *>(function);
  uint64_t threads = uint64_t(bx) * by * bz;
  uint32_t variables = kernel->facts.sharedEnd - kernel->facts.sharedBegin;
  if (!gx || !gy || !gz || !threads || threads > 1024 || bz > 64 || gy > 65535 || gz > 65535 ||
      variables > kFreeShared || shared > kernel->mostShared || shared + variables > mostShared())
    return kInvalidValue;
  problem = runLaunch({kernel->name.c_str(), kernel->run, arguments, kernel->facts,
                                   {gx, gy, gz}, {bx, by, bz}, shared});
  if (problem.empty())
    return kSuccess;
  fprintf(stderr, "fake CUDA: %s\n", problem.c_str());
  return kLaunchFailed;
}

// For tests: what the last launch of this thread did wrong.
const char *fakeCudaProblem() { return problem.c_str(); }
}
