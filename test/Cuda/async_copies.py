# RUN: %python %s
"""A pipeline of cp.async with three stages in dynamic shared memory doubles tiles. Without a wait or a barrier, or with a
wait for too few groups, that is wrong."""
import ctypes

import numpy as np
from launcher import Kernels, difference, problem_of

THREADS, STAGES, TILES = 64, 3, 8
SHARED = "#gpu.address_space<workgroup>"
KERNEL = f"""
gpu.module @kernels {{
  // A thread's copy of 16 bytes of tile %tile, if there is one; a group in any case.
  func.func private @bring(%x: memref<?xf32>, %tile: index, %tiles: index, %stage: memref<{STAGES}x256xf32, {SHARED}>,
                           %given: i32) {{
    %c4 = arith.constant 4 : index
    %c256 = arith.constant 256 : index
    %stages = arith.constant {STAGES} : index
    %t = gpu.thread_id x
    %four = arith.muli %t, %c4 : index
    %there = arith.cmpi ult, %tile, %tiles : index
    scf.if %there {{
      %slot = arith.remui %tile, %stages : index
      %toBase = memref.extract_aligned_pointer_as_index %stage : memref<{STAGES}x256xf32, {SHARED}> -> index
      %fromBase = memref.extract_aligned_pointer_as_index %x : memref<?xf32> -> index
      %toTile = arith.muli %slot, %c256 : index
      %toPlace = arith.addi %toTile, %four : index
      %fromTile = arith.muli %tile, %c256 : index
      %fromPlace = arith.addi %fromTile, %four : index
      %toBytes = arith.muli %toPlace, %c4 : index
      %fromBytes = arith.muli %fromPlace, %c4 : index
      %toSum = arith.addi %toBase, %toBytes : index
      %fromSum = arith.addi %fromBase, %fromBytes : index
      %toInt = arith.index_cast %toSum : index to i64
      %fromInt = arith.index_cast %fromSum : index to i64
      %to = llvm.inttoptr %toInt : i64 to !llvm.ptr<3>
      %from = llvm.inttoptr %fromInt : i64 to !llvm.ptr<1>
      nvvm.cp.async.shared.global %to, %from, 16, cache = cg, %given : !llvm.ptr<3>, !llvm.ptr<1>, i32
    }}
    nvvm.cp.async.commit.group
    return
  }}
  gpu.func @double(%x: memref<?xf32>, %y: memref<?xf32>, %given: i32) kernel {{
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c2 = arith.constant 2 : index
    %c64 = arith.constant 64 : index
    %c255 = arith.constant 255 : index
    %c256 = arith.constant 256 : index
    %stages = arith.constant {STAGES} : index
    %tiles = arith.constant {TILES} : index
    %bytes = gpu.dynamic_shared_memory : memref<?xi8, {SHARED}>
    %stage = memref.view %bytes[%c0][] : memref<?xi8, {SHARED}> to memref<{STAGES}x256xf32, {SHARED}>
    %t = gpu.thread_id x
    func.call @bring(%x, %c0, %tiles, %stage, %given)
      : (memref<?xf32>, index, index, memref<{STAGES}x256xf32, {SHARED}>, i32) -> ()
    func.call @bring(%x, %c1, %tiles, %stage, %given)
      : (memref<?xf32>, index, index, memref<{STAGES}x256xf32, {SHARED}>, i32) -> ()
    scf.for %tile = %c0 to %tiles step %c1 {{
      nvvm.cp.async.wait.group 1
      gpu.barrier // what all threads have brought, and the oldest stage is read
      %next = arith.addi %tile, %c2 : index
      func.call @bring(%x, %next, %tiles, %stage, %given)
        : (memref<?xf32>, index, index, memref<{STAGES}x256xf32, {SHARED}>, i32) -> ()
      %slot = arith.remui %tile, %stages : index
      %first = arith.muli %tile, %c256 : index
      scf.for %i = %t to %c256 step %c64 {{ // others' elements
        %mirror = arith.subi %c255, %i : index
        %v = memref.load %stage[%slot, %mirror] : memref<{STAGES}x256xf32, {SHARED}>
        %twice = arith.addf %v, %v : f32
        %place = arith.addi %first, %i : index
        memref.store %twice, %y[%place] : memref<?xf32>
      }}
    }}
    gpu.return
  }}
}}
"""

x = np.random.default_rng(0).standard_normal(TILES * 256).astype(np.float32)


def problem(text, given=16, shared=STAGES * 1024):
    kernels = Kernels(text)
    fours = x.reshape(TILES, 64, 4).copy()
    fours[..., given // 4:] = 0
    expected = 2 * fours.reshape(TILES, 256)[:, ::-1].ravel()

    def once(schedule):
        y = kernels.launch("double", 1, THREADS, [x, np.zeros_like(x), ctypes.c_int32(given)], shared=shared,
                           schedule=schedule)[1]
        return difference(y, expected)
    return problem_of(once)


for given in (16, 8, 0):
    assert not problem(KERNEL, given), problem(KERNEL, given)
for whole, less in (("gpu.barrier", ""), ("nvvm.cp.async.wait.group 1", ""),
                    ("nvvm.cp.async.wait.group 1", "nvvm.cp.async.wait.group 2"),
                    ("nvvm.cp.async.commit.group", ""), ("%next = arith.addi %tile, %c2", "%next = arith.addi %tile, %c1"),
                    ("%stages = arith.constant 3", "%stages = arith.constant 2")):
    assert problem(KERNEL.replace(whole, less)), f"{whole} => {less or 'nothing'}: nobody misses it"
found = problem(KERNEL, shared=2048)
assert "outside of the block's 2048 bytes" in found, found
