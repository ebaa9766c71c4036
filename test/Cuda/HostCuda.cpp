// A libcuda.so.1 whose kernels are the program's own functions, void k(void **arguments)
// by their names: for tests of the runtime alone. Nothing is done before somebody waits
// for it. An image that is the text "bad" is PTX that does not compile.
#include "Driver/Driver.h"
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>

using namespace driver;

namespace {
thread_local int contexts = 0;
constexpr int kInvalidContext = 201, kInvalidPtx = 218, kNoBinary = 209, kNotFound = 500;

int needContext() { return contexts > 0 ? int(kSuccess) : kInvalidContext; }
} // namespace

extern "C" {
int fake_cuInit(unsigned) { return kSuccess; }
int fake_cuDeviceGet(int *device, int ordinal) {
  *device = 10 + ordinal;
  return ordinal == 0 ? kSuccess : kInvalidValue;
}
int fake_cuDeviceGetAttribute(int *value, int attribute, int) {
  *value = attribute == 75 ? 8 : attribute == 76 ? 6 : 0;
  return kSuccess;
}
int fake_cuDevicePrimaryCtxRetain(void **context, int) {
  static int primary;
  *context = &primary;
  return kSuccess;
}
int fake_cuDevicePrimaryCtxRelease_v2(int device) { return device == 10 ? kSuccess : kInvalidValue; }
int fake_cuCtxPushCurrent_v2(void *) {
  ++contexts;
  return kSuccess;
}
int fake_cuCtxPopCurrent_v2(void **) {
  return contexts-- > 0 ? int(kSuccess) : kInvalidContext;
}
int fake_cuModuleLoadDataEx(void **module, const void *image, unsigned count, int *keys,
                            void **values) {
  if (int failed = needContext())
    return failed;
  if (!strcmp(static_cast<const char *>(image), "other"))
    return kNoBinary;
  if (!strcmp(static_cast<const char *>(image), "bad")) {
    for (unsigned i = 0; i < count; ++i)
      if (keys[i] == 5) // CU_JIT_ERROR_LOG_BUFFER
        strcpy(static_cast<char *>(values[i]), "ptxas: line 1: what is this?");
    return kInvalidPtx;
  }
  *module = malloc(1);
  return kSuccess;
}
int fake_cuModuleUnload(void *module) {
  free(module);
  return kSuccess;
}
int fake_cuModuleGetFunction(void **function, void *, const char *name) {
  *function = dlsym(RTLD_DEFAULT, name);
  return *function ? int(kSuccess) : kNotFound;
}
int fake_cuFuncSetAttribute(void *, int, int) { return kSuccess; }
const uint32_t *fake_cuFuncParameters(void *) { return nullptr; }
int fake_cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  if (int failed = needContext())
    return failed;
  *address = reinterpret_cast<uintptr_t>(aligned_alloc(256, (bytes + 255) & ~size_t(255)));
  return *address ? kSuccess : kOutOfMemory;
}
int fake_cuMemFree_v2(uint64_t address) {
  free(reinterpret_cast<void *>(address));
  return kSuccess;
}
int fake_cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes, void *) {
  memcpy(reinterpret_cast<void *>(to), from, bytes);
  return needContext();
}
int fake_cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, void *) {
  memcpy(to, reinterpret_cast<void *>(from), bytes);
  return needContext();
}
int fake_cuLaunchKernel(void *function, unsigned, unsigned, unsigned, unsigned, unsigned,
                        unsigned, unsigned, void *, void **arguments, void **) {
  reinterpret_cast<void (*)(void **)>(function)(arguments);
  return kSuccess;
}
}
