// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_neither(%x: tensor<4x4xf32>) {
  // expected-error @below {{needs either scales or sizes}}
  %y = graph.resize nearest %x axes = [0, 1] coordinates = half_pixel : tensor<4x4xf32>
  return
}

// -----

func.func @c1_both(%x: tensor<4x4xf32>, %s: tensor<2xf32>, %z: tensor<2xi64>) {
  // expected-error @below {{needs either scales or sizes}}
  %y = graph.resize nearest %x scales %s sizes %z axes = [0, 1] coordinates = half_pixel : tensor<4x4xf32>, tensor<2xf32>, tensor<2xi64>
  return
}

// -----

func.func @c2_twice(%x: tensor<4x4xf32>, %s: tensor<2xf32>) {
  // expected-error @below {{axes [1, -1] name dimension 1 twice}}
  %y = graph.resize nearest %x scales %s axes = [1, -1] coordinates = half_pixel : tensor<4x4xf32>, tensor<2xf32>
  return
}

// -----

func.func @c3_scales(%x: tensor<4x4xf32>, %s: tensor<2xf32>) {
  // expected-error @below {{scales of type 'tensor<2xf32>' has not the 1 elements that 1 axes need}}
  %y = graph.resize nearest %x scales %s axes = [1] coordinates = half_pixel : tensor<4x4xf32>, tensor<2xf32>
  return
}

// -----

func.func @c3_roi(%x: tensor<4x4xf32>, %s: tensor<2xi64>, %r: tensor<2xf32>) {
  // expected-error @below {{roi of type 'tensor<2xf32>' has not the 4 elements that 2 axes need}}
  %y = graph.resize nearest %x sizes %s roi %r axes = [0, 1] coordinates = tf_crop_and_resize : tensor<4x4xf32>, tensor<2xi64>, tensor<2xf32>
  return
}

// -----

func.func @c4_scale(%x: tensor<4x4xf32>) {
  %s = arith.constant dense<[1.0, -2.0]> : tensor<2xf32>
  // expected-error @below {{has the scale -2.0}}
  %y = graph.resize nearest %x scales %s axes = [0, 1] coordinates = half_pixel : tensor<4x4xf32>, tensor<2xf32>
  return
}

// -----

func.func @c4_size(%x: tensor<4x4xf32>) {
  %s = arith.constant dense<[1, -2]> : tensor<2xi64>
  // expected-error @below {{has the size -2}}
  %y = graph.resize nearest %x sizes %s axes = [0, 1] coordinates = half_pixel : tensor<4x4xf32>, tensor<2xi64>
  return
}

// -----

func.func @c4_empty(%x: tensor<4x0xf32>) {
  %s = arith.constant dense<[4, 2]> : tensor<2xi64>
  // expected-error @below {{dimension 1 has no elements to make 2 of}}
  %y = graph.resize nearest %x sizes %s axes = [0, 1] coordinates = half_pixel : tensor<4x0xf32>, tensor<2xi64>
  return
}

// -----

func.func @c5_no_roi(%x: tensor<4x4xf32>, %s: tensor<2xi64>) {
  // expected-error @below {{needs a roi}}
  %y = graph.resize nearest %x sizes %s axes = [0, 1] coordinates = tf_crop_and_resize : tensor<4x4xf32>, tensor<2xi64>
  return
}

// -----

func.func @c6_booleans(%x: tensor<4x4xi1>, %s: tensor<2xi64>) {
  // expected-error @below {{linear is not defined for 'i1'}}
  %y = graph.resize linear %x sizes %s axes = [0, 1] coordinates = half_pixel : tensor<4x4xi1>, tensor<2xi64>
  return
}

// -----

func.func @c7_policy(%x: tensor<4x4xf32>, %s: tensor<2xf32>) {
  // expected-error @below {{has scales, so that policy not_larger has no use}}
  %y = graph.resize nearest %x scales %s axes = [0, 1] coordinates = half_pixel policy = not_larger : tensor<4x4xf32>, tensor<2xf32>
  return
}
