// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

// top_k

func.func @c1_top_k(%x: tensor<4xf32>, %k: tensor<1xi64>) {
  // expected-error @below {{axis 1 is not in [-1, 1)}}
  %v, %i = graph.top_k %x by %k axis = 1 : tensor<4xf32>, tensor<1xi64>
  return
}

// -----

func.func @c2_top_k(%x: tensor<4xf32>, %k: tensor<2xi64>) {
  // expected-error @below {{k must have one element, but its type is 'tensor<2xi64>'}}
  %v, %i = graph.top_k %x by %k axis = 0 : tensor<4xf32>, tensor<2xi64>
  return
}

// -----

func.func @c3_top_k(%x: tensor<?x4xf32>) {
  %k = arith.constant dense<5> : tensor<1xi64>
  // expected-error @below {{k is 5, but a row has 4 elements}}
  %v, %i = graph.top_k %x by %k axis = 1 largest : tensor<?x4xf32>, tensor<1xi64>
  return
}

// -----

func.func @c3_top_k_negative(%x: tensor<?xf32>) {
  %k = arith.constant dense<-1> : tensor<1xi64>
  // expected-error @below {{k is -1}}
  %v, %i = graph.top_k %x by %k axis = 0 : tensor<?xf32>, tensor<1xi64>
  return
}

// -----

// unique

func.func @c1_unique(%x: tensor<4x8xf32>) {
  // expected-error @below {{axis -3 is not in [-2, 2)}}
  %v, %f, %i, %c = graph.unique %x axis = -3 sorted : tensor<4x8xf32>
  return
}

// -----

// non_max_suppression

func.func @c1_non_max_suppression(%b: tensor<2x9x4xf32>, %s: tensor<2x3x8xf32>) {
  // expected-error @below {{boxes of type 'tensor<2x9x4xf32>' and scores of type 'tensor<2x3x8xf32>' are not [batch, box, 4] and [batch, class, box]}}
  %y = graph.non_max_suppression %b, %s : tensor<2x9x4xf32>, tensor<2x3x8xf32>
  return
}

// -----

func.func @c2_non_max_suppression(%b: tensor<2x9x4xf32>, %s: tensor<2x3x9xf32>, %n: tensor<2xi64>) {
  // expected-error @below {{a limit must have one element, but its type is 'tensor<2xi64>'}}
  %y = graph.non_max_suppression %b, %s max %n : tensor<2x9x4xf32>, tensor<2x3x9xf32>, tensor<2xi64>
  return
}
