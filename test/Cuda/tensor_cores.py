# RUN: %python %s
"""Tensor cores multiply what ldmatrix brings from shared memory, for each type and depth: like NumPy."""
import itertools

import numpy as np
from launcher import Kernels, bfloat16, difference, problem_of

SHARED = "#gpu.address_space<workgroup>"


def kernel(name, depth, row, register, multiplicands, attributes, c_type, d_type):
    """16 x `depth` times `depth` x 8 (its columns lie side by side), rows of `row` words of 4 bytes."""
    a_count, b_count = row // 2, row // 4  # registers of a lane
    halves = "x" in c_type
    per_sum = 2 if halves else 1
    sums = 4 // per_sum

    def load(name, count):
        result = "i32" if count == 1 else f"!llvm.struct<({', '.join(['i32'] * count)})>"
        text = (f"%{name} = nvvm.ldmatrix %{name}At {{eltType = #nvvm.ld_st_matrix_elt_type<b16>, "
                f"layout = #nvvm.mma_layout<row>, num = {count} : i32, "
                f"shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>}} : (!llvm.ptr<3>) -> {result}\n")
        for i in range(count):
            part = f"%{name}" if count == 1 else f"%{name}w{i}"
            if count > 1:
                text += f"%{name}w{i} = llvm.extractvalue %{name}[{i}] : {result}\n"
            text += f"%{name}{i} = llvm.bitcast {part} : i32 to {register}\n"
        return text

    def registers(name, count):
        return ", ".join(f"%{name}{i}" for i in range(count))

    result = f"!llvm.struct<({', '.join([c_type] * sums)})>"
    code = ""
    for i in range(4):
        code += f"""
    %row{i} = arith.addi %group, %c{8 * (i // 2)} : index
    %column{i} = arith.addi %pair, %c{i % 2} : index
    %sum{i} = memref.load %c[%row{i}, %column{i}] : memref<?x?x{d_type}>"""
    for i in range(sums):
        code += (f"\n%c_{i} = vector.from_elements %sum{2 * i}, %sum{2 * i + 1} : {c_type}" if halves else
                 f"\n%c_{i} = arith.addi %sum{i}, %zero : {c_type}" if c_type == "i32" else
                 f"\n%c_{i} = arith.mulf %sum{i}, %one : {c_type}")
    code += f"""
    %d = nvvm.mma.sync A[{registers("a", a_count)}] B[{registers("b", b_count)}] C[{registers("c_", sums)}]
      {{layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>, {attributes}
       multiplicandAPtxType = #nvvm.mma_type<{multiplicands[0]}>, multiplicandBPtxType = #nvvm.mma_type<{multiplicands[1]}>,
       shape = #nvvm.shape<m = 16, n = 8, k = {depth}>}} : ({register}, {register}, {c_type}) -> {result}"""
    for i in range(sums):
        code += f"\n%d{i} = llvm.extractvalue %d[{i}] : {result}"
    for i in range(4):
        value = f"%d{i}"
        if halves:
            code += f"\n%e{i} = vector.extract %d{i // 2}[{i % 2}] : f16 from {c_type}"
            value = f"%e{i}"
        code += f"\nmemref.store {value}, %y[%row{i}, %column{i}] : memref<?x?x{d_type}>"

    return f"""
  gpu.func @{name}(%x: memref<?xi32>, %f: memref<?xi32>, %c: memref<?x?x{d_type}>, %y: memref<?x?x{d_type}>)
      workgroup(%xs: memref<{16 * row}xi32, {SHARED}>, %fs: memref<{8 * row}xi32, {SHARED}>) kernel {{
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c2 = arith.constant 2 : index
    %c3 = arith.constant 3 : index
    %c4 = arith.constant 4 : index
    %c8 = arith.constant 8 : index
    %zero = arith.constant 0 : i32
    %one = arith.constant 1.0 : f32
    %c16 = arith.constant 16 : index
    %warp = arith.constant 32 : index
    %rowBytes = arith.constant {4 * row} : index
    %xWords = arith.constant {16 * row} : index
    %fWords = arith.constant {8 * row} : index
    %t = gpu.thread_id x
    scf.for %i = %t to %xWords step %warp {{
      %w = memref.load %x[%i] : memref<?xi32>
      memref.store %w, %xs[%i] : memref<{16 * row}xi32, {SHARED}>
    }}
    scf.for %i = %t to %fWords step %warp {{
      %w = memref.load %f[%i] : memref<?xi32>
      memref.store %w, %fs[%i] : memref<{8 * row}xi32, {SHARED}>
    }}
    gpu.barrier
    %group = arith.shrui %t, %c2 : index
    %in = arith.andi %t, %c3 : index
    %pair = arith.muli %in, %c2 : index
    // Lane 8 m + r: row r of matrix m. Of A: rows 0..7, 8..15, then the next 16 bytes; of B along the row.
    %r = arith.remui %t, %c16 : index
    %half = arith.divui %t, %c16 : index
    %right = arith.muli %half, %c16 : index
    %isLeft = arith.constant {"true" if row == 4 else "false"}
    %xColumn = arith.select %isLeft, %c0, %right : index
    %xRow = arith.muli %r, %rowBytes : index
    %xPlace = arith.addi %xRow, %xColumn : index
    %r8 = arith.remui %t, %c8 : index
    %m8 = arith.divui %t, %c8 : index
    %odd = arith.andi %m8, %c1 : index
    %fRight = arith.muli %odd, %c16 : index
    %fColumn = arith.select %isLeft, %c0, %fRight : index
    %fRow = arith.muli %r8, %rowBytes : index
    %fPlace = arith.addi %fRow, %fColumn : index
    %xBase = memref.extract_aligned_pointer_as_index %xs : memref<{16 * row}xi32, {SHARED}> -> index
    %fBase = memref.extract_aligned_pointer_as_index %fs : memref<{8 * row}xi32, {SHARED}> -> index
    %xSum = arith.addi %xBase, %xPlace : index
    %fSum = arith.addi %fBase, %fPlace : index
    %xInt = arith.index_cast %xSum : index to i64
    %fInt = arith.index_cast %fSum : index to i64
    %aAt = llvm.inttoptr %xInt : i64 to !llvm.ptr<3>
    %bAt = llvm.inttoptr %fInt : i64 to !llvm.ptr<3>
    {load("a", a_count)}
    {load("b", b_count)}
    {code}
    gpu.return
  }}
"""


