"""Arrays as the library wants them: tensors, on the host or a GPU; sequences, which are lists of
arrays; and optional values, which may be None."""
import ctypes
import math

import numpy as np

from . import _abi

_libc = ctypes.CDLL(None)
_libc.free.argtypes = [ctypes.c_void_p]


def aligned_empty(shape, dtype):
    """An uninitialized array whose data begins as the library wants it."""
    count = int(np.prod(shape, dtype=object))
    memory = np.empty(count * dtype.itemsize + _abi.ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _abi.ALIGNMENT
    return memory[start:start + count * dtype.itemsize].view(dtype).reshape(shape)


class GpuArray:
    """Memory on a GPU, of any object that offers __cuda_array_interface__: a tensor of PyTorch, an array
    of CuPy. Used where it is."""

    def __init__(self, port, owner):
        about = owner.__cuda_array_interface__
        self.owner = owner
        self.shape, self.dtype = tuple(about["shape"]), np.dtype(about["typestr"])
        if self.dtype.kind == "V" and self.dtype.itemsize == port.dtype.itemsize:
            self.dtype = port.dtype  # PyTorch's bfloat16, which NumPy has no name for
        self.ndim, self.address = len(self.shape), about["data"][0]
        if self.dtype != port.dtype:
            raise TypeError(f"{port} is given as {self.dtype}")
        strides, dense = about.get("strides"), self.dtype.itemsize
        for size, stride in zip(reversed(self.shape), reversed(strides or ())):
            if size > 1 and stride != dense:
                raise ValueError(f"{port} is given on a GPU, but is not contiguous")
            dense *= size


def is_on_gpu(value):
    return hasattr(value, "__cuda_array_interface__")


def address_of(array):
    """Where its data begins."""
    return array.address if isinstance(array, GpuArray) else array.ctypes.data


def _encode(port, array):
    """Strings as the bytes that the library gets."""
    encoded = []
    for text in array.flat:
        if not isinstance(text, (str, bytes)):
            raise TypeError(f"input {port} is given with {type(text).__name__} in it")
        encoded.append(text if isinstance(text, bytes) else text.encode(errors="surrogateescape"))
        if b"\0" in encoded[-1]:
            raise ValueError(f"input {port} is given with a string that has a 0 in it")
    return np.array(encoded, object).reshape(array.shape)


def _convert_array(port, value):
    """The value as an aligned, contiguous array of the port's type."""
    if is_on_gpu(value):
        return GpuArray(port, value)
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
    elif hasattr(value, "__dlpack__"):
        array = np.from_dlpack(value)
    else:
        array = np.asarray(value, port.dtype)
    if port.dtype == object and array.dtype.kind in "OUST":
        return _encode(port, array.astype(object))
    if array.dtype != port.dtype:
        raise TypeError(f"input {port} is given as {array.dtype}")
    if array.dtype.name in ("int2", "int4"):  # in whole bytes, not in the least bits of one
        numbers = aligned_empty(array.shape, np.dtype(np.int8))
        numbers[...] = array.astype(np.int8)
        return numbers.view(array.dtype)
    if array.flags.c_contiguous and array.ctypes.data % _abi.ALIGNMENT == 0:
        return array
    aligned = aligned_empty(array.shape, array.dtype)
    aligned[...] = array
    return aligned


def convert(port, value):
    """The value as what describe() takes."""
    if value is None and port.kind & _abi.OPTIONAL:
        return None
    if not port.kind & _abi.SEQUENCE:
        return _convert_array(port, value)
    if value is None or isinstance(value, (str, bytes, dict)):
        raise TypeError(f"input {port} must be a list of arrays")
    return [_convert_array(port, item) for item in value]


def _describe_array(entry, array, dtype):
    data = array
    if array.dtype == object:
        data = aligned_empty(array.shape, np.dtype(np.uintp))
        (ctypes.c_char_p * array.size).from_buffer(data)[:] = list(array.flat)
    entry.data, entry.rank, entry.dtype = address_of(data), array.ndim, dtype
    entry.dims = (ctypes.c_int64 * max(1, array.ndim))(*array.shape)
    return data


def describe(entry, value, dtype):
    """Fills in the entry of an input. Returns what must live as long."""
    entry.dtype = dtype
    if value is None:
        entry.rank = _abi.ABSENT
    elif not isinstance(value, list):
        return _describe_array(entry, value, dtype)
    else:
        items = (_abi.Tensor * max(1, len(value)))()
        data = [_describe_array(item, array, dtype) for item, array in zip(items, value)]
        entry.data, entry.rank = ctypes.addressof(items), 1
        entry.dims = (ctypes.c_int64 * 1)(len(value))
        return items, data
    return None


def expect(entry, raw):
    """Prepares the entry of an output that the library allocates, if it is no tensor."""
    entry.data, entry.rank, entry.dtype = None, 1, raw.dtype
    entry.dims = (ctypes.c_int64 * 1)()


def _copy(entry, dtype):
    if dtype == object:
        shape = entry.dims[:entry.rank]
        table = (ctypes.c_char_p * math.prod(shape)).from_address(entry.data)
        return np.array([text.decode(errors="surrogateescape") for text in table],
                        object).reshape(shape)
    array = aligned_empty(tuple(entry.dims[:entry.rank]), dtype)
    ctypes.memmove(array.ctypes.data, entry.data, array.nbytes)
    return array


def release(entry):
    _libc.free(entry.data)
    entry.data = None


def take(entry, raw, dtype):
    """The value of an output that the library allocated."""
    if raw.kind and entry.rank == _abi.ABSENT:
        return None
    if raw.kind & _abi.SEQUENCE:
        items = ctypes.cast(entry.data, ctypes.POINTER(_abi.Tensor))
        value = [_copy(items[i], dtype) for i in range(entry.dims[0])]
    else:
        value = _copy(entry, dtype)
    release(entry)
    return value
