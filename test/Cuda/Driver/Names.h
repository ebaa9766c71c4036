// What a fake of the driver defines is not what its library exports: that is
// Calls.cpp, which watches over it. Included before all else.
#define cuInit fake_cuInit
#define cuDeviceGet fake_cuDeviceGet
#define cuDeviceGetAttribute fake_cuDeviceGetAttribute
#define cuDevicePrimaryCtxRetain fake_cuDevicePrimaryCtxRetain
#define cuDevicePrimaryCtxRelease_v2 fake_cuDevicePrimaryCtxRelease_v2
#define cuCtxPushCurrent_v2 fake_cuCtxPushCurrent_v2
#define cuCtxPopCurrent_v2 fake_cuCtxPopCurrent_v2
#define cuModuleLoadDataEx fake_cuModuleLoadDataEx
#define cuModuleUnload fake_cuModuleUnload
#define cuModuleGetFunction fake_cuModuleGetFunction
#define cuFuncSetAttribute fake_cuFuncSetAttribute
#define cuFuncParameters fake_cuFuncParameters
#define cuMemAlloc_v2 fake_cuMemAlloc_v2
#define cuMemFree_v2 fake_cuMemFree_v2
#define cuMemcpyHtoDAsync_v2 fake_cuMemcpyHtoDAsync_v2
#define cuMemcpyDtoHAsync_v2 fake_cuMemcpyDtoHAsync_v2
#define cuLaunchKernel fake_cuLaunchKernel
