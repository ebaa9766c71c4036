//===- TileEmitter.h - Sums of products in register tiles -----------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_CPU_TILEEMITTER_H
#define GRAPHOPT_LIB_CODEGEN_CPU_TILEEMITTER_H

#include "EpilogueEmitter.h"
#include "PanelPrefetch.h"
#include "graphopt/Target/Target.h"

namespace graphopt::cpu {

/// When a tile's epilogue runs.
enum class EpilogueForm {
  Auto,    ///< by its cost
  Unroll,  ///< in registers, a copy for each vector of the tile
  Loop,    ///< over a tile on the stack
};

/// What all kernels of a function share.
struct ExpandContext {
  const CpuModel &cpu;
  mlir::Block &entry; ///< of the function
  EpilogueForm epilogue = EpilogueForm::Auto;
  /// Bytes of a panel beyond which the sum over k is cut into blocks.
  int64_t panelBytes = 0;
  /// Cut what is enough work into items of an scf.parallel.
  bool parallel = true;
  /// Stack buffers of the function, or of an item of a parallel loop, by type and
  /// number: there kernels run one after the other.
  llvm::DenseMap<std::tuple<mlir::Block *, mlir::Type, int>, mlir::Value> stack{};
};

/// Emits sums of products as tiles of rows x vectors accumulators. What kernels
/// share is here: the cut into tiles, the reduction loops, the epilogue. A
/// kernel says how it addresses its inputs.
///
/// Sums are added up in the order of the reduction, whatever the tile: results
/// do not depend on the machine's vectors, nor on the cut of k into blocks.
class TileEmitter {
public:
  TileEmitter(kernel::EpilogueOp op, ExpandContext &context);
  virtual ~TileEmitter() = default;

protected:
  using Size = LoopBuilder::Size;
  using Columns = llvm::ArrayRef<Column>;

  /// Columns first .. first + count - 1 of init, which are those from `offset`
  /// on of a panel.
  mlir::SmallVector<Column> makeColumns(mlir::Value first, int64_t count,
                                        int64_t offset = 0);
  /// A stretch of the tiles that rows are cut into.
  struct Stretch {
    mlir::Value begin, end;
  };
  using EmitTurn = llvm::function_ref<void(mlir::ValueRange outer, Stretch)>;
  /// `turn` for each index below `outer` and all tiles of `rows` rows of so many
  /// vectors. With enough work these are items of a parallel loop; what an item
  /// does depends on the sizes only, never on the threads.
  void forTurns(llvm::ArrayRef<Size> outer, Size rows, int64_t vectors,
                EmitTurn turn);
  /// The same for turns of `tiles` tiles, each of `work` vector instructions.
  void forTiles(llvm::ArrayRef<Size> outer, mlir::Value tiles, mlir::Value work,
                EmitTurn turn);
  /// How many of `count` rows or lines to carry through all columns before the
  /// next, so that a thread reads what it wrote itself in the kernel before: then
  /// kernels differ in how they cut columns, but not rows. None: no cut.
  std::optional<int64_t> cutForThreads(int64_t count);
  /// The end of a line's tiles, `perLine` in each; 0 behind the last line, where
  /// the last part is shorter.
  mlir::Value clipPart(mlir::Value end, mlir::Value line, mlir::Value lines,
                       mlir::Value perLine);
  /// True if all panels stay in level 2 beside what they are multiplied with.
  bool leavesRoom(mlir::MemRefType panels);
  /// `panels`, [panels, reduction..., columns], are each used for so many rows
  /// before the next; while one is used the next comes into the cache. If the
  /// rows are those of a matrix `lhs` (or null), one after the other, they come in
  /// blocks that stay in level 2 while all panels pass, where that is possible,
  /// and short ones are asked for ahead of their tile.
  void usePanels(mlir::Value panels, Size rows, mlir::Value lhs);
  /// Rows of a tile, or of a block of tiles where k is cut into blocks.
  int64_t mostRows(Size size, int64_t vectors);
  /// A stretch of the `size` rows from `first` (null: 0) on of these columns.
  void emitRows(Columns columns, Size size, Stretch stretch,
                mlir::Value first = {});

  // What differs.
  /// Rows of a tile of so many vectors.
  virtual int64_t tileRows(int64_t vectors) {
    return context.cpu.tileRows(vectors);
  }
  virtual mlir::SmallVector<Size> reductionSizes() = 0;
  /// Steps of the reduction that the body of its loops unrolls.
  virtual int64_t tapsInBody() { return 1; }
  /// What lhsVector needs about a row, computed once outside the reduction.
  virtual mlir::Value prepareRow(mlir::Value row) { return row; }
  /// One element of lhs in all lanes, in the type of the sums.
  virtual mlir::Value lhsVector(mlir::Value row, mlir::ValueRange reduction) = 0;
  virtual mlir::Value rhsVector(mlir::ValueRange reduction, Column column) = 0;
  /// The address in lhs of a row and an offset from its start in elements; an
  /// empty list if rows are not one after the other.
  virtual mlir::SmallVector<mlir::Value> lhsAddress(mlir::Value row,
                                                    mlir::Value offset) {
    return {};
  }
  /// What the sums of a tile begin with, row by row.
  virtual mlir::SmallVector<mlir::Value>
  startTile(Columns columns, llvm::ArrayRef<mlir::Value> rows);
  /// What a sum of this column begins with.
  mlir::Value startSum(Column column);
  /// Stores the sums of a tile, row by row.
  virtual void storeTile(Columns columns, llvm::ArrayRef<mlir::Value> rows,
                         llvm::ArrayRef<mlir::Value> sums);
  /// The sums over reduction indices `first` .. `last` - 1 of the first
  /// reduction loop and all of the others, added to `sums`, row by row.
  virtual mlir::SmallVector<mlir::Value>
  emitReduction(Columns columns, llvm::ArrayRef<mlir::Value> rows,
                mlir::SmallVector<mlir::Value> sums, mlir::Value first,
                mlir::Value last);

