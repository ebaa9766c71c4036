// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_unary(%x: tensor<2xi32>) {
  // expected-error @below {{Erf is not defined for 'i32'}}
  %t = graph.unary Erf %x : tensor<2xi32>
  return
}

// -----

func.func @c1_binary(%x: tensor<2xi32>, %y: tensor<2xi64>) {
  // expected-error @below {{Add has operands of types 'i32' and 'i64'}}
  %t = graph.binary Add %x, %y : tensor<2xi32>, tensor<2xi64>
  return
}

// -----

func.func @c2_binary(%x: tensor<2xi1>) {
  // expected-error @below {{Add is not defined for 'i1'}}
  %t = graph.binary Add %x, %x : tensor<2xi1>, tensor<2xi1>
  return
}

// -----

func.func @c3_binary(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error @below {{cannot broadcast extents 2 and 3}}
  %t = graph.binary Add %x, %y : tensor<2xf32>, tensor<3xf32>
  return
}

// -----

func.func @c1_where(%c: tensor<2xi1>, %x: tensor<2xf32>, %y: tensor<2xf64>) {
  // expected-error @below {{chooses between types 'f32' and 'f64'}}
  %t = graph.where %c, %x, %y : tensor<2xi1>, tensor<2xf32>, tensor<2xf64>
  return
}

// -----

func.func @c2_where(%c: tensor<3xi1>, %x: tensor<2xf32>) {
  // expected-error @below {{cannot broadcast extents}}
  %t = graph.where %c, %x, %x : tensor<3xi1>, tensor<2xf32>, tensor<2xf32>
  return
}

// -----

// Floats of a byte are only moved and converted.
func.func @c2_small(%x: tensor<2xf8E4M3FN>) {
  // expected-error @below {{Add is not defined for 'f8E4M3FN'}}
  %t = graph.binary Add %x, %x : tensor<2xf8E4M3FN>, tensor<2xf8E4M3FN>
  return
}

// -----

func.func @c1_bitcast(%x: tensor<2xi4>) {
  // expected-error @below {{reads the bits of 'i4' as 'i8', which has another number of them}}
  %t = graph.bitcast %x to i8 : tensor<2xi4>
  return
}
