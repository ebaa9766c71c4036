//===- Statistics.h - What was seen of a model's values on data -----------===//

#ifndef GRAPHOPT_COMPRESS_STATISTICS_H
#define GRAPHOPT_COMPRESS_STATISTICS_H

#include "graphopt/Support/HostTensor.h"
#include <map>
#include <string>
#include <vector>

namespace graphopt {

/// How often values of a tensor fall into each of equal intervals of
/// [-limit, limit). The limit doubles when a value does not fit, so that one pass
/// is enough; it is a power of two.
class Histogram {
public:
  static constexpr size_t binCount = 2048;

  void add(double value);

  /// The value below which the share `p` of all values lies, linear inside a bin:
  /// off by at most a bin, limit / 1024.
  double percentile(double p) const;

  double limit = 0; ///< 0 until there is a value
  std::vector<double> bins = std::vector<double>(binCount, 0.0);

private:
  void grow(double magnitude);
};

/// What one value was over all samples. A row is one position of all dimensions
/// but the channels'; rows of padding do not count. NaN and infinities count as
/// `nonFinite` only.
struct ValueStatistics {
  /// Kinds that can be asked for, to be combined.
  enum Kind : unsigned {
    Summary = 1,  ///< count to histogram
    Channels = 2, ///< channelSum to channelMax
    Gram = 4,     ///< gram, and channelSum
    Cosine = 8,   ///< cosines
  };

  unsigned kinds = 0;
  double count = 0, nonFinite = 0, sum = 0, min = 0, max = 0;
  Histogram histogram;

  int64_t rows = 0, channels = 0;
  std::vector<double> channelSum, channelSquares, channelMin, channelMax;
  std::vector<double> gram; ///< X'X of the rows, channels x channels
  /// X'Y with another value Y of the same rows: by Y's name, channels x Y's.
  std::map<std::string, std::vector<double>> cross;

  struct RowCosines {
    double sum = 0, rows = 0;

    double mean() const { return rows > 0 ? sum / rows : 0; }
  };
  /// Of this value's rows and those of another one of its shape, by its name.
  std::map<std::string, RowCosines> cosines;

  double mean() const { return count > 0 ? sum / count : 0; }

  /// Adds a tensor of a run.
  ///
  /// \param channelAxis  counted from the end if negative.
  /// \param keep         a flag a row, row-major; empty keeps all. Flags of
  ///                     another number than the tensor has rows are not its own
  ///                     and are ignored.
  /// \returns an error if the number of channels differs from run to run.
  llvm::Error add(const HostTensor &tensor, int64_t channelAxis,
                  llvm::ArrayRef<uint8_t> keep);

  /// Adds the rows of `x` and `y` to cross[name]; channels are last in both.
  llvm::Error addCross(const HostTensor &x, const HostTensor &y,
                       llvm::StringRef name, llvm::ArrayRef<uint8_t> keep);

  /// Adds the rows of `x` and `y` to cosines[name].
  llvm::Error addCosines(const HostTensor &x, const HostTensor &y,
                         int64_t channelAxis, llvm::StringRef name,
                         llvm::ArrayRef<uint8_t> keep);
};

/// Statistics of a model's values by name.
struct Statistics {
  std::string model; ///< fingerprint of the model they are of
  std::string mask;  ///< the input that told padding; empty: none
  int64_t samples = 0;
  std::map<std::string, ValueStatistics> values;

  /// The value's statistics, or an error that names it if it has none of these
  /// kinds.
  llvm::Expected<const ValueStatistics *> find(llvm::StringRef value,
                                               unsigned kinds) const;

  /// Writes `<base>.json`, numbers, and `<base>.npz`, vectors and matrices.
  llvm::Error save(llvm::StringRef base) const;
  /// Reads what save() wrote; `.json` may be part of `base` or not.
  static llvm::Expected<Statistics> load(llvm::StringRef base);
};

} // namespace graphopt

#endif // GRAPHOPT_COMPRESS_STATISTICS_H