  /// Precedes all tiles that add up a block of the reduction, `first` .. `last` - 1.
  virtual void beginBlock(Columns columns, mlir::Value first, mlir::Value last) {}

  /// The product of each lane added to its sum; with `interleave` of unsigned and
  /// signed bytes, of 16 bits or of bf16, all of a lane's. `ofHalves`: both are in the
  /// lower half of their lanes, the left side is unsigned.
  mlir::Value multiplyAdd(mlir::Value lhs, mlir::Value rhs, mlir::Value sum,
                          bool ofHalves = false);
  /// `count` elements of an input from `indices` on, zeros up to a whole group, in each
  /// lane of the sums.
  mlir::Value broadcastGroup(mlir::Value memref, mlir::SmallVector<mlir::Value> indices,
                             int64_t count);
  /// A vector of groups of panels, bytes of pairs in 16 bits; `indices` are those of
  /// the columns.
  mlir::Value loadGroups(mlir::Value panels, mlir::SmallVector<mlir::Value> indices,
                         bool isUnsigned);
  /// An input element or vector in the type of the sums.
  mlir::Value widen(mlir::Value input, bool isUnsigned = false);
  mlir::Value broadcast(mlir::Value scalar);
  /// A nest of loops from 0 (the first from `first` to `last`) that hands
  /// `values` inwards and back; `body` maps (indices, values) to new values.
  mlir::SmallVector<mlir::Value> emitSumNest(
      llvm::ArrayRef<Size> sizes, mlir::Value first, mlir::Value last,
      mlir::SmallVector<mlir::Value> values,
      llvm::function_ref<mlir::SmallVector<mlir::Value>(
          mlir::ValueRange, mlir::SmallVector<mlir::Value>)>
          body);
  /// A buffer of rows x vectors sums on the stack; another one for each number.
  mlir::Value getStack(int64_t rows, int64_t vectors, int number = 0);

  ExpandContext &context;
  LoopBuilder b;
  int64_t lanes;
  mlir::VectorType sumType;
  EpilogueEmitter epilogue;
  /// Neighbours of a column of panels that lie together: an instruction adds up
  /// their products, and a step of the reduction is so many.
  int64_t interleave = 1;
  /// Reduction indices of the first loop in a block; 0: all in one.
  int64_t blockSize = 0;
  /// The epilogue runs over a tile on the stack, not in registers.
  bool loopEpilogue;
  mlir::Value panel; ///< the one of these columns, if an input has panels
  /// Rows that use the panel before those that emitRows cuts; null: none.
  mlir::Value rowsBefore;

private:
  using EmitTile = llvm::function_ref<void(mlir::Value row, int64_t rows)>;
  using AfterTile = llvm::function_ref<void(mlir::Value row, mlir::Value rows)>;

  /// Cuts `size` rows from `first` on into tiles of at most `most` rows, as
  /// equal as can be, and emits a stretch of them. `after` follows each tile.
  void cutRows(mlir::Value first, Size size, int64_t most, Stretch stretch,
               EmitTile tile, AfterTile after);
  void cutFixedRows(mlir::Value first, int64_t size, int64_t most,
                    Stretch stretch, EmitTile tile, AfterTile after);
  void cutOpenRows(mlir::Value first, mlir::Value size, int64_t most,
                   Stretch stretch, EmitTile tile, AfterTile after);

  void emitItem(llvm::ArrayRef<Size> outer, mlir::Value begin, mlir::Value end,
                mlir::Value tiles, EmitTurn turn);
  void emitBlockedRows(Columns columns, Size size, Stretch stretch);
  void emitBlock(Columns columns, mlir::Value first, Size size, int64_t most);
  void planRows(mlir::Value lhs, Size rows, mlir::MemRefType panels);
  mlir::Value addPairs(mlir::Value lhs, mlir::Value rhs, mlir::Value sum);
  void fetchRows(llvm::ArrayRef<mlir::Value> rows, mlir::Value k);
  mlir::SmallVector<mlir::Value> rowIndices(mlir::Value row, int64_t rows);

  /// Applies the epilogue to `rows` rows of sums on the stack and stores them.
  void emitEpilogueLoop(Columns columns, mlir::Value row, mlir::Value rows);
  mlir::Value loadSum(mlir::Value row, int64_t vector);
  void storeSum(mlir::Value sum, mlir::Value row, int64_t vector);

  bool isParallel;
  mlir::Block *stackBlock; // where it is allocated
  mlir::Value stack;       // rows x columns of sums
  PanelPrefetch panelPrefetch;
  int64_t tilesPerBlock = 0; // for which all panels are used before the next; 0: all
  mlir::Value firstOfBlock;  // row of the block at hand; null: 0
  mlir::Value fetchedLhs;  // asked for ahead of its tile; null: nothing is
  Size lhsRows;
};

// The kernels; each emits `op`'s loops in front of it.
void emitAttention(kernel::AttentionOp op, ExpandContext &context);
void emitMatMul(kernel::MatMulOp op, ExpandContext &context);
void emitGridMatMul(kernel::GridMatMulOp op, ExpandContext &context);
void emitConv(kernel::ConvOp op, ExpandContext &context);
void emitDepthwiseConv(kernel::DepthwiseConvOp op, ExpandContext &context);
void emitWinogradConv(kernel::WinogradConvOp op, ExpandContext &context);
void emitPack(kernel::PackOp op);

} // namespace graphopt::cpu

#endif
