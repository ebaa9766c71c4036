//===- WarpGroup.h - Products by four warps, of sides in shared memory ----===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_WARPGROUP_H
#define GRAPHOPT_LIB_CODEGEN_GPU_WARPGROUP_H

#include "TensorCore.h"

namespace graphopt::cuda {

/// Four warps, 128 threads, multiply 64 rows by up to 256 columns, 16 halves along the depth
/// at a time, and add them to sums in their registers. The instruction reads both sides from
/// shared memory and goes on while later ones run: PTX ISA, "Asynchronous Warpgroup Level
/// Matrix Instructions".
///
/// A side lies in lines of 64 halves, which are eight runs of 16 bytes. Run i of line l has the
/// place of run i ^ l % 8, so that eight lines' runs of one number are read at once. Eight
/// lines are a pattern of 1 KiB, at an address that is a multiple of it.
constexpr int64_t kGroupRows = 64, kGroupWarps = 4, kGroupDepth = 16;
constexpr int64_t kLineHalves = 64, kPatternLines = 8;

/// Where a run begins that stands at `at`, a multiple of 8, in line `line`.
mlir::Value placeInLine(mlir::Value line, mlir::Value at, BlockBuilder &b);

/// A matrix in shared memory as the instruction is told of it, 64 bits. Lines go along the depth
/// if `alongDepth`; else a line holds 64 rows or columns of one depth, and the next 64
/// are `blockBytes` further on.
mlir::Value describeMatrix(mlir::Value memory, bool alongDepth, int64_t blockBytes,
                           BlockBuilder &b);
/// The matrix that begins `count` times so many bytes further on.
mlir::Value moveMatrix(mlir::Value matrix, mlir::Value count, int64_t bytes, BlockBuilder &b);

/// All sums that a thread has: registers of f32, which nobody reads before waitForSums.
mlir::Value packSums(mlir::ValueRange sums, BlockBuilder &b);

/// `sums` and the product of rows along the depth with columns beside each other.
mlir::Value multiplyMatrices(const Factor &factor, mlir::Value left, mlir::Value right,
                             mlir::Value sums, BlockBuilder &b);

/// The sums, once all products before are added.
mlir::SmallVector<mlir::Value> waitForSums(mlir::Value sums, BlockBuilder &b);

} // namespace graphopt::cuda

#endif
