// RUN: graphopt-opt %s --graphopt-map-to-gpu='threads=128 most-blocks=1000' -canonicalize -split-input-file -verify-diagnostics | FileCheck %s

// What the host makes of a tensor is an argument of the kernel's own, the last one.
// CHECK:       func.func private @copy(%[[X:.+]]: memref<?x64xf16>)
// CHECK:         %[[MAP:.+]] = nvgpu.tma.create.descriptor
// CHECK:         gpu.launch_func @kernels::@copy {{.+}} args(%[[X]] : memref<?x64xf16>, %[[MAP]] : !nvgpu.tensormap.descriptor<
// CHECK:       gpu.module @kernels {
// CHECK:         gpu.func @copy(%{{.+}}: memref<?x64xf16>, %[[MAP:.+]]: !nvgpu.tensormap.descriptor<
// CHECK-NOT:       nvgpu.tma.create.descriptor
// CHECK:           nvgpu.tma.prefetch.descriptor %[[MAP]]
!map = !nvgpu.tensormap.descriptor<tensor = memref<64x64xf16, 3>, swizzle = swizzle_128b, l2promo = none, oob = zero, interleave = none>
func.func private @copy(%x: memref<?x64xf16>) {
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %any = memref.cast %x : memref<?x64xf16> to memref<*xf16>
  %map = nvgpu.tma.create.descriptor %any box[%c64, %c64] : memref<*xf16> -> !map
  gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1) threads(%tx, %ty, %tz) in (%sx = %c1, %sy = %c1, %sz = %c1) {
    nvgpu.tma.prefetch.descriptor %map : !map
    gpu.terminator
  }
  return
}

// -----

// The host counts turns in blocks; a thread takes every 128 * blocks-th.
// CHECK:       module attributes {gpu.container_module}
// CHECK:       func.func private @scale(%[[X:.+]]: memref<?x6xf32>, %[[F:.+]]: f32)
// CHECK:         %[[ROWS:.+]] = memref.dim %[[X]], %c0
// CHECK:         %[[TURNS:.+]] = arith.muli %[[ROWS]], %c6
// CHECK:         %[[BLOCKS:.+]] = arith.ceildivui %[[TURNS]], %c128
// CHECK:         %[[MOST:.+]] = arith.minui %[[BLOCKS]], %c1000
// CHECK:         gpu.launch_func @kernels::@scale blocks in (%[[MOST]], %c1, %c1) threads in (%c128, %c1, %c1) args(%[[X]] : memref<?x6xf32>, %[[F]] : f32)
// CHECK-NEXT:    return
// CHECK:       gpu.module @kernels {
// CHECK:         gpu.func @scale(%[[X:.+]]: memref<?x6xf32>, %[[F:.+]]: f32) kernel {
// CHECK-DAG:       %[[BLOCK:.+]] = gpu.block_id x
// CHECK-DAG:       %[[SIZE:.+]] = gpu.block_dim x
// CHECK-DAG:       %[[THREAD:.+]] = gpu.thread_id x
// CHECK:           %[[BEFORE:.+]] = arith.muli %[[BLOCK]], %[[SIZE]]
// CHECK-NEXT:      %[[FIRST:.+]] = arith.addi %[[BEFORE]], %[[THREAD]]
// CHECK:           %[[COUNT:.+]] = gpu.grid_dim x
// CHECK-NEXT:      %[[SIZE2:.+]] = gpu.block_dim x
// CHECK-NEXT:      %[[STEP:.+]] = arith.muli %[[COUNT]], %[[SIZE2]]
// CHECK:           scf.for %[[TURN:.+]] = %[[FIRST]] to %{{.+}} step %[[STEP]] {
// CHECK-DAG:         %[[J:.+]] = arith.remui %[[TURN]], %c6
// CHECK-DAG:         %[[I:.+]] = arith.divui %[[TURN]], %c6
// CHECK:             memref.load %[[X]][%[[I]], %[[J]]]
// CHECK:             memref.store %{{.+}}, %[[X]][%[[I]], %[[J]]]
// CHECK:           gpu.return
func.func private @scale(%x: memref<?x6xf32>, %f: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c6 = arith.constant 6 : index
  %n = memref.dim %x, %c0 : memref<?x6xf32>
  scf.parallel (%i, %j) = (%c0, %c0) to (%n, %c6) step (%c1, %c1) {
    %a = memref.load %x[%i, %j] : memref<?x6xf32>
    %b = arith.mulf %a, %f : f32
    memref.store %b, %x[%i, %j] : memref<?x6xf32>
  }
  return
}

