#ifndef GRAPHOPT_SUPPORT_HOSTTENSOR_H
#define GRAPHOPT_SUPPORT_HOSTTENSOR_H

#include "graphopt/Support/DType.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include <cstdlib>
#include <memory>
#include <string>

namespace graphopt {

/// A dense row-major tensor in memory, its first element 64-byte aligned.
/// Owns its elements; a move leaves an empty tensor behind.
class HostTensor {
public:
  static constexpr size_t alignmentBytes = 64;

  HostTensor() = default;

  /// Elements are not initialized. Fails on a negative or overflowing extent
  /// and when memory runs out.
  static llvm::Expected<HostTensor> create(std::string name, DType dtype,
                                           llvm::ArrayRef<int64_t> dims);

  /// A tensor of strings, with their bytes. `strings` must fit `dims`.
  static llvm::Expected<HostTensor>
  createStrings(std::string name, llvm::ArrayRef<int64_t> dims,
                llvm::ArrayRef<std::string> strings);

  /// Takes over memory of std::malloc or std::aligned_alloc that holds the
  /// elements, of strings the bytes, too. `dims` must fit it.
  static HostTensor adopt(std::string name, DType dtype,
                          llvm::ArrayRef<int64_t> dims, void *data);

  const std::string &name() const { return tensorName; }
  void setName(std::string name) { tensorName = std::move(name); }
  DType dtype() const { return elementType; }
  /// Reads the same elements as another type of their size.
  void setDType(DType dtype);
  llvm::ArrayRef<int64_t> dims() const { return extents; }
  size_t elementCount() const { return byteCount / dtypeBytes(elementType); }

  llvm::MutableArrayRef<char> bytes() { return {data.get(), byteCount}; }
  llvm::ArrayRef<char> bytes() const { return {data.get(), byteCount}; }
  template <typename T>
  llvm::ArrayRef<T> elements() const {
    return {reinterpret_cast<const T *>(data.get()), byteCount / sizeof(T)};
  }
  template <typename T>
  llvm::MutableArrayRef<T> elements() {
    return {reinterpret_cast<T *>(data.get()), byteCount / sizeof(T)};
  }

private:
  struct Free {
    void operator()(char *memory) const { std::free(memory); }
  };

  std::string tensorName;
  DType elementType = DType::Float32;
  llvm::SmallVector<int64_t, 4> extents;
  size_t byteCount = 0;
  std::unique_ptr<char, Free> data;
};

/// Bytes of a dense tensor; fails on a negative extent and on a product beyond
/// 2^62.
llvm::Expected<uint64_t> tensorBytes(DType dtype, llvm::ArrayRef<int64_t> dims);

/// Memory for `bytes` bytes (one at least) at HostTensor's alignment, to be
/// given back by std::free; null where there is none.
void *allocateAligned(size_t bytes);

/// "2x64x384", "scalar" at rank 0.
std::string formatDims(llvm::ArrayRef<int64_t> dims);

} // namespace graphopt
#endif
