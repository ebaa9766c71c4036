"""graphopt in ONNX's backend interface:

    import graphopt.backend as backend
    outputs = backend.prepare(model).run(inputs)
"""
import numpy as np
import onnx
import onnx.shape_inference
from onnx import helper
from onnx.backend.base import Backend, BackendRep

from ._compile import CompileError, compile
from ._maps import Maps
from ._model import RunError

__all__ = ["CompileError", "GraphOptBackend", "GraphOptRep", "RunError", "is_compatible", "prepare",
           "run_model", "run_node", "supports_device"]


class GraphOptRep(BackendRep):
    """A compiled model; run() takes a list, or a dict by name. Maps are dicts."""

    def __init__(self, model, maps=None):
        self.model = model
        self._maps = maps

    def run(self, inputs, **kwargs):
        if self._maps:
            whole = isinstance(inputs, dict)
            split = self._maps.split_named(inputs) if whole else self._maps.split(inputs)
            return tuple(self._maps.join(self.model.run(self.model._bind(tuple(split), {}))))
        if isinstance(inputs, dict):
            ordered = self.model._bind((), inputs)
        else:
            ordered = self.model._bind(
                tuple(inputs) if isinstance(inputs, (list, tuple)) else (inputs,), {})
        return tuple(self.model.run(ordered))


def _value_info(name, value):
    """The input that an array is, or a sequence that a list of arrays is."""
    if not isinstance(value, list):
        return helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
    if not value:
        raise ValueError(f"input '{name}' is an empty list, which has no type")
    shapes = {item.shape for item in value}
    return helper.make_tensor_sequence_value_info(
        name, helper.np_dtype_to_tensor_dtype(value[0].dtype),
        shapes.pop() if len(shapes) == 1 else None)


class GraphOptBackend(Backend):
    @classmethod
    def is_compatible(cls, model, device="CPU", **kwargs):
        """Whether the model compiles."""
        try:
            cls.prepare(model, device, **kwargs)
        except CompileError:
            return False
        return True

    @classmethod
    def prepare(cls, model, device="CPU", **kwargs):
        """Compiles the model; keyword arguments are those of graphopt.compile()."""
        if not cls.supports_device(device):
            raise ValueError(f"device '{device}' is not supported")
        return GraphOptRep(compile(model, **kwargs), Maps(model))

    @classmethod
    def run_model(cls, model, inputs, device="CPU", **kwargs):
        return cls.prepare(model, device, **kwargs).run(inputs)

    @classmethod
    def run_node(cls, node, inputs, device="CPU", outputs_info=None, opset_version=None, **kwargs):
        """Runs one node. `inputs` has an array for each input that the node names."""
        names = [name for name in node.input if name]
        if isinstance(inputs, dict):
            inputs = [inputs[name] for name in names]
        arrays = [[np.asarray(item) for item in array] if isinstance(array, list) else np.asarray(array)
                  for array in inputs]
        outputs = [name for name in node.output if name]
        infos = [helper.make_empty_tensor_value_info(name) for name in outputs]
        if outputs_info:
            infos = [helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)
                for name, (dtype, shape) in zip(outputs, outputs_info)]
        graph = helper.make_graph([node], "node", [
            _value_info(name, array) for name, array in zip(names, arrays)], infos)
        version = opset_version or onnx.defs.onnx_opset_version()
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid(node.domain, version)])
        if not outputs_info:
            model = onnx.shape_inference.infer_shapes(model)
        return cls.run_model(model, arrays, device, **kwargs)

    @classmethod
    def supports_device(cls, device):
        return device.split(":")[0] == "CPU"


is_compatible = GraphOptBackend.is_compatible
prepare = GraphOptBackend.prepare
run_model = GraphOptBackend.run_model
run_node = GraphOptBackend.run_node
supports_device = GraphOptBackend.supports_device
