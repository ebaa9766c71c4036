//===- KernelOps.td - The ops of the kernel dialect -----------------------===//

#ifndef GRAPHOPT_DIALECTS_KERNEL_KERNELOPS_TD
#define GRAPHOPT_DIALECTS_KERNEL_KERNELOPS_TD

include "dialects/Kernel/KernelBase.td"

/// A kernel of two inputs. The builder makes an epilogue that stores the value,
/// converted to init's element type if that is a narrower or wider float.
class Kernel_EpilogueKernel<string mnemonic, list<Trait> traits = []>
    : Kernel_Op<mnemonic, traits # [
    IsolatedFromAbove, SingleBlock, DestinationStyleOpInterface,
    DeclareOpInterfaceMethods<Kernel_EpilogueOp>,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let results = (outs Optional<AnyRankedTensor>:$result);
  let regions = (region SizedRegion<1>:$epilogue);
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
  }];
  let extraClassDefinition = [{
    void $cppClass::getEffects(::llvm::SmallVectorImpl<::mlir::SideEffects::EffectInstance<
        ::mlir::MemoryEffects::Effect>> &effects) {
      ::graphopt::kernel::detail::getDestinationStyleEffects(*this, effects);
    }
  }];
}

def Kernel_MatMulOp : Kernel_EpilogueKernel<"matmul"> {
  let summary = "Matrix product with an epilogue";
  let description = [{
    `value[b..., m, n] = sum_k lhs[b..., m, k] * rhs[b..., k, n]`

    A packed `rhs` is shared by all batches and lies in panels of NR columns,
    zero padded: `rhs[n / NR, k, n % NR]`. Those of bytes and of bf16 may hold G =
    `interleave` neighbours of a column together, as instructions that add up G
    products read them: `rhs[n / NR, k / G, (n % NR) * G + k % G]`. Integers are signed unless
    `unsigned_lhs` or `unsigned_rhs` says otherwise; sums wrap.

    Constraints:
    - (C1) `lhs` is [..., M, K], `init` [..., M, N], `rhs` [..., K, N] or, packed,
      [ceil(N / NR), ceil(K / G), NR * G]; M, K and N agree.
    - (C2) A batch dimension of `lhs` or a plain `rhs`, counted from the right,
      has init's size, is a static 1, or is missing.
    - (C3) Packed: K, N and NR are static, NR is at least 1.
    - (C4) G is 1; or 4 with a packed `rhs` of signed bytes, an unsigned `lhs` and
      sums of 32 bits; or 2 with a packed `rhs` of bf16, or of bytes and an `lhs` of
      16 signed bits.

    ```mlir
    %r = kernel.matmul ins(%a, %b : tensor<?x?x384xf32>, tensor<6x384x64xf32>)
           packed outs(%c : tensor<?x?x384xf32>)
           extras(%bias : tensor<384xf32>) maps [affine_map<(b, m, n) -> (n)>] {
    ^bb0(%sum: f32, %bias_n: f32):
      %0 = arith.addf %sum, %bias_n : f32
      kernel.yield %0 : f32
    } -> tensor<?x?x384xf32>
    ```
  }];
  let arguments = (ins Kernel_TensorOrMemRef:$lhs, Kernel_TensorOrMemRef:$rhs,
                       Variadic<Kernel_TensorOrMemRef>:$extras,
                       Kernel_TensorOrMemRef:$init,
                       UnitAttr:$packed,
                       UnitAttr:$unsigned_lhs, UnitAttr:$unsigned_rhs,
                       DefaultValuedAttr<I64Attr, "1">:$interleave,
                       DefaultValuedAttr<AffineMapArrayAttr, "{}">:$maps);
  let builders = [OpBuilder<(ins "::mlir::Value":$lhs, "::mlir::Value":$rhs,
                                 "::mlir::Value":$init)>];
  let assemblyFormat = [{
    `ins` `(` $lhs `,` $rhs `:` type($lhs) `,` type($rhs) `)` (`packed` $packed^)?
    (`interleave` `=` $interleave^)?
    (`unsigned_lhs` $unsigned_lhs^)? (`unsigned_rhs` $unsigned_rhs^)?
    `outs` `(` $init `:` type($init) `)`
    (`extras` `(` $extras^ `:` type($extras) `)` `maps` $maps)?
    $epilogue attr-dict (`->` type($result)^)?
  }];
}

