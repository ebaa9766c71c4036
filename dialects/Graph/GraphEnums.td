#ifndef GRAPHOPT_GRAPH_ENUMS
#define GRAPHOPT_GRAPH_ENUMS

include "dialects/Graph/GraphBase.td"

// The enumerations of all families: TableGen wants a dialect's attributes in one
// place.

// The case name is the ONNX operator's name: the importer looks it up here.
def Graph_UnaryKind : Graph_Enum<"UnaryKind", "element-wise function of one tensor", [
  I32EnumAttrCase<"Abs", 0>,
  I32EnumAttrCase<"Acos", 1>,
  I32EnumAttrCase<"Acosh", 2>,
  I32EnumAttrCase<"Asin", 3>,
  I32EnumAttrCase<"Asinh", 4>,
  I32EnumAttrCase<"Atan", 5>,
  I32EnumAttrCase<"Atanh", 6>,
  I32EnumAttrCase<"BitwiseNot", 7>,
  I32EnumAttrCase<"Ceil", 8>,
  I32EnumAttrCase<"Cos", 9>,
  I32EnumAttrCase<"Cosh", 10>,
  I32EnumAttrCase<"Erf", 11>,
  I32EnumAttrCase<"Exp", 12>,
  I32EnumAttrCase<"Floor", 13>,
  I32EnumAttrCase<"HardSwish", 14>,
  I32EnumAttrCase<"IsNaN", 15>,
  I32EnumAttrCase<"Log", 16>,
  I32EnumAttrCase<"Mish", 17>,
  I32EnumAttrCase<"Neg", 18>,
  I32EnumAttrCase<"Not", 19>,
  I32EnumAttrCase<"Reciprocal", 20>,
  I32EnumAttrCase<"Relu", 21>,
  I32EnumAttrCase<"Round", 22>,     // half to even
  I32EnumAttrCase<"Sigmoid", 23>,
  I32EnumAttrCase<"Sign", 24>,
  I32EnumAttrCase<"Sin", 25>,
  I32EnumAttrCase<"Sinh", 26>,
  I32EnumAttrCase<"Softplus", 27>,  // log(1 + exp(x))
  I32EnumAttrCase<"Softsign", 28>,  // x / (1 + |x|)
  I32EnumAttrCase<"Sqrt", 29>,
  I32EnumAttrCase<"Tan", 30>,
  I32EnumAttrCase<"Tanh", 31>,
  I32EnumAttrCase<"Gelu", 32>,      // x * (1 + erf(x / sqrt(2))) / 2
  I32EnumAttrCase<"GeluTanh", 33>,  // with tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))
  I32EnumAttrCase<"Swish", 34>,     // x * sigmoid(x)
]>;

def Graph_BinaryKind : Graph_Enum<"BinaryKind", "element-wise function of two tensors", [
  I32EnumAttrCase<"Add", 0>,
  I32EnumAttrCase<"And", 1>,
  I32EnumAttrCase<"BitShiftLeft", 2>,
  I32EnumAttrCase<"BitShiftRight", 3>,
  I32EnumAttrCase<"BitwiseAnd", 4>,
  I32EnumAttrCase<"BitwiseOr", 5>,
  I32EnumAttrCase<"BitwiseXor", 6>,
  I32EnumAttrCase<"Div", 7>,            // integers: toward zero
  I32EnumAttrCase<"Equal", 8>,
  I32EnumAttrCase<"FMod", 9>,           // sign of the dividend
  I32EnumAttrCase<"Greater", 10>,
  I32EnumAttrCase<"GreaterOrEqual", 11>,
  I32EnumAttrCase<"Less", 12>,
  I32EnumAttrCase<"LessOrEqual", 13>,
  I32EnumAttrCase<"Max", 14>,           // NaN if one operand is
  I32EnumAttrCase<"Min", 15>,           // NaN if one operand is
  I32EnumAttrCase<"Mod", 16>,           // sign of the divisor
  I32EnumAttrCase<"Mul", 17>,
  I32EnumAttrCase<"Or", 18>,
  I32EnumAttrCase<"PRelu", 19>,         // lhs < 0 ? lhs * rhs : lhs
  I32EnumAttrCase<"Pow", 20>,           // result has lhs' type
  I32EnumAttrCase<"Sub", 21>,
  I32EnumAttrCase<"Xor", 22>,
]>;

