"""Maps of an ONNX model as dicts: the compiled model has two tensors of each, `<map>.keys` and
`<map>.values`, and of a list of maps the rows of one array."""
import numpy as np
import onnx
from onnx import helper


def _kind(type_proto):
    """"map", "maps" (a list of them) or None."""
    if type_proto.HasField("map_type"):
        return "map"
    inner = type_proto.sequence_type.elem_type
    return "maps" if type_proto.HasField("sequence_type") and inner.HasField("map_type") else None


def _array(values, data_type):
    dtype = object if data_type == onnx.TensorProto.STRING else helper.tensor_dtype_to_np_dtype(data_type)
    return np.array(values, dtype)


class Maps:
    """The maps among a model's inputs and outputs."""

    def __init__(self, model):
        graph = (model if hasattr(model, "graph") else onnx.load(model, load_external_data=False)).graph
        fixed = {tensor.name for tensor in graph.initializer}
        self._inputs = [port for port in graph.input if port.name not in fixed]
        self._outputs = [_kind(port.type) for port in graph.output]

    def split(self, inputs):
        """Dicts as two arrays; all else as it is."""
        result = []
        for port, value in zip(self._inputs, inputs, strict=True):
            if _kind(port.type):
                map_type = port.type.map_type
                result += [_array(list(value.keys()), map_type.key_type),
                           _array(list(value.values()), map_type.value_type.tensor_type.elem_type)]
            else:
                result.append(value)
        return result

    def split_named(self, inputs):
        return self.split([inputs[port.name] for port in self._inputs])

    def join(self, outputs):
        """Two arrays as a dict, or as one for each row."""
        rest, result = iter(outputs), []
        for kind in self._outputs:
            first = next(rest)
            if kind:
                keys, values = first.tolist(), next(rest).tolist()
                first = dict(zip(keys, values)) if kind == "map" else [dict(zip(keys, row)) for row in values]
            result.append(first)
        return result

    def __bool__(self):
        return any(self._outputs) or any(_kind(port.type) for port in self._inputs)
