"""Compiles ONNX models ahead of time and runs them.

    import graphopt
    model = graphopt.compile("minilm.onnx", shapes={"input_ids": (1, 128)})
    y = model(input_ids=ids, attention_mask=mask)
"""
from ._compile import CompileError, compile, load
from ._model import Call, Model, Port, RunError

__all__ = ["Call", "CompileError", "Model", "Port", "RunError", "compile", "load"]
__version__ = "0.1.0"
