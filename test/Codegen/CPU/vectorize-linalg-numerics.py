# RUN: %python %s graphopt-opt %clang %t
"""graphopt-vectorize-linalg computes what scalar loops compute.

Each case is one linalg.generic. It is compiled twice, by our pass and by
convert-linalg-to-loops, with static and with open sizes, at several vector
widths, and run on the same random data. Every buffer ends at a page that must
not be touched, so that a read or write past the end is a crash."""
import ctypes
import itertools
import mmap
import os
import re
import subprocess
import sys

import numpy as np

opt, clang, out = sys.argv[1:]
os.makedirs(out, exist_ok=True)

LOWER = ("convert-vector-to-scf,convert-vector-to-llvm,convert-scf-to-cf,expand-strided-metadata,lower-affine,"
         "convert-math-to-llvm,convert-math-to-libm,arith-expand,convert-arith-to-llvm,finalize-memref-to-llvm,"
         "convert-func-to-llvm,convert-cf-to-llvm,convert-index-to-llvm,convert-ub-to-llvm,reconcile-unrealized-casts")
DTYPES = {"f32": np.float32, "f64": np.float64, "f16": np.float16, "i8": np.int8, "i16": np.int16,
          "i32": np.int32, "i64": np.int64}


class Case:
    """operands: "type[dims]" with dims as affine expressions of loop letters; a trailing S
    makes the memref strided. The loops that no result names are reductions."""

    def __init__(self, name, operands, outs, body, sizes, captures="", extra=(), exact=False):
        self.name, self.body, self.sizes, self.exact = name, body, sizes, exact
        self.operands = [self.parse(o) for o in operands + outs]
        self.num_outs = len(outs)
        self.loops = sorted(sizes[0])
        # Captured memrefs, read in the body: (name, type, shape).
        self.extra = [self.parse(e) for e in extra]

    @staticmethod
    def parse(text):
        dtype, dims, strided = re.fullmatch(r"(\w+)\[(.*)\](S?)", text).groups()
        return dtype, [d.strip() for d in dims.split(",")] if dims.strip() else [], bool(strided)

    def shape(self, operand, size):
        largest = {loop: n - 1 for loop, n in size.items()}
        return [max(0, eval(d.replace("floordiv", "//"), {}, largest) + 1)
                if re.search("[a-z]", d) else int(d) + 1 for d in operand[1]]

    def type(self, operand, size):
        dtype, dims, strided = operand
        shape = self.shape(operand, size) if size else [
            "?" if re.search("[a-z]", d) else str(int(d) + 1) for d in dims]
        text = "x".join([str(n) for n in shape] + [dtype])
        if strided:
            text += ", strided<[" + ", ".join("?" * len(dims)) + "], offset: ?>"
        return f"memref<{text}>"

    def function(self, suffix, size):
        maps = ", ".join(f"affine_map<({', '.join(self.loops)}) -> ({', '.join(dims)})>" for _, dims, _ in self.operands)
        outs = "".join(",".join(dims) for _, dims, _ in self.operands[-self.num_outs:])
        kinds = ", ".join('"parallel"' if loop in outs else '"reduction"' for loop in self.loops)
        types = [self.type(o, size) for o in self.operands]
        extra = [self.type(o, size) for o in self.extra]
        names = [f"%x{i}" for i in range(len(types))]
        arguments = ", ".join(f"{n}: {t}" for n, t in zip(names + [f"%e{i}" for i in range(len(extra))], types + extra))
        n = len(types) - self.num_outs
        block = ", ".join(f"%{'abcdefgh'[i]}: {o[0]}" if i < n else f"%o{i - n}: {o[0]}"
                          for i, o in enumerate(self.operands))
        ins = f"ins({', '.join(names[:n])} : {', '.join(types[:n])})" if n else ""
        body = self.body
        for i, t in enumerate(extra):
            body = body.replace(f"$e{i}", t)
        return f"""
  func.func @{self.name}_{suffix}({arguments}) attributes {{llvm.emit_c_interface}} {{
    linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}}
      {ins} outs({', '.join(names[n:])} : {', '.join(types[n:])}) {{
    ^bb0({block}):
      {body}
    }}
    return
  }}"""