def Graph_UnaryKindAttr : EnumAttr<Graph_Dialect, Graph_UnaryKind, "unary">;

def Graph_BinaryKindAttr : EnumAttr<Graph_Dialect, Graph_BinaryKind, "binary">;

// The case name is the ONNX operator's name, the value its number of gates.
def Graph_RecurrentKind : Graph_Enum<"RecurrentKind", "recurrent cell", [
  I32EnumAttrCase<"RNN", 1>,
  I32EnumAttrCase<"GRU", 3>,   // gates in the order z, r, h
  I32EnumAttrCase<"LSTM", 4>,  // gates in the order i, o, f, c
]>;

def Graph_RecurrentKindAttr
    : EnumAttr<Graph_Dialect, Graph_RecurrentKind, "recurrent">;

def Graph_PadMode : Graph_Enum<"PadMode", "what stands outside of a tensor", [
  I32EnumAttrCase<"Constant", 0, "constant">,
  I32EnumAttrCase<"Edge", 1, "edge">,       // the nearest element
  I32EnumAttrCase<"Reflect", 2, "reflect">, // mirrored at the centre of the last
  I32EnumAttrCase<"Wrap", 3, "wrap">,       // the other end
]>;

def Graph_PadModeAttr : EnumAttr<Graph_Dialect, Graph_PadMode, "pad_mode">;

def Graph_Case : Graph_Enum<"Case", "large or small letters", [
  I32EnumAttrCase<"Lower", 0>,
  I32EnumAttrCase<"Upper", 1>,
]>;

def Graph_CaseAttr : EnumAttr<Graph_Dialect, Graph_Case, "case">;

// The case name is the ONNX operator's name after `Reduce`.
def Graph_ReduceKind : Graph_Enum<"ReduceKind", "reduction of many elements to one", [
  I32EnumAttrCase<"L1", 0>,         // sum of |x|
  I32EnumAttrCase<"L2", 1>,         // square root of the sum of x^2
  I32EnumAttrCase<"LogSum", 2>,
  I32EnumAttrCase<"LogSumExp", 3>,
  I32EnumAttrCase<"Max", 4>,        // NaN if one element is
  I32EnumAttrCase<"Mean", 5>,
  I32EnumAttrCase<"Min", 6>,        // NaN if one element is
  I32EnumAttrCase<"Prod", 7>,
  I32EnumAttrCase<"Sum", 8>,
  I32EnumAttrCase<"SumSquare", 9>,
]>;

def Graph_ReduceKindAttr : EnumAttr<Graph_Dialect, Graph_ReduceKind, "reduce">;

// ONNX's VALID is NotSet with pads of 0.
def Graph_AutoPad : Graph_Enum<"AutoPad", "padding that follows from the input's extents", [
  I32EnumAttrCase<"NotSet", 0>,
  I32EnumAttrCase<"SameUpper", 1>,
  I32EnumAttrCase<"SameLower", 2>,
]>;

def Graph_AutoPadAttr : EnumAttr<Graph_Dialect, Graph_AutoPad, "auto_pad">;

def Graph_PoolKind : Graph_Enum<"PoolKind", "what pooling makes of a window", [
  I32EnumAttrCase<"Average", 0>,
  I32EnumAttrCase<"AverageWithPads", 1>,
  I32EnumAttrCase<"Max", 2>,
  I32EnumAttrCase<"Sum", 3>,
]>;

def Graph_PoolKindAttr : EnumAttr<Graph_Dialect, Graph_PoolKind, "pool">;

// The case name is the ONNX operator's name after `Arg`.
def Graph_ArgKind : Graph_Enum<"ArgKind", "which element of a row is looked for", [
  I32EnumAttrCase<"Max", 0>,
  I32EnumAttrCase<"Min", 1>,
]>;

def Graph_ArgKindAttr : EnumAttr<Graph_Dialect, Graph_ArgKind, "arg">;

