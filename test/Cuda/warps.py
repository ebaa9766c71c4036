# RUN: %python %s
"""What lanes of a warp tell each other, and threads that wait for others in vain."""
import numpy as np
from launcher import Kernels, LaunchError, problem_of

THREADS = 64
random = np.random.default_rng(0)
x = random.integers(0, 2 ** 31, THREADS).astype(np.int32)
lanes = np.arange(THREADS) % 32
warps = x.reshape(-1, 32)


def kernel(body, name="run", parameters=""):
    """y[t] = what `body` makes of %v = x[t] in %r, both i32."""
    return f"""
  gpu.func @{name}(%x: memref<?xi32>, %y: memref<?xi32>) {parameters} kernel {{
    %all = arith.constant -1 : i32
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %c3 = arith.constant 3 : i32
    %c31 = arith.constant 31 : i32
    %t = gpu.thread_id x
    %thread = arith.index_cast %t : index to i32
    %lane = arith.andi %thread, %c31 : i32
    %v = memref.load %x[%t] : memref<?xi32>
    %bit = arith.andi %v, %c1 : i32
    %odd = arith.cmpi ne, %bit, %c0 : i32
    {body}
    memref.store %r, %y[%t] : memref<?xi32>
    gpu.return
  }}
"""


def module(*functions):
    return "gpu.module @kernels {" + "".join(functions) + "}"


def shuffle(mode, offset, clamp):
    return f"""%o = arith.constant {offset} : i32
    %c = arith.constant {clamp} : i32
    %r = nvvm.shfl.sync {mode} %all, %v, %o, %c : i32 -> i32"""


def vote(mode):
    return f"%p = nvvm.vote.sync {mode} %all, %odd -> i1\n%r = arith.extui %p : i1 to i32"


def redux(mode):
    return f"%r = nvvm.redux.sync {mode} %v, %all : i32 -> i32"


def each(values):
    """The same for all lanes of a warp."""
    return np.repeat(np.array(values).astype(np.uint32).view(np.int32), 32)


ballots = [sum(int(v & 1) << i for i, v in enumerate(w)) for w in warps]
# Groups of a warp that go apart meet apart.
APART = """%low = arith.constant 16 : i32
    %isLow = arith.cmpi ult, %lane, %low : i32
    %mask = arith.constant 65535 : i32
    %other = arith.constant -65536 : i32
    %r = scf.if %isLow -> i32 {
      %s = nvvm.redux.sync umax %v, %mask : i32 -> i32
      scf.yield %s : i32
    } else {
      %s = nvvm.redux.sync umin %v, %other : i32 -> i32
      scf.yield %s : i32
    }"""
# PTX: the clamp of down, bfly and idx is the last lane, of up the first; 8 lanes are a segment with mask 24.
EXPECTED = [
    (shuffle("down", 3, 31), [[w[i + 3] if i < 29 else w[i] for i in range(32)] for w in warps]),
    (shuffle("up", 3, 0), [[w[i - 3] if i > 2 else w[i] for i in range(32)] for w in warps]),
    (shuffle("bfly", 5, 31), [[w[i ^ 5] for i in range(32)] for w in warps]),
    (shuffle("idx", 7, 31), each([w[7] for w in warps])),
    (shuffle("idx", 2, 24 << 8 | 31), [[w[i & 24 | 2] for i in range(32)] for w in warps]),
    (shuffle("down", 6, 24 << 8 | 31), [[w[i + 6] if i % 8 < 2 else w[i] for i in range(32)] for w in warps]),
    (vote("any"), each([1, 1])), (vote("all"), each([0, 0])), (vote("uni"), each([0, 0])),
    ("%r = nvvm.vote.sync ballot %all, %odd -> i32", each(ballots)),
    (redux("add"), each([w.sum() for w in warps])), (redux("umax"), each([w.max() for w in warps])),
    (redux("min"), each([w.min() for w in warps])), (redux("xor"), each(np.bitwise_xor.reduce(warps, 1))),
    (APART, [[w[:16].max()] * 16 + [w[16:].min()] * 16 for w in warps]),
]
kernels = Kernels(module(*(kernel(body, f"run{i}") for i, (body, _) in enumerate(EXPECTED))))
for i, (body, expected) in enumerate(EXPECTED):
    for schedule in range(3):
        y = kernels.launch(f"run{i}", 1, THREADS, [x, np.zeros_like(x)], schedule=schedule)[1]
        assert (y == np.ravel(expected)).all(), (body, y, expected)

# A sum of the block by its warps' sums, which 32 lanes of the first warp read after a barrier.
BARRIER = """
    %first = arith.cmpi eq, %lane, %c0 : i32
    scf.if %first {
      memref.store %s, %parts[%warp] : memref<2xi32, #gpu.address_space<workgroup>>
    }
    gpu.barrier"""
SUM = module(kernel(f"""
    %c32 = arith.constant 32 : index
    %i0 = arith.constant 0 : index
    %i1 = arith.constant 1 : index
    %warp = arith.divui %t, %c32 : index
    %s = nvvm.redux.sync add %v, %all : i32 -> i32{BARRIER}
    %a = memref.load %parts[%i0] : memref<2xi32, #gpu.address_space<workgroup>>
    %b = memref.load %parts[%i1] : memref<2xi32, #gpu.address_space<workgroup>>
    %r = arith.addi %a, %b : i32""", parameters="workgroup(%parts: memref<2xi32, #gpu.address_space<workgroup>>)"))


def sum_problem(text):
    kernels = Kernels(text)
    return problem_of(lambda schedule: None if (kernels.launch("run", 1, THREADS, [x, x], schedule=schedule)[1]
                                                == x.sum(dtype=np.int32)).all() else "is wrong")


assert not sum_problem(SUM), sum_problem(SUM)
assert "without a barrier" in sum_problem(SUM.replace("gpu.barrier", ""))

SOME = "%some = arith.cmpi slt, %thread, %c3 : i32\n"
SKIPPED = SOME + "scf.if %some {\n gpu.barrier\n }\n%r = arith.addi %v, %c1 : i32"
DIVERGENT = SOME + "scf.if %some {\n gpu.barrier\n } else {\n nvvm.barrier id = %c1\n }\n%r = arith.addi %v, %c1 : i32"
LONELY = SOME + """%r = scf.if %some -> i32 {
      %s = nvvm.shfl.sync bfly %all, %v, %c1, %c31 : i32 -> i32
      scf.yield %s : i32
    } else {
      scf.yield %v : i32
    }"""
NOT_NAMED = "%r = nvvm.shfl.sync bfly %c3, %v, %c1, %c31 : i32 -> i32"
REFUSED = [
    (SKIPPED, ["kernel run0, block (0, 0, 0)", "waits in vain", "waits in barrier", "has ended"]),
    (DIVERGENT, ["waits in vain", "at another place"]),
    (LONELY, ["waits in vain", "waits in shfl.sync.bfly.i32", "has ended"]),
    (NOT_NAMED, ["is not among the lanes"]),
]
kernels = Kernels(module(*(kernel(body, f"run{i}") for i, (body, _) in enumerate(REFUSED))))
for i, (body, texts) in enumerate(REFUSED):
    for schedule in range(4):
        try:
            kernels.launch(f"run{i}", 1, THREADS, [x, x], schedule=schedule)
        except LaunchError as error:
            assert all(text in str(error) for text in texts), error
        else:
            assert False, f"comes to its end: {body}"