def Kernel_GridMatMulOp
    : Kernel_EpilogueKernel<"grid_matmul", [AttrSizedOperandSegments]> {
  let summary = "Matrix product with constant weights of few bits";
  let description = [{
    `value[b..., m, n] = sum_k lhs[b..., m, k] * (rhs[k, n] - zero[k / B, n]) * scale[k / B, n]`
    where B is `block_size`; without `zero` it is `offset`.

    A plain `rhs` holds a byte for each of its numbers of `bits` bits, signed ones
    unless `unsigned_rhs`. A packed one lies in panels of NR columns, with numbers
    that are not negative: a word of 32 bits has P = 32 / `bits` neighbours of a
    column, the first in its least bits. Each block begins with a new word, so it
    has W = ceil(B / P) of them: number k of column n is number `k % B % P` of the
    word `rhs[n / NR, k / B * W + k % B / P, n % NR]`. `scale` and `zero` lie the same
    way, `scale[n / NR, k / B, n % NR]`. Missing numbers are 0.

    Constraints:
    - (C1) `lhs` is [..., M, K] and `init` [..., M, N] of the same batch dimensions;
      K and N are static and not 0.
    - (C2) Plain: `rhs` is [K, N], `scale` and `zero` are [ceil(K / B), N].
    - (C3) Packed: `rhs` is [ceil(N / NR), ..., NR] with the words of K numbers,
      `scale` and `zero` are [ceil(N / NR), ceil(K / B), NR].
    - (C4) `bits` is 2, 4 or 8; `rhs` holds bytes or, packed, words of 32 bits,
      `scale` floats, `zero` bytes. Or `bits` is 16, `rhs` holds bf16 or, packed, words
      of two, `zero` is absent; or f16, packed in rows of 2 NR halves, first all of
      number 0 of the words, then all of number 1.
    - (C5) B is 1 at least and K at most.

    ```mlir
    %r = kernel.grid_matmul ins(%a, %w, %s : tensor<?x1x384xf32>, tensor<6x48x64xi32>, tensor<6x12x64xf16>)
           packed bits = 4 block_size = 32 offset = 8 outs(%c : tensor<?x1x384xf32>) {
    ^bb0(%sum: f32):
      kernel.yield %sum : f32
    } -> tensor<?x1x384xf32>
    ```
  }];
  let arguments = (ins Kernel_TensorOrMemRef:$lhs, Kernel_TensorOrMemRef:$rhs,
                       Kernel_TensorOrMemRef:$scale,
                       Optional<Kernel_TensorOrMemRef>:$zero,
                       Variadic<Kernel_TensorOrMemRef>:$extras,
                       Kernel_TensorOrMemRef:$init,
                       UnitAttr:$packed, UnitAttr:$unsigned_rhs,
                       I64Attr:$bits, I64Attr:$block_size,
                       DefaultValuedAttr<I64Attr, "0">:$offset,
                       DefaultValuedAttr<AffineMapArrayAttr, "{}">:$maps);
  let builders = [OpBuilder<(ins "::mlir::Value":$lhs, "::mlir::Value":$rhs,
                                 "::mlir::Value":$scale, "::mlir::Value":$zero,
                                 "::mlir::Value":$init, "int64_t":$bits,
                                 "int64_t":$block_size)>];
  let assemblyFormat = [{
    `ins` `(` $lhs `,` $rhs `,` $scale `:` type($lhs) `,` type($rhs) `,` type($scale) `)`
    (`zero` `(` $zero^ `:` type($zero) `)`)? (`packed` $packed^)?
    (`unsigned_rhs` $unsigned_rhs^)?
    `bits` `=` $bits `block_size` `=` $block_size (`offset` `=` $offset^)?
    `outs` `(` $init `:` type($init) `)`
    (`extras` `(` $extras^ `:` type($extras) `)` `maps` $maps)?
    $epilogue attr-dict (`->` type($result)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
    int64_t getDepth() { return getLhs().getType().getShape().back(); }
    /// Numbers in a word.
    int64_t getPerWord() { return 32 / getBits(); }
    int64_t getBlocks() { return ::llvm::divideCeil(getDepth(), getBlockSize()); }
    /// Words of a block but the last, which may be shorter.
    int64_t getBlockWords() { return ::llvm::divideCeil(getBlockSize(), getPerWord()); }
    /// Words of a column.
    int64_t getWords() {
      int64_t last = getDepth() - (getBlocks() - 1) * getBlockSize();
      return (getBlocks() - 1) * getBlockWords() +
             ::llvm::divideCeil(last, getPerWord());
    }
  }];
}

def Kernel_ConvOp : Kernel_EpilogueKernel<"conv"> {
  let summary = "Convolution over any number of spatial dimensions, channels last";
  let description = [{
    `value[b, y..., o] = sum_{k..., c} filter[o, c, k...]
       * input[b, y * strides + k * dilations ..., (o / (O / G)) * (C / G) + c]`
    where G is `groups`.

    `input` already has its border. A plain `filter` has ONNX's layout; a packed
    one lies in panels of NR output channels of one group, zero padded:
    `filter[g * ceil(O / G / NR) + q, k..., c, i]` belongs to output channel
    `g * O / G + q * NR + i`. Those of bytes and of bf16 may hold I = `interleave`
    neighbours of a column together, as in `kernel.matmul`. Integers are signed unless
    `unsigned_input` or `unsigned_filter` says otherwise; sums wrap.

    Constraints:
    - (C1) `input` is [B, S..., C], `init` [B, Y..., O] of the same rank, at least
      3; `filter` [O, C / G, K...] or, packed,
      [G * ceil(O / G / NR), K..., C / G / I, NR * I].
    - (C2) All of `filter` is static; C and O are static and multiples of G.
    - (C3) `strides` and `dilations` have one positive entry per spatial dimension;
      `groups` is positive.
    - (C4) A spatial size of `init` is
      `max(0, (S - (K - 1) * dilation - 1) floordiv stride + 1)`; B agrees.
    - (C5) I is 1; or 4 with a packed `filter` of signed bytes, an unsigned `input`
      and sums of 32 bits; or 2 with a packed `filter` of bytes and an `input` of 16
      signed bits. It divides C / G.

    ```mlir
    %r = kernel.conv ins(%x, %w : tensor<?x58x58x64xf32>, tensor<4x3x3x64x16xf32>)
           packed strides = [1, 1] dilations = [1, 1] groups = 1
           outs(%y : tensor<?x56x56x64xf32>) {
    ^bb0(%sum: f32):
      kernel.yield %sum : f32
    } -> tensor<?x56x56x64xf32>
    ```
  }];
  let arguments = (ins Kernel_TensorOrMemRef:$input, Kernel_TensorOrMemRef:$filter,
                       Variadic<Kernel_TensorOrMemRef>:$extras,
                       Kernel_TensorOrMemRef:$init,
                       UnitAttr:$packed,
                       UnitAttr:$unsigned_input, UnitAttr:$unsigned_filter,
                       DefaultValuedAttr<I64Attr, "1">:$interleave,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       I64Attr:$groups,
                       DefaultValuedAttr<AffineMapArrayAttr, "{}">:$maps);
  let builders = [OpBuilder<(ins "::mlir::Value":$input, "::mlir::Value":$filter,
                                 "::mlir::Value":$init,
                                 "::llvm::ArrayRef<int64_t>":$strides,
                                 "::llvm::ArrayRef<int64_t>":$dilations,
                                 "int64_t":$groups)>];
  let assemblyFormat = [{
    `ins` `(` $input `,` $filter `:` type($input) `,` type($filter) `)` (`packed` $packed^)?
    (`interleave` `=` $interleave^)?
    (`unsigned_input` $unsigned_input^)? (`unsigned_filter` $unsigned_filter^)?
    `strides` `=` $strides `dilations` `=` $dilations `groups` `=` $groups
    `outs` `(` $init `:` type($init) `)`
    (`extras` `(` $extras^ `:` type($extras) `)` `maps` $maps)?
    $epilogue attr-dict (`->` type($result)^)?
  }];
}

def Kernel_DepthwiseConvOp : Kernel_EpilogueKernel<"depthwise_conv"> {
  let summary = "Convolution of each channel with its own filter, channels last";
  let description = [{
    `value[b, y..., c] = sum_{k...} filter[c, 0, k...]
       * input[b, y * strides + k * dilations ..., c]`

    `input` already has its border. A plain `filter` has ONNX's layout; a packed
    one lies in panels of NR channels, zero padded: `filter[c / NR, k..., 0, c % NR]`.
    Integers are signed unless `unsigned_input` or `unsigned_filter` says otherwise;
    sums wrap.

    Constraints:
    - (C1) `input` is [B, S..., C], `init` [B, Y..., C] of the same rank, at least
      3; `filter` [C, 1, K...] or, packed, [ceil(C / NR), K..., 1, NR].
    - (C2) All of `filter` and C are static.
    - (C3) `strides` and `dilations` have one positive entry per spatial dimension.
    - (C4) A spatial size of `init` is
      `max(0, (S - (K - 1) * dilation - 1) floordiv stride + 1)`; B agrees.

    ```mlir
    %r = kernel.depthwise_conv
           ins(%x, %w : tensor<1x58x58x32xf32>, tensor<4x3x3x1x8xf32>)
           packed strides = [1, 1] dilations = [1, 1]
           outs(%y : tensor<1x56x56x32xf32>) {
    ^bb0(%sum: f32):
      kernel.yield %sum : f32
    } -> tensor<1x56x56x32xf32>
    ```
  }];
  let arguments = (ins Kernel_TensorOrMemRef:$input, Kernel_TensorOrMemRef:$filter,
                       Variadic<Kernel_TensorOrMemRef>:$extras,
                       Kernel_TensorOrMemRef:$init,
                       UnitAttr:$packed,
                       UnitAttr:$unsigned_input, UnitAttr:$unsigned_filter,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DefaultValuedAttr<AffineMapArrayAttr, "{}">:$maps);
  let builders = [OpBuilder<(ins "::mlir::Value":$input, "::mlir::Value":$filter,
                                 "::mlir::Value":$init,
                                 "::llvm::ArrayRef<int64_t>":$strides,
                                 "::llvm::ArrayRef<int64_t>":$dilations)>];
  let assemblyFormat = [{
    `ins` `(` $input `,` $filter `:` type($input) `,` type($filter) `)` (`packed` $packed^)?
    (`unsigned_input` $unsigned_input^)? (`unsigned_filter` $unsigned_filter^)?
    `strides` `=` $strides `dilations` `=` $dilations
    `outs` `(` $init `:` type($init) `)`
    (`extras` `(` $extras^ `:` type($extras) `)` `maps` $maps)?
    $epilogue attr-dict (`->` type($result)^)?
  }];
}

def Kernel_WinogradConvOp
    : Kernel_EpilogueKernel<"winograd_conv", [AttrSizedOperandSegments]> {
  let summary = "Convolution by Winograd's minimal filtering, channels last";
  let description = [{
    `value[b, y..., o]` is that of `kernel.conv` with a filter of `taps` and
    strides of 1, but for rounding; what is infinite or no number makes all pixels
    of its tiles no number. `init` is cut into tiles of `tile` pixels. In a
    direction with m pixels and r taps it is F(m, r) of `Winograd.h`, which has
    n = m + r - 1 points: a tile's n x ... pixels of input become T = n * ...
    values a channel, its sums those of T products
    `sum_c value[t, c] * filter[t, c, o]`. Products are in the order of
    (points along y, points along x).

    `input` already has its border. `filter` is transformed; a packed one lies in
    panels of NR output channels, zero padded. `block` tiles at a time, in the
    order of (b, y...), have their values in memory: on memrefs in `scratch`,
    which bufferization adds.

    Constraints:
    - (C1) `input` is [B, S..., C], `init` [B, Y..., O] with one or two spatial
      dimensions, `filter` [T, C, O] or, packed, [ceil(O / NR), T, C, NR].
    - (C2) All of `filter` is static; C and O are static.
    - (C3) `input` holds f32 or f64.
    - (C4) A spatial size of `init` is `max(0, S - (r - 1))`; B agrees.
    - (C5) `block` is positive. On memrefs `scratch` is [block, T, pitch] of the
      type of the sums, `pitch` that of `getWinogradPitch`.
    - (C6) `taps` and `tile` have one entry per spatial dimension: m = r = 1, or
      both are at least 2 and n is 4 or 6.

    ```mlir
    %r = kernel.winograd_conv
           ins(%x, %w : tensor<1x58x58x64xf32>, tensor<4x36x64x16xf32>)
           packed taps = [3, 3] tile = [4, 4] block = 49
           outs(%y : tensor<1x56x56x64xf32>) {
    ^bb0(%sum: f32):
      kernel.yield %sum : f32
    } -> tensor<1x56x56x64xf32>
    ```
  }];
  let arguments = (ins Kernel_TensorOrMemRef:$input, Kernel_TensorOrMemRef:$filter,
                       Variadic<Kernel_TensorOrMemRef>:$extras,
                       Optional<AnyStridedMemRef>:$scratch,
                       Kernel_TensorOrMemRef:$init,
                       UnitAttr:$packed, DenseI64ArrayAttr:$taps,
                       DenseI64ArrayAttr:$tile, I64Attr:$block,
                       DefaultValuedAttr<AffineMapArrayAttr, "{}">:$maps);
  let builders = [OpBuilder<(ins "::mlir::Value":$input, "::mlir::Value":$filter,
                                 "::mlir::Value":$init,
                                 "::llvm::ArrayRef<Winograd>":$directions,
                                 "int64_t":$block)>];
  let assemblyFormat = [{
    `ins` `(` $input `,` $filter `:` type($input) `,` type($filter) `)` (`packed` $packed^)?
    `taps` `=` $taps `tile` `=` $tile `block` `=` $block
    (`scratch` `(` $scratch^ `:` type($scratch) `)`)?
    `outs` `(` $init `:` type($init) `)`
    (`extras` `(` $extras^ `:` type($extras) `)` `maps` $maps)?
    $epilogue attr-dict (`->` type($result)^)?
  }];
  let extraClassDeclaration = [{
    /// Scratch memory is written, too.
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      unsigned count = getScratch() ? 2 : 1;
      return {getOperation(), getNumOperands() - count, count};
    }
    /// One for each spatial dimension.
    ::llvm::SmallVector<Winograd> getDirections();
    /// The type of `scratch`.
    ::mlir::MemRefType getScratchType();
  }];
}

