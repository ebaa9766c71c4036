// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{a sequence has tensors, not '!graph.optional<tensor<f32>>'}}
func.func private @type(!graph.sequence<!graph.optional<tensor<f32>>>)

// -----

func.func @c1_construct(%x: tensor<2xf32>, %y: tensor<2xi64>) {
  // expected-error @below {{tensors of type 'tensor<2xf32>' and 'tensor<2xi64>' are in one sequence}}
  %s = graph.sequence_construct %x, %y : tensor<2xf32>, tensor<2xi64>
  return
}

// -----

func.func @c1_insert(%s: !graph.sequence<tensor<2xf32>>, %x: tensor<2xi64>) {
  // expected-error @below {{a tensor of type 'tensor<2xi64>' is put into a sequence of 'tensor<2xf32>'}}
  %t = graph.sequence_insert %x into %s : tensor<2xi64>, !graph.sequence<tensor<2xf32>>
  return
}

// -----

func.func @c2_insert(%s: !graph.sequence<tensor<2xf32>>, %x: tensor<2xf32>, %p: tensor<2xi64>) {
  // expected-error @below {{position must have one element, not 2}}
  %t = graph.sequence_insert %x into %s at %p : tensor<2xf32>, !graph.sequence<tensor<2xf32>>, tensor<2xi64>
  return
}

// -----

func.func @c1_erase(%s: !graph.sequence<tensor<2xf32>>, %p: tensor<2xi64>) {
  // expected-error @below {{position must have one element, not 2}}
  %t = graph.sequence_erase %s at %p : !graph.sequence<tensor<2xf32>>, tensor<2xi64>
  return
}

// -----

func.func @c1_at(%s: !graph.sequence<tensor<2xf32>>, %p: tensor<0xi64>) {
  // expected-error @below {{position must have one element, not 0}}
  %t = graph.sequence_at %s at %p : !graph.sequence<tensor<2xf32>>, tensor<0xi64>
  return
}

// -----

func.func @c1_split(%x: tensor<2xf32>) {
  // expected-error @below {{axis 1 is not in [-1, 1)}}
  %s = graph.split_to_sequence %x axis = 1 keep_dims = true : tensor<2xf32>
  return
}

// -----

func.func @c2_split(%x: tensor<2xf32>, %p: tensor<1x1xi64>) {
  // expected-error @below {{split must have one dimension or none}}
  %s = graph.split_to_sequence %x sizes %p axis = 0 keep_dims = true : tensor<2xf32>, tensor<1x1xi64>
  return
}

// -----

func.func @c1_concat(%s: !graph.sequence<tensor<*xf32>>) {
  // expected-error @below {{the rank of the tensors that it joins must be known when the model is compiled}}
  %t = graph.concat_from_sequence %s axis = 0 new_axis = false : !graph.sequence<tensor<*xf32>>
  return
}

// -----

func.func @c2_concat(%s: !graph.sequence<tensor<2xf32>>) {
  // expected-error @below {{axis 2 is not in [-2, 2)}}
  %t = graph.concat_from_sequence %s axis = 2 new_axis = true : !graph.sequence<tensor<2xf32>>
  return
}

// -----

func.func @c1_retype(%s: !graph.sequence<tensor<2xf32>>) {
  // expected-error @below {{cannot make '!graph.sequence<tensor<2xi64>>' of '!graph.sequence<tensor<2xf32>>'}}
  %t = graph.retype %s : !graph.sequence<tensor<2xf32>> to !graph.sequence<tensor<2xi64>>
  return
}

// -----

func.func @c1_loop(%n: tensor<i64>, %s: !graph.sequence<tensor<2xf32>>) {
  // expected-error @below {{initial value of type '!graph.sequence<tensor<2xf32>>' does not fit '!graph.sequence<tensor<3xf32>>'}}
  %r = graph.loop max %n carry (%s) : (tensor<i64>, !graph.sequence<tensor<2xf32>>) -> (!graph.sequence<tensor<3xf32>>) {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %t: !graph.sequence<tensor<3xf32>>):
    graph.yield %c, %t : tensor<i1>, !graph.sequence<tensor<3xf32>>
  }
  return
}

// -----

func.func @c3_loop(%n: tensor<i64>, %s: !graph.sequence<tensor<2xf32>>) {
  // expected-error @below {{scan output must be a tensor, not '!graph.sequence<tensor<2xf32>>'}}
  %r = graph.loop max %n : (tensor<i64>) -> (tensor<?xf32>) {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>):
    graph.yield %c, %s : tensor<i1>, !graph.sequence<tensor<2xf32>>
  }
  return
}
