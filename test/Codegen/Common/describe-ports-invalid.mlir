// RUN: graphopt-opt %s --graphopt-describe-ports -split-input-file -verify-diagnostics

// expected-error @below {{no function @main}}
module {}

// -----

// expected-error @below {{input 'x': extent 0 has no name in graph.open_dims}}
func.func @main(%x: memref<?xf32> {graph.name = "x", graph.dims = ["n"]}) { return }

// -----

// expected-error @below {{argument 0 is neither input, output, workspace, weights nor run}}
func.func @main(%x: memref<4xf32>) { return }

// -----

// expected-error @below {{argument 0 is not a plain memref: 'memref<4xf32, strided<[2]>>'}}
func.func @main(%x: memref<4xf32, strided<[2]>> {graph.name = "x"}) { return }

// -----

// expected-error @below {{output without graph.name}}
func.func @main(%x: memref<4xf32> {graph.result = 0}) { return }

// -----

// expected-error @below {{input 'x': no element type for a caller: 'vector<2xf32>'}}
func.func @main(%x: memref<4xvector<2xf32>> {graph.name = "x"}) { return }