// -----

// Each launch is a kernel of its own, with what its body uses; the host chooses.
// CHECK:       func.func private @either(%[[X:.+]]: memref<?xf32>)
// CHECK:         scf.if
// CHECK:           gpu.launch_func @kernels::@either blocks in (%{{.+}}, %c1, %c1) threads in (%c32, %c1, %c1) args(%[[X]] : memref<?xf32>)
// CHECK:         } else {
// CHECK:           gpu.launch_func @kernels::@either_1 blocks in (%c1, %c1, %c1) threads in (%c64, %c1, %c1) args(%[[X]] : memref<?xf32>)
// CHECK:       gpu.module @kernels {
// CHECK:         gpu.func @either(%[[X:.+]]: memref<?xf32>) workgroup(%[[S:.+]] : memref<8xf32, #gpu.address_space<workgroup>>) kernel attributes {known_block_size = array<i32: 32, 1, 1>, nvvm.minctasm = 1 : i32}
// CHECK:           %[[N:.+]] = memref.dim %[[X]], %c0
// CHECK:           memref.store %{{.+}}, %[[S]][%[[N]]]
// CHECK:         gpu.func @either_1(%[[X:.+]]: memref<?xf32>) kernel attributes {known_block_size = array<i32: 64, 1, 1>, nvvm.minctasm = 1 : i32}
// CHECK-NOT:       memref.dim
func.func private @either(%x: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c32 = arith.constant 32 : index
  %c64 = arith.constant 64 : index
  %f = arith.constant 0.0 : f32
  %n = memref.dim %x, %c0 : memref<?xf32>
  %few = arith.cmpi ult, %n, %c32 : index
  scf.if %few {
    gpu.launch blocks(%bx, %by, %bz) in (%gx = %n, %gy = %c1, %gz = %c1) threads(%tx, %ty, %tz) in (%sx = %c32, %sy = %c1, %sz = %c1)
        workgroup(%s : memref<8xf32, #gpu.address_space<workgroup>>) {
      memref.store %f, %s[%n] : memref<8xf32, #gpu.address_space<workgroup>>
      gpu.terminator
    }
  } else {
    gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1) threads(%tx, %ty, %tz) in (%sx = %c64, %sy = %c1, %sz = %c1) {
      memref.store %f, %x[%c0] : memref<?xf32>
      gpu.terminator
    }
  }
  return
}

// -----

// What has an order is done by one thread.
// CHECK:       func.func private @sum
// CHECK:         gpu.launch_func @kernels::@sum blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1)
// CHECK:       gpu.func @sum
// CHECK-NOT:     gpu.block_id
// CHECK:         scf.for
func.func private @sum(%x: memref<8xf32>, %y: memref<f32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.for %i = %c0 to %c8 step %c1 {
    %a = memref.load %x[%i] : memref<8xf32>
    %s = memref.load %y[] : memref<f32>
    %t = arith.addf %a, %s : f32
    memref.store %t, %y[] : memref<f32>
  }
  return
}

// -----

// Functions with results compute sizes, the model's own is public: the host's.
// CHECK-LABEL: func.func private @workspace_bytes
// CHECK:       gpu.module @kernels {
// CHECK-NEXT:  }
func.func private @workspace_bytes(%n: index) -> index {
  return %n : index
}
func.func @main(%x: memref<8xf32>) {
  return
}

// -----

func.func private @two(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %f = arith.constant 0.0 : f32
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    memref.store %f, %x[%i] : memref<8xf32>
  }
  // expected-error @+1 {{stands beside a parallel loop}}
  memref.store %f, %x[%c0] : memref<8xf32>
  return
}

// -----

// A check that a kernel would make is not lost.
func.func private @checked(%x: memref<8xi64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0 : i64
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    %a = memref.load %x[%i] : memref<8xi64>
    %good = arith.cmpi sge, %a, %zero : i64
    // expected-error @+1 {{is not supported in kernels for GPUs}}
    cf.assert %good, "an index is negative"
  }
  return
}

