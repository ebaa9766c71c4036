//--- good.mlir
module attributes {graph.model = "good", graph.open_dims = [], graph.stage = "import"} {
func.func @main(%q: tensor<2x4x3x8xf32> {graph.name = "q"}, %k: tensor<2x2x5x8xf32> {graph.name = "k"},
                %v: tensor<2x2x5x6xf32> {graph.name = "v"}, %m: tensor<3x5xi1> {graph.name = "mask"})
    -> (tensor<2x4x3x6xf32>, tensor<2x4x3x8xf32>, tensor<2x4x3x6xf32>) {
  %a = graph.attention %q, %k, %v mask %m scale = 0.25 : tensor<2x4x3x8xf32>, tensor<2x2x5x8xf32>, tensor<2x2x5x6xf32>, tensor<3x5xi1>
  %b = graph.attention %q, %q, %q scale = 0.25 causal = bottom_right : tensor<2x4x3x8xf32>, tensor<2x4x3x8xf32>, tensor<2x4x3x8xf32>
  %c = graph.attention %q, %k, %v scale = 0.25 softcap = 5.0 : tensor<2x4x3x8xf32>, tensor<2x2x5x8xf32>, tensor<2x2x5x6xf32>
  return %a, %b, %c : tensor<2x4x3x6xf32>, tensor<2x4x3x8xf32>, tensor<2x4x3x6xf32>
}
}
//--- bad.mlir
module attributes {graph.model = "bad", graph.open_dims = [], graph.stage = "import"} {
func.func @main(%q: tensor<2x4x3x8xf32>, %k: tensor<2x2x5x8xf32>, %v: tensor<2x2x5x6xf32>, %m: tensor<3x5xf32>)
    -> (tensor<2x4x3x6xf32>, tensor<2x4x3x6xf32>) {
  %a = graph.attention %q, %k, %v scale = 0.25 causal = bottom_right : tensor<2x4x3x8xf32>, tensor<2x2x5x8xf32>, tensor<2x2x5x6xf32> loc("first")
  %b = graph.attention %q, %k, %v mask %m scale = 0.25 softcap = 5.0 : tensor<2x4x3x8xf32>, tensor<2x2x5x8xf32>, tensor<2x2x5x6xf32>, tensor<3x5xf32> loc("second")
  return %a, %b : tensor<2x4x3x6xf32>, tensor<2x4x3x6xf32>
}
}
