// RUN: graphopt-opt %s --graphopt-approximate-math=cpu=avx2 | FileCheck %s
// RUN: graphopt-opt %s --graphopt-approximate-math=cpu=avx512 | FileCheck %s --check-prefixes=CHECK,AVX512

// CHECK-LABEL: func @exp(
// CHECK-NOT:     math.exp
// CHECK:         math.fma
// CHECK-NOT:     math.exp
// AVX512:        %[[SCALED:.+]] = llvm.call_intrinsic "llvm.x86.avx512.mask.scalef.ps.512"
// AVX512:        arith.select %{{.+}}, %{{.+}}, %[[SCALED]]
// CHECK:         return
func.func @exp(%x: vector<16xf32>) -> vector<16xf32> {
  %y = math.exp %x : vector<16xf32>
  return %y : vector<16xf32>
}

// Fewer lanes have no such instruction.
// CHECK-LABEL: func @exp_of_8(
// CHECK-NOT:     llvm.call_intrinsic
// CHECK:         return
func.func @exp_of_8(%x: vector<8xf32>) -> vector<8xf32> {
  %y = math.exp %x : vector<8xf32>
  return %y : vector<8xf32>
}

// A division in front of erf becomes a multiplication, if that is a number.
// CHECK-LABEL: func @erf_of_quotient(
// CHECK-SAME:      %[[X:[^:]+]]: vector<16xf32>
// CHECK:         %[[FACTOR:.+]] = arith.constant dense<0.707106769> : vector<16xf32>
// CHECK-NOT:     arith.divf %[[X]]
// CHECK:         arith.mulf %[[X]], %[[FACTOR]]
// CHECK-NOT:     arith.divf %[[X]]
// CHECK:         return
func.func @erf_of_quotient(%x: vector<16xf32>) -> vector<16xf32> {
  %c = arith.constant dense<1.41421354> : vector<16xf32>
  %q = arith.divf %x, %c : vector<16xf32>
  %y = math.erf %q : vector<16xf32>
  return %y : vector<16xf32>
}
// CHECK-LABEL: func @erf_of_infinity(
// CHECK-SAME:      %[[X:[^:]+]]: f32
// CHECK:         arith.divf %[[X]]
func.func @erf_of_infinity(%x: f32) -> f32 {
  %c = arith.constant 0.0 : f32
  %q = arith.divf %x, %c : f32
  %y = math.erf %q : f32
  return %y : f32
}

// Large angles are left to libm, a scalar, too.
// CHECK-LABEL: func @sin(
// CHECK-SAME:      %[[X:[^:]+]]: vector<8xf32>
// CHECK:         %[[IS_SMALL:.+]] = arith.cmpf ole, %{{.+}}, %{{.+}} : vector<8xf32>
// CHECK:         %[[ARE_SMALL:.+]] = vector.reduction <and>, %[[IS_SMALL]]
// CHECK:         scf.if %[[ARE_SMALL]]
// CHECK-NEXT:      scf.yield %[[FAST:.+]] : vector<8xf32>
// CHECK:         else
// CHECK-COUNT-8:   math.sin %{{.+}} : f32
// CHECK:           %[[LANES:.+]] = vector.from_elements
// CHECK:           arith.select %[[IS_SMALL]], %[[FAST]], %[[LANES]]
func.func @sin(%x: vector<8xf32>) -> vector<8xf32> {
  %y = math.sin %x : vector<8xf32>
  return %y : vector<8xf32>
}
// CHECK-LABEL: func @cos_of_one(
// CHECK:         math.cos %{{.+}} : f32
func.func @cos_of_one(%x: f32) -> f32 {
  %y = math.cos %x : f32
  return %y : f32
}

// The order of operands is that of x86's maximum, which returns its second one if that
// is NaN.
// CHECK-LABEL: func @relu(
// CHECK-SAME:      %[[X:[^:]+]]: vector<16xf32>
// CHECK:         %[[ZERO:.+]] = arith.constant dense<0.000000e+00>
// CHECK:         %[[IS_LESS:.+]] = arith.cmpf ogt, %[[ZERO]], %[[X]]
// CHECK:         arith.select %[[IS_LESS]], %[[ZERO]], %[[X]]
func.func @relu(%x: vector<16xf32>) -> vector<16xf32> {
  %zero = arith.constant dense<0.0> : vector<16xf32>
  %y = arith.maximumf %x, %zero : vector<16xf32>
  return %y : vector<16xf32>
}

// Half precision is computed in f32.
// CHECK-LABEL: func @sqrt(
// CHECK:         %[[WIDE:.+]] = arith.extf %{{.+}} : vector<16xbf16> to vector<16xf32>
// CHECK:         %[[ROOT:.+]] = math.sqrt %[[WIDE]] : vector<16xf32>
// CHECK:         arith.truncf %[[ROOT]] : vector<16xf32> to vector<16xbf16>
func.func @sqrt(%x: vector<16xbf16>) -> vector<16xbf16> {
  %y = math.sqrt %x : vector<16xbf16>
  return %y : vector<16xbf16>
}