// -----

// The host does not wait for each element of a loop; a loop that tells it something stays.
// CHECK-LABEL: func.func @summing(
// CHECK-SAME:    %[[X:[^:]+]]: memref<8xf32>, %[[N:[^:]+]]: memref<8xi64>
// CHECK:         call @loop(%[[X]]) : (memref<8xf32>) -> ()
// CHECK:         scf.for
// CHECK:           memref.load %[[N]]
// CHECK:       func.func private @loop
// CHECK:         gpu.launch_func @kernels::@loop blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1)
// CHECK:       gpu.func @loop
// CHECK:         scf.for
// CHECK:           memref.store
func.func @summing(%x: memref<8xf32>, %n: memref<8xi64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.for %i = %c1 to %c8 step %c1 {
    %before = arith.subi %i, %c1 : index
    %a = memref.load %x[%before] : memref<8xf32>
    %b = memref.load %x[%i] : memref<8xf32>
    %c = arith.addf %a, %b : f32
    memref.store %c, %x[%i] : memref<8xf32>
  }
  %zero = arith.constant 0 : i64
  %sum = scf.for %i = %c0 to %c8 step %c1 iter_args(%s = %zero) -> (i64) {
    %v = memref.load %n[%i] : memref<8xi64>
    %t = arith.addi %s, %v : i64
    scf.yield %t : i64
  }
  %good = arith.cmpi sge, %sum, %zero : i64
  cf.assert %good, "the sum is negative"
  return
}

// -----

// expected-error @unknown {{'x' is not supported on GPUs: strings, sequences and optionals are the host's}}
func.func @strings(%x: memref<8xi64> {graph.name = "x", graph.dtype = "string"}) {
  return
}

// -----

// expected-error @unknown {{'y' is not supported on GPUs: strings, sequences and optionals are the host's}}
func.func @sequences(%n: memref<i64> {graph.name = "n", graph.dtype = "int64"})
    -> (i64 {graph.name = "y", graph.dtype = "float", graph.kind = "sequence"}) {
  %c0 = arith.constant 0 : i64
  return %c0 : i64
}

// -----

// A second kernel of one function, and another function that has its name.
// CHECK-LABEL: func.func private @twice(
// CHECK:         gpu.launch_func @kernels::@twice blocks
// CHECK:         gpu.launch_func @kernels::@[[SECOND:twice_1]] blocks {{.+}} args(%arg0 : memref<8xf32>)
// CHECK-LABEL: func.func private @twice_1(
// CHECK:         gpu.launch_func @kernels::@[[OTHER:[a-z0-9_]+]] blocks {{.+}} args(%arg0 : memref<8xf32>, %arg1 : memref<8xf32>)
// CHECK:       gpu.module @kernels
// CHECK:         gpu.func @twice(
// CHECK:         gpu.func @[[SECOND]](%arg0: memref<8xf32>)
// CHECK:         gpu.func @[[OTHER]](%arg0: memref<8xf32>, %arg1: memref<8xf32>)
func.func private @twice(%x: memref<8xf32>) {
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  gpu.launch blocks(%a, %b, %c) in (%d = %c1, %e = %c1, %f = %c1) threads(%g, %h, %i) in (%j = %c1, %k = %c1, %l = %c1) {
    %t = gpu.thread_id x
    memref.store %zero, %x[%t] : memref<8xf32>
    gpu.terminator
  }
  gpu.launch blocks(%a, %b, %c) in (%d = %c1, %e = %c1, %f = %c1) threads(%g, %h, %i) in (%j = %c1, %k = %c1, %l = %c1) {
    %t = gpu.thread_id x
    memref.store %zero, %x[%t] : memref<8xf32>
    gpu.terminator
  }
  return
}
func.func private @twice_1(%x: memref<8xf32>, %y: memref<8xf32>) {
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  gpu.launch blocks(%a, %b, %c) in (%d = %c1, %e = %c1, %f = %c1) threads(%g, %h, %i) in (%j = %c1, %k = %c1, %l = %c1) {
    %t = gpu.thread_id x
    memref.store %zero, %y[%t] : memref<8xf32>
    gpu.terminator
  }
  return
}
