// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_rank(%q: tensor<2x5x4xf32>) {
  // expected-error @below {{query, key and value have rank 4, not 3}}
  %y = graph.attention %q, %q, %q scale = 1.0 : tensor<2x5x4xf32>, tensor<2x5x4xf32>, tensor<2x5x4xf32>
  return
}

// -----

func.func @c1_depth(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x5x8xf32>) {
  // expected-error @below {{a query of type 'tensor<1x2x5x4xf32>' does not fit to a key of type 'tensor<1x2x5x8xf32>' and a value of type 'tensor<1x2x5x8xf32>'}}
  %y = graph.attention %q, %k, %k scale = 1.0 : tensor<1x2x5x4xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32>
  return
}

// -----

func.func @c1_keys(%q: tensor<1x2x5x4xf32>, %v: tensor<1x2x6x4xf32>) {
  // expected-error @below {{does not fit to a key of type}}
  %y = graph.attention %q, %q, %v scale = 1.0 : tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>, tensor<1x2x6x4xf32>
  return
}

// -----

func.func @c1_batch(%q: tensor<1x2x5x4xf32>, %k: tensor<3x2x5x4xf32>) {
  // expected-error @below {{does not fit to a key of type}}
  %y = graph.attention %q, %k, %k scale = 1.0 : tensor<1x2x5x4xf32>, tensor<3x2x5x4xf32>, tensor<3x2x5x4xf32>
  return
}

// -----

func.func @c2_inputs(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x5x4xf16>) {
  // expected-error @below {{inputs have element types 'f32' and 'f16'}}
  %y = graph.attention %q, %k, %k scale = 1.0 : tensor<1x2x5x4xf32>, tensor<1x2x5x4xf16>, tensor<1x2x5x4xf16>
  return
}

// -----

func.func @c2_mask(%q: tensor<1x2x5x4xf32>, %m: tensor<5x5xi32>) {
  // expected-error @below {{mask has elements of type 'i32', not i1 or 'f32'}}
  %y = graph.attention %q, %q, %q mask %m scale = 1.0 : tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>, tensor<5x5xi32>
  return
}

// -----

func.func @c3_heads(%q: tensor<1x6x5x4xf32>, %k: tensor<1x4x5x4xf32>) {
  // expected-error @below {{4 heads of keys do not divide 6 of queries}}
  %y = graph.attention %q, %k, %k scale = 1.0 : tensor<1x6x5x4xf32>, tensor<1x4x5x4xf32>, tensor<1x4x5x4xf32>
  return
}

// -----

func.func @c4_extent(%q: tensor<1x2x5x4xf32>, %m: tensor<3x5xf32>) {
  // expected-error @below {{mask of type 'tensor<3x5xf32>' does not broadcast to the scores' type 'tensor<1x2x5x5xf32>'}}
  %y = graph.attention %q, %q, %q mask %m scale = 1.0 : tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>, tensor<3x5xf32>
  return
}

// -----

func.func @c4_rank(%q: tensor<1x2x5x4xf32>, %m: tensor<1x1x1x5x5xf32>) {
  // expected-error @below {{does not broadcast to the scores' type}}
  %y = graph.attention %q, %q, %q mask %m scale = 1.0 : tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>, tensor<1x1x1x5x5xf32>
  return
}

// -----

func.func @c5_softcap(%q: tensor<1x2x5x4xf32>) {
  // expected-error @below {{softcap is -1}}
  %y = graph.attention %q, %q, %q scale = 1.0 softcap = -1.0 : tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>
  return
}
