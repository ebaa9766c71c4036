# RUN: %python %s
"""The emulator sees it if a barrier, a wait for copies, or an exchange within a warp is left out of a kernel that the
compiler makes."""
import os
import re
import subprocess

import emulator
import numpy as np
from launcher import Kernels, Tensor, difference, problem_of

LOWER = ("builtin.module(gpu.module(canonicalize,cse,expand-strided-metadata,lower-affine,convert-scf-to-cf,"
         "arith-expand,graphopt-convert-to-nvvm,convert-nvvm-to-llvm,reconcile-unrealized-casts,canonicalize,cse))")
# Lines of which each orders something: without it nothing else is wrong with the kernel.
ORDER = re.compile(r"gpu\.barrier|nvgpu\.mbarrier\.(arrive|try_wait)|nvvm\.cp\.async\.wait\.group [1-9]|nvvm\.fence\.proxy|nvvm\.wgmma\.(fence|commit|wait)")
WAIT = re.compile(r" *(%\w+) = llvm\.inline_asm .*wgmma\.wait_group.*? (%\w+), ")
SHUFFLE = re.compile(r"( *%\w+), %\w+ = gpu\.shuffle +\w+ (%[\w#]+), .* : (\w+)")
random = np.random.default_rng(0)


def tensors(host):
    """What the host has described for the first kernel."""
    shapes = dict(re.findall(r"(%\w+) = memref\.cast %\w+ : memref<([0-9x]+)xf16>", host))
    sources = dict(re.findall(r"(%\w+) = memref\.(?:cast|collapse_shape) (%\w+)", host))
    found = []
    for name, box in re.findall(r"tma\.create\.descriptor (%\w+) .*tensor = memref<([0-9x]+)xf16", host):
        source = name
        while source in sources:
            source = sources[source]
        shape, box = (tuple(map(int, sizes.split("x"))) for sizes in (shapes[name], box))
        found.append(Tensor(int(source.removeprefix("%arg")), shape, box))
    return found


def expand(body, arguments, precision, sm):
    """The module of the first kernel, as lines, how many blocks, threads and bytes it is launched with, and Tensors."""
    passes = (f"builtin.module(func.func(graphopt-expand-gpu-kernels{{sm={sm} precision={precision}}},canonicalize,cse),"
              "graphopt-map-to-gpu)")
    text = f"func.func private @kernel({arguments}) {{\n{body}\nreturn\n}}"
    tool = os.path.join(emulator.BUILD, "bin", "graphopt-opt")
    done = subprocess.run([tool, "-", f"--pass-pipeline={passes}"], input=text, text=True, check=True,
                          capture_output=True).stdout
    blocks, threads, shared = re.search(
        r"blocks in \(%c(\d+)\b.* threads in \(%c(\d+)\b[^)]*\)\s*(?:dynamic_shared_memory_size %c(\d+))?", done).groups()
    lines = done[done.index("gpu.module"):done.rindex("}")].splitlines()
    functions = [i for i, line in enumerate(lines) if "gpu.func" in line]
    if len(functions) > 1:  # others are for other GPUs
        lines[functions[1]:] = ["}"]
    return lines, int(blocks), int(threads), int(shared or 0), tensors(done[:done.index("gpu.module")])


