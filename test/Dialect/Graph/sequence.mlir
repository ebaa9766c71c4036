// RUN: graphopt-opt %s --canonicalize --split-input-file | FileCheck %s

// A tensor of a list that is known.
// CHECK-LABEL: func @at(
// CHECK-SAME:    %[[X:[^ ]+]]: tensor<2xf32>, %[[Y:[^ ]+]]: tensor<3xf32>, %[[Z:[^ ]+]]: tensor<4xf32>)
// CHECK:         %[[T:.+]] = tensor.cast %[[Y]] : tensor<3xf32> to tensor<?xf32>
// CHECK:         return %[[T]]
func.func @at(%x: tensor<2xf32>, %y: tensor<3xf32>, %z: tensor<4xf32>) -> tensor<?xf32> {
  %first = arith.constant dense<0> : tensor<i64>
  %last = arith.constant dense<-1> : tensor<i64>
  %s = graph.sequence_construct %x, %z : tensor<2xf32>, tensor<4xf32>
  %t = graph.sequence_insert %y into %s at %last : tensor<3xf32>, !graph.sequence<tensor<?xf32>>, tensor<i64>
  %u = graph.sequence_erase %t at %first : !graph.sequence<tensor<?xf32>>, tensor<i64>
  %r = graph.sequence_at %u at %first : !graph.sequence<tensor<?xf32>>, tensor<i64>
  return %r : tensor<?xf32>
}

// -----

// Every node of a list that starts empty.
// CHECK-LABEL: func @appended(
// CHECK-SAME:    %[[X:[^ ]+]]: tensor<2xf32>)
// CHECK:         %[[N:.+]] = arith.constant dense<2> : tensor<i64>
// CHECK:         return %[[X]], %[[N]]
func.func @appended(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<i64>) {
  %one = arith.constant dense<1> : tensor<i64>
  %s = graph.sequence_empty f32
  %t = graph.sequence_insert %x into %s : tensor<2xf32>, !graph.sequence<f32>
  %u = graph.sequence_insert %x into %t : tensor<2xf32>, !graph.sequence<tensor<2xf32>>
  %r = graph.sequence_at %u at %one : !graph.sequence<tensor<2xf32>>, tensor<i64>
  %n = graph.sequence_length %u : !graph.sequence<tensor<2xf32>>
  return %r, %n : tensor<2xf32>, tensor<i64>
}

// -----

// A part of a tensor is a slice; so is one whose position only the run knows.
// CHECK-LABEL: func @parts(
// CHECK-SAME:    %[[X:[^ ]+]]: tensor<5x8xf32>, %[[P:[^ ]+]]: tensor<i64>)
// CHECK-DAG:     %[[FROM:.+]] = arith.constant dense<4> : tensor<1xi64>
// CHECK-DAG:     %[[TO:.+]] = arith.constant dense<5> : tensor<1xi64>
// CHECK:         %[[SLICE:.+]] = graph.slice %[[X]] from %[[FROM]] to %[[TO]]
// CHECK:         graph.gather %[[X]] at %{{.+}} axis = 1 : tensor<5x8xf32>, tensor<i64>
// CHECK-NOT:     graph.sequence
func.func @parts(%x: tensor<5x8xf32>, %p: tensor<i64>) -> (tensor<?x8xf32>, tensor<5xf32>, tensor<i64>) {
  %two = arith.constant dense<2> : tensor<i64>
  %s = graph.split_to_sequence %x sizes %two axis = 0 keep_dims = true : tensor<5x8xf32>, tensor<i64>
  %r = graph.sequence_at %s at %two : !graph.sequence<tensor<?x8xf32>>, tensor<i64>
  %c = graph.split_to_sequence %x axis = -1 keep_dims = false : tensor<5x8xf32>
  %q = graph.sequence_at %c at %p : !graph.sequence<tensor<5xf32>>, tensor<i64>
  %n = graph.sequence_length %s : !graph.sequence<tensor<?x8xf32>>
  return %r, %q, %n : tensor<?x8xf32>, tensor<5xf32>, tensor<i64>
}

// -----

// The extent that parts of an open one must have in sum is looked at by graph.split.
// CHECK-LABEL: func @open(
// CHECK:         %[[PARTS:.+]]:2 = graph.split %{{.+}} axis = 0 into 2 sizes %{{.+}} : tensor<?x8xf32>, tensor<2xi64>
// CHECK:         return
func.func @open(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %sizes = arith.constant dense<[2, 3]> : tensor<2xi64>
  %one = arith.constant dense<1> : tensor<i64>
  %s = graph.split_to_sequence %x sizes %sizes axis = 0 keep_dims = true : tensor<?x8xf32>, tensor<2xi64>
  %r = graph.sequence_at %s at %one : !graph.sequence<tensor<?x8xf32>>, tensor<i64>
  return %r : tensor<?x8xf32>
}

// -----

