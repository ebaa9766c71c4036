// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_rank(%x: tensor<1x2x4x4xf32>, %g: tensor<1x3x2xf32>) {
  // expected-error @below {{input of type 'tensor<1x2x4x4xf32>' has no grid of type 'tensor<1x3x2xf32>'}}
  %y = graph.grid_sample linear %x at %g outside = zeros : tensor<1x2x4x4xf32>, tensor<1x3x2xf32>
  return
}

// -----

func.func @c1_coordinates(%x: tensor<1x2x4x4xf32>, %g: tensor<1x3x3x3xf32>) {
  // expected-error @below {{input of type 'tensor<1x2x4x4xf32>' has no grid of type 'tensor<1x3x3x3xf32>'}}
  %y = graph.grid_sample linear %x at %g outside = zeros : tensor<1x2x4x4xf32>, tensor<1x3x3x3xf32>
  return
}

// -----

func.func @c2_batch(%x: tensor<2x2x4x4xf32>, %g: tensor<1x3x3x2xf32>) {
  // expected-error @below {{there are 2 inputs, but 1 grids}}
  %y = graph.grid_sample linear %x at %g outside = zeros : tensor<2x2x4x4xf32>, tensor<1x3x3x2xf32>
  return
}

// -----

func.func @c3_booleans(%x: tensor<1x2x4xi1>, %g: tensor<1x3x1xf32>) {
  // expected-error @below {{cubic is not defined for 'i1'}}
  %y = graph.grid_sample cubic %x at %g outside = border align_corners : tensor<1x2x4xi1>, tensor<1x3x1xf32>
  return
}

// -----

func.func @c4_empty(%x: tensor<1x2x0xf32>, %g: tensor<1x3x1xf32>) {
  // expected-error @below {{input of type 'tensor<1x2x0xf32>' has no elements to take}}
  %y = graph.grid_sample nearest %x at %g outside = reflection : tensor<1x2x0xf32>, tensor<1x3x1xf32>
  return
}
