"""A loaded model, called with arrays."""
import ctypes
import dataclasses
import os
import threading

import numpy as np

from . import _abi, _values
from ._values import aligned_empty

_NUMPY = {1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64",
          8: "object", 9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64"}
_ML_DTYPES = {16: "bfloat16", 17: "float8_e4m3fn", 18: "float8_e4m3fnuz", 19: "float8_e5m2",
              20: "float8_e5m2fnuz", 21: "uint4", 22: "int4", 23: "float4_e2m1fn",
              24: "float8_e8m0fnu", 25: "uint2", 26: "int2"}


def _numpy_dtype(number):
    if number in _NUMPY:
        return np.dtype(_NUMPY[number])
    try:
        import ml_dtypes
        return np.dtype(getattr(ml_dtypes, _ML_DTYPES[number]))
    except ImportError:
        return np.dtype("V2" if number == 16 else "V1")  # opaque bytes


class RunError(ValueError):
    """The model refused its inputs or failed on them."""


@dataclasses.dataclass(frozen=True)
class Port:
    """An input or output.

    dims   a tuple of sizes, names of open dimensions, and None for sizes that
           follow from them or from values; None for tensors of any rank
    dtype  NumPy's
    kind   0 for a tensor; bits: 1 for a sequence, a list of arrays, of which `dims` and
           `dtype` tell; 2 for what may be absent, None
    """
    name: str
    dims: tuple
    dtype: np.dtype
    kind: int = 0

    def __str__(self):
        kind = "optional " if self.kind & _abi.OPTIONAL else ""
        if self.kind & _abi.SEQUENCE:
            kind += "sequence of "
        if self.dims is None:
            return f"'{self.name}' ({kind}{self.dtype})"
        dims = ", ".join("?" if dim is None else str(dim) for dim in self.dims)
        return f"'{self.name}' ({kind}{self.dtype} [{dims}])"


class Model:
    """A compiled model. Calls may run at the same time from any thread, but wait
    for each other if the model has several threads or runs on a GPU.

    name, inputs, outputs   as in the ONNX file; lists of Port
    dim_names               the open dimensions
    weights_bytes
    """

    def __init__(self, descriptor, threads=1, weights=None, device=0):
        self._descriptor = descriptor
        self._workspaces = []
        self._lock = threading.Lock()
        self.name = descriptor.name.decode()
        self.weights_bytes = descriptor.weights_bytes
        self.dim_names = [descriptor.dim_names[i].decode() for i in range(descriptor.dim_count)]
        self._raw_inputs = descriptor.inputs[:descriptor.input_count]
        self._raw_outputs = descriptor.outputs[:descriptor.output_count]
        self.inputs = [self._port(raw) for raw in self._raw_inputs]
        self.outputs = [self._port(raw) for raw in self._raw_outputs]
        self._context = _abi.Context(abi=_abi.ABI_VERSION)
        if descriptor.detect_cpu:
            descriptor.detect_cpu(ctypes.byref(self._context))
        self._weights = _abi.Weights()
        if descriptor.weights_id:
            status = descriptor.weights_open(ctypes.byref(self._weights), os.fsencode(weights))
            if status:
                text = descriptor.status_text(status).decode()
                raise OSError(f"'{weights}': {text}")
            self._context.weights = ctypes.pointer(self._weights)
        if threads != 1:
            if not descriptor.pool_create:
                raise RunError(f"model '{self.name}' was compiled without threads")
            self._check(descriptor.pool_create(ctypes.byref(self._context), threads), None)
        if descriptor.device_open:
            message = _receive_message(self._context)
            self._check(descriptor.device_open(ctypes.byref(self._context), device), None, message)
            self._context.message = None

    def __del__(self):
        if getattr(self, "_context", None) and self._context.device:
            self._descriptor.device_close(ctypes.byref(self._context))
        if getattr(self, "_context", None) and self._context.pool:
            self._descriptor.pool_destroy(ctypes.byref(self._context))
        if getattr(self, "_weights", None) and self._weights.data:
            self._descriptor.weights_close(ctypes.byref(self._weights))

    def __repr__(self):
        return (f"<graphopt.Model {self.name}: {', '.join(map(str, self.inputs))} -> "
                f"{', '.join(map(str, self.outputs))}>")

    def __call__(self, *arrays, **named):
        """Runs the model on NumPy arrays, or anything that offers DLPack or can
        be made an array; sequences are lists of these, absent values None. What offers
        __cuda_array_interface__, such as tensors of PyTorch, a model for GPUs takes where
        it is: it must be finished.
        Inputs go in by name or, in the model's order, by position. Types must be
        the model's; numbers and lists take its type.

        Returns the output, or if there are several a dict of name -> array.
        """
        outputs = self.run(self._bind(arrays, named))
        if len(outputs) == 1:
            return outputs[0]
        return {port.name: array for port, array in zip(self.outputs, outputs)}

    def bind(self, *arrays, **named):
        """A Call of the model on these arrays, to be run many times."""
        return Call(self, self._bind(arrays, named))

    def run(self, arrays):
        """The list of outputs for a list of inputs."""
        return Call(self, arrays).run()

    def _take_workspace(self, need):
        """A workspace of an earlier call, if it is free and large enough."""
        try:
            workspace = self._workspaces.pop()
        except IndexError:
            workspace = None
        if workspace is None or workspace.size < need:
            workspace = aligned_empty((need,), np.dtype(np.uint8))
        return workspace

    def _port(self, raw):
        def dim(extent):
            if extent in (_abi.DIM_COMPUTED, _abi.DIM_DATA, _abi.DIM_ANY):
                return None
            return extent if extent >= 0 else self.dim_names[-1 - extent]
        dims = None if raw.rank == _abi.ANY_RANK else tuple(map(dim, raw.dims[:raw.rank]))
        return Port(raw.name.decode(), dims, _numpy_dtype(raw.dtype), raw.kind)

    def _bind(self, arrays, named):
        if len(arrays) > len(self.inputs):
            raise TypeError(f"model '{self.name}' has {len(self.inputs)} inputs, got {len(arrays)}")
        names = [port.name for port in self.inputs]
        for name in named:
            if name not in names[len(arrays):]:
                raise TypeError(f"input '{name}' is given twice" if name in names else
                                f"model '{self.name}' has no input '{name}'")
        for port in self.inputs[len(arrays):]:
            if port.name not in named:
                raise TypeError(f"input {port} is missing")
        return list(arrays) + [named[name] for name in names[len(arrays):]]

    def _open_dims(self, arrays):
        """The sizes of the open dimensions, read off the inputs."""
        sizes = {}
        for port, array in zip(self.inputs, arrays):
            if port.kind:
                continue
            if array.ndim != len(port.dims):
                raise RunError(f"input {port} is given with shape {array.shape}")
            for dim, size in zip(port.dims, array.shape):
                if isinstance(dim, str):
                    if sizes.setdefault(dim, size) != size:
                        raise RunError(f"dimension '{dim}' is {size} in input {port}, but "
                                       f"{sizes[dim]} in an input before it")
                elif dim != size:
                    raise RunError(f"input {port} is given with shape {array.shape}")
        return (ctypes.c_int64 * max(1, len(self.dim_names)))(
            *[sizes[name] for name in self.dim_names])

    def _check(self, status, fault, message=None):
        if not status:
            return
        text = self._descriptor.status_text(status).decode()
        if fault and fault.port >= 0:
            port = (self.inputs + self.outputs)[fault.port]
            where = f", dimension {fault.dim}" if fault.dim >= 0 else ""
            text += f" ({port}{where}, expected {fault.expected}, got {fault.actual})"
        if message and message.value:
            text += f" ({message.value.decode(errors='replace')})"
        raise RunError(f"model '{self.name}' failed: {text}")


def _receive_message(context):
    """Room for what the CUDA driver says of a failure."""
    message = ctypes.create_string_buffer(1024)
    context.message, context.message_bytes = ctypes.addressof(message), len(message)
    return message


class Call:
    """A model with its arguments: the tables that the library wants are made once.

    inputs   the arrays that run() reads; writing into them changes the next run.
             An array that was not aligned or contiguous, or of strings, is a copy. Of a sequence it
             is a list, of what is absent None.
    outputs  the arrays that run() writes, None for strings, sizes that depend on
             values, sequences and optional values

    One thread at a time may run it.
    """

    def __init__(self, model, arrays):
        self._model = model
        self.inputs = [_values.convert(port, value) for port, value in zip(model.inputs, arrays)]
        self._dims = model._open_dims(self.inputs)
        extents = (ctypes.c_int64 * max(1, sum(len(port.dims) for port in model.outputs
                                               if not port.kind)))()
        model._descriptor.result_dims(self._dims, extents)

        self._inputs = (_abi.Tensor * len(self.inputs))()
        self._held = [_values.describe(entry, value, raw.dtype) for entry, value, raw in
                      zip(self._inputs, self.inputs, model._raw_inputs)]
        self._outputs = (_abi.Tensor * len(model.outputs))()
        self.outputs, at = [], 0
        for entry, port, raw in zip(self._outputs, model.outputs, model._raw_outputs):
            if raw.kind:
                self.outputs.append(None)
                continue
            shape = extents[at:at + raw.rank]
            at += raw.rank
            is_allocated = port.dtype == object or _abi.DIM_DATA in raw.dims[:raw.rank]
            self.outputs.append(None if is_allocated else aligned_empty(shape, port.dtype))
            entry.data = None if is_allocated else self.outputs[-1].ctypes.data
            entry.rank, entry.dtype = raw.rank, raw.dtype
            entry.dims = (ctypes.c_int64 * max(1, raw.rank))(*shape)

        self._need = model._descriptor.workspace_bytes(self._dims)
        if self._need < 0:
            raise RunError("the workspace for these dimensions is too large")
        self._fault = _abi.Fault(-1, -1, 0, 0)
        self._context = model._context.copy()
        self._context.fault = ctypes.pointer(self._fault)
        self._message = _receive_message(self._context)
        if not model._descriptor.device_open:
            for port, value in zip(model.inputs, self.inputs):
                self._refuse_gpu(port, value)

    @staticmethod
    def _refuse_gpu(port, value):
        if isinstance(value, _values.GpuArray):
            raise TypeError(f"{port} is given on a GPU, which the model is not compiled for")

    def write_to(self, **arrays):
        """Has outputs, by name, written to these arrays from the next run on: NumPy's, or such as
        offer __cuda_array_interface__, which stay on their GPU. Returns the call."""
        names = [port.name for port in self._model.outputs]
        for name, array in arrays.items():
            if name not in names or self.outputs[names.index(name)] is None:
                raise TypeError(f"the caller gives no memory for an output '{name}'")
            index = names.index(name)
            port, entry = self._model.outputs[index], self._outputs[index]
            given = _values.GpuArray(port, array) if _values.is_on_gpu(array) else array
            if not self._model._descriptor.device_open:
                self._refuse_gpu(port, given)
            if given.dtype != port.dtype or list(given.shape) != entry.dims[:entry.rank]:
                raise ValueError(f"output {port} is to be written to {given.dtype} {list(given.shape)}")
            if array is given and not (array.flags.c_contiguous and array.flags.writeable):
                raise ValueError(f"output {port} is to be written to an array that is not contiguous and writeable")
            entry.data = _values.address_of(given)
            self.outputs[index] = array
        return self

    def run(self, stream=None):
        """The list of outputs; arrays of `outputs` are overwritten by the next run.

        stream  of a model for GPUs: the address of a CUDA stream, 0 for the default one, that
                the run is enqueued in. If all inputs and outputs are on the GPU it is not
                waited for.
        """
        model = self._model
        self._context.stream = 1 if stream == 0 else stream  # 1 is CU_STREAM_LEGACY
        workspace = model._take_workspace(self._need)

        for entry, raw in zip(self._outputs, model._raw_outputs):
            if raw.kind:
                _values.expect(entry, raw)

        def call():
            return model._descriptor.run(ctypes.byref(self._context), self._inputs, self._outputs,
                                         workspace.ctypes.data, self._need)
        if self._context.pool or self._context.device:
            with model._lock:
                status = call()
        else:
            status = call()
        model._workspaces.append(workspace)
        if status:
            for entry, array in zip(self._outputs, self.outputs):
                if array is None:
                    _values.release(entry)
            model._check(status, self._fault, self._message)
        return [_values.take(entry, raw, port.dtype) if array is None else array
                for entry, raw, port, array in
                zip(self._outputs, model._raw_outputs, model.outputs, self.outputs)]
