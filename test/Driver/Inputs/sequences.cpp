// The same by the C++ wrapper.
#include "graphopt.hpp"
#include "sequences.h"
#include <cstdio>

int main() {
  using graphopt::Tensor;
  graphopt::Model model(sequences_model);
  Tensor a(GRAPHOPT_FLOAT, {2, 2}), b(GRAPHOPT_FLOAT, {1, 2}), p(GRAPHOPT_INT64, {});
  a.data<float>()[3] = 4;
  b.data<float>()[1] = 6;
  *p.data<int64_t>() = -1;
  Tensor s = Tensor::sequence(GRAPHOPT_FLOAT, {a, b});
  Tensor list = s;
  {
    std::vector<Tensor> y = model.run({s, p, Tensor::absent(GRAPHOPT_FLOAT)});
    std::printf("absent: %d %d\n", y[2].isAbsent(), y[3].isAbsent());
    list = y[0];
  }
  for (const Tensor &item : list.tensors())
    std::printf("t [%d, %d]: %g\n", int(item.dims()[0]), int(item.dims()[1]),
                item.data<float>()[item.size() - 1]);
  Tensor o(GRAPHOPT_FLOAT, {2});
  o.data<float>()[1] = 8;
  std::vector<Tensor> y = model.run({s, p, o});
  std::printf("q %g, r has %d\n", y[2].data<float>()[1], int(y[3].tensors().size()));
  try {
    *p.data<int64_t>() = 5;
    model.run({s, p, o});
  } catch (const graphopt::Error &error) {
    std::printf("%s\n", error.what());
  }
}
