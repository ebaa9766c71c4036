//===- GroupProducts.h - Products that a warp's threads have not waited for ===//

#ifndef GRAPHOPT_TEST_CUDA_EMULATOR_GROUPPRODUCTS_H
#define GRAPHOPT_TEST_CUDA_EMULATOR_GROUPPRODUCTS_H

#include "Operations.h"
#include <deque>
#include <map>
#include <memory>
#include <vector>

namespace emulator {

/// A matrix in shared memory as wgmma's operand tells it.
struct GroupMatrix {
  uint64_t begin; ///< address of the GPU's
  uint32_t leading, stride; ///< bytes
  bool alongDepth; ///< lines of 64 halves go along the depth

  /// The address of a half.
  uint64_t at(unsigned line, unsigned k) const;
};

/// PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions", of one warp: its 16 of
/// the 64 rows. A product reads shared memory and adds to its sums at some time before
/// it is waited for. Until then registers of sums hold a NaN that names them.
class GroupProducts {
public:
  struct Product {
    GroupMatrix left, right;
    bool bfloat16;
    unsigned columns, firstRow;
  };

  void fence();
  /// `registers` of each lane are sums, before and after.
  void add(const Product &product, const Meeting &meeting);
  void commit();
  /// Until at most `rest` of the latest groups are to be done.
  void wait(size_t rest);
  /// What the registers are, all products having been waited for.
  void resolve(const Meeting &meeting);

private:
  struct Sums {
    std::vector<float> values; ///< [lane][register]
    size_t unfinished = 0;     ///< products
  };
  struct Pending {
    Product product;
    std::shared_ptr<Sums> sums;
    bool executed = false;
  };
  std::shared_ptr<Sums> sumsOf(const Meeting &meeting, unsigned count);
  static void execute(Pending &pending);
  void executeAll();

  std::map<uint32_t, std::shared_ptr<Sums>> known; ///< by the NaN
  uint32_t names = 0;
  std::vector<Pending> pending;
  std::deque<std::vector<Pending>> groups;
  uint32_t fencedIn = 0; ///< the block's phase
};

} // namespace emulator

#endif
