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
