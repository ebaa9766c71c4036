"""The structs of graphopt.h (include/graphopt/Runtime), for ctypes."""
import ctypes
import errno
import os
import tempfile
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int32, c_int64, c_uint32, c_uint64, c_void_p

ABI_VERSION = 6
ALIGNMENT = 64
DIM_COMPUTED = -2**63
DIM_DATA = -2**63 + 1
DIM_ANY = -2**63 + 2
ABSENT = ANY_RANK = -1
SEQUENCE, OPTIONAL = 1, 2  # bits of a port's kind


class Tensor(Structure):
    _fields_ = [("data", c_void_p), ("dims", POINTER(c_int64)), ("rank", c_int32),
                ("dtype", c_int32)]


class Fault(Structure):
    _fields_ = [("port", c_int32), ("dim", c_int32), ("expected", c_int64), ("actual", c_int64)]


class Weights(Structure):
    _fields_ = [("data", c_void_p), ("bytes", c_int64)]


class Context(Structure):
    _fields_ = [("abi", c_uint32), ("reserved", c_uint32), ("parallel_for", c_void_p),
                ("pool", c_void_p), ("allocate", c_void_p), ("release", c_void_p),
                ("allocator", c_void_p), ("fault", POINTER(Fault)),
                ("cpu", c_uint64), ("begin_call", c_void_p), ("end_call", c_void_p),
                ("profiler", c_void_p), ("weights", POINTER(Weights)), ("device", c_void_p),
                ("stream", c_void_p), ("message", c_char_p), ("message_bytes", c_int64)]

    def copy(self):
        return type(self).from_buffer_copy(self)


class Port(Structure):
    _fields_ = [("name", c_char_p), ("dims", POINTER(c_int64)), ("rank", c_int32),
                ("dtype", c_int32), ("kind", c_int32)]


class Model(Structure):
    _fields_ = [
        ("abi", c_uint32),
        ("input_count", c_int32),
        ("output_count", c_int32),
        ("dim_count", c_int32),
        ("name", c_char_p),
        ("inputs", POINTER(Port)),
        ("outputs", POINTER(Port)),
        ("dim_names", POINTER(c_char_p)),
        ("weights_bytes", c_int64),
        ("workspace_bytes", CFUNCTYPE(c_int64, POINTER(c_int64))),
        ("result_dims", CFUNCTYPE(None, POINTER(c_int64), POINTER(c_int64))),
        ("run", CFUNCTYPE(c_int32, POINTER(Context), POINTER(Tensor), POINTER(Tensor), c_void_p,
                          c_int64)),
        ("pool_create", CFUNCTYPE(c_int32, POINTER(Context), c_int32)),
        ("pool_destroy", CFUNCTYPE(None, POINTER(Context))),
        ("status_text", CFUNCTYPE(c_char_p, c_int32)),
        ("detect_cpu", CFUNCTYPE(None, POINTER(Context))),
        ("calls", c_void_p),
        ("call_count", c_int32),
        ("weights_id", c_uint64),
        ("weights_open", CFUNCTYPE(c_int32, POINTER(Weights), c_char_p)),
        ("weights_close", CFUNCTYPE(None, POINTER(Weights))),
        ("device_open", CFUNCTYPE(c_int32, POINTER(Context), c_int32)),
        ("device_close", CFUNCTYPE(None, POINTER(Context))),
    ]


def open_model(path, name):
    """The descriptor of the model `name` in the shared library `path`, which stays
    loaded."""
    # The loader takes a path it has seen for the library it has loaded, even if
    # the model was compiled anew since. A path of its own has not been seen.
    if not os.path.exists(path):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    with tempfile.TemporaryDirectory(prefix="graphopt-") as folder:
        link = os.path.join(folder, os.path.basename(path))
        os.symlink(os.path.abspath(path), link)
        try:
            library = ctypes.CDLL(link)
        except OSError as error:
            raise ImportError(str(error).replace(link, path)) from None
    try:
        model = Model.in_dll(library, f"{name}_model")
    except ValueError:
        raise ImportError(f"{path}: holds no model '{name}'") from None
    if model.abi != ABI_VERSION:
        raise ImportError(f"{path}: compiled for ABI {model.abi} of graphopt, this is {ABI_VERSION}")
    return model