// CHECK-LABEL: func @concat(
// CHECK:         graph.concat %{{.+}}, %{{.+}} axis = 0 : tensor<2x4xf32>, tensor<3x4xf32>
// CHECK:         graph.unsqueeze
// CHECK:         graph.concat %{{.+}}, %{{.+}} axis = 2 : tensor<2x4x1xf32>, tensor<2x4x1xf32>
func.func @concat(%x: tensor<2x4xf32>, %y: tensor<3x4xf32>) -> (tensor<?x4xf32>, tensor<2x4x?xf32>) {
  %s = graph.sequence_construct %x, %y : tensor<2x4xf32>, tensor<3x4xf32>
  %r = graph.concat_from_sequence %s axis = 0 new_axis = false : !graph.sequence<tensor<?x4xf32>>
  %t = graph.sequence_construct %x, %x : tensor<2x4xf32>, tensor<2x4xf32>
  %q = graph.concat_from_sequence %t axis = -1 new_axis = true : !graph.sequence<tensor<2x4xf32>>
  return %r, %q : tensor<?x4xf32>, tensor<2x4x?xf32>
}

// -----

// What the run refuses stays for it: a position that is out of range, sums that are not
// the extent, extents that differ, nothing to join.
// CHECK-LABEL: func @refused(
// CHECK:         graph.sequence_at
// CHECK:         graph.sequence_at
// CHECK:         graph.concat_from_sequence
// CHECK:         graph.concat_from_sequence
func.func @refused(%x: tensor<2x4xf32>, %y: tensor<2x3xf32>) -> (tensor<2x4xf32>, tensor<?x4xf32>, tensor<?x?xf32>, tensor<?x?xf32>) {
  %two = arith.constant dense<2> : tensor<i64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %zero = arith.constant dense<0> : tensor<i64>
  %s = graph.sequence_construct %x, %x : tensor<2x4xf32>, tensor<2x4xf32>
  %a = graph.sequence_at %s at %two : !graph.sequence<tensor<2x4xf32>>, tensor<i64>
  %p = graph.split_to_sequence %x sizes %one axis = 0 keep_dims = true : tensor<2x4xf32>, tensor<1xi64>
  %b = graph.sequence_at %p at %zero : !graph.sequence<tensor<?x4xf32>>, tensor<i64>
  %t = graph.sequence_construct %x, %y : tensor<2x4xf32>, tensor<2x3xf32>
  %c = graph.concat_from_sequence %t axis = 0 new_axis = false : !graph.sequence<tensor<2x?xf32>>
  %e = graph.sequence_empty f32
  %u = graph.retype %e : !graph.sequence<f32> to !graph.sequence<tensor<?x?xf32>>
  %d = graph.concat_from_sequence %u axis = 0 new_axis = false : !graph.sequence<tensor<?x?xf32>>
  return %a, %b, %c, %d : tensor<2x4xf32>, tensor<?x4xf32>, tensor<?x?xf32>, tensor<?x?xf32>
}

// -----

// A slice at a constant position that no extent has is for the run, too.
// CHECK-LABEL: func @refused_slice(
// CHECK:         graph.sequence_at
func.func @refused_slice(%x: tensor<2x4xf32>) -> tensor<4xf32> {
  %two = arith.constant dense<2> : tensor<i64>
  %s = graph.split_to_sequence %x axis = 0 keep_dims = false : tensor<2x4xf32>
  %a = graph.sequence_at %s at %two : !graph.sequence<tensor<4xf32>>, tensor<i64>
  return %a : tensor<4xf32>
}

// -----

// CHECK-LABEL: func @optional(
// CHECK-SAME:    %[[X:[^ ]+]]: tensor<2xf32>)
// CHECK-DAG:     %[[TRUE:.+]] = arith.constant dense<true>
// CHECK-DAG:     %[[FALSE:.+]] = arith.constant dense<false>
// CHECK:         return %[[X]], %[[TRUE]], %[[FALSE]]
func.func @optional(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<i1>, tensor<i1>) {
  %some = graph.optional_some %x : tensor<2xf32>
  %none = graph.optional_none tensor<2xf32>
  %r = graph.optional_get_element %some : !graph.optional<tensor<2xf32>>
  %t = graph.optional_has_element %some : !graph.optional<tensor<2xf32>>
  %f = graph.optional_has_element %none : !graph.optional<tensor<2xf32>>
  return %r, %t, %f : tensor<2xf32>, tensor<i1>, tensor<i1>
}

// -----

// The branch that is taken gives a list of a narrower type.
// CHECK-LABEL: func @branch(
// CHECK-NOT:     graph.if
// CHECK:         %[[S:.+]] = graph.sequence_construct
// CHECK:         graph.retype %[[S]] : !graph.sequence<tensor<2xf32>> to !graph.sequence<tensor<?xf32>>
func.func @branch(%x: tensor<2xf32>, %y: tensor<3xf32>) -> !graph.sequence<tensor<?xf32>> {
  %c = arith.constant dense<true> : tensor<i1>
  %r = graph.if %c : tensor<i1> -> (!graph.sequence<tensor<?xf32>>) {
    %s = graph.sequence_construct %x : tensor<2xf32>
    graph.yield %s : !graph.sequence<tensor<2xf32>>
  } else {
    %s = graph.sequence_construct %y : tensor<3xf32>
    graph.yield %s : !graph.sequence<tensor<3xf32>>
  }
  return %r : !graph.sequence<tensor<?xf32>>
}
