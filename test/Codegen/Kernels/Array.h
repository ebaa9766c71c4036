//===- Array.h - Arrays whose end is the end of their memory --------------===//

#ifndef GRAPHOPT_TEST_CODEGEN_KERNELS_ARRAY_H
#define GRAPHOPT_TEST_CODEGEN_KERNELS_ARRAY_H

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <sys/mman.h>
#include <type_traits>
#include <unistd.h>
#include <vector>

using Shape = std::vector<int64_t>;

/// bfloat16 as bits; rounds to nearest, ties to even.
struct BFloat16 {
  uint16_t bits = 0;
  BFloat16() = default;
  BFloat16(float value) {
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    bits = uint16_t((word + 0x7fff + ((word >> 16) & 1)) >> 16);
  }
  operator float() const {
    uint32_t word = uint32_t(bits) << 16;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
  }
};

/// MLIR's name of a C++ type, and the type its products are summed in.
template <typename T> struct TypeInfo;
template <> struct TypeInfo<float> { static constexpr auto name = "f32"; using Sum = float; };
template <> struct TypeInfo<double> { static constexpr auto name = "f64"; using Sum = double; };
template <> struct TypeInfo<_Float16> { static constexpr auto name = "f16"; using Sum = float; };
template <> struct TypeInfo<BFloat16> { static constexpr auto name = "bf16"; using Sum = float; };
template <> struct TypeInfo<int32_t> { static constexpr auto name = "i32"; using Sum = int32_t; };
template <> struct TypeInfo<int64_t> { static constexpr auto name = "i64"; using Sum = int64_t; };
template <> struct TypeInfo<int8_t> { static constexpr auto name = "i8"; using Sum = int32_t; };
template <> struct TypeInfo<uint8_t> { static constexpr auto name = "i8"; using Sum = int32_t; };

/// A dense array. A page that must not be touched follows its last element.
template <typename T>
class Array {
public:
  explicit Array(Shape shape) : shape(shape) {
    int64_t page = sysconf(_SC_PAGESIZE), bytes = size() * sizeof(T);
    mapped = (bytes + page - 1) / page * page + page;
    base = static_cast<char *>(mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base + mapped - page, page, PROT_NONE);
    data = reinterpret_cast<T *>(base + mapped - page - bytes);
  }
  ~Array() { munmap(base, mapped); }
  Array(const Array &) = delete;

  int64_t size() const {
    return std::accumulate(shape.begin(), shape.end(), int64_t(1),
                           std::multiplies<>());
  }
  T &operator[](int64_t i) { return data[i]; }
  const T &operator[](int64_t i) const { return data[i]; }

  /// Small numbers that are not all exact, different for each seed.
  void fill(unsigned seed) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
    for (int64_t i = 0; i < size(); ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      int64_t number = int64_t(state >> 33) % 2001 - 1000;
      if constexpr (std::is_integral_v<T>)
        data[i] = T(number);
      else
        data[i] = T(float(number) / 997.0f);
    }
  }

  /// What MLIR passes for a memref: pointers, offset, sizes, strides.
  std::vector<int64_t> descriptor() {
    std::vector<int64_t> words{reinterpret_cast<int64_t>(data),
                               reinterpret_cast<int64_t>(data), 0};
    words.insert(words.end(), shape.begin(), shape.end());
    Shape strides(shape.size(), 1);
    for (size_t i = shape.size(); i-- > 1;)
      strides[i - 1] = strides[i] * shape[i];
    words.insert(words.end(), strides.begin(), strides.end());
    return words;
  }

  Shape shape;

private:
  char *base;
  T *data;
  int64_t mapped;
};

/// "memref<?x3xf32>"; negative sizes are open.
template <typename T>
std::string memrefOf(const Shape &shape) {
  std::string text = "memref<";
  for (int64_t size : shape)
    text += (size < 0 ? "?" : std::to_string(size)) + "x";
  return text + TypeInfo<T>::name + ">";
}

/// `a * b + sum` as the CPU's kernels compute it.
template <typename Sum>
Sum multiplyAdd(Sum a, Sum b, Sum sum, bool fused) {
  if constexpr (std::is_integral_v<Sum>) {
    using Wraps = std::make_unsigned_t<Sum>;
    return Sum(Wraps(a) * Wraps(b) + Wraps(sum));
  } else {
    return fused ? std::fma(a, b, sum) : a * b + sum;
  }
}

#endif
