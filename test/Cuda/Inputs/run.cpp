// The MLP from C++: inputs of the host, outputs on the GPU, and back.
#include "graphopt.hpp"
#include "mlp.h"
#include <cstdio>
#include <dlfcn.h>

template <typename T> static void load(T &function, const char *name) {
  *reinterpret_cast<void **>(&function) = dlsym(dlopen("libcuda.so.1", RTLD_NOW), name);
}

int main(int argc, char **) {
  try {
    graphopt::Device device(mlp_model, argc > 1 ? 3 : 0);
    graphopt::Model model(mlp_model);
    graphopt::Tensor x(GRAPHOPT_FLOAT, {3, 3});
    for (int i = 0; i < 9; ++i)
      x.data<float>()[i] = float(i);
    graphopt::Tensor y = model.run({x}, device.context())[0];

    int (*allocate)(uint64_t *, size_t), (*copy)(void *, uint64_t, size_t, void *), (*release)(uint64_t);
    load(allocate, "cuMemAlloc_v2");
    load(copy, "cuMemcpyDtoHAsync_v2");
    load(release, "cuMemFree_v2");
    uint64_t address;
    allocate(&address, y.bytes());
    std::vector<graphopt::Tensor> outputs = {
        graphopt::Tensor::borrow(reinterpret_cast<float *>(address), {3, 2})};
    model.runInto({x}, outputs, device.context());
    float copied[6];
    copy(copied, address, sizeof copied, nullptr);
    release(address);
    bool same = !std::memcmp(copied, y.data<float>(), sizeof copied);
    std::puts(same && copied[5] != 0 ? "the same" : "different");
    model.run({graphopt::Tensor(GRAPHOPT_FLOAT, {1, 4})}, device.context());
  } catch (const graphopt::Error &error) {
    std::puts(error.what());
  }
}