// The case name is the ONNX operator's name after `Cum`.
def Graph_CumKind : Graph_Enum<"CumKind", "what is made of an element and those before it", [
  I32EnumAttrCase<"Sum", 0>,
  I32EnumAttrCase<"Prod", 1>,
]>;

def Graph_CumKindAttr : EnumAttr<Graph_Dialect, Graph_CumKind, "cum">;

def Graph_Interpolation : Graph_Enum<"Interpolation", "value between elements", [
  I32EnumAttrCase<"Nearest", 0, "nearest">,
  I32EnumAttrCase<"Linear", 1, "linear">,
  I32EnumAttrCase<"Cubic", 2, "cubic">,
]>;

def Graph_InterpolationAttr
    : EnumAttr<Graph_Dialect, Graph_Interpolation, "interpolation">;

// Formulas: see `graph.resize`.
def Graph_CoordinateMode : Graph_Enum<"CoordinateMode", "where an element of a resized tensor lies in the original", [
  I32EnumAttrCase<"HalfPixel", 0, "half_pixel">,
  I32EnumAttrCase<"HalfPixelSymmetric", 1, "half_pixel_symmetric">,
  I32EnumAttrCase<"PytorchHalfPixel", 2, "pytorch_half_pixel">,
  I32EnumAttrCase<"AlignCorners", 3, "align_corners">,
  I32EnumAttrCase<"Asymmetric", 4, "asymmetric">,
  I32EnumAttrCase<"CropAndResize", 5, "tf_crop_and_resize">,
]>;

def Graph_CoordinateModeAttr
    : EnumAttr<Graph_Dialect, Graph_CoordinateMode, "coordinate_mode">;

def Graph_NearestMode : Graph_Enum<"NearestMode", "which element is the nearest", [
  I32EnumAttrCase<"RoundPreferFloor", 0, "round_prefer_floor">, // half down
  I32EnumAttrCase<"RoundPreferCeil", 1, "round_prefer_ceil">,   // half up
  I32EnumAttrCase<"Floor", 2, "floor">,
  I32EnumAttrCase<"Ceil", 3, "ceil">,
]>;

def Graph_NearestModeAttr
    : EnumAttr<Graph_Dialect, Graph_NearestMode, "nearest_mode">;

def Graph_AspectPolicy : Graph_Enum<"AspectPolicy", "how sizes are changed to keep their ratio", [
  I32EnumAttrCase<"NotLarger", 0, "not_larger">,
  I32EnumAttrCase<"NotSmaller", 1, "not_smaller">,
]>;

def Graph_AspectPolicyAttr
    : EnumAttr<Graph_Dialect, Graph_AspectPolicy, "aspect_policy">;

def Graph_OutsideMode : Graph_Enum<"OutsideMode", "what a sample outside of a tensor is", [
  I32EnumAttrCase<"Zeros", 0, "zeros">,
  I32EnumAttrCase<"Border", 1, "border">,         // the nearest element
  I32EnumAttrCase<"Reflection", 2, "reflection">, // mirrored at the ends
]>;

def Graph_OutsideModeAttr
    : EnumAttr<Graph_Dialect, Graph_OutsideMode, "outside_mode">;

def Graph_Rounding : Graph_Enum<"Rounding", "which neighbour a number between two becomes", [
  I32EnumAttrCase<"Up", 0, "up">,
  I32EnumAttrCase<"Down", 1, "down">,
  I32EnumAttrCase<"Nearest", 2, "nearest">, // halves up
]>;

def Graph_RoundingAttr : EnumAttr<Graph_Dialect, Graph_Rounding, "rounding">;

// Query m sees key n; there are M queries and N keys.
def Graph_Causal : Graph_Enum<"Causal", "which keys come before a query", [
  I32EnumAttrCase<"None", 0, "none">,                // all are seen
  I32EnumAttrCase<"TopLeft", 1, "top_left">,         // n <= m
  I32EnumAttrCase<"BottomRight", 2, "bottom_right">, // n <= m + N - M
]>;

def Graph_CausalAttr : EnumAttr<Graph_Dialect, Graph_Causal, "causal">;

#endif
