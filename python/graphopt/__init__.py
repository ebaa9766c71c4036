"""Compiles ONNX models ahead of time and runs them.

    import graphopt
    model = graphopt.compile("minilm.onnx", shapes={"input_ids": (1, 128)})
    y = model(input_ids=ids, attention_mask=mask)
"""
from ._compile import CompileError, compile, load
from ._compress import Compression, MetricError, compress
from ._model import Call, Model, Port, RunError
from ._samples import Sample

__all__ = ["Call", "CompileError", "Compression", "MetricError", "Model", "Port", "RunError", "Sample", "compile",
           "compress", "load"]
__version__ = "0.1.0"
