//===- Target.h - The machines code is generated for ----------------------===//

#ifndef GRAPHOPT_TARGET_TARGET_H
#define GRAPHOPT_TARGET_TARGET_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace graphopt {

/// A CPU as the code generators see it: a row of CpuModels.def, narrowed to one
/// CPU or to the machine we run on.
struct CpuModel {
  std::string name;     ///< as it was asked for; finds the same model again
  std::string row;      ///< "avx2"
  std::string triple;   ///< LLVM's target triple
  std::string llvmCpu;  ///< LLVM's name for it
  std::string features; ///< LLVM's "+feature,-feature" list, may be empty
  int64_t vectorBytes = 0;
  int64_t vectorRegisters = 0;
  int64_t level1Bytes = 0; ///< data cache
  int64_t level2Bytes = 0;
  bool fma = false;            ///< fused multiply-add of f32 and f64
  bool halfConversion = false; ///< f16 to f32 and back
  bool dotInt8 = false;        ///< u8 x s8 to i32, four products a lane
  bool dotInt16 = false;       ///< s16 x s16 to i32, two products a lane
  bool dotBFloat16 = false;    ///< bf16 to f32, two products a lane
  bool byteTables = false;     ///< each byte of a vector from a table of 128

  /// Elements of `bits` bits in a vector.
  int64_t lanes(int64_t bits) const { return vectorBytes * 8 / bits; }

  /// Vectors in a panel of columns of a product with `rows` rows and `columns`
  /// columns of `bits` bits, each a sum of `depth` products; negative sizes are
  /// open. Ragged panels are wasteful, so equal panels are preferred to wide ones.
  int64_t panelVectors(int64_t rows, int64_t columns, int64_t bits,
                       int64_t depth = -1) const;

  /// The same for a product whose tiles end with a line of `line` rows and whose
  /// sums are over `terms` products.
  int64_t linePanelVectors(int64_t line, int64_t terms, int64_t columns,
                           int64_t bits) const;

  /// Rows of a register tile of `vectors` columns of vectors: with them, one
  /// row of the right side and an element of the left, all in registers.
  int64_t tileRows(int64_t vectors) const;
};

/// The model for the `--cpu` argument: `host` (or `native`), a row of CpuModels.def, or one of
/// LLVM's names for a CPU of those rows' architectures ("znver3").
///
/// \returns an error that lists the rows if there is no such CPU, or if it lacks
///          what the least row of its architecture needs.
///
/// Thread-safe.
llvm::Expected<CpuModel> findCpuModel(llvm::StringRef name);

/// The names of the rows, best first.
llvm::SmallVector<llvm::StringRef> listCpuModels();

/// An NVIDIA GPU as the code generators see it: a row of GpuModels.def.
struct GpuModel {
  int64_t sm;             ///< compute capability times 10
  int64_t ptx;            ///< least version of PTX that knows it, times 10
  int64_t sharedKiB;      ///< shared memory that a block may have
  int64_t blockSharedKiB; ///< of it without asking the driver
  int64_t multiprocessors; ///< of one such GPU: so many blocks run at once at least
  bool asyncCopies;       ///< from global to shared memory
  bool bfloat16;          ///< tensor cores multiply bf16 and tf32
  bool tensorMemory;      ///< TMA, and products of four warps
};

/// What products of f32 may be rounded to before they are multiplied; sums are of f32.
enum class Precision { F32, TF32, F16, BF16 };

/// "f32", "tf32", ..., as --precision takes it.
llvm::StringRef precisionName(Precision precision);
std::optional<Precision> findPrecision(llvm::StringRef name);

/// The rows that a list as in `--sm` names, "80,90", least first.
///
/// \returns an error that lists the rows if there is no such GPU, or if one is
///          there twice.
///
/// Thread-safe.
llvm::Expected<std::vector<GpuModel>> findGpuModels(llvm::StringRef list);

} // namespace graphopt

#endif