// f64 is left to the C library.
// CHECK-LABEL: func @double(
// CHECK:         math.exp
func.func @double(%x: vector<8xf64>) -> vector<8xf64> {
  %y = math.exp %x : vector<8xf64>
  return %y : vector<8xf64>
}

// A quantization has one division for all lanes, and minima without care for NaN.
// CHECK-LABEL: func @quantizes(
// CHECK-SAME:      %[[X:.+]]: vector<16xf32>, %[[S:[^:]+]]: f32
// CHECK-NOT:     divf %{{.+}} : vector
// CHECK-DAG:     %[[ONE:.+]] = arith.constant 1.000000e+00 : f32
// CHECK:         arith.divf %[[ONE]], %[[S]] : f32
// CHECK-NOT:     arith.minimumf
// CHECK:         math.fma %{{.+}} : vector<16xf32>
// CHECK:         %[[F:.+]] = math.fma %{{.+}} : vector<16xf32>
// CHECK:         %[[Q:.+]] = llvm.call_intrinsic "llvm.lrint.v16i32.v16f32"(%[[F]])
// CHECK:         return %[[Q]]
func.func @quantizes(%x: vector<16xf32>, %s: f32) -> vector<16xi32> {
  %low = arith.constant dense<-1.28e+02> : vector<16xf32>
  %high = arith.constant dense<1.27e+02> : vector<16xf32>
  %scale = vector.broadcast %s : f32 to vector<16xf32>
  %d = arith.divf %x, %scale : vector<16xf32>
  %max = arith.maximumf %d, %low : vector<16xf32>
  %min = arith.minimumf %max, %high : vector<16xf32>
  %r = math.roundeven %min : vector<16xf32>
  %q = arith.fptosi %r : vector<16xf32> to vector<16xi32>
  return %q : vector<16xi32>
}

// What is rounded need not be a quotient.
// CHECK-LABEL: func @requantizes(
// CHECK-SAME:      %[[X:.+]]: vector<16xf32>
// CHECK-NOT:     arith.m{{(ax|in)}}imumf
// CHECK:         arith.select %{{.+}} : vector<16xi1>, vector<16xf32>
// CHECK:         %[[M:.+]] = arith.select %{{.+}} : vector<16xi1>, vector<16xf32>
// CHECK:         %[[Q:.+]] = llvm.call_intrinsic "llvm.lrint.v16i32.v16f32"(%[[M]])
// CHECK:         return %[[Q]]
func.func @requantizes(%x: vector<16xf32>, %zero: vector<16xi8>) -> vector<16xi32> {
  %offset = arith.uitofp %zero : vector<16xi8> to vector<16xf32>
  %least = arith.constant dense<0.0> : vector<16xf32>
  %most = arith.constant dense<2.550000e+02> : vector<16xf32>
  %low = arith.subf %least, %offset : vector<16xf32>
  %high = arith.subf %most, %offset : vector<16xf32>
  %max = arith.maximumf %x, %low : vector<16xf32>
  %min = arith.minimumf %max, %high : vector<16xf32>
  %r = math.roundeven %min : vector<16xf32>
  %q = arith.fptosi %r : vector<16xf32> to vector<16xi32>
  return %q : vector<16xi32>
}

// A limit that is no small integer, one beyond those of 16 bits.
// CHECK-LABEL: func @divides(
// CHECK-COUNT-2: arith.divf %{{.+}} : vector<16xf32>
func.func @divides(%x: vector<16xf32>, %s: vector<16xf32>, %any: vector<16xf32>) -> (vector<16xi32>, vector<16xi32>) {
  %low = arith.constant dense<0.0> : vector<16xf32>
  %far = arith.constant dense<1.000000e+06> : vector<16xf32>
  %d = arith.divf %x, %s : vector<16xf32>
  %max0 = arith.maximumf %d, %low : vector<16xf32>
  %min0 = arith.minimumf %max0, %any : vector<16xf32>
  %r = math.roundeven %min0 : vector<16xf32>
  %q0 = arith.fptosi %r : vector<16xf32> to vector<16xi32>
  %e = arith.divf %s, %x : vector<16xf32>
  %max1 = arith.maximumf %e, %low : vector<16xf32>
  %min1 = arith.minimumf %max1, %far : vector<16xf32>
  %t = math.roundeven %min1 : vector<16xf32>
  %q1 = arith.fptosi %t : vector<16xf32> to vector<16xi32>
  return %q0, %q1 : vector<16xi32>, vector<16xi32>
}