def faults(lines, shuffles):
    """Copies of the kernel, each without one of its barriers, fences, waits, or of `shuffles` of its exchanges."""
    for i, line in enumerate(lines):
        if ORDER.search(line):
            yield line, lines[:i] + lines[i + 1:]
        elif wait := WAIT.match(line):  # the registers pass through it
            sums = next(re.search(r"extractvalue (%\w+)", other)[1] for other in lines
                        if re.match(rf" *{wait[2]} = ", other))
            rest = [other.replace(f"extractvalue {wait[1]}[", f"extractvalue {sums}[") for other in lines[i + 1:]]
            yield line[:80], lines[:i] + rest
    exchanges = [i for i, line in enumerate(lines) if SHUFFLE.match(line)]
    for i in exchanges[::max(1, -(-len(exchanges) // shuffles))] if shuffles else ():
        yield lines[i], lines[:i] + [SHUFFLE.sub(r"\1 = arith.bitcast \2 : \3 to \3", lines[i])] + lines[i + 1:]


def check(body, arguments, inputs, expected, tolerance, precision="f32", shuffles=0, scratch=(), sm=80, tile=None):
    """`tile`: the rows and columns that the first block computes; it alone is run."""
    lines, blocks, threads, shared, maps = expand(body, arguments, precision, sm)
    os.environ["GRAPHOPT_FAKE_CC"] = str(sm)
    part = tuple(slice(extent) for extent in tile) if tile else ...
    blocks = 1 if tile else blocks
    result = np.zeros_like(expected, np.float32)

    def problem(lines):
        kernels = Kernels("\n".join(lines), LOWER)
        return problem_of(lambda schedule: difference(
            kernels.launch("kernel", blocks, threads, [*inputs, result, *scratch, *maps], shared, schedule)[len(inputs)][part],
            expected[part], tolerance))

    found = problem(lines)
    assert not found, found
    count = 0
    for line, wrong in faults(lines, shuffles):
        count += 1
        assert problem(wrong), f"nothing is wrong without: {line}"
    assert count


def product(m, k, n, precision, tolerance, kind="f32", **options):
    a, b = random.standard_normal((m, k), np.float32), random.standard_normal((k, n), np.float32)
    if kind == "f16":
        a, b = a.astype(np.float16), b.astype(np.float16)
    check(f"""kernel.matmul ins(%a, %b : memref<{m}x{k}x{kind}>, memref<{k}x{n}x{kind}>) outs(%c : memref<{m}x{n}xf32>) {{
              ^bb0(%sum: f32):
                kernel.yield %sum : f32
              }}""", f"%a: memref<{m}x{k}x{kind}>, %b: memref<{k}x{n}x{kind}>, %c: memref<{m}x{n}xf32>",
          [a, b], a.astype(np.float64) @ b.astype(np.float64), tolerance, precision, **options)


def convolution(pixels, channels, columns, sm):
    """3 x 3, of halves, which are no boxes of the image."""
    x = random.standard_normal((1, pixels + 2, pixels + 2, channels), np.float32).astype(np.float16)
    w = random.standard_normal((1, 3, 3, channels, columns), np.float32).astype(np.float16)
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), (3, 3), (1, 2))
    expected = np.einsum("bhwcij,ijco->bhwo", windows, w[0].astype(np.float64))
    image, filters, result = (f"memref<{'x'.join(map(str, a.shape))}x{kind}>"
                              for a, kind in ((x, "f16"), (w, "f16"), (expected, "f32")))
    check(f"""kernel.conv ins(%x, %w : {image}, {filters}) packed strides = [1, 1] dilations = [1, 1] groups = 1
                  outs(%y : {result}) {{
              ^bb0(%sum: f32):
                kernel.yield %sum : f32
              }}""", f"%x: {image}, %w: {filters}, %y: {result}", [x, w], expected, 1e-5, sm=sm)


def row_sums(rows, columns):
    """By a warp a row, or a block where rows are long."""
    x = random.standard_normal((rows, columns), np.float32)
    check("""linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>],
                             iterator_types = ["parallel", "reduction"]} ins(%x : X) outs(%y : Y) {
             ^bb0(%a: f32, %b: f32):
               %c = arith.addf %a, %b : f32
               linalg.yield %c : f32
             }""".replace("X", f"memref<{rows}x{columns}xf32>").replace("Y", f"memref<{rows}xf32>"),
          f"%x: memref<{rows}x{columns}xf32>, %y: memref<{rows}xf32>", [x], x.astype(np.float64).sum(1), 1e-5,
          shuffles=5)


def centered(rows, columns):
    """A row less its sum, over what is left: two sums and the elements in one kernel."""
    x = random.standard_normal((rows, columns), np.float32)
    wide, number = f"memref<{rows}x{columns}xf32>", f"memref<{rows}xf32>"
    maps = "affine_map<(d0, d1) -> (d0, d1)>", "affine_map<(d0, d1) -> (d0)>"
    reduction = f'iterator_types = ["parallel", "reduction"]}} ins(%x, %s : {wide}, {number})'
    body = f"""scf.execute_region no_inline {{
      linalg.generic {{indexing_maps = [{maps[0]}, {maps[1]}], iterator_types = ["parallel", "reduction"]}}
          ins(%x : {wide}) outs(%s : {number}) {{
      ^bb0(%a: f32, %b: f32):
        %c = arith.addf %a, %b : f32
        linalg.yield %c : f32
      }}
      linalg.generic {{indexing_maps = [{maps[0]}, {maps[1]}, {maps[1]}], {reduction} outs(%t : {number}) {{
      ^bb0(%a: f32, %sum: f32, %b: f32):
        %d = arith.subf %a, %sum : f32
        %m = math.absf %d : f32
        %c = arith.maximumf %m, %b : f32
        linalg.yield %c : f32
      }}
      linalg.generic {{indexing_maps = [{maps[0]}, {maps[1]}, {maps[1]}, {maps[0]}],
                       iterator_types = ["parallel", "parallel"]}}
          ins(%x, %s, %t : {wide}, {number}, {number}) outs(%y : {wide}) {{
      ^bb0(%a: f32, %sum: f32, %most: f32, %b: f32):
        %d = arith.subf %a, %sum : f32
        %c = arith.divf %d, %most : f32
        linalg.yield %c : f32
      }}
      scf.yield
    }}"""
    rest = x - x.astype(np.float64).sum(1, keepdims=True)
    zeros = np.zeros(rows, np.float32)
    check(body, f"%x: {wide}, %y: {wide}, %s: {number}, %t: {number}", [x], rest / np.abs(rest).max(1, keepdims=True),
          1e-4, shuffles=6, scratch=[zeros, zeros])


def attention(heads, queries, keys, size, precision="f32", tolerance=1e-5):
    q, k, v = (random.standard_normal((1, heads, length, size), np.float32) for length in (queries, keys, keys))
    scores = q.astype(np.float64) @ k.transpose(0, 1, 3, 2) / 4
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    expected = weights / weights.sum(-1, keepdims=True) @ v
    kind, cache = (f"memref<1x{heads}x{length}x{size}xf32>" for length in (queries, keys))
    space = [1, heads, -(-keys // 64), size, 64]
    scratch = f"memref<{'x'.join(map(str, space))}xf32>"
    layout = "affine_map<(b, h, s, d) -> (b, h, s, d)>"
    check(f"""kernel.attention ins(%q, %k, %v : {kind}, {cache}, {cache})
                  layouts [{layout}, {layout}, {layout}, {layout}] scale = 0.25
                  scratch(%s : {scratch}) outs(%y : {kind}) {{
              ^bb0(%sum: f32):
                kernel.yield %sum : f32
              }}""", f"%q: {kind}, %k: {cache}, %v: {cache}, %y: {kind}, %s: {scratch}",
          [q, k, v], expected, tolerance, precision, shuffles=6, scratch=[np.zeros(space, np.float32)])


def transpose(rows, columns):
    x = random.standard_normal((rows, columns), np.float32)
    check(f"""linalg.generic {{indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>],
                               iterator_types = ["parallel", "parallel"]}}
                  ins(%x : memref<{rows}x{columns}xf32>) outs(%y : memref<{columns}x{rows}xf32>) {{
              ^bb0(%a: f32, %b: f32):
                linalg.yield %a : f32
              }}""", f"%x: memref<{rows}x{columns}xf32>, %y: memref<{columns}x{rows}xf32>", [x], x.T, 0)


transpose(40, 70)
product(40, 70, 33, "f32", 1e-5)
product(40, 70, 65, "f16", 5e-3)
product(40, 200, 64, "f32", 1e-5, kind="f16")
product(3, 70, 40, "f32", 1e-5)
row_sums(9, 40)
row_sums(3, 2000)
centered(9, 40)
centered(3, 2000)
attention(2, 20, 70, 32)
attention(1, 70, 150, 16, "f16", 3e-3)
product(70, 328, 72, "f32", 1e-5, kind="f16", sm=90)
product(4096, 328, 4096, "f32", 1e-5, kind="f16", sm=90, tile=(128, 256))
convolution(9, 40, 72, sm=90)