random = np.random.default_rng(0)


def floats(*shape):
    return random.standard_normal(shape).astype(np.float32)


def case(name, a, b, types, register, multiplicands, attributes="", tolerance=1e-6):
    """a [16, depth], b [8, depth]; `types`: NumPy's of the sums, MLIR's in registers and in memory."""
    sum_type, c_type, d_type = types
    name, depth = f"{name}_{a.shape[1]}", a.shape[1]
    c = (random.integers(-1000, 1000, (16, 8)) if sum_type == np.int32 else floats(16, 8)).astype(sum_type)
    expected = c.astype(np.float64) + a.astype(np.float64) @ b.astype(np.float64).T
    text = kernel(name, depth, a.nbytes // 64, register, multiplicands, attributes, c_type, d_type)
    arguments = [a.view(np.int32).ravel(), b.view(np.int32).ravel(), c, np.zeros_like(c)]
    return name, text, arguments, expected, tolerance


F32, F16, S32 = (np.float32, "f32", "f32"), (np.float16, "vector<2xf16>", "f16"), (np.int32, "i32", "i32")
BYTES = {"s8": np.int8, "u8": np.uint8}
cases = []
for depth in (8, 16):
    a, b = floats(16, depth), floats(8, depth)
    a16, b16 = a.astype(np.float16), b.astype(np.float16)
    cases += [case("f16", a16, b16, F32, "vector<2xf16>", ("f16", "f16")),
              case("f16_sums", a16, b16, F16, "vector<2xf16>", ("f16", "f16"), tolerance=1e-3),
              case("bf16", a.astype(bfloat16), b.astype(bfloat16), F32, "i32", ("bf16", "bf16"))]
for depth in (4, 8):  # f32 of which tensor cores drop 13 bits
    a, b = ((floats(n, depth).view(np.int32) & ~0x1FFF).view(np.float32) for n in (16, 8))
    cases.append(case("tf32", a, b, F32, "i32", ("tf32", "tf32")))
for depth in (16, 32):
    for types in itertools.product(BYTES, BYTES):
        a, b = (random.integers(0, 256, (n, depth)).astype(np.uint8).view(BYTES[t]) for n, t in zip((16, 8), types))
        cases.append(case("_".join(types), a, b, S32, "i32", types,
                          "intOverflowBehavior = #nvvm.mma_int_overflow<wrapped>,", tolerance=0))

text = "gpu.module @kernels {" + "".join(text for _, text, *_ in cases) + "}"
kernels, unordered = Kernels(text), Kernels(text.replace("gpu.barrier", ""))
for name, _, arguments, expected, tolerance in cases:
    def run(kernels):
        return problem_of(lambda schedule: difference(
            kernels.launch(name, 1, 32, arguments, schedule=schedule)[3], expected, tolerance))
    assert not run(kernels), f"{name}: {run(kernels)}"
    assert run(unordered), f"{name}: nobody misses the barrier"
