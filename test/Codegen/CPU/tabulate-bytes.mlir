// RUN: graphopt-opt %s --graphopt-approximate-math=cpu=icelake-server | FileCheck %s
// RUN: graphopt-opt %s --graphopt-approximate-math=cpu=avx512 | FileCheck %s --check-prefix=NONE

// x + 3, clamped to 0 .. 6, times x, at 1 / 8: what is rounded in between is in the
// table, too.
// CHECK-LABEL: func @bytes(
// CHECK-SAME:      %[[X:.+]]: vector<16xi8>
// CHECK:         %[[I:.+]] = vector.shuffle %[[X]], %[[X]] {{.*}} : vector<16xi8>, vector<16xi8>
// CHECK:         %[[L:.+]] = llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"(%{{.+}}, %[[I]], %{{.+}})
// CHECK:         %[[H:.+]] = llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"(%{{.+}}, %[[I]], %{{.+}})
// CHECK:         %[[NEGATIVE:.+]] = arith.cmpi slt, %[[I]], %{{.+}} : vector<64xi8>
// CHECK:         %[[B:.+]] = arith.select %[[NEGATIVE]], %[[H]], %[[L]]
// CHECK:         %[[Y:.+]] = vector.shuffle %[[B]], %[[B]] [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
// CHECK-NEXT:    return %[[Y]]
// NONE-LABEL:  func @bytes(
// NONE-NOT:      vpermi2var
func.func @bytes(%x: vector<16xi8>) -> vector<16xi8> {
  %zero = arith.constant dense<0.0> : vector<16xf32>
  %three = arith.constant dense<3.0> : vector<16xf32>
  %six = arith.constant dense<6.0> : vector<16xf32>
  %most = arith.constant dense<255.0> : vector<16xf32>
  %scale = arith.constant dense<0.125> : vector<16xf32>
  %f = arith.uitofp %x : vector<16xi8> to vector<16xf32>
  %a = arith.addf %f, %three : vector<16xf32>
  %b = arith.maximumf %a, %zero : vector<16xf32>
  %c = arith.minimumf %b, %six : vector<16xf32>
  %r = math.roundeven %c : vector<16xf32>
  %p = arith.mulf %r, %f : vector<16xf32>
  %q = arith.mulf %p, %scale : vector<16xf32>
  %d = arith.maximumf %q, %zero : vector<16xf32>
  %e = arith.minimumf %d, %most : vector<16xf32>
  %s = math.roundeven %e : vector<16xf32>
  %i = arith.fptosi %s : vector<16xf32> to vector<16xi32>
  %y = arith.trunci %i : vector<16xi32> to vector<16xi8>
  return %y : vector<16xi8>
}

// From rounded numbers to such: both have 256 values.
// CHECK-LABEL: func @rounded(
// CHECK:         %[[I:.+]] = llvm.call_intrinsic "llvm.lrint
// CHECK:         arith.subi %[[I]], %{{.+}} : vector<16xi32>
// CHECK-COUNT-2: vpermi2var
// CHECK:         %[[N:.+]] = arith.uitofp %{{.+}} : vector<16xi8> to vector<16xf32>
// CHECK:         %[[Y:.+]] = arith.addf %[[N]], %{{.+}} : vector<16xf32>
// CHECK-NEXT:    return %[[Y]]
// NONE-LABEL:  func @rounded(
// NONE-NOT:      vpermi2var
func.func @rounded(%x: vector<16xf32>) -> vector<16xf32> {
  %low = arith.constant dense<-128.0> : vector<16xf32>
  %high = arith.constant dense<127.0> : vector<16xf32>
  %scale = arith.constant dense<0.01> : vector<16xf32>
  %a = arith.maximumf %x, %low : vector<16xf32>
  %b = arith.minimumf %a, %high : vector<16xf32>
  %from = math.roundeven %b : vector<16xf32>
  %p = arith.mulf %from, %from : vector<16xf32>
  %q = arith.mulf %p, %scale : vector<16xf32>
  %r = arith.mulf %q, %from : vector<16xf32>
  %s = arith.mulf %r, %scale : vector<16xf32>
  %t = arith.addf %s, %scale : vector<16xf32>
  %u = arith.mulf %t, %t : vector<16xf32>
  %c = arith.maximumf %u, %low : vector<16xf32>
  %d = arith.minimumf %c, %high : vector<16xf32>
  %y = math.roundeven %d : vector<16xf32>
  return %y : vector<16xf32>
}

// Two bytes have no table.
// CHECK-LABEL: func @two(
// CHECK-NOT:     vpermi2var
func.func @two(%x: vector<16xi8>, %z: vector<16xi8>) -> vector<16xi8> {
  %three = arith.constant dense<3.0> : vector<16xf32>
  %f = arith.uitofp %x : vector<16xi8> to vector<16xf32>
  %g = arith.uitofp %z : vector<16xi8> to vector<16xf32>
  %a = arith.addf %f, %g : vector<16xf32>
  %b = arith.mulf %a, %three : vector<16xf32>
  %c = arith.mulf %b, %a : vector<16xf32>
  %d = arith.mulf %c, %a : vector<16xf32>
  %e = arith.mulf %d, %a : vector<16xf32>
  %h = arith.mulf %e, %a : vector<16xf32>
  %j = arith.mulf %h, %a : vector<16xf32>
  %i = arith.fptosi %j : vector<16xf32> to vector<16xi32>
  %y = arith.trunci %i : vector<16xi32> to vector<16xi8>
  return %y : vector<16xi8>
}
