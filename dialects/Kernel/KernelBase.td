//===- KernelBase.td - The kernel dialect and its interface ---------------===//

#ifndef GRAPHOPT_DIALECTS_KERNEL_KERNELBASE_TD
#define GRAPHOPT_DIALECTS_KERNEL_KERNELBASE_TD

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Kernel_Dialect : Dialect {
  let name = "kernel";
  let cppNamespace = "::graphopt::kernel";
  let summary = "What generated microkernels compute";
  let description = [{
    Destination-style ops that are expanded into loops over native vectors. The
    constant operand (`rhs`, `filter`) starts in ONNX's layout; the packing pass
    turns it into panels of NR columns, `packed` says which form it has.

    All kernel ops on tensors have a twin on memrefs: the same op without result.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

class Kernel_Op<string mnemonic, list<Trait> traits = []>
    : Op<Kernel_Dialect, mnemonic, traits>;

def Kernel_TensorOrMemRef
    : AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef],
                "ranked tensor or strided memref", "::mlir::ShapedType">;

def Kernel_EpilogueOp : OpInterface<"EpilogueOp", [DestinationStyleOpInterface]> {
  let cppNamespace = "::graphopt::kernel";
  let description = [{
    A kernel op that applies a scalar body to each value before storing it:
    `init[i...] = epilogue(value[i...], extras...)`.

    Operands are inputs, then `extras`, then scratch memory if the op needs any,
    then one `init`. Argument 0 of the body
    is the computed value, argument `1 + i` one element of `extras[i]`, read
    through `maps[i]`, a map over init's dimensions. `init` is written, never
    read. In lanes past init's last column the body runs on unspecified values,
    so it must not trap on them.

    Constraints:
    - (C1) There is one map per extra.
    - (C2) A map gives each dimension of the extra a distinct dimension of init
      or 0; init's last dimension may only index the extra's last.
    - (C3) The extra's sizes are those of the dimensions it is read through.
    - (C4) The body has one argument for the value, one for each extra, of its
      element type.
    - (C5) The body yields init's element type.
    - (C6) The body holds constants and element-wise ops only.
    - (C7) The value has the accumulation type of the inputs: f64 for f64, f32
      for narrower floats, an integer at least as wide for integers.
    - (C8) The inputs have one element type, but for those of `grid_matmul`, or 16
      bits are multiplied by bytes.
  }];
  let methods = [
    InterfaceMethod<"Operands only the body reads", "::mlir::OperandRange", "getExtras">,
    InterfaceMethod<"The same, to be changed", "::mlir::MutableOperandRange", "getExtrasMutable">,
    InterfaceMethod<"One map per extra", "::mlir::ArrayAttr", "getMaps">,
    InterfaceMethod<"The region of the body", "::mlir::Region &", "getEpilogue">,
    InterfaceMethod<"True if the constant operand is in panels", "bool", "getPacked">
  ];
  let extraSharedClassDeclaration = [{
    ::mlir::Value getInitValue() { return $_op.getDpsInits().back(); }
    ::mlir::ShapedType getInitType() {
      return ::llvm::cast<::mlir::ShapedType>(getInitValue().getType());
    }
    ::mlir::AffineMap getMap(unsigned i) {
      return ::llvm::cast<::mlir::AffineMapAttr>($_op.getMaps()[i]).getValue();
    }
    ::mlir::Block *getBody() { return &$_op.getEpilogue().front(); }
    /// The type sums are kept in.
    ::mlir::Type getValueType() { return getBody()->getArgument(0).getType(); }
    /// Operands before the extras.
    ::mlir::OperandRange getInputs() {
      return $_op->getOperands().drop_back($_op.getNumDpsInits() +
                                           $_op.getExtras().size());
    }
  }];
  let verify = [{ return ::graphopt::kernel::detail::verifyEpilogue($_op); }];
  let verifyWithRegions = 1;
}

#endif
