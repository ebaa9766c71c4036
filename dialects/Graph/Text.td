#ifndef GRAPHOPT_GRAPH_TEXT
#define GRAPHOPT_GRAPH_TEXT

include "dialects/Graph/GraphBase.td"
include "dialects/Graph/GraphEnums.td"

def Graph_StringConcatOp : Graph_PureOp<"string_concat"> {
  let summary = "Appends strings to strings, broadcasting";
  let description = [{
    Constraints:
    - (C1) The shapes broadcast.

    ```mlir
    %z = graph.string_concat %x, %y : tensor<?x4x!graph.string>, tensor<4x!graph.string>
    ```
  }];
  let arguments = (ins Graph_StringTensor:$lhs, Graph_StringTensor:$rhs);
  let results = (outs Graph_StringTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs)";
}

def Graph_StringEqualOp : Graph_PureOp<"string_equal"> {
  let summary = "Whether strings are the same bytes, broadcasting";
  let description = [{
    Constraints:
    - (C1) The shapes broadcast.

    ```mlir
    %z = graph.string_equal %x, %y : tensor<?x4x!graph.string>, tensor<4x!graph.string>
    ```
  }];
  let arguments = (ins Graph_StringTensor:$lhs, Graph_StringTensor:$rhs);
  let results = (outs Graph_BoolTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs)";
}

def Graph_StringCaseOp : Graph_PureOp<"string_case"> {
  let summary = "Makes all letters large or small";
  let description = [{
    Each code point that has another one of the wanted case becomes that one, by
    Unicode's simple case mapping; the rest stays. Bytes that are no UTF-8 stay, too.

    ```mlir
    %y = graph.string_case Lower %x : tensor<?x!graph.string>
    ```
  }];
  let arguments = (ins Graph_CaseAttr:$to, Graph_StringTensor:$input);
  let results = (outs Graph_StringTensor:$result);
  let assemblyFormat = "$to $input attr-dict `:` type($input)";
}

def Graph_StringMatchOp : Graph_PureOp<"string_match"> {
  let summary = "Whether an automaton accepts all of a string";
  let description = [{
    `automaton` is a deterministic one over bytes: C, the number of classes of bytes;
    256 classes, one a byte; then for each state whether it accepts and the next state
    for each of the C classes. State 0 accepts nothing ever, state 1 is the first.
    `pattern` is the regular expression that it was made of.

    Constraints:
    - (C1) `automaton` has one dimension.

    ```mlir
    %y = graph.string_match "a+" %x by %a : tensor<?x!graph.string>, tensor<263xi32>
    ```
  }];
  let arguments = (ins StrAttr:$pattern, Graph_StringTensor:$input,
                       RankedTensorOf<[I32]>:$automaton);
  let results = (outs Graph_BoolTensor:$result);
  let assemblyFormat = [{
    $pattern $input `by` $automaton attr-dict `:` type($input) `,` type($automaton)
  }];
}

def Graph_StringFindOp : Graph_PureOp<"string_find"> {
  let summary = "Positions of strings in a sorted list";
  let description = [{
    The position of each string among `keys`, which are in the order of their bytes and
    differ from each other; their number if it is none of them.

    Constraints:
    - (C1) `keys` has one dimension.

    ```mlir
    %y = graph.string_find %x in %keys : tensor<?x!graph.string>, tensor<9x!graph.string>
    ```
  }];
  let arguments = (ins Graph_StringTensor:$input, Graph_StringTensor:$keys);
  let results = (outs RankedTensorOf<[I64]>:$result);
  let assemblyFormat = "$input `in` $keys attr-dict `:` type($input) `,` type($keys)";
}

def Graph_StringRankOp : Graph_PureOp<"string_rank"> {
  let summary = "Numbers in the order of strings";
  let description = [{
    How many different strings come before each one by their bytes: equal strings
    have equal numbers.

    ```mlir
    %y = graph.string_rank %x : tensor<?x!graph.string>
    ```
  }];
  let arguments = (ins Graph_StringTensor:$input);
  let results = (outs RankedTensorOf<[I64]>:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def Graph_StringSplitOp : Graph_PureOp<"string_split"> {
  let summary = "Cuts strings where a delimiter stands";
  let description = [{
    `parts` has a last dimension for the parts of each string, `counts` tells how many
    they are; the rest of a row are empty strings. An empty `delimiter` stands for
    spaces: any number of them cut once, those at both ends are left out. At most
    `most` cuts are made in a string, from its begin; -1: no limit.

    ```mlir
    %parts, %counts = graph.string_split %x delimiter = ", " most = -1 : tensor<?x!graph.string>
    ```
  }];
  let arguments = (ins Graph_StringTensor:$input, StrAttr:$delimiter, I64Attr:$most);
  let results = (outs Graph_StringTensor:$parts, RankedTensorOf<[I64]>:$counts);
  let assemblyFormat = [{
    $input `delimiter` `=` $delimiter `most` `=` $most attr-dict `:` type($input)
  }];
}

def Graph_FormatOp : Graph_PureOp<"format"> {
  let summary = "Writes numbers as strings";
  let description = [{
    The shortest digits that tell a number from its neighbours of the same type:
    integers in decimal, floats as NumPy does, so `1.0`, `1e-05` and `inf`, booleans as
    `True` and `False`.

    ```mlir
    %y = graph.format %x : tensor<?xf32>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input);
  let results = (outs Graph_StringTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def Graph_ParseOp : Graph_PureOp<"parse"> {
  let summary = "Reads strings as numbers";
  let description = [{
    A string is a decimal number with or without point and exponent, `inf`, `infinity`
    or `nan` in letters of any size, and may have spaces around it. The run refuses
    others. Floats are the nearest of their type.

    ```mlir
    %y = graph.parse %x to f32 : tensor<?x!graph.string>
    ```
  }];
  let arguments = (ins Graph_StringTensor:$input, TypeAttr:$to);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = "$input `to` $to attr-dict `:` type($input)";
}

def Graph_CountNgramsOp : Graph_PureOp<"count_ngrams"> {
  let summary = "How often short sequences of numbers occur in rows";
  let description = [{
    `result[r, c]` is how often row r of `input` contains a sequence of column c. Of a
    sequence of k numbers, `least` <= k <= `most`, neighbours may stand 1 to
    `skips` + 1 places apart, all pairs of it the same; those of one number count once.

    `table` lists them by length: for each k from 1 on their number and, in the order
    of their numbers, the k numbers and the column of each.

    Constraints:
    - (C1) `input` has two dimensions, `table` one.

    ```mlir
    %y = graph.count_ngrams %x in %t least = 1 most = 2 skips = 0 columns = 7
        : tensor<?x12xi64>, tensor<23xi64>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I64]>:$input, RankedTensorOf<[I64]>:$table,
                       I64Attr:$least, I64Attr:$most, I64Attr:$skips, I64Attr:$columns);
  let results = (outs RankedTensorOf<[F32]>:$result);
  let assemblyFormat = [{
    $input `in` $table `least` `=` $least `most` `=` $most `skips` `=` $skips
    `columns` `=` $columns attr-dict `:` type($input) `,` type($table)
  }];
}

#endif