def Kernel_AttentionOp
    : Kernel_EpilogueKernel<"attention", [AttrSizedOperandSegments]> {
  let summary = "Scaled dot-product attention with an epilogue";
  let description = [{
    `value[b, h, m, e] = sum_n softmax_n(score[b, h, m, n]) * value[b, g, n, e]` with
    `score = softcap * tanh(scale / softcap * sum_d query[b, h, m, d] * key[b, g, n, d])
    + mask[...]`; without `softcap`, `scale * sum + mask`. Head h of the queries reads
    head g = h / (Hq / Hkv) of the keys and values. `causal` leaves out the keys
    n > m, or with `from_end` n > m + N - M. A row that has no key left, or scores of
    -inf only, is no number; without any keys, N = 0, it is 0.

    `layouts` are those of query, key, value and init: maps from (b, h, s, d), where
    s is m or n, to their dimensions. `mask` is read through `mask_map`, a map over
    (b, h, m, n).

    On memrefs the keys lie in `scratch`, which bufferization adds, in panels of
    `getPanelKeys`: `scratch[b, g, n / NR, d, n % NR]`. Few queries read them as they
    are.

    Constraints:
    - (C1) In the order of their layouts, `query` is [B, Hq, M, D], `key`
      [B, Hkv, N, D], `value` [B, Hkv, N, Dv], `init` [B, Hq, M, Dv].
    - (C2) A layout permutes four dimensions and leaves the last in its place.
    - (C3) D and Dv are static.
    - (C4) Hkv divides Hq.
    - (C5) `mask_map` gives each dimension of the mask a distinct dimension of
      (b, h, m, n) of the same size or 0; n may only index the last one.
    - (C6) `from_end` goes with `causal`.
    - (C7) On memrefs `scratch` has the type `getScratchType` if M may be more than
      `fewQueries`, else it is absent.

    ```mlir
    %r = kernel.attention
           ins(%q, %k, %v : tensor<?x?x12x64xf32>, tensor<?x?x12x64xf32>, tensor<?x?x12x64xf32>)
           layouts [#bshd, #bshd, #bshd, #bshd] scale = 1.25e-1
           mask(%m : tensor<?x1x1x?xf32>) mask_map = affine_map<(b, h, m, n) -> (b, 0, 0, n)>
           outs(%y : tensor<?x?x12x64xf32>) {
    ^bb0(%sum: f32):
      kernel.yield %sum : f32
    } -> tensor<?x?x12x64xf32>
    ```
  }];
  let arguments = (ins Kernel_TensorOrMemRef:$query, Kernel_TensorOrMemRef:$key,
                       Kernel_TensorOrMemRef:$value,
                       Optional<Kernel_TensorOrMemRef>:$mask,
                       Variadic<Kernel_TensorOrMemRef>:$extras,
                       Optional<AnyStridedMemRef>:$scratch,
                       Kernel_TensorOrMemRef:$init,
                       AffineMapArrayAttr:$layouts, F32Attr:$scale,
                       OptionalAttr<F32Attr>:$softcap, UnitAttr:$causal,
                       UnitAttr:$from_end, OptionalAttr<AffineMapAttr>:$mask_map,
                       DefaultValuedAttr<AffineMapArrayAttr, "{}">:$maps);
  let builders = [OpBuilder<(ins "::mlir::Value":$query, "::mlir::Value":$key,
                                 "::mlir::Value":$value, "::mlir::Value":$init,
                                 "::llvm::APFloat":$scale)>];
  let assemblyFormat = [{
    `ins` `(` $query `,` $key `,` $value `:` type($query) `,` type($key) `,` type($value) `)`
    `layouts` $layouts `scale` `=` $scale (`softcap` `=` $softcap^)?
    (`causal` $causal^)? (`from_end` $from_end^)?
    (`mask` `(` $mask^ `:` type($mask) `)` `mask_map` `=` $mask_map)?
    (`scratch` `(` $scratch^ `:` type($scratch) `)`)?
    `outs` `(` $init `:` type($init) `)`
    (`extras` `(` $extras^ `:` type($extras) `)` `maps` $maps)?
    $epilogue attr-dict (`->` type($result)^)?
  }];
  let extraClassDeclaration = [{
    /// So many queries are multiplied with the keys as they lie.
    static constexpr int64_t fewQueries = 2;
    static constexpr int64_t mostPanelKeys = 64;

    enum class Role { Query, Key, Value, Init };
    /// Scratch memory is written, too.
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      unsigned count = getScratch() ? 2 : 1;
      return {getOperation(), getNumOperands() - count, count};
    }
    ::mlir::AffineMap getLayout(Role role) {
      return ::llvm::cast<::mlir::AffineMapAttr>(getLayouts()[unsigned(role)]).getValue();
    }
    /// Dimension `dim` of (b, h, s, d) among those of the operand itself.
    int64_t getDim(Role role, int64_t dim);
    /// Sizes as [b, h, s, d].
    ::llvm::SmallVector<int64_t> getSizes(Role role);
    /// Keys of a panel: the vectors of all CPUs divide it.
    int64_t getPanelKeys();
    /// The type of `scratch`; null if there is none.
    ::mlir::MemRefType getScratchType();
  }];
}

