// RUN: %graphopt-opt %s --cse --loop-invariant-code-motion --canonicalize | FileCheck %s

// It may fail: none leaves its loop. Equal ones are one, and unread ones go.
// CHECK-LABEL: func @loop(
// CHECK:         scf.for
// CHECK-NEXT:      %[[R:.+]] = kernel.call @f
// CHECK-NEXT:      arith.addi %{{.+}}, %[[R]]
// CHECK-NEXT:      arith.addi %{{.+}}, %[[R]]
// CHECK-NOT:     kernel.call
func.func @loop(%n: index, %x: i64) -> i64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %z = arith.constant 0 : i64
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%sum = %z) -> i64 {
    %a = kernel.call @f ins(%x : i64) -> i64
    %b = kernel.call @f ins(%x : i64) -> i64
    %c = kernel.call @g ins(%x : i64) -> i64
    %1 = arith.addi %sum, %a : i64
    %2 = arith.addi %1, %b : i64
    scf.yield %2 : i64
  }
  return %s : i64
}

// On buffers it reads and writes: what is written in between counts.
// CHECK-LABEL: func @buffers(
// CHECK-COUNT-2: kernel.call @f
func.func @buffers(%x: memref<?xi64>, %y: memref<?xi64>, %i: index, %v: i64) -> i64 {
  %a = kernel.call @f ins(%x : memref<?xi64>) -> i64
  memref.store %v, %x[%i] : memref<?xi64>
  %b = kernel.call @f ins(%x : memref<?xi64>) -> i64
  kernel.call @g ins(%x : memref<?xi64>) outs(%y : memref<?xi64>)
  // CHECK: kernel.call @g
  %r = arith.addi %a, %b : i64
  return %r : i64
}
