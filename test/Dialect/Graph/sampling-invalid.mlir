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

// -----

// col2im

func.func @c1_col2im(%x: tensor<1x4x9xf32>, %s: tensor<1xi64>, %b: tensor<2xi64>) {
  // expected-error @below {{makes no image of 1 dimensions of 'tensor<1x4x9xf32>' with blocks of 2}}
  %y = graph.col2im %x to %s block %b strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] : tensor<1x4x9xf32>, tensor<1xi64>, tensor<2xi64>
  return
}

// -----

func.func @c1_block(%x: tensor<1x4x9xf32>, %s: tensor<2xi64>) {
  %b = arith.constant dense<[2, 0]> : tensor<2xi64>
  // expected-error @below {{has an image or block of extent 0}}
  %y = graph.col2im %x to %s block %b strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] : tensor<1x4x9xf32>, tensor<2xi64>, tensor<2xi64>
  return
}

// -----

func.func @c2_col2im(%x: tensor<1x4x9xf32>, %s: tensor<2xi64>, %b: tensor<2xi64>) {
  // expected-error @below {{has strides [0, 1], dilations [1, 1] and pads [0, 0, 0, 0]}}
  %y = graph.col2im %x to %s block %b strides = [0, 1] dilations = [1, 1] pads = [0, 0, 0, 0] : tensor<1x4x9xf32>, tensor<2xi64>, tensor<2xi64>
  return
}

// -----

func.func @c3_rows(%x: tensor<1x5x9xf32>, %s: tensor<2xi64>) {
  %b = arith.constant dense<2> : tensor<2xi64>
  // expected-error @below {{dimension 1 of the input has extent 5, no multiple of 4}}
  %y = graph.col2im %x to %s block %b strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] : tensor<1x5x9xf32>, tensor<2xi64>, tensor<2xi64>
  return
}

// -----

func.func @c3_columns(%x: tensor<1x4x9xf32>) {
  %s = arith.constant dense<[4, 5]> : tensor<2xi64>
  %b = arith.constant dense<2> : tensor<2xi64>
  // expected-error @below {{dimension 2 of the input has extent 9, but there are 12 windows}}
  %y = graph.col2im %x to %s block %b strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] : tensor<1x4x9xf32>, tensor<2xi64>, tensor<2xi64>
  return
}

// -----

func.func @c1_roi_align_rank(%x: tensor<1x2x4xf32>, %r: tensor<3x4xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{input of type 'tensor<1x2x4xf32>' has no regions of type 'tensor<3x4xf32>'}}
  %y = graph.roi_align %x at %r of %i height = 2 width = 2 samples = 2 scale = 1.0 : tensor<1x2x4xf32>, tensor<3x4xf32>, tensor<3xi64>
  return
}

// -----

func.func @c1_roi_align_entries(%x: tensor<1x2x4x4xf32>, %r: tensor<3x5xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{input of type 'tensor<1x2x4x4xf32>' has no regions of type 'tensor<3x5xf32>'}}
  %y = graph.roi_align %x at %r of %i height = 2 width = 2 samples = 2 scale = 1.0 : tensor<1x2x4x4xf32>, tensor<3x5xf32>, tensor<3xi64>
  return
}

// -----

func.func @c1_roi_align_images(%x: tensor<1x2x4x4xf32>, %r: tensor<3x4xf32>, %i: tensor<3x1xi64>) {
  // expected-error @below {{images have type 'tensor<3x1xi64>'}}
  %y = graph.roi_align %x at %r of %i height = 2 width = 2 samples = 2 scale = 1.0 : tensor<1x2x4x4xf32>, tensor<3x4xf32>, tensor<3x1xi64>
  return
}

// -----

func.func @c2_roi_align_type(%x: tensor<1x2x4x4xf32>, %r: tensor<3x4xf64>, %i: tensor<3xi64>) {
  // expected-error @below {{input has elements of type 'f32', but regions of type 'f64'}}
  %y = graph.roi_align %x at %r of %i height = 2 width = 2 samples = 2 scale = 1.0 : tensor<1x2x4x4xf32>, tensor<3x4xf64>, tensor<3xi64>
  return
}

// -----

func.func @c3_roi_align_count(%x: tensor<1x2x4x4xf32>, %r: tensor<3x4xf32>, %i: tensor<2xi64>) {
  // expected-error @below {{there are 3 regions, but 2 images}}
  %y = graph.roi_align %x at %r of %i height = 2 width = 2 samples = 2 scale = 1.0 : tensor<1x2x4x4xf32>, tensor<3x4xf32>, tensor<2xi64>
  return
}

// -----

func.func @c4_roi_align_bins(%x: tensor<1x2x4x4xf32>, %r: tensor<3x4xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{has 0 x 2 bins}}
  %y = graph.roi_align %x at %r of %i height = 0 width = 2 samples = 2 scale = 1.0 : tensor<1x2x4x4xf32>, tensor<3x4xf32>, tensor<3xi64>
  return
}

// -----

func.func @c4_roi_align_samples(%x: tensor<1x2x4x4xf32>, %r: tensor<3x4xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{samples is -1}}
  %y = graph.roi_align %x at %r of %i height = 1 width = 2 samples = -1 scale = 1.0 : tensor<1x2x4x4xf32>, tensor<3x4xf32>, tensor<3xi64>
  return
}

// -----

func.func @c1_max_roi_pool_entries(%x: tensor<1x2x4x4xf32>, %r: tensor<3x4xf32>) {
  // expected-error @below {{input of type 'tensor<1x2x4x4xf32>' has no regions of type 'tensor<3x4xf32>'}}
  %y = graph.max_roi_pool %x at %r height = 2 width = 2 scale = 1.0 : tensor<1x2x4x4xf32>, tensor<3x4xf32>
  return
}

// -----

func.func @c2_max_roi_pool_type(%x: tensor<1x2x4x4xf32>, %r: tensor<3x5xf16>) {
  // expected-error @below {{input has elements of type 'f32', but regions of type 'f16'}}
  %y = graph.max_roi_pool %x at %r height = 2 width = 2 scale = 1.0 : tensor<1x2x4x4xf32>, tensor<3x5xf16>
  return
}

// -----

func.func @c3_max_roi_pool_bins(%x: tensor<1x2x4x4xf32>, %r: tensor<3x5xf32>) {
  // expected-error @below {{has 2 x -1 bins}}
  %y = graph.max_roi_pool %x at %r height = 2 width = -1 scale = 1.0 : tensor<1x2x4x4xf32>, tensor<3x5xf32>
  return
}

// -----

// decode_image

func.func @c1_decode_image(%x: tensor<2x9xui8>) {
  // expected-error @below {{a file has type 'tensor<2x9xui8>'}}
  %y = graph.decode_image "RGB" %x : tensor<2x9xui8>
  return
}

// -----

func.func @c2_decode_image(%x: tensor<9xui8>) {
  // expected-error @below {{pixel format 'YUV' is not known}}
  %y = graph.decode_image "YUV" %x : tensor<9xui8>
  return
}