def Kernel_PackOp : Kernel_Op<"pack", [
    DestinationStyleOpInterface,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "Lays a matrix or filter out in panels of columns";
  let description = [{
    `permutation` orders the dimensions of `source` as (r..., n): what is summed
    over, then the columns. With N columns in `groups` groups and panels of NR,
    `init[g * ceil(N / groups / NR) + q, r..., i]` is column
    `g * N / groups + q * NR + i`, or 0 where that leaves the group.

    Constraints:
    - (C1) `permutation` holds each of `0 .. rank-1` exactly once.
    - (C2) `source` and `init` are static and have one element type.
    - (C3) `groups` is positive and divides N.
    - (C4) `init` is [groups * ceil(N / groups / NR), r..., NR].

    ```mlir
    %p = kernel.pack ins(%w : tensor<64x3x7x7xf32>) permutation = [2, 3, 1, 0] groups = 1
           outs(%e : tensor<4x7x7x3x16xf32>) -> tensor<4x7x7x3x16xf32>
    ```
  }];
  let arguments = (ins Kernel_TensorOrMemRef:$source, Kernel_TensorOrMemRef:$init,
                       DenseI64ArrayAttr:$permutation, I64Attr:$groups);
  let results = (outs Optional<AnyRankedTensor>:$result);
  let assemblyFormat = [{
    `ins` `(` $source `:` type($source) `)` `permutation` `=` $permutation
    `groups` `=` $groups `outs` `(` $init `:` type($init) `)` attr-dict
    (`->` type($result)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
  }];
}

def Kernel_CallScalar : AnyTypeOf<[I32, I64, Index, F32, F64]>;

def Kernel_CallOp : Kernel_Op<"call", [
    AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "Calls a C function of the runtime";
  let description = [{
    `callee` gets the run, then `inputs` and `inits` in their order: a scalar as it is
    (an index as 64 bits), of a tensor the address of its first element. What is not
    dense is copied. Extents are operands of their own. The function reads inputs,
    writes all of each init and may return a scalar. It may fail by
    `graphopt_fail`: then the run ends behind the call.

    Equal operands give equal results, so calls may merge or go when nobody reads
    what they give; none runs where it did not stand.

    Constraints:
    - (C1) Results are those of tensor inits, of their types, then at most one scalar.

    ```mlir
    %r = kernel.call @graphopt_string_concat ins(%n, %a, %b : index, tensor<?xi64>, tensor<?xi64>)
           outs(%c : tensor<?xi64>) -> tensor<?xi64>
    %i = kernel.call @graphopt_string_find ins(%s, %key : i64, i64) -> i64
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee,
                       Variadic<AnyTypeOf<[Kernel_CallScalar, Kernel_TensorOrMemRef]>>:$inputs,
                       Variadic<Kernel_TensorOrMemRef>:$inits);
  let results = (outs Variadic<AnyTypeOf<[Kernel_CallScalar, AnyRankedTensor]>>:$results);
  let builders = [OpBuilder<(ins "::llvm::StringRef":$callee, "::mlir::ValueRange":$inputs,
                                 "::mlir::ValueRange":$inits,
                                 CArg<"::mlir::Type", "{}">:$scalar)>];
  let assemblyFormat = [{
    $callee (`ins` `(` $inputs^ `:` type($inputs) `)`)?
    (`outs` `(` $inits^ `:` type($inits) `)`)? attr-dict (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// What the function itself returns; null if nothing.
    ::mlir::Type getScalarType();
  }];
}

def Kernel_YieldOp : Kernel_Op<"yield", [Pure, Terminator, ReturnLike]> {
  let summary = "Ends an epilogue with the value to store";
  let arguments = (ins AnyType:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

#endif
