#include "Placement.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

using namespace graphopt;
using llvm::ArrayRef;
using llvm::SmallVector;

int64_t graphopt::livenessBound(ArrayRef<Interval> buffers) {
  int64_t bound = 0;
  for (const Interval &buffer : buffers) { // the sum grows at first uses only
    int64_t alive = 0;
    for (const Interval &other : buffers)
      if (other.first <= buffer.first && buffer.first <= other.last)
        alive += other.size;
    bound = std::max(bound, alive);
  }
  return bound;
}

namespace {
using Order = SmallVector<unsigned>;

class Search {
public:
  explicit Search(ArrayRef<Interval> buffers)
      : buffers(buffers), bound(livenessBound(buffers)),
        neighbours(buffers.size()) {
    for (unsigned i = 0; i < buffers.size(); ++i)
      for (unsigned k = 0; k < buffers.size(); ++k)
        if (i != k && buffers[i].livesWith(buffers[k]))
          neighbours[i].push_back(k);
  }

  Placement run() {
    Order bySize = sorted([](const Interval &b) { return b.size; });
    // Bytes times the time that they are held.
    Order byArea = sorted([](const Interval &b) {
      return double(b.size) * double(b.last - b.first + 1);
    });
    Order byLife = sorted([](const Interval &b) { return b.last - b.first; });
    for (const Order &order : {bySize, byArea, byLife})
      improve(order);
    return best;
  }

private:
  bool isDone() const {
    return !best.offsets.empty() && best.size == bound;
  }

  /// Largest first; of equals, the earlier one.
  template <typename Key> Order sorted(Key key) {
    auto order = llvm::to_vector(llvm::seq<unsigned>(0, buffers.size()));
    llvm::sort(order, [&](unsigned a, unsigned b) {
      auto keyA = key(buffers[a]), keyB = key(buffers[b]);
      return keyA != keyB ? keyA > keyB : a < b;
    });
    return order;
  }

  /// What ends highest is placed first the next time.
  void improve(Order order) {
    // Placing takes up to n^2 steps: tens of milliseconds for a thousand buffers.
    size_t rounds = std::clamp<size_t>(100000 / (buffers.size() + 1), 4, 400);
    for (size_t round = 0; round < rounds && !isDone(); ++round) {
      Placement placed = place(order);
      if (best.offsets.empty() || placed.size < best.size)
        best = placed;
      auto *highest = llvm::find_if(order, [&](unsigned i) {
        return placed.offsets[i] + buffers[i].size == placed.size;
      });
      std::rotate(order.begin(), highest, highest + 1);
    }
  }

  /// Each at the lowest offset that is free as long as it lives.
  Placement place(const Order &order) {
    Placement placed;
    placed.offsets.assign(buffers.size(), -1);
    SmallVector<std::pair<int64_t, int64_t>> busy;
    for (unsigned i : order) {
      busy.clear();
      for (unsigned other : neighbours[i])
        if (int64_t at = placed.offsets[other]; at >= 0)
          busy.push_back({at, at + buffers[other].size});
      llvm::sort(busy);
      int64_t offset = 0;
      for (auto [begin, end] : busy) {
        if (offset + buffers[i].size <= begin)
          break;
        offset = std::max(offset, end);
      }
      placed.offsets[i] = offset;
      placed.size = std::max(placed.size, offset + buffers[i].size);
    }
    return placed;
  }

  ArrayRef<Interval> buffers;
  int64_t bound;
  SmallVector<SmallVector<unsigned>> neighbours;
  Placement best;
};
} // namespace

Placement graphopt::placeBuffers(ArrayRef<Interval> buffers) {
  return buffers.empty() ? Placement() : Search(buffers).run();
}
