// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

// transpose

func.func @c1_transpose(%x: tensor<2x3x4xf32>) {
  // expected-error @below {{permutation has 2 entries, but the input has rank 3}}
  %t = graph.transpose %x permutation = [1, 0] : tensor<2x3x4xf32>
  return
}

// -----

func.func @c2_transpose(%x: tensor<2x3xf32>) {
  // expected-error @below {{must hold each of 0..1 exactly once}}
  %t = graph.transpose %x permutation = [1, 1] : tensor<2x3xf32>
  return
}

// -----

// reshape

func.func @c1_reshape(%x: tensor<2x3xf32>, %s: tensor<?xi64>) {
  // expected-error @below {{shape must have one dimension of static extent}}
  %t = graph.reshape %x to %s : tensor<2x3xf32>, tensor<?xi64>
  return
}

// -----

func.func @c2_reshape(%x: tensor<2x3xf32>) {
  %s = arith.constant dense<[-1, -1]> : tensor<2xi64>
  // expected-error @below {{shape has more than one -1}}
  %t = graph.reshape %x to %s : tensor<2x3xf32>, tensor<2xi64>
  return
}

// -----

func.func @c3_reshape(%x: tensor<2x3xf32>) {
  %s = arith.constant dense<[4, 2]> : tensor<2xi64>
  // expected-error @below {{cannot reshape 6 elements to a shape of 8}}
  %t = graph.reshape %x to %s : tensor<2x3xf32>, tensor<2xi64>
  return
}

// -----

func.func @c4_reshape(%x: tensor<6xf32>) {
  %s = arith.constant dense<[6, 0]> : tensor<2xi64>
  // expected-error @below {{shape has a 0 at position 1, but the input has rank 1}}
  %t = graph.reshape %x to %s : tensor<6xf32>, tensor<2xi64>
  return
}

// -----

// concat

func.func @c1_concat(%x: tensor<6xf32>, %y: tensor<6xf64>) {
  // expected-error @below {{cannot join types}}
  %t = graph.concat %x, %y axis = 0 : tensor<6xf32>, tensor<6xf64>
  return
}

// -----

func.func @c2_concat(%x: tensor<6xf32>) {
  // expected-error @below {{axis 1 is not in [-1, 1)}}
  %t = graph.concat %x, %x axis = 1 : tensor<6xf32>, tensor<6xf32>
  return
}

// -----

func.func @c3_concat(%x: tensor<6x2xf32>, %y: tensor<6x3xf32>) {
  // expected-error @below {{dimension 1 has extents 2 and 3}}
  %t = graph.concat %x, %y axis = 0 : tensor<6x2xf32>, tensor<6x3xf32>
  return
}

// -----

// squeeze

func.func @c1_squeeze(%x: tensor<1x3xf32>) {
  // expected-error @below {{axes [0, -2] name dimension 0 twice}}
  %t = graph.squeeze %x axes = [0, -2] : tensor<1x3xf32>
  return
}

// -----

func.func @c2_squeeze(%x: tensor<1x3xf32>) {
  // expected-error @below {{dimension 1 has extent 3, not 1}}
  %t = graph.squeeze %x axes = [1] : tensor<1x3xf32>
  return
}

// -----

// unsqueeze

func.func @c1_unsqueeze(%x: tensor<3xf32>) {
  // expected-error @below {{axis 2 is not in [-2, 2)}}
  %t = graph.unsqueeze %x axes = [2] : tensor<3xf32>
  return
}

// -----

// expand

func.func @c1_expand(%x: tensor<3xf32>, %s: tensor<?xi64>) {
  // expected-error @below {{shape must have one dimension of static extent}}
  %t = graph.expand %x to %s : tensor<3xf32>, tensor<?xi64>
  return
}

// -----

func.func @c2_expand(%x: tensor<3xf32>) {
  %s = arith.constant dense<[-1, 3]> : tensor<2xi64>
  // expected-error @below {{shape has the extent -1}}
  %t = graph.expand %x to %s : tensor<3xf32>, tensor<2xi64>
  return
}

// -----

func.func @c3_expand(%x: tensor<3xf32>) {
  %s = arith.constant dense<4> : tensor<1xi64>
  // expected-error @below {{cannot broadcast extents 3 and 4}}
  %t = graph.expand %x to %s : tensor<3xf32>, tensor<1xi64>
  return
}

// -----

// tile

func.func @c1_tile(%x: tensor<3xf32>) {
  %r = arith.constant dense<[1, 2]> : tensor<2xi64>
  // expected-error @below {{repeats has 2 elements, but the input has rank 1}}
  %t = graph.tile %x by %r : tensor<3xf32>, tensor<2xi64>
  return
}

// -----

func.func @c2_tile(%x: tensor<3xf32>) {
  %r = arith.constant dense<-2> : tensor<1xi64>
  // expected-error @below {{repeats has the element -2}}
  %t = graph.tile %x by %r : tensor<3xf32>, tensor<1xi64>
  return
}

// -----

// split

func.func @c1_split(%x: tensor<6xf32>) {
  // expected-error @below {{axis 1 is not in [-1, 1)}}
  %t:2 = graph.split %x axis = 1 into 2 : tensor<6xf32>
  return
}

// -----

func.func @c2_split(%x: tensor<6xf32>) {
  %s = arith.constant dense<[1, 2, 3]> : tensor<3xi64>
  // expected-error @below {{sizes has 3 elements for 2 parts}}
  %t:2 = graph.split %x axis = 0 into 2 sizes %s : tensor<6xf32>, tensor<3xi64>
  return
}

// -----

func.func @c3_split(%x: tensor<6xf32>) {
  %s = arith.constant dense<[1, 2]> : tensor<2xi64>
  // expected-error @below {{sizes must add up to the extent of dimension 0, but differ by 3}}
  %t:2 = graph.split %x axis = 0 into 2 sizes %s : tensor<6xf32>, tensor<2xi64>
  return
}

// -----

func.func @c4_split(%x: tensor<5xf32>) {
  // expected-error @below {{cannot cut extent 5 into 4 equal parts}}
  %t:4 = graph.split %x axis = 0 into 4 : tensor<5xf32>
  return
}

// -----

// 2^40 times 2^40 elements.
func.func @overflow(%x: tensor<1099511627776xi8>) {
  %r = arith.constant dense<1099511627776> : tensor<1xi64>
  // expected-error @below {{a number of elements does not fit into 64 bits}}
  %t = graph.tile %x by %r : tensor<1099511627776xi8>, tensor<1xi64>
  return
}
