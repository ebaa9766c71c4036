// RUN: graphopt-opt %s --convert-graph-to-linalg --canonicalize | FileCheck %s

// A sequence is a number; what is known of its tensors is asked for.
// CHECK-LABEL: func @at(
// CHECK-SAME:    %[[S:[^ ]+]]: i64, %[[P:[^ ]+]]: tensor<i64>) -> tensor<?x4xf32>
// CHECK:         %[[I:.+]] = tensor.extract %[[P]][] : tensor<i64>
// CHECK:         %[[N:.+]] = kernel.call @graphopt_sequence_extent ins(%[[S]], %[[I]], %c2_i64, %c0_i64 : i64, i64, i64, i64) -> i64
// CHECK:         %[[E:.+]] = tensor.empty(%{{.+}}) : tensor<?x4xf32>
// CHECK:         kernel.call @graphopt_sequence_read ins(%[[S]], %[[I]], %c2_i64, %{{.+}} : i64, i64, i64, i64) outs(%[[E]] : tensor<?x4xf32>)
func.func @at(%s: !graph.sequence<tensor<?x4xf32>>, %p: tensor<i64>) -> tensor<?x4xf32> {
  %x = graph.sequence_at %s at %p : !graph.sequence<tensor<?x4xf32>>, tensor<i64>
  return %x : tensor<?x4xf32>
}

// CHECK-LABEL: func @construct(
// CHECK-SAME:    %[[X:[^ ]+]]: tensor<?xf16>, %[[Y:[^ ]+]]: tensor<f16>) -> i64
// CHECK:         %[[E:.+]] = kernel.call @graphopt_sequence_empty -> i64
// CHECK:         %[[DIMS:.+]] = tensor.from_elements %{{.+}} : tensor<1xi64>
// CHECK:         %[[S:.+]] = kernel.call @graphopt_sequence_insert ins(%[[E]], %c0_i64, %[[X]], %[[DIMS]], %c1_i64, %c2_i64
// CHECK:         kernel.call @graphopt_sequence_insert ins(%[[S]], %c1_i64, %[[Y]], %{{.+}}, %c0_i64, %c2_i64
func.func @construct(%x: tensor<?xf16>, %y: tensor<f16>) -> !graph.sequence<tensor<*xf16>> {
  %s = graph.sequence_construct %x, %y : tensor<?xf16>, tensor<f16>
  return %s : !graph.sequence<tensor<*xf16>>
}

// A tensor of any rank goes from one list to another without being looked at.
// CHECK-LABEL: func @any_rank(
// CHECK-SAME:    %[[S:[^ ]+]]: i64, %[[P:[^ ]+]]: tensor<i64>) -> i64
// CHECK:         %[[ONE:.+]] = kernel.call @graphopt_sequence_at ins(%[[S]], %{{.+}} : i64, i64) -> i64
// CHECK:         %[[N:.+]] = kernel.call @graphopt_sequence_length ins(%[[S]] : i64) -> i64
// CHECK:         kernel.call @graphopt_sequence_insert_item ins(%[[S]], %[[N]], %[[ONE]] : i64, i64, i64) -> i64
func.func @any_rank(%s: !graph.sequence<tensor<*xf32>>, %p: tensor<i64>) -> !graph.sequence<tensor<*xf32>> {
  %x = graph.sequence_at %s at %p : !graph.sequence<tensor<*xf32>>, tensor<i64>
  %t = graph.sequence_insert %x into %s : tensor<*xf32>, !graph.sequence<tensor<*xf32>>
  return %t : !graph.sequence<tensor<*xf32>>
}

// CHECK-LABEL: func @cut_and_join(
// CHECK-SAME:    %[[X:[^ ]+]]: tensor<?x4xi8>, %[[SIZES:[^ ]+]]: tensor<?xi32>)
// CHECK:         kernel.call @graphopt_sequence_cut ins(%[[X]], %{{.+}}, %c2_i64, %c1_i64, %c1_i64, %c1_i64, %c1_i64
// CHECK:         %[[S:.+]] = kernel.call @graphopt_sequence_split ins(%[[X]], %{{.+}}, %c2_i64, %c1_i64, %c0_i64, %{{.+}}, %{{.+}} : tensor<?x4xi8>, tensor<2xi64>, i64, i64, i64, tensor<?xi64>, i64)
// CHECK:         kernel.call @graphopt_sequence_joint ins(%[[S]], %c2_i64, %c0_i64, %c0_i64
// CHECK:         kernel.call @graphopt_sequence_concat
func.func @cut_and_join(%x: tensor<?x4xui8>, %sizes: tensor<?xi32>) -> (!graph.sequence<tensor<?xui8>>, tensor<?x4xui8>) {
  %c = graph.split_to_sequence %x axis = 1 keep_dims = false : tensor<?x4xui8>
  %s = graph.split_to_sequence %x sizes %sizes axis = 0 keep_dims = true : tensor<?x4xui8>, tensor<?xi32>
  %y = graph.concat_from_sequence %s axis = 0 new_axis = false : !graph.sequence<tensor<?x4xui8>>
  return %c, %y : !graph.sequence<tensor<?xui8>>, tensor<?x4xui8>
}

// An absent value is 0.
// CHECK-LABEL: func @optional(
// CHECK-SAME:    %[[O:[^ ]+]]: i64) -> (tensor<i8>, tensor<2xf32>, i64)
// CHECK:         arith.cmpi ne, %[[O]], %c0_i64 : i64
// CHECK:         cf.assert
// CHECK:         kernel.call @graphopt_sequence_read ins(%[[O]], %c0_i64, %c1_i64, %c8_i64
// CHECK:         return %{{.+}}, %{{.+}}, %c0_i64
func.func @optional(%o: !graph.optional<tensor<2xf32>>) -> (tensor<i1>, tensor<2xf32>, !graph.optional<tensor<2xf32>>) {
  %b = graph.optional_has_element %o : !graph.optional<tensor<2xf32>>
  %x = graph.optional_get_element %o : !graph.optional<tensor<2xf32>>
  %n = graph.optional_none tensor<2xf32>
  return %b, %x, %n : tensor<i1>, tensor<2xf32>, !graph.optional<tensor<2xf32>>
}

// CHECK-LABEL: func @loop(
// CHECK:         scf.for %{{.+}} iter_args(%{{.+}} = %{{.+}}) -> (i64)
// CHECK:           kernel.call @graphopt_sequence_insert
func.func @loop(%n: tensor<i64>, %x: tensor<2xf32>) -> !graph.sequence<tensor<2xf32>> {
  %e = graph.sequence_empty f32
  %r = graph.loop max %n carry (%e) : (tensor<i64>, !graph.sequence<f32>) -> (!graph.sequence<tensor<2xf32>>) {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %s: !graph.sequence<tensor<2xf32>>):
    %t = graph.sequence_insert %x into %s : tensor<2xf32>, !graph.sequence<tensor<2xf32>>
    graph.yield %c, %t : tensor<i1>, !graph.sequence<tensor<2xf32>>
  }
  return %r : !graph.sequence<tensor<2xf32>>
}