def guarded(array):
    """A copy of `array`, same strides, that ends where an unreadable page begins."""
    page = mmap.PAGESIZE
    base = array if array.base is None else array.base
    span = -(-max(base.nbytes, 1) // page) * page
    memory = mmap.mmap(-1, span + page)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    libc = ctypes.CDLL(None)
    assert libc.mprotect(ctypes.c_void_p(address + span), ctypes.c_size_t(page), 0) == 0
    copy = np.frombuffer(memory, base.dtype, base.size, span - base.nbytes).reshape(base.shape)
    copy[...] = base
    if array.base is None:
        return copy
    start = array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    return np.ndarray(array.shape, array.dtype, copy, start, array.strides)


def random_array(operand, shape, rng):
    dtype, _, strided = operand
    def fill(s):
        if dtype[0] == "f":
            return rng.standard_normal(s).astype(DTYPES[dtype])
        return rng.integers(1, 7, s).astype(DTYPES[dtype])
    if not strided:
        return fill(shape)
    return fill([2 * n + 1 for n in shape])[tuple(slice(1, 2 * n + 1, 2) for n in shape)]


def descriptor(array):
    class Descriptor(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("aligned", ctypes.c_void_p), ("offset", ctypes.c_int64),
                    ("sizes", ctypes.c_int64 * array.ndim), ("strides", ctypes.c_int64 * array.ndim)]
    pointer = array.__array_interface__["data"][0]
    item = array.itemsize
    return Descriptor(pointer, pointer, 0, (ctypes.c_int64 * array.ndim)(*array.shape),
                      (ctypes.c_int64 * array.ndim)(*[s // item for s in array.strides]))


def build(text, name, first):
    source, library = f"{out}/{name}.mlir", f"{out}/{name}.so"
    with open(source, "w") as f:
        f.write(text)
    lowered = subprocess.run([opt, source, f"--pass-pipeline=builtin.module({first},{LOWER})", "-o",
                              f"{out}/{name}.llvm.mlir"], capture_output=True, text=True)
    remarks = re.findall(r"remark: (.*)", lowered.stderr)
    if lowered.returncode:
        sys.exit(f"{name}: {lowered.stderr[:2000]}")
    subprocess.run(["mlir-translate", "--mlir-to-llvmir", f"{out}/{name}.llvm.mlir", "-o", f"{out}/{name}.ll"], check=True)
    subprocess.run([clang, "-O1", "-shared", "-fPIC", "-Wno-override-module", "-march=native", f"{out}/{name}.ll",
                    "-o", library, "-lm"], check=True)
    return ctypes.CDLL(library), remarks


def run(library, symbol, arrays):
    copies = [guarded(a) for a in arrays]
    descriptors = [descriptor(a) for a in copies]
    getattr(library, f"_mlir_ciface_{symbol}")(*[ctypes.byref(d) for d in descriptors])
    return copies


def main(cases, widths):
    text = "module {" + "".join(
        case.function(str(i), size) for case in cases for i, size in enumerate(case.sizes)) + "".join(
        case.function("open", None) for case in cases) + "\n}\n"
    reference, _ = build(text, "loops", "func.func(convert-linalg-to-loops)")
    ran = 0
    for width in widths:
        ours, remarks = build(text, f"vector{width}", f"func.func(graphopt-vectorize-linalg{{vector-bits={width}}}),canonicalize,cse")
        rng = np.random.default_rng(0)
        for case in cases:
            for i, size in enumerate(case.sizes):
                arrays = [random_array(o, case.shape(o, size), rng) for o in case.operands + case.extra]
                for suffix in (str(i), "open"):
                    symbol = f"{case.name}_{suffix}"
                    sys.stderr.write(f"{symbol} {size} {width}\n")
                    expected, actual = run(reference, symbol, arrays), run(ours, symbol, arrays)
                    for e, a in zip(expected, actual):
                        if e.size == 0:
                            continue
                        same = np.array_equal(e, a, equal_nan=True) if e.dtype.kind != "f" or case.exact else np.allclose(
                            e, a, rtol=2e-2 if e.dtype == np.float16 else 2e-5, atol=1e-2 if e.dtype == np.float16 else 2e-5)
                        assert same, f"{symbol} {size} at {width} bits: {e} instead of {a}"
                    ran += 1
    print(f"{ran} runs equal; remarks: {sorted(set(remarks))}")


def yields(*lines):
    """Body from its ops; the last line is what it yields."""
    *ops, last = lines
    return "\n      ".join(list(ops) + [f"linalg.yield {last}"])


SIZES_2D = [dict(a=3, b=50), dict(a=1, b=16), dict(a=17, b=3), dict(a=0, b=5), dict(a=5, b=0), dict(a=33, b=131), dict(a=16, b=32),
            dict(a=2, b=1)]
SIZES_3D = [dict(a=2, b=5, c=7), dict(a=3, b=64, c=2), dict(a=1, b=1, c=40), dict(a=2, b=0, c=3), dict(a=17, b=3, c=33)]
ADD = yields("%s = arith.addf %a, %b : f32", "%s : f32")
SUM = yields("%s = arith.addf %o0, %a : f32", "%s : f32")
MAC = yields("%m = arith.mulf %a, %b : f32", "%s = arith.addf %o0, %m : f32", "%s : f32")
COPY = {t: yields(f"%a : {t}") for t in DTYPES}

cases = [
    Case("add", ["f32[a,b]", "f32[a,b]"], ["f32[a,b]"], ADD, SIZES_2D, exact=True),
    Case("add_row", ["f32[a,b]", "f32[b]"], ["f32[a,b]"], ADD, SIZES_2D, exact=True),
    Case("add_column", ["f32[a,b]", "f32[a,0]"], ["f32[a,b]"], ADD, SIZES_2D, exact=True),
    Case("add_scalar", ["f32[a,b]", "f32[]"], ["f32[a,b]"], ADD, SIZES_2D, exact=True),
    Case("add_outer", ["f32[a]", "f32[b]"], ["f32[a,b]"], ADD, SIZES_2D, exact=True),
    Case("add_strided", ["f32[a,b]S", "f32[b]S"], ["f32[a,b]"], ADD, SIZES_2D, exact=True),
    Case("to_strided", ["f32[a,b]", "f32[a,b]"], ["f32[a,b]S"], ADD, SIZES_2D, exact=True),
    Case("add_3d", ["f32[a,b,c]", "f32[a,0,c]"], ["f32[a,b,c]"], ADD, SIZES_3D, exact=True),
    Case("fill", [], ["f32[a,b,c]"], yields("%z = arith.constant 3.0 : f32", "%z : f32"), SIZES_3D, exact=True),
    Case("rank0", ["f32[]"], ["f32[]"], COPY["f32"], [dict()], exact=True),
    Case("update", ["f32[a,b]"], ["f32[a,b]"], SUM, SIZES_2D, exact=True),
    # Casts: the widest type of the body sets the lanes.
    Case("cast_i8_f32", ["i8[a,b]"], ["f32[a,b]"], yields("%f = arith.sitofp %a : i8 to f32", "%f : f32"), SIZES_2D),
    Case("cast_f32_i8", ["f32[a,b]"], ["i8[a,b]"], yields("%f = arith.fptosi %a : f32 to i8", "%f : i8"), SIZES_2D),
    Case("cast_i64_f32", ["i64[a,b]"], ["f32[a,b]"], yields("%f = arith.sitofp %a : i64 to f32", "%f : f32"), SIZES_2D),
    Case("cast_i32_f64", ["i32[a,b]"], ["f64[a,b]"], yields("%f = arith.sitofp %a : i32 to f64", "%f : f64"), SIZES_2D),
    Case("cast_f16_f32", ["f16[a,b]"], ["f32[a,b]"], yields("%f = arith.extf %a : f16 to f32", "%f : f32"), SIZES_2D),
    Case("cast_f32_f16", ["f32[a,b]"], ["f16[a,b]"], yields("%f = arith.truncf %a : f32 to f16", "%f : f16"), SIZES_2D),
    Case("half_add", ["f16[a,b]", "f16[b]"], ["f16[a,b]"], yields("%s = arith.addf %a, %b : f16", "%s : f16"), SIZES_2D),
    Case("compare", ["f32[a,b]", "f32[b]"], ["i8[a,b]"],
         yields("%c = arith.cmpf olt, %a, %b : f32", "%r = arith.extui %c : i1 to i8", "%r : i8"), SIZES_2D),
    Case("divide", ["i32[a,b]", "i32[a,b]"], ["i32[a,b]"], yields("%q = arith.divsi %a, %b : i32", "%q : i32"), SIZES_2D),
    Case("remainder8", ["i8[a,b]", "i8[b]"], ["i8[a,b]"], yields("%q = arith.remsi %a, %b : i8", "%q : i8"), SIZES_2D),
    Case("divide64_strided", ["i64[a,b]", "i64[a,b]S"], ["i64[a,b]"], yields("%q = arith.divsi %a, %b : i64", "%q : i64"), SIZES_2D),
    Case("exp", ["f32[a,b]"], ["f32[a,b]"], yields("%e = math.exp %a : f32", "%e : f32"), SIZES_2D),
    # Reductions along every axis.
    Case("sum_b", ["f32[a,b]"], ["f32[a]"], SUM, SIZES_2D),
    Case("sum_a", ["f32[a,b]"], ["f32[b]"], SUM, SIZES_2D),
    Case("sum_all", ["f32[a,b]"], ["f32[]"], SUM, SIZES_2D),
    Case("sum_ab", ["f32[a,b,c]"], ["f32[c]"], SUM, SIZES_3D),
    Case("sum_bc", ["f32[a,b,c]"], ["f32[a]"], SUM, SIZES_3D),
    Case("sum_ac", ["f32[a,b,c]"], ["f32[b]"], SUM, SIZES_3D),
    Case("sum_c_strided", ["f32[a,b,c]S"], ["f32[a,b]"], SUM, SIZES_3D),
    Case("max_c", ["f32[a,b,c]"], ["f32[a,b]"], yields("%s = arith.maximumf %o0, %a : f32", "%s : f32"), SIZES_3D),
    Case("min_i8", ["i8[a,b]"], ["i8[a]"], yields("%s = arith.minsi %o0, %a : i8", "%s : i8"), SIZES_2D),
    Case("prod_i64", ["i64[a,b]"], ["i64[a]"], yields("%s = arith.muli %o0, %a : i64", "%s : i64"), SIZES_2D),
    Case("or_i8", ["i8[a,b]"], ["i8[b]"], yields("%s = arith.ori %o0, %a : i8", "%s : i8"), SIZES_2D),
    Case("sum_squares", ["f32[a,b]"], ["f32[a]"],
         yields("%m = arith.mulf %a, %a : f32", "%s = arith.addf %m, %o0 : f32", "%s : f32"), SIZES_2D),
    Case("sum_of_quotients", ["i32[a,b]", "i32[b]"], ["i32[a]"],
         yields("%q = arith.divsi %a, %b : i32", "%s = arith.addi %q, %o0 : i32", "%s : i32"), SIZES_2D),
    Case("two_sums", ["f32[a,b]"], ["f32[a]", "f32[a]"],
         yields("%s = arith.addf %o0, %a : f32", "%m = arith.mulf %a, %a : f32", "%t = arith.addf %o1, %m : f32",
                "%s, %t : f32, f32"), SIZES_2D),
    Case("argmax_b", ["f32[a,b]"], ["f32[a]", "i64[a]"],
         yields("%i = linalg.index 1 : index", "%j = arith.index_cast %i : index to i64",
                "%c = arith.cmpf ogt, %a, %o0 : f32", "%v = arith.select %c, %a, %o0 : f32",
                "%k = arith.select %c, %j, %o1 : i64", "%v, %k : f32, i64"), SIZES_2D, exact=True),
    Case("argmax_a", ["f32[a,b]"], ["f32[b]", "i64[b]"],
         yields("%i = linalg.index 0 : index", "%j = arith.index_cast %i : index to i64",
                "%c = arith.cmpf ogt, %a, %o0 : f32", "%v = arith.select %c, %a, %o0 : f32",
                "%k = arith.select %c, %j, %o1 : i64", "%v, %k : f32, i64"), SIZES_2D, exact=True),
    Case("argmax_all", ["f32[b]"], ["f32[]", "i64[]"],
         yields("%i = linalg.index 0 : index", "%j = arith.index_cast %i : index to i64",
                "%c = arith.cmpf ogt, %a, %o0 : f32", "%v = arith.select %c, %a, %o0 : f32",
                "%k = arith.select %c, %j, %o1 : i64", "%v, %k : f32, i64"), [dict(b=1), dict(b=37)], exact=True),
    # Contractions and windows.
    Case("matmul", ["f32[a,c]", "f32[c,b]"], ["f32[a,b]"], MAC, SIZES_3D),
    Case("matmul_transposed", ["f32[a,c]", "f32[b,c]"], ["f32[a,b]"], MAC, SIZES_3D),
    Case("pool", ["f32[a,2*b+c]", "f32[c]"], ["f32[a,b]"], MAC, SIZES_3D),
    Case("pool_channels", ["f32[a+c,b]", "f32[c]"], ["f32[a,b]"], MAC, SIZES_3D),
    Case("transpose_add", ["f32[b,a]", "f32[b]"], ["f32[a,b]"], ADD, SIZES_2D, exact=True),
    Case("diagonal", ["f32[a,a]"], ["f32[a]"], COPY["f32"], [dict(a=5), dict(a=40)], exact=True),
    Case("repeat", ["f32[a,b floordiv 2]"], ["f32[a,b]"], COPY["f32"], SIZES_2D[:3], exact=True),
    # linalg.index and loads in the body.
    Case("iota", [], ["i64[a,b]"],
         yields("%i = linalg.index 1 : index", "%j = arith.index_cast %i : index to i64",
                "%r = linalg.index 0 : index", "%q = arith.index_cast %r : index to i64",
                "%c = arith.constant 100 : i64", "%m = arith.muli %q, %c : i64", "%s = arith.addi %m, %j : i64",
                "%s : i64"), SIZES_2D),
    Case("iota_f32", [], ["f32[b]"],
         yields("%i = linalg.index 0 : index", "%j = arith.index_cast %i : index to i32",
                "%f = arith.sitofp %j : i32 to f32", "%f : f32"), [dict(b=n) for n in (1, 16, 50, 131)]),
    Case("gather_rows", ["i64[a]"], ["f32[a,b]"],
         yields("%i = arith.index_cast %a : i64 to index", "%j = linalg.index 1 : index",
                "%v = memref.load %e0[%i, %j] : $e0", "%v : f32"), SIZES_2D, extra=["f32[6,b]"], exact=True),
    Case("gather_columns", ["i64[b]"], ["f32[a,b]"],
         yields("%i = arith.index_cast %a : i64 to index", "%j = linalg.index 0 : index",
                "%v = memref.load %e0[%j, %i] : $e0", "%v : f32"), SIZES_2D, extra=["f32[a,6]"], exact=True),
    Case("gather_i8", ["i64[a,b]"], ["i8[a,b]"],
         yields("%i = arith.index_cast %a : i64 to index", "%v = memref.load %e0[%i] : $e0", "%v : i8"), SIZES_2D,
         extra=["i8[6]"]),
    Case("slice_step", [], ["f32[a,b]"],
         yields("%i = linalg.index 0 : index", "%j = linalg.index 1 : index", "%two = arith.constant 2 : index",
                "%k = arith.muli %j, %two : index", "%v = memref.load %e0[%i, %k] : $e0", "%v : f32"), SIZES_2D,
         extra=["f32[a,2*b]"], exact=True),
    Case("slice_offset", [], ["f32[a,b]"],
         yields("%i = linalg.index 0 : index", "%j = linalg.index 1 : index", "%two = arith.constant 2 : index",
                "%k = arith.addi %j, %two : index", "%v = memref.load %e0[%i, %k] : $e0", "%v : f32"), SIZES_2D,
         extra=["f32[a,b+2]"], exact=True),
    Case("reverse", [], ["f32[a,b]"],
         yields("%i = linalg.index 0 : index", "%j = linalg.index 1 : index", "%c1 = arith.constant 1 : index",
                "%n = memref.dim %e0, %c1 : $e0", "%m = arith.subi %n, %c1 : index",
                "%k = arith.subi %m, %j : index", "%v = memref.load %e0[%i, %k] : $e0", "%v : f32"), SIZES_2D,
         extra=["f32[a,b]"], exact=True),
    Case("pad", [], ["f32[a,b]"],
         yields("%j = linalg.index 1 : index", "%i = linalg.index 0 : index", "%c3 = arith.constant 3 : index",
                "%z = arith.constant 0.0 : f32", "%in = arith.cmpi uge, %j, %c3 : index",
                "%v = scf.if %in -> f32 {", "%k = arith.subi %j, %c3 : index",
                "%w = memref.load %e0[%i, %k] : $e0", "scf.yield %w : f32", "} else {", "scf.yield %z : f32", "}",
                "%v : f32"), [s for s in SIZES_2D if s["b"] > 3], extra=["f32[a,b-3]"], exact=True),
]
# Enough work for several threads: loops are cut into items.
LARGE = [dict(a=700, b=1003), dict(a=2, b=700001)]
cases += [
    Case("large_add", ["f32[a,b]", "f32[a,b]"], ["f32[a,b]"], ADD, LARGE, exact=True),
    Case("large_add_row", ["f32[a,b]", "f32[b]"], ["f32[a,b]"], ADD, LARGE, exact=True),
    Case("large_add_column", ["f32[a,b]", "f32[a]"], ["f32[a,b]"], ADD, LARGE, exact=True),
    Case("large_sum_b", ["i32[a,b]"], ["i32[a]"],
         yields("%s = arith.addi %o0, %a : i32", "%s : i32"), LARGE),
    Case("large_sum_a", ["i32[a,b]"], ["i32[b]"],
         yields("%s = arith.addi %o0, %a : i32", "%s : i32"), LARGE),
]
# Copies and permutations of every element type.
for dtype in DTYPES:
    cases.append(Case(f"copy_{dtype}", [f"{dtype}[a,b]"], [f"{dtype}[a,b]"], COPY[dtype], SIZES_2D, exact=True))
    cases.append(Case(f"transpose_{dtype}", [f"{dtype}[b,a]"], [f"{dtype}[a,b]"], COPY[dtype], SIZES_2D, exact=True))
for permutation in itertools.permutations("abc"):
    cases.append(Case(f"permute_{''.join(permutation)}", [f"f32[{','.join(permutation)}]"], ["f32[a,b,c]"], COPY["f32"],
                      SIZES_3D, exact=True))
    cases.append(Case(f"add_permuted_{''.join(permutation)}", [f"f32[{','.join(permutation)}]", "f32[a,b,c]"],
                      ["f32[a,b,c]"], ADD, SIZES_3D, exact=True))

main(cases, [512, 128])
