// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

// gather

func.func @c1_gather(%x: tensor<4xf32>, %i: tensor<2xi64>) {
  // expected-error @below {{axis 1 is not in [-1, 1)}}
  %t = graph.gather %x at %i axis = 1 : tensor<4xf32>, tensor<2xi64>
  return
}

// -----

func.func @c2_gather(%x: tensor<?x4xf32>) {
  %i = arith.constant dense<[3, 4]> : tensor<2xi64>
  // expected-error @below {{index 4 is out of range: not in [-4, 4)}}
  %t = graph.gather %x at %i axis = 1 : tensor<?x4xf32>, tensor<2xi64>
  return
}

// -----

// Indices that are a resource, as the importer makes long ones.
func.func @c2_gather_resource(%x: tensor<4xf32>) {
  %i = arith.constant dense_resource<indices> : tensor<2xi64>
  // expected-error @below {{index -5 is out of range: not in [-4, 4)}}
  // expected-error @below {{failed to infer returned types}}
  %t = graph.gather %x at %i axis = 0 : tensor<4xf32>, tensor<2xi64>
  return
}

{-#
  dialect_resources: {
    builtin: {
      indices: "0x080000000300000000000000FBFFFFFFFFFFFFFF"
    }
  }
#-}

// -----

// gather_elements

func.func @c1_gather_elements(%x: tensor<4xf32>, %i: tensor<2xi64>) {
  // expected-error @below {{axis -2 is not in [-1, 1)}}
  %t = graph.gather_elements %x at %i axis = -2 : tensor<4xf32>, tensor<2xi64>
  return
}

// -----

func.func @c2_gather_elements(%x: tensor<4xf32>) {
  %i = arith.constant dense<[3, 4]> : tensor<2xi64>
  // expected-error @below {{index 4 is out of range}}
  %t = graph.gather_elements %x at %i axis = 0 : tensor<4xf32>, tensor<2xi64>
  return
}

// -----

func.func @c3_gather_elements(%x: tensor<4x2xf32>, %i: tensor<9x3xi64>) {
  // expected-error @below {{dimension 1 of data has extent 2, that of indices 3}}
  %t = graph.gather_elements %x at %i axis = 0 : tensor<4x2xf32>, tensor<9x3xi64>
  return
}

// -----

// gather_nd

func.func @c1_gather_nd(%x: tensor<4x2xf32>, %i: tensor<9x?xi64>) {
  // expected-error @below {{the last dimension of indices must be static}}
  %t = graph.gather_nd %x at %i batch = 0 : tensor<4x2xf32>, tensor<9x?xi64>
  return
}

// -----

func.func @c2_gather_nd(%x: tensor<4x2xf32>) {
  %i = arith.constant dense<[[3, 1], [1, 3]]> : tensor<2x2xi64>
  // expected-error @below {{index 3 is out of range: not in [-2, 2)}}
  %t = graph.gather_nd %x at %i batch = 0 : tensor<4x2xf32>, tensor<2x2xi64>
  return
}

// -----

func.func @c3_gather_nd(%x: tensor<4x2xf32>, %i: tensor<4x3xi64>) {
  // expected-error @below {{data of rank 2 has no positions of 3 elements after 0 batch dimensions}}
  %t = graph.gather_nd %x at %i batch = 0 : tensor<4x2xf32>, tensor<4x3xi64>
  return
}

// -----

func.func @c4_gather_nd(%x: tensor<4x2xf32>, %i: tensor<5x1xi64>) {
  // expected-error @below {{batch dimension 0 has extents 4 and 5}}
  %t = graph.gather_nd %x at %i batch = 1 : tensor<4x2xf32>, tensor<5x1xi64>
  return
}

// -----

func.func @c1_tree_splits(%x: tensor<4x2xf64>) {
  %i = arith.constant dense<0> : tensor<1xi32>
  %s = arith.constant dense<0.0> : tensor<1xf32>
  %n = arith.constant dense<0> : tensor<1x2xi32>
  // expected-error @below {{input of type 'tensor<4x2xf64>' has no splits of type 'tensor<1xf32>'}}
  %l = graph.tree_leaves %x by %i, %s to %n from %i depth = 1 : tensor<4x2xf64>, tensor<1xi32>, tensor<1xf32>, tensor<1x2xi32>, tensor<1xi32>
  return
}

// -----

func.func @c2_tree_tables(%x: tensor<4x2xf32>) {
  %i = arith.constant dense<0> : tensor<1xi32>
  %s = arith.constant dense<0.0> : tensor<2xf32>
  %n = arith.constant dense<0> : tensor<2x2xi32>
  // expected-error @below {{splits of type 'tensor<2xf32>' do not fit features of type 'tensor<1xi32>'}}
  %l = graph.tree_leaves %x by %i, %s to %n from %i depth = 1 : tensor<4x2xf32>, tensor<1xi32>, tensor<2xf32>, tensor<2x2xi32>, tensor<1xi32>
  return
}

// -----

func.func @c3_tree_feature(%x: tensor<4x2xf32>) {
  %f = arith.constant dense<2> : tensor<1xi32>
  %i = arith.constant dense<0> : tensor<1xi32>
  %s = arith.constant dense<0.0> : tensor<1xf32>
  %n = arith.constant dense<0> : tensor<1x2xi32>
  // expected-error @below {{features holds numbers from 2 to 2, which are not all less than 2}}
  %l = graph.tree_leaves %x by %f, %s to %n from %i depth = 1 : tensor<4x2xf32>, tensor<1xi32>, tensor<1xf32>, tensor<1x2xi32>, tensor<1xi32>
  return
}

// -----

func.func @c3_tree_next(%x: tensor<4x2xf32>) {
  %i = arith.constant dense<0> : tensor<1xi32>
  %s = arith.constant dense<0.0> : tensor<1xf32>
  %n = arith.constant dense<[[0, 1]]> : tensor<1x2xi32>
  // expected-error @below {{next holds numbers from 0 to 1, which are not all less than 1}}
  %l = graph.tree_leaves %x by %i, %s to %n from %i depth = 1 : tensor<4x2xf32>, tensor<1xi32>, tensor<1xf32>, tensor<1x2xi32>, tensor<1xi32>
  return
}

// -----

func.func @c3_tree_roots(%x: tensor<4x2xf32>, %r: tensor<1xi32>) {
  %i = arith.constant dense<0> : tensor<1xi32>
  %s = arith.constant dense<0.0> : tensor<1xf32>
  %n = arith.constant dense<0> : tensor<1x2xi32>
  // expected-error @below {{roots must be constant}}
  %l = graph.tree_leaves %x by %i, %s to %n from %r depth = 1 : tensor<4x2xf32>, tensor<1xi32>, tensor<1xf32>, tensor<1x2xi32>, tensor<1xi32>
  return
}
