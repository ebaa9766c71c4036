// RUN: %graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_concat(%x: tensor<2x!graph.string>, %y: tensor<3x!graph.string>) {
  // expected-error @below {{broadcast}}
  %z = graph.string_concat %x, %y : tensor<2x!graph.string>, tensor<3x!graph.string>
  return
}

// -----

func.func @c1_equal(%x: tensor<2x!graph.string>, %y: tensor<3x!graph.string>) {
  // expected-error @below {{broadcast}}
  %z = graph.string_equal %x, %y : tensor<2x!graph.string>, tensor<3x!graph.string>
  return
}

// -----

func.func @c1_match(%x: tensor<2x!graph.string>, %a: tensor<3x4xi32>) {
  // expected-error @below {{a list has type 'tensor<3x4xi32>'}}
  %z = graph.string_match "a" %x by %a : tensor<2x!graph.string>, tensor<3x4xi32>
  return
}

// -----

func.func @c1_find(%x: tensor<2x!graph.string>, %k: tensor<!graph.string>) {
  // expected-error @below {{a list has type 'tensor<!graph.string>'}}
  %z = graph.string_find %x in %k : tensor<2x!graph.string>, tensor<!graph.string>
  return
}

// -----

func.func @c1_ngrams(%x: tensor<2xi64>, %t: tensor<3xi64>) {
  // expected-error @below {{rows have type 'tensor<2xi64>', their table 'tensor<3xi64>'}}
  %z = graph.count_ngrams %x in %t least = 1 most = 1 skips = 0 columns = 2 : tensor<2xi64>, tensor<3xi64>
  return
}

// -----

// Nothing computes with strings but ops that say so.
func.func @numbers_only(%x: tensor<2x!graph.string>) {
  // expected-error @below {{Add is not defined for '!graph.string'}}
  %z = graph.binary Add %x, %x : tensor<2x!graph.string>, tensor<2x!graph.string>
  return
}
